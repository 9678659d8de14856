"""One edition as the alignment sees it: the own words of each provision, and where they stand.

A provision's own words are its own blocks: of a section its heading, of a list item what is not
in items nested in it. Provisions are named by their ordinals, indexes in `Parsed.provisions`. What
costs time is worked out for the provisions that it is asked of, so that unchanged ones cost little.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from annotator.documents.align.similarity import Phrase, Rarity, Words, phrases, words_of
from annotator.documents.folding import fold_words
from annotator.documents.parsed import Parsed

# Of fewer words, two may be much alike and yet have nothing to do with each other.
SHORT = 10
# What numbers a heading: "12", "12.3", "§ 12a", "Article 12:", "IV.", "(b)", "第12".
_NUMBERING = re.compile(
    r"\W{0,9}(?:(?:§{1,2}|[^\W\d]{1,12}\.?)?\s*\d+[a-z]?(?:[.–-]\d+[a-z]?)*(?![a-z\d])"
    r"|(?:[IVXLCDM]+|[A-Za-z])(?=[.):]))[\s.):–—-]*"
)


@dataclass(frozen=True)
class Side:
    """What is compared of one edition."""

    parsed: Parsed
    _words: dict[int, Words] = field(default_factory=dict)
    _phrases: dict[int, frozenset[Phrase]] = field(default_factory=dict)
    _evidence: dict[int, Words] = field(default_factory=dict)

    @cached_property
    def texts(self) -> list[str]:
        """The own words of each provision; blocks are joined by a line feed."""
        found: list[list[str]] = [[] for _ in self.parsed.provisions]
        for block in self.parsed.blocks:
            found[block.provision].append(self.parsed.text[block.start : block.end])
        return ["\n".join(parts) for parts in found]

    def words(self, ordinal: int) -> Words:
        """Return a provision's own words, ready to be compared."""
        if ordinal not in self._words:
            self._words[ordinal] = words_of(self.texts[ordinal])
        return self._words[ordinal]

    def phrases(self, ordinal: int) -> frozenset[Phrase]:
        """Return the phrases of a provision's own words."""
        if ordinal not in self._phrases:
            self._phrases[ordinal] = frozenset(phrases(self.words(ordinal)))
        return self._phrases[ordinal]

    @cached_property
    def rarity(self) -> Rarity:
        """How much each word tells in this edition."""
        return Rarity(words_of(self.parsed.text))

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
    def _parents(self) -> set[int]:
        """The provisions that have others inside them."""
        return {one.parent for one in self.parsed.provisions if one.parent is not None}

    def evidence(self, ordinal: int) -> Words:
        """Return the words that a provision is recognised by.

        They are its own; but the caption of an example or the lead of a list, which many have in
        common, is recognised together with what stands under it.
        """
        if not self.leads(ordinal):
            return self.words(ordinal)
        if ordinal not in self._evidence:
            whole = self.parsed.provisions[ordinal]
            self._evidence[ordinal] = words_of(self.parsed.text[whole.start : whole.end])
        return self._evidence[ordinal]

    def leads(self, ordinal: int) -> bool:
        """Return whether a provision is a short lead, recognised with what stands under it."""
        return ordinal in self._parents and len(self.words(ordinal)) < SHORT

    def home(self, ordinal: int) -> int | None:
        """Return the section that a provision stands in, None at the top."""
        return self.parsed.provisions[ordinal].section

    def is_code(self, ordinal: int) -> bool:
        """Tell a code block from prose: one never becomes the other by editing."""
        return self.parsed.provisions[ordinal].kind == "code"

    def title(self, section: int) -> str:
        """Return a section's heading, case folded; of one that has none, its slug."""
        return self.texts[section].casefold() or self.parsed.provisions[section].slug or ""

    def bare_title(self, section: int) -> str:
        """Return a heading's words without case, punctuation and numbering."""
        title = self.texts[section]
        numbering = _NUMBERING.match(title)
        bare = title[numbering.end() :] if numbering else title
        return " ".join(words_of(bare or title)) if title else ""

    def anchor(self, section: int) -> str:
        """Return the anchor that the source names a section by, or an empty string."""
        return self.parsed.provisions[section].attributes.get("anchor", "")

    def typed(self, ordinal: int) -> str:
        """Return a provision's own words without case and typography."""
        return fold_words(self.texts[ordinal])
