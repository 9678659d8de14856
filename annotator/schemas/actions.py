"""The kinds of moderation action and their properties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class ActionKind:
    """A kind of moderation action and its properties.

    `about` is what it is done to, `help` what its command says. `appealed_by` names who may appeal
    it: the author it was done to, or the flagger whose request it refused. `moves` means that it
    shows or hides, `final` that it cannot be undone. The queue offers it on annotations that are in
    one of the states `offered`.
    """

    name: str
    about: Literal["annotation", "account", "appeal", "action"]
    help: str = ""
    appealed_by: Literal["author", "flagger", ""] = ""
    moves: bool = False
    final: bool = False
    offered: tuple[str, ...] = ()


# The effects of actions on annotations are in `annotation_actions`, their words in
# `web.pages.words`; one without an effect only notifies the author.
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
