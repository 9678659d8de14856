"""The kinds of moderation action, and the rules of the charter that they cite."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from annotator.errors import Unacceptable


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of moderation action and its properties.

    `about` is the kind of object it acts on, `help` the help text of its command. `appealed_by` is
    who may appeal it: the affected author, or the flagger whose report it refused. `moves` means
    that it shows or hides, `final` that it cannot be undone. The queue offers it on annotations in
    one of the states `offered`.
    """

    name: str
    about: Literal["annotation", "account", "appeal", "action"]
    help: str = ""
    appealed_by: Literal["author", "flagger", ""] = ""
    moves: bool = False
    final: bool = False
    offered: tuple[str, ...] = ()


# The effects of actions on annotations are in `services.moderation.actions`, their words in
# `web.pages.words`; an action without effect only notifies the author.
KINDS = {kind.name: kind for kind in (
    ActionKind("approve", "annotation", "Keep comments, or show waiting ones.", "flagger",
               moves=True, offered=("visible", "held")),
    ActionKind("hide", "annotation", "Hide comments; the rule is a ground of the charter.",
               "author", moves=True, offered=("visible", "held")),
    ActionKind("restore", "annotation", "Show hidden comments again.", moves=True,
               offered=("hidden",)),
    ActionKind("ask", "annotation", "Ask the authors of comments to reword them.",
               offered=("visible", "held")),
    ActionKind("warn", "annotation", "Warn the authors of comments.", "author",
               offered=("visible", "held", "hidden")),
    ActionKind("remove-version", "annotation", appealed_by="author", moves=True, final=True),
    ActionKind("suspend", "account", "Suspend the account NAME.", "author"),
    ActionKind("ban", "account", "Ban the account NAME.", "author"),
    ActionKind("reinstate", "account", "End the ban or suspension of the account NAME."),
    ActionKind("undo", "action", final=True),
    ActionKind("grant", "appeal", appealed_by="author", moves=True),
    ActionKind("uphold", "appeal"),
    ActionKind("delay", "appeal"),
)}  # fmt: skip
ACTS = tuple(KINDS)
MOVING = tuple(kind.name for kind in KINDS.values() if kind.moves)


def is_about(act: str, about: str) -> bool:
    """Return whether `act` is an action on this kind of object."""
    return act in KINDS and KINDS[act].about == about


SLUG = "charter"


@dataclass(frozen=True, slots=True)
class CharterRule:
    """A paragraph of the charter. `key` is its name in the API."""

    key: str
    name: str
    section: str
    title: str
    paragraph: int

    @property
    def place(self) -> str:
        """The rule as people cite it: the title of its section and its number, `… ¶ 5`."""
        return f"{self.title} ¶ {self.paragraph}"

    @property
    def address(self) -> str:
        """The address of the rule, without an edition: `charter/SECTION/5`."""
        return f"{SLUG}/{self.section}/{self.paragraph}"


NAMES = ("Abuse", "Contempt", "Threats", "Private information", "False quotation",
         "Impersonation", "Advertising", "Off the text", "Unlawful matter")  # fmt: skip
OF_GROUNDS = ("grounds-for-hiding-a-remark", "Grounds for hiding a remark")
OF_WORK = ("how-moderation-works", "How moderation works")
OF_CORRECTIONS = ("how-corrections-are-made", "How corrections are made")
GROUNDS = {
    key: CharterRule(key, name, *OF_GROUNDS, number)
    for number, name in enumerate(NAMES, 2)
    for key in [name.lower().replace(" ", "-")]
}
RULES = GROUNDS | {rule.key: rule for rule in (
    CharterRule("usable", "Keeping the place usable", *OF_WORK, 1),
    CharterRule("suspension", "Where hiding has not been enough", *OF_WORK, 3),
    CharterRule("no-ground", "None of the grounds",
                "what-is-never-a-ground", "What is never a ground", 1),
    CharterRule("removal", "Private information in a version", *OF_CORRECTIONS, 3),
    CharterRule("mistake", "A mistake of ours", *OF_CORRECTIONS, 4),
)}  # fmt: skip


def rule(named: str) -> CharterRule:
    """Find a rule by its key, name or citation. Raises Unacceptable."""
    citation = re.sub(r"[\s,]*[¶/]\s*", "/", " ".join(named.split())).casefold()
    for each in RULES.values():
        names = (each.key, each.name, each.address, each.place.replace(" ¶ ", "/"))
        if citation in {name.casefold() for name in names}:
            return each
    raise Unacceptable(
        f"Cite a rule of the charter ({', '.join(RULES)}), not {named!r}.", field="rule"
    )


def ground(named: str) -> CharterRule:
    """Find a ground for hiding an annotation. Raises Unacceptable for any other rule."""
    chosen = rule(named)
    if chosen.key not in GROUNDS:
        raise Unacceptable(
            f"A comment is hidden on one of these grounds: {', '.join(GROUNDS)}.", field="rule"
        )
    return chosen
