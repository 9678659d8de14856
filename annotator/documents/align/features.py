"""The features of one edition's provisions that the alignment compares.

A provision's own words are those of its own blocks: for a section its heading, for a list item
everything but the items nested in it. Provisions are identified by their ordinals, the indexes in
`Parsed.provisions`. Expensive features are computed on demand, so unchanged provisions cost little.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property

from annotator.documents.align.similarity import Phrase, Words, WordWeights, phrases, words_of
from annotator.documents.folding import fold_words
from annotator.documents.parsed import Parsed

# Unrelated provisions with fewer words may be very similar.
SHORT = 10
# The number of a heading: "12", "12.3", "§ 12a", "Article 12:", "IV.", "(b)", "第12".
_NUMBERING = re.compile(
    r"\W{0,9}(?:(?:§{1,2}|[^\W\d]{1,12}\.?)?\s*\d+[a-z]?(?:[.–-]\d+[a-z]?)*(?![a-z\d])"
    r"|(?:[IVXLCDM]+|[A-Za-z])(?=[.):]))[\s.):–—-]*"
)


@dataclass(frozen=True)
class Side:
    """One of the two editions in an alignment, with the features of its provisions."""

    parsed: Parsed
    _words: dict[int, Words] = field(default_factory=dict)
    _phrases: dict[int, frozenset[Phrase]] = field(default_factory=dict)
    _matched_words: dict[int, Words] = field(default_factory=dict)

    @cached_property
    def texts(self) -> list[str]:
        """The own words of each provision; blocks are joined by a line feed."""
        blocks: list[list[str]] = [[] for _ in self.parsed.provisions]
        for block in self.parsed.blocks:
            blocks[block.provision].append(self.parsed.text[block.start : block.end])
        return ["\n".join(texts) for texts in blocks]

    def words(self, ordinal: int) -> Words:
        """Return a provision's own words, case folded."""
        if ordinal not in self._words:
            self._words[ordinal] = words_of(self.texts[ordinal])
        return self._words[ordinal]

    def phrases(self, ordinal: int) -> frozenset[Phrase]:
        """Return the phrases of a provision's own words."""
        if ordinal not in self._phrases:
            self._phrases[ordinal] = frozenset(phrases(self.words(ordinal)))
        return self._phrases[ordinal]

    @cached_property
    def word_weights(self) -> WordWeights:
        """The weight of each word in this edition."""
        return WordWeights(words_of(self.parsed.text))

    @cached_property
    def sections(self) -> list[int]:
        """The ordinals of the sections."""
        provisions = enumerate(self.parsed.provisions)
        return [ordinal for ordinal, provision in provisions if provision.kind == "section"]

    @cached_property
    def contents(self) -> dict[int | None, list[int]]:
        """The units of each section's own text, without its subsections."""
        units: dict[int | None, list[int]] = defaultdict(list)
        for unit in self.units:
            units[self.section_of(unit)].append(unit)
        return units

    @cached_property
    def units(self) -> list[int]:
        """The ordinals of the provisions that are not sections."""
        provisions = enumerate(self.parsed.provisions)
        return [ordinal for ordinal, provision in provisions if provision.kind != "section"]

    @cached_property
    def _parents(self) -> set[int]:
        """The provisions that other provisions are nested in."""
        provisions = self.parsed.provisions
        return {provision.parent for provision in provisions if provision.parent is not None}

    def matched_words(self, ordinal: int) -> Words:
        """Return the words that a provision is matched by.

        These are its own words. But many examples have the same caption, and many lists the same
        lead-in, so a short caption or lead-in includes the words of the nested provisions.
        """
        if not self.is_lead_in(ordinal):
            return self.words(ordinal)
        if ordinal not in self._matched_words:
            whole = self.parsed.provisions[ordinal]
            self._matched_words[ordinal] = words_of(self.parsed.text[whole.start : whole.end])
        return self._matched_words[ordinal]

    def is_lead_in(self, ordinal: int) -> bool:
        """Return whether a provision is a short caption or lead-in of nested provisions."""
        return ordinal in self._parents and len(self.words(ordinal)) < SHORT

    def section_of(self, ordinal: int) -> int | None:
        """Return the section that contains a provision, None at the top level."""
        return self.parsed.provisions[ordinal].section

    def is_code(self, ordinal: int) -> bool:
        """Return whether a provision is a code block; editing never turns prose into code."""
        return self.parsed.provisions[ordinal].kind == "code"

    def title(self, section: int) -> str:
        """Return a section's heading, case folded, or the slug of a section without a heading."""
        return self.texts[section].casefold() or self.parsed.provisions[section].slug or ""

    def unnumbered_title(self, section: int) -> str:
        """Return a heading's words without case, punctuation and number."""
        title = self.texts[section]
        numbering = _NUMBERING.match(title)
        unnumbered = title[numbering.end() :] if numbering else title
        return " ".join(words_of(unnumbered or title)) if title else ""

    def anchor(self, section: int) -> str:
        """Return the anchor of a section in the source, or an empty string."""
        return self.parsed.provisions[section].attributes.get("anchor", "")

    def folded_text(self, ordinal: int) -> str:
        """Return a provision's own text without case and typography."""
        return fold_words(self.texts[ordinal])
