"""Find the quotations of a document in an essay: candidates in, quotations out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import compress, islice

from annotator.documents.folding import word_stream
from annotator.documents.readers.source import parse
from annotator.errors import SourceFault
from annotator.quotations import disambiguation, significance
from annotator.quotations.alignment import MIN_SHARE, MIN_SHARE_UNMARKED, MIN_WORDS
from annotator.quotations.candidate_placement import PlacedCandidate, place
from annotator.quotations.disambiguation import (
    EssayContext,
    FoundQuotation,
    QuotationRow,
    disambiguate,
)
from annotator.quotations.editorial_marks import ADDED_EMPHASIS, MarkedWords, literal
from annotator.quotations.essay.candidates import (
    Form,
    QuotationCandidate,
    candidates,
    has_sign,
    is_located,
    title_in,
    without_source,
)
from annotator.quotations.essay.essay_reader import Prose, ProseBlock, read
from annotator.quotations.index import Index
from annotator.quotations.quotation import Budget, Kind, Match, Quotation, Verdict

# Words. Shorter candidates are reported only if they are found.
MIN_REPORTED = 3
# Candidates of an essay that may be altered; further ones must be verbatim.
MAX_ALTERED = 3000
# Words of a candidate that may be altered; aligning 40,000 takes seconds.
MAX_ALTERED_WORDS = 5000
# Candidates within another one to check.
MAX_INNER = 24
# The maximum length of a block of citations only, in code points.
MAX_TITLES = 1000
# The requirements of each form: its words, and the share of them that must be in the document.
REQUIREMENTS: dict[Form, tuple[int, float]] = {
    "block": (MIN_REPORTED, MIN_SHARE),
    "inline": (MIN_REPORTED, MIN_SHARE),
    "code": (4, 1.0),
    "paragraph": (8, MIN_SHARE_UNMARKED),
    "speaking": (8, 1.0),
}
# The minimum and maximum ratio of the length of a source file to its canonical text.
MIN_SOURCE_RATIO, MAX_SOURCE_RATIO = 0.9, 1.7
_NAMES = {"markdown": "essay.md", "html": "essay.html"}


def find(
    essay: str, kind: Kind, editions: Sequence[Index], budget: Budget | None = None
) -> list[Quotation]:
    """Find the quotations in an `essay`, in its order.

    `editions` are those of one document: first the one that is asked about, then the others in the
    order in which to try them. Offsets count code points of the essay's source. Raises Unacceptable
    when the `budget` is used up.
    """
    budget = budget or Budget()
    prose = read(essay, kind, budget)
    budget.check()
    index = _edition_of(essay, kind, prose, editions)
    if index is not None:
        match = Match(index.label, 0, len(index.text), index.text)
        verdict: Verdict = "verbatim" if index is editions[0] else "other_edition"
        return [Quotation(essay, 0, len(essay), prose.text.strip(), verdict, 1.0, (match,))]
    return list(_Finding(essay, prose, editions, budget).run())


def _edition_of(essay: str, kind: Kind, prose: Prose, editions: Sequence[Index]) -> Index | None:
    """Return the edition that the whole essay is a copy of, if any."""
    least, most = MIN_SOURCE_RATIO, MAX_SOURCE_RATIO
    size = len(essay)
    alike = [each for each in editions if least * len(each.text) <= size <= most * len(each.text)]
    if not alike:
        return None
    readings = word_stream(prose.text).words, word_stream(essay).words
    same = next((index for index in alike if index.stream.words in readings), None)
    if same is not None or kind not in _NAMES:
        return same
    try:
        text = parse(essay.encode("utf-8", "replace"), name=_NAMES[kind]).text
    except SourceFault:
        return None
    return next((index for index in alike if index.text == text), None)


class _Finding:
    def __init__(self, essay: str, prose: Prose, editions: Sequence[Index], budget: Budget) -> None:
        self._budget = budget
        self._essay, self._prose, self._editions = essay, prose, editions
        self._read: dict[tuple[int, int], MarkedWords] = {}
        self._tried = 0
        self._titles = {section.words for index in editions for section in index.sections}
        self._nested: set[QuotationCandidate] = set()
        self._context = {index.label: EssayContext(essay, prose, index) for index in editions}

    def run(self) -> Iterator[Quotation]:
        some = candidates(self._prose, self._budget)
        inline = [candidate for candidate in some if candidate.form == "inline"]
        self._nested = set(inline).difference(_outermost(inline))
        quotations, missing, short = self._sorted(some)
        quotations = disambiguation.join(self._prose.text, quotations, some, self._budget)
        worth = [self._is_worth(each, self._speaker(each.candidate)) for each in quotations]
        sure = QuotationRow(self._prose, list(compress(quotations, worth)))
        judged = zip(quotations, worth, strict=True)
        quotations = [each for each, is_sure in judged if is_sure or self._is_beside(each, sure)]
        row = QuotationRow(self._prose, quotations)
        quotations = self._joined([self._disambiguated(each, row) for each in quotations])
        quotations += self._terms(short, row, sure)
        answers = [(each.candidate, self._quotation(each)) for each in quotations]
        for candidate in _outermost(missing):
            if not row.overlaps(candidate):
                start, end = self._prose.source(candidate.start, candidate.end)
                words = self._prose.text[candidate.start : candidate.end]
                missed = Quotation(self._essay[start:end], start, end, words, "not_found", 0.0)
                answers.append((candidate, missed))
        return (answer for _, answer in sorted(answers, key=lambda pair: pair[0].start))

    def _sorted(
        self, some: Sequence[QuotationCandidate]
    ) -> tuple[list[FoundQuotation], list[QuotationCandidate], list[QuotationCandidate]]:
        """Divide candidates into quotations, missing ones, and ones too short to decide."""
        quotations: list[FoundQuotation] = []
        missing: list[QuotationCandidate] = []
        short: list[QuotationCandidate] = []
        behind = 0
        for number, candidate in enumerate(some):
            if candidate.start < behind:
                continue
            quotation = self._place(candidate)
            if quotation is not None and not self._contains_quotation(quotation, some, number + 1):
                behind = candidate.end
                quotations.append(quotation)
            elif self._words(candidate) < MIN_REPORTED:
                short.append(candidate)
            elif candidate.form in ("block", "inline") and not self._is_citation(candidate):
                missing.append(candidate)
        return quotations, missing, short

    def _contains_quotation(
        self, outer: FoundQuotation, some: Sequence[QuotationCandidate], first: int
    ) -> bool:
        """Return whether a quotation only contains quotations, and is itself the essay's.

        It is if it consists of several quotations, or if most of its other words are not the
        document's.
        """
        end, following = outer.candidate.end, islice(some, first, first + MAX_INNER)
        within = [each for each in following if each.form == "inline" and each.end <= end]
        inner = _outermost(within)
        words = [self._words(candidate) for candidate in inner]
        if len(inner) > 1 and sum(words) == self._words(outer.candidate):
            return True
        matched = outer.placed.matched
        strange = len(outer.placed.written.words) - matched
        for candidate, many in zip(inner, words, strict=True) if strange else ():
            if many >= MIN_REPORTED and place(self._literal(candidate), self._editions, 1.0):
                matched -= many
        return matched < strange and matched < outer.placed.matched

    def _place(self, candidate: QuotationCandidate) -> FoundQuotation | None:
        self._budget.check()
        text = self._prose.text
        if candidate.form == "block":
            candidate = without_source(self._prose, candidate)
        fewest, least = REQUIREMENTS[candidate.form]
        if self._words(candidate) < fewest or self._is_citation(candidate):
            return None
        self._tried += 1
        if self._tried > MAX_ALTERED or self._words(candidate) > MAX_ALTERED_WORDS:
            least = 1.0
        placed = place(self._literal(candidate), self._editions, least)
        if placed is None:
            return None
        if candidate.form == "paragraph" and placed.score < 1 and not placed.is_whole:
            return None
        if placed.verdict == "verbatim" and ADDED_EMPHASIS.match(text, candidate.end):
            placed = replace(placed, verdict="altered_marked")
        return FoundQuotation(candidate, placed)

    def _is_beside(self, quotation: FoundQuotation, sure: QuotationRow) -> bool:
        """Return whether a nearby sure quotation contains its words, or is from the same part."""
        self._budget.check()
        candidate = quotation.candidate
        speaker = self._speaker(candidate)
        spans = [option[0] for option in quotation.placed.options]
        around = sure.hulls(candidate, 2)
        is_contained = any(significance.holds(hull, span) for hull in around for span in spans)
        if is_contained and speaker != "person":
            return self._is_worth(quotation, "document")
        hulls = sure.hulls(candidate, 1)
        near = any(significance.is_near(span, hulls, significance.SAME_PART) for span in spans)
        near = near or self._context[quotation.placed.index.label].is_cited(quotation)
        return near and self._is_worth(quotation, speaker, supported=True)

    def _is_worth(
        self, quotation: FoundQuotation, speaker: significance.Speaker, *, supported: bool = False
    ) -> bool:
        self._budget.check()
        placed, candidate = quotation.placed, quotation.candidate
        altered = placed.verdict in ("altered_unmarked", "joined_unmarked")
        if speaker == "person" and candidate in self._nested:  # the speaker quotes somebody else
            speaker = "nobody"
        named = False  # whether the document, or a place in it, is named next to the candidate
        if speaker == "nobody":
            text, start, end = self._prose.text, candidate.start, candidate.end
            few = self._words(candidate) < MIN_WORDS and not self._block(candidate).row
            named = is_located(text, start, end) or (
                not few and significance.is_named_near(self._prose, start, end)
            )
        return significance.is_worth(
            placed.index, placed.written, speaker, altered=altered, supported=supported, named=named
        )

    def _speaker(self, candidate: QuotationCandidate) -> significance.Speaker:
        start, end = candidate.start, candidate.end
        return significance.speaker(self._prose.text, start, end, self._block(candidate))

    def _is_citation(self, candidate: QuotationCandidate) -> bool:
        """Return whether a candidate only names a section of the document.

        A title between marks does if its words occur only in headings.
        """
        text, start, end = self._prose.text, candidate.start, candidate.end
        if candidate.form == "block" and "\n" in text[start:end]:
            lines = re.finditer(r"[^\n]+", text[start : min(end, start + MAX_TITLES)])
            return end - start <= MAX_TITLES and all(
                self._is_citation(
                    replace(candidate, start=start + line.start(), end=start + line.end())
                )
                for line in lines
            )
        if has_sign(text, start, end) and title_in(text[start:end]) in self._titles:
            return True
        words = [word.forms for word in self._literal(candidate).words]
        if f" {' '.join(forms[0] for forms in words)} " not in self._titles:
            return False
        if candidate.form != "inline":
            return True
        heads = {section.start for index in self._editions for section in index.sections}
        return not text[start].islower() and all(
            index.span(at, at + 1)[0] in heads
            for index in self._editions
            for at in index.occurrences(words)
        )

    def _block(self, candidate: QuotationCandidate) -> ProseBlock:
        return self._prose.blocks[self._prose.block_number(candidate.start)]

    def _disambiguated(self, quotation: FoundQuotation, row: QuotationRow) -> FoundQuotation:
        if quotation.clear:
            return quotation
        self._budget.check()
        index = quotation.placed.index
        neighbours = row.neighbours(quotation.candidate, 0, index)
        options = disambiguate(quotation, neighbours, self._context[index.label])
        return replace(quotation, placed=replace(quotation.placed, options=tuple(options)))

    def _joined(self, quotations: Sequence[FoundQuotation]) -> list[FoundQuotation]:
        """Join block quotations and paragraphs that follow each other in essay and document."""
        joined: list[FoundQuotation] = []
        for quotation in quotations:
            before = joined[-1] if joined else None
            if before is not None and self._runs_on(before, quotation):
                candidate = replace(before.candidate, end=quotation.candidate.end)
                option = ((before.hull[0], quotation.hull[1]),)
                joined[-1] = FoundQuotation(candidate, replace(before.placed, options=(option,)))
            else:
                joined.append(quotation)
        return joined

    def _runs_on(self, before: FoundQuotation, after: FoundQuotation) -> bool:
        pair = (before, after)
        if "inline" in {each.candidate.form for each in pair}:
            return False
        if {each.placed.verdict for each in pair} != {"verbatim"}:
            return False
        index, stretch = before.placed.index, (before.candidate.end, after.candidate.start)
        if index is not after.placed.index or not (before.clear and after.clear):
            return False
        starts, words = index.stream.starts, index.stream.words
        first, last = bisect_left(starts, before.hull[1]), bisect_left(starts, after.hull[0])
        # The text between the two is the same in the essay as in the edition.
        between = word_stream(self._prose.text[slice(*stretch)]).words
        return first <= last and words[first:last] == between

    def _terms(
        self, short: Sequence[QuotationCandidate], row: QuotationRow, sure: QuotationRow
    ) -> Iterator[FoundQuotation]:
        """Yield the quotations of one or two words."""
        index, text = self._editions[0], self._prose.text
        context = self._context[index.label]
        for candidate in short:
            self._budget.check()
            if candidate.form != "inline" or row.overlaps(candidate):
                continue
            near, around = sure.hulls(candidate, 0), sure.hulls(candidate, 1)
            cited, block = context.at_once(candidate), self._block(candidate)
            span = significance.place_short(text, candidate, index, near, around, cited, block)
            if span is not None:
                written, options = self._literal(candidate), ((span,),)
                placed = PlacedCandidate(index, written, options, "verbatim", 1.0, 1)
                yield FoundQuotation(candidate, placed)

    def _literal(self, candidate: QuotationCandidate) -> MarkedWords:
        span = candidate.start, candidate.end
        if span not in self._read:
            self._read[span] = literal(self._prose.text, *span)
        return self._read[span]

    def _words(self, candidate: QuotationCandidate) -> int:
        return len(self._literal(candidate).words)

    def _quotation(self, quotation: FoundQuotation) -> Quotation:
        candidate, placed = quotation.candidate, quotation.placed
        start, end = self._prose.source(candidate.start, candidate.end)
        label, text = placed.index.label, placed.index.text
        options = tuple(
            Match(label, first, last, text[first:last])
            for option in placed.options
            for first, last in option
        )
        return Quotation(
            self._essay[start:end], start, end, quotation.words(self._prose.text),
            placed.verdict if quotation.clear else "ambiguous", round(placed.score, 3),
            options if quotation.clear else (), () if quotation.clear else options,
        )  # fmt: skip


def _outermost(some: Sequence[QuotationCandidate]) -> list[QuotationCandidate]:
    outermost: list[QuotationCandidate] = []
    for candidate in some:
        if not outermost or candidate.end > outermost[-1].end:
            outermost.append(candidate)
    return outermost
