"""Tell apart the places that a repeated phrase may mean, by what the essay says around it.

In this order: an address cited beside it, the other quotations of its paragraph, a section named in
its paragraph or in the heading above. What leaves several places, or none, decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from annotator.anchoring.quotations.candidates import Candidate
from annotator.anchoring.quotations.index import Index
from annotator.anchoring.quotations.placing import Option, Placed
from annotator.anchoring.quotations.prose import Blocks, Prose
from annotator.anchoring.quotations.words import spaced

Span = tuple[int, int]

# An address so many characters before or behind a quotation is cited for it.
BESIDE = 240
# Quotations of one paragraph come from one passage where they stand so close, in code points.
SAME_PASSAGE = 1500
# How many times as far the next place must be, for the nearer one to be meant.
CLEARLY = 2
_ADDRESS = re.compile(
    r"(?<![\w/-])(?:[a-z0-9][a-z0-9-]*(?:@[\w.+-]+)?/|#)(?P<section>[\w-]+)"
    r"(?:/(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?(?:p[0-9]{1,6})?))?"
)
_NUMBER = re.compile(
    r"(?:¶|\bpara(?:graph)?\.?|\bp\.?)\s*(?P<number>[0-9]{1,3}(?:\.[0-9]{1,3})?)\b"
)


@dataclass(frozen=True, slots=True)
class Cited:
    """An address or a section's name in the essay, and the span of the edition that it names."""

    at: int
    span: Span


class Around:
    """What an essay says around its quotations, for one edition."""

    def __init__(self, essay: str, prose: Prose, blocks: Blocks, index: Index) -> None:
        self._essay, self._prose, self._blocks, self._index = essay, prose, blocks, index

    @cached_property
    def _slugs(self) -> dict[str, Span]:
        return {section.slug: (section.start, section.end) for section in self._index.sections}

    @cached_property
    def _addresses(self) -> list[Cited]:
        """Give the addresses in the essay's source, those in links too."""
        found = []
        for match in _ADDRESS.finditer(self._essay):
            numbered = self._index.numbered.get((match["section"], match["number"] or ""))
            span = numbered or self._slugs.get(match["section"])
            if span is not None:
                found.append(Cited(match.start(), span))
        return found

    def cited(self, candidate: Candidate) -> Iterator[Span]:
        """Give what is cited by address beside a candidate, in its paragraph."""
        block = self._prose.blocks[self._blocks.number(candidate.start)]
        first, last = self._prose.source(block.start, block.end)
        start, end = self._prose.source(candidate.start, candidate.end)
        low, high = max(first, start - BESIDE), min(last + BESIDE, end + BESIDE)
        for cited in self._addresses:
            if low <= cited.at < high:
                yield cited.span

    def named(self, candidate: Candidate) -> list[list[Span]]:
        """Give the sections that are named in a candidate's paragraph; and in the heading above."""
        number = self._blocks.number(candidate.start)
        block, text = self._prose.blocks[number], self._prose.text
        outside = text[block.start : candidate.start] + "\n" + text[candidate.end : block.end]
        typed = outside.replace("’", "'")
        # In running prose a section's name is told from the same words by its capital.
        here = [it for it in self._index.sections if it.title.replace("’", "'") in typed]
        heading = next((it for it in self._prose.blocks[number::-1] if it.kind == "heading"), block)
        words = spaced(text[heading.start : heading.end]) if heading.kind == "heading" else ""
        above = [it for it in self._index.sections if it.words in words]
        return [[(it.start, it.end) for it in some] for some in (here, above)]


Neighbours = Sequence[tuple[Candidate, Placed]]


def settle(
    candidate: Candidate, options: Sequence[Option], neighbours: Neighbours, around: Around
) -> list[Option]:
    """Give the options that the essay leaves; one where it tells clearly which is meant."""
    left = list(options)
    spans = list(around.cited(candidate))
    left = _kept(left, lambda option: any(_within(option, span) for span in spans))
    if len(left) > 1:
        left = _beside(left, neighbours)
    for sections in around.named(candidate) if len(left) > 1 else ():
        left = _kept(left, lambda option, of=sections: any(_within(option, it) for it in of))  # type: ignore[misc]
    return left


def _kept(options: list[Option], fits: Callable[[Option], bool]) -> list[Option]:
    """Give the options that fit, or all where none does."""
    return [option for option in options if fits(option)] or options


def _within(option: Option, span: Span) -> bool:
    return span[0] <= option.spans[0][0] and option.spans[-1][1] <= span[1]


def _beside(options: list[Option], neighbours: Neighbours) -> list[Option]:
    """Keep the option that stands in one passage with the nearest quotation that tells."""
    for _, placed in neighbours:
        at = placed.options[0].spans[0][0]
        near = sorted(options, key=lambda it: abs(it.spans[0][0] - at))
        first, second = (abs(it.spans[0][0] - at) for it in near[:2])
        if first <= SAME_PASSAGE and second >= CLEARLY * first:
            return near[:1]
    return options
