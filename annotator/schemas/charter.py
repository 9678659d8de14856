"""The rules that decisions cite: paragraphs of the site's charter.

Names and numbers are those of `corpus/charter`; a site whose charter differs changes this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from annotator.errors import Unacceptable

SLUG = "charter"


@dataclass(frozen=True, slots=True)
class CharterRule:
    """A paragraph of the charter. `key` is what programs send."""

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
