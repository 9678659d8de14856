"""The comments that an essay would become; `essays.publish` posts them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from annotator import markup
from annotator.config import Limits
from annotator.errors import SourceFault, Unacceptable
from annotator.markup import excerpt
from annotator.quotations import Budget, Kind
from annotator.quotations.essay.essay_parts import Divided, EssayPart, divide, is_layout
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, QuotedPlace

MAX_TITLE = 200
MAX_MARKUP = 4  # the markup of a part may be this many times as long as a comment
MAX_SHOWN = 60_000  # characters of HTML; rendering takes 0.3 s, an essay of 10,000 words


@dataclass(frozen=True, slots=True)
class EssaySubmission:
    """An essay as submitted, with its author's choices.

    `layout` divides paragraphs into parts (see `essay_parts`), None as the essay has them; `picks`
    maps an ambiguous quotation to one of its candidates, both numbered from 0.
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
    """A comment that would be posted: its body, its places, and what prevents posting it.

    `quotations` and `paragraphs` are the numbers of those in it. `html` is the rendered body.
    `trouble` is why it cannot be posted, or empty. `skipped` counts quotations of other editions
    than the one that most of the part's quotations are of.
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
    """The comments of an essay; `layout` is the requested one, or the essay's own."""

    report: QuotationReport
    title: str
    divided: Divided
    layout: str
    comments: tuple[Proposed, ...]

    @property
    def ready(self) -> list[Proposed]:
        """The comments that would be posted."""
        return [part for part in self.comments if not part.trouble]


def propose(
    session: Session,
    slug: str,
    written: EssaySubmission,
    limits: Limits,
    budget: Budget | None = None,
) -> Proposal:
    """Divide an essay into comments. Raises what `quotation_report.report` does.

    `budget` is for finding quotations and dividing the essay together.
    """
    budget = budget or Budget(quotation_report.MOST_SECONDS)
    report = quotation_report.report(
        session, slug, written.text, written.kind, written.edition, budget
    )
    quotations = [item.quotation for item in report.quotations]
    divided = divide(written.text, written.kind, quotations, budget)
    title = " ".join((written.title or divided.title).split())[:MAX_TITLE]
    layout = written.layout or ""
    if not is_layout(layout, len(divided.paragraphs)):
        layout = divided.layout
    comments: list[Proposed] = []
    above: tuple[int, ...] = ()
    for part in divided.parts(layout):
        budget.check()
        own = part.quoted(divided.paragraphs)
        above = own or above  # a part without quotations continues the part above
        comments.append(_proposed(report, divided, part, own, above, written, limits))
    return Proposal(report, title, divided, layout, tuple(_rendered(comments)))


def _rendered(parts: Iterable[Proposed]) -> Iterator[Proposed]:
    """Yield parts with rendered bodies, or with escaped ones after MAX_SHOWN characters."""
    room = MAX_SHOWN
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
    places: list[QuotedPlace] = []
    for at in quoted:
        item, pick = report.quotations[at], written.picks.get(at, -1)
        picked = not item.places and 0 <= pick < len(item.candidates)
        places += (item.candidates[pick],) if picked else item.places
    labels = [place.match.edition for place in places]
    label = max(labels, key=labels.count, default=report.loaded.label)
    distinct = tuple({(place.match.start, place.match.end): place for place in places
                      if place.match.edition == label}.values())  # fmt: skip
    body, trouble = _body(divided, part, written, limits), ""
    if not distinct:
        trouble = "Choose which passage it quotes." if quoted else "It quotes nothing."
    elif not body:
        trouble = "It says nothing about what it quotes."
    elif len(body) > limits.body:
        trouble = (
            f"It has {len(body):,} characters; a comment has at most {limits.body:,}. Split it."
        )
    elif len(distinct) > limits.targets:
        trouble = (
            f"It quotes {len(distinct)} passages; a comment has at most {limits.targets}. Split it."
        )
    return Proposed(
        body, label, distinct, own, part.paragraphs, len(places) - labels.count(label), trouble
    )


def _body(divided: Divided, part: EssayPart, written: EssaySubmission, limits: Limits) -> str:
    """Return a part as Markdown, without the paragraphs that only quote the document."""
    paragraphs = [divided.paragraphs[at] for at in part.paragraphs]
    own = [paragraph for paragraph in paragraphs if not paragraph.set_off]
    pieces = [written.text[paragraph.start : paragraph.end] for paragraph in own]
    source, base = "\n\n".join(piece.rstrip() for piece in pieces), written.source_url
    if written.kind == "text" or len(source) > limits.body * MAX_MARKUP:
        return excerpt.from_text(source)
    if written.kind == "markdown":
        return excerpt.from_markdown(source, divided.links, divided.notes, base)
    try:
        return excerpt.from_html("".join(pieces), base)
    except SourceFault:
        return excerpt.from_text("\n\n".join(paragraph.text for paragraph in own))
