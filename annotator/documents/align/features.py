"""One edition as the alignment sees it: the own words of each provision, and where they stand.

A provision's own words are its own blocks: of a section its heading, of a list item what is not
in items nested in it. Provisions are named by their ordinals, indexes in `Parsed.provisions`.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cached_property

from annotator.documents.align.similarity import Phrase, Words, phrases, words_of
from annotator.documents.parsed import Parsed

# Of fewer words, two may be much alike and yet have nothing to do with each other.
SHORT = 10


@dataclass(frozen=True)
class Side:
    """What is compared of one edition."""

    parsed: Parsed

    @cached_property
    def texts(self) -> list[str]:
        """The own words of each provision; blocks are joined by a line feed."""
        found: list[list[str]] = [[] for _ in self.parsed.provisions]
        for block in self.parsed.blocks:
            found[block.provision].append(self.parsed.text[block.start : block.end])
        return ["\n".join(parts) for parts in found]

    @cached_property
    def words(self) -> list[Words]:
        """The own words of each provision, ready to be compared."""
        return [words_of(text) for text in self.texts]

    @cached_property
    def phrases(self) -> list[frozenset[Phrase]]:
        """The phrases of each provision's own words."""
        return [frozenset(phrases(words)) for words in self.words]

    @cached_property
    def sections(self) -> list[int]:
        """The ordinals of the sections."""
        return [at for at, one in enumerate(self.parsed.provisions) if one.kind == "section"]

    @cached_property
    def contents(self) -> dict[int | None, list[int]]:
        """The provisions of each section's own text, without its subsections."""
        found: dict[int | None, list[int]] = defaultdict(list)
        for at, one in enumerate(self.parsed.provisions):
            if one.kind != "section":
                found[one.section].append(at)
        return found

    @cached_property
    def units(self) -> list[int]:
        """The ordinals of what is not a section."""
        return [at for at, one in enumerate(self.parsed.provisions) if one.kind != "section"]

    @cached_property
    def evidence(self) -> list[Words]:
        """The words that a provision is recognised by.

        They are its own; but the caption of an example or the lead of a list, which many have in
        common, is recognised together with what stands under it.
        """
        found = list(self.words)
        for one in self.parsed.provisions:
            at = one.parent
            if at is not None and len(self.words[at]) < SHORT:
                whole = self.parsed.provisions[at]
                if whole.kind != "section" and found[at] is self.words[at]:
                    found[at] = words_of(self.parsed.text[whole.start : whole.end])
        return found

    def leads(self, ordinal: int) -> bool:
        """Return whether a provision is a short lead, recognised with what stands under it."""
        return self.evidence[ordinal] is not self.words[ordinal]

    def home(self, ordinal: int) -> int | None:
        """Return the section that a provision stands in, None at the top."""
        return self.parsed.provisions[ordinal].section

    def is_code(self, ordinal: int) -> bool:
        """Tell a code block from prose: one never becomes the other by editing."""
        return self.parsed.provisions[ordinal].kind == "code"

    def title(self, section: int) -> str:
        """Return a section's heading, case folded; empty where a text begins without one."""
        return self.texts[section].casefold()

    def anchor(self, section: int) -> str:
        """Return the anchor that the source names a section by, or an empty string."""
        return self.parsed.provisions[section].attributes.get("anchor", "")
