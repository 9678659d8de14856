"""What an essay would become: an annotation for each passage that it quotes, as its author chose.

Nothing is posted here; `essays.publish` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from annotator import markup
from annotator.config import Limits
from annotator.errors import SourceFault, Unacceptable
from annotator.markup import excerpt
from annotator.quotations import Budget, Kind
from annotator.quotations.essay.essay_parts import (
    Divided,
    EssayPart,
    divide,
    is_layout,
)
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, QuotedPlace, Reported

LONGEST_TITLE = 200
MOST_MARKUP = 4  # times as long as a comment a part may be, with its markup
MOST_SHOWN = 60_000  # characters of HTML, which take 0.3 s; an essay of 10,000 words has as many


@dataclass(frozen=True, slots=True)
class EssaySubmission:
    """An essay as its author gives it, and what they chose of what was proposed.

    `layout` says which paragraphs make which part (`essay_parts`), None as they do by themselves;
    `picks` choose one of the candidates of an ambiguous quotation, both by their numbers from 0.
    """

    text: str
    kind: Kind
    title: str = ""
    source_url: str = ""
    edition: str | None = None
    layout: str | None = None
    picks: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One comment that would be posted: its words, where it would stand, what stands in the way.

    `quotations` are those in it, `paragraphs` the numbers of those it is made of. `html` is what
    its words become. `trouble` is why it cannot be posted, or empty. `skipped` are quotations of
    another edition than the one that most of the part's quotations are of.
    """

    body: str
    edition: str
    places: tuple[QuotedPlace, ...]
    quotations: tuple[int, ...]
    paragraphs: tuple[int, ...]
    skipped: int = 0
    trouble: str = ""
    html: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an essay would become; `layout` is the one that was asked for, or the essay's own."""

    report: QuotationReport
    title: str
    divided: Divided
    layout: str
    comments: tuple[Proposed, ...]

    @property
    def ready(self) -> list[Proposed]:
        """The comments that would be posted."""
        return [it for it in self.comments if not it.trouble]


def propose(
    session: Session,
    slug: str,
    written: EssaySubmission,
    limits: Limits,
    budget: Budget | None = None,
) -> Proposal:
    """Divide an essay into comments, as its author chose. Raises as `quotation_report.report` does.

    `budget` is for finding quotations and dividing the essay together.
    """
    budget = budget or Budget(quotation_report.MOST_SECONDS)
    report = quotation_report.report(
        session, slug, written.text, written.kind, written.edition, budget
    )
    divided = divide(written.text, written.kind, [it.quotation for it in report.quotations], budget)
    title = " ".join((written.title or divided.title).split())[:LONGEST_TITLE]
    asked = written.layout
    layout = asked if asked and is_layout(asked, len(divided.paragraphs)) else divided.layout
    found: list[Proposed] = []
    above: tuple[int, ...] = ()
    for part in divided.parts(layout):
        budget.check()
        own = part.quoted(divided.paragraphs)
        above = own or above  # what quotes nothing goes on about what the part above quotes
        found.append(_proposed(report, divided, part, own, above, written, limits))
    return Proposal(report, title, divided, layout, tuple(_shown(found)))


def _shown(parts: Iterable[Proposed]) -> Iterator[Proposed]:
    """Yield parts with their words as HTML, or as they were written once that is enough of it."""
    room = MOST_SHOWN
    for part in parts:
        trouble, html = part.trouble, markup.escaped(part.body)
        if room > 0 and len(part.body) <= room:
            try:
                html = markup.render(part.body)
            except Unacceptable as error:
                trouble = trouble or error.message
            room -= len(html)
        yield replace(part, html=html, trouble=trouble)


def _proposed(
    report: QuotationReport,
    divided: Divided,
    part: EssayPart,
    own: tuple[int, ...],
    quoted: tuple[int, ...],
    written: EssaySubmission,
    limits: Limits,
) -> Proposed:
    found = [
        place for at in quoted for place in _picked(report.quotations[at], written.picks.get(at))
    ]
    labels = [place.match.edition for place in found]
    label = max(labels, key=labels.count, default=report.loaded.label)
    here = tuple({(it.match.start, it.match.end): it for it in found
                  if it.match.edition == label}.values())  # fmt: skip
    body, trouble = _body(divided, part, written, limits), ""
    if not here:
        trouble = "Choose which passage it quotes." if quoted else "It quotes nothing."
    elif not body:
        trouble = "It says nothing of what it quotes."
    elif len(body) > limits.body:
        trouble = (
            f"It has {len(body):,} characters; a comment has at most {limits.body:,}. Split it."
        )
    elif len(here) > limits.targets:
        trouble = (
            f"It quotes {len(here)} passages; a comment has at most {limits.targets}. Split it."
        )
    return Proposed(
        body, label, here, own, part.paragraphs, len(found) - labels.count(label), trouble
    )


def _picked(it: Reported, pick: int | None) -> tuple[QuotedPlace, ...]:
    if it.places or pick is None or not 0 <= pick < len(it.candidates):
        return it.places
    return (it.candidates[pick],)


def _body(divided: Divided, part: EssayPart, written: EssaySubmission, limits: Limits) -> str:
    """Write a part as Markdown, without the paragraphs that are the document's words alone."""
    said = [divided.paragraphs[at] for at in part.paragraphs]
    pieces = [written.text[it.start : it.end] for it in said if not it.set_off]
    source, base = "\n\n".join(it.rstrip() for it in pieces), written.source_url
    if written.kind == "text" or len(source) > limits.body * MOST_MARKUP:
        return excerpt.from_text(source)
    if written.kind == "markdown":
        return excerpt.from_markdown(source, divided.links, divided.notes, base)
    try:
        return excerpt.from_html("".join(pieces), base)
    except SourceFault:
        return excerpt.from_text("\n\n".join(it.text for it in said if not it.set_off))
