"""What an essay would become: an annotation for each passage that it quotes, as its author chose.

Nothing is posted here; `essays.publish` does.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlalchemy.orm import Session

from annotator import markup
from annotator.config import Limits
from annotator.errors import Unacceptable
from annotator.markup.portable import escaped
from annotator.quotations import Budget, Kind
from annotator.quotations.essay.essay_parts import Choice, Divided, EssayPart, arrange, divide
from annotator.services.essays import quotation_report
from annotator.services.essays.quotation_report import QuotationReport, QuotedPlace, Reported

LONGEST_TITLE = 200
REST = "…"
MOST_SHOWN = 60_000  # characters of HTML, which take 0.3 s; an essay of 10,000 words has as many


@dataclass(frozen=True, slots=True)
class EssaySubmission:
    """An essay as its author gives it, and what they chose of what was proposed.

    `choices` are by the number of the part, from 0; `picks` choose one of the candidates of an
    ambiguous quotation, both by their numbers from 0.
    """

    text: str
    kind: Kind
    title: str = ""
    source_url: str = ""
    edition: str | None = None
    choices: Mapping[int, Choice] = field(default_factory=dict)
    picks: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Proposed:
    """One annotation that would be posted: its words, its place, and what prevents it.

    `html` is what its words become. `trouble` is why it cannot be posted, or empty. `skipped` are
    quotations of another edition than the one that most of the part's quotations are of.
    """

    body: str
    edition: str
    places: tuple[QuotedPlace, ...]
    quotations: tuple[int, ...]
    skipped: int = 0
    trouble: str = ""
    html: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an essay would become. `parts` are those that the essay falls into by itself."""

    report: QuotationReport
    title: str
    divided: Divided
    parts: tuple[Proposed, ...]
    annotations: tuple[Proposed, ...]


def propose(
    session: Session,
    slug: str,
    written: EssaySubmission,
    limits: Limits,
    budget: Budget | None = None,
) -> Proposal:
    """Divide an essay into annotations, as its author chose. Raises as `quoting.report` does."""
    budget = budget or Budget(quotation_report.MOST_SECONDS)  # for finding and dividing together
    report = quotation_report.report(
        session, slug, written.text, written.kind, written.edition, budget
    )
    divided = divide(written.text, written.kind, [it.quotation for it in report.quotations], budget)
    title = " ".join((written.title or divided.title).split())[:LONGEST_TITLE]

    def proposed(parts: Sequence[EssayPart]) -> tuple[Proposed, ...]:
        return tuple(_proposed(report, divided, part, written, limits) for part in parts)

    shifts = {at: Choice(shift=choice.shift) for at, choice in written.choices.items()}
    alone = tuple(_shown(proposed(arrange(divided, shifts))))
    return Proposal(report, title, divided, alone, proposed(arrange(divided, written.choices)))


def _shown(parts: Iterable[Proposed]) -> Iterator[Proposed]:
    """Yield parts with their words as HTML, or as they were written once that is enough of it."""
    room = MOST_SHOWN
    for part in parts:
        trouble, html = part.trouble, markup.escaped(part.body)
        if room > 0:
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
    written: EssaySubmission,
    limits: Limits,
) -> Proposed:
    quoted = part.quoted(divided.paragraphs)
    found = [
        place for at in quoted for place in _picked(report.quotations[at], written.picks.get(at))
    ]
    labels = [place.match.edition for place in found]
    label = max(labels, key=labels.count, default=report.loaded.label)
    here = tuple({(it.match.start, it.match.end): it for it in found
                  if it.match.edition == label}.values())  # fmt: skip
    body = _body(divided, part, written, limits)
    trouble = ""
    if not here:
        trouble = "Choose which passage it quotes."
    elif not body:
        trouble = "It says nothing of what it quotes."
    elif len(here) > limits.targets:
        trouble = f"It quotes {len(here)} passages; a comment has at most {limits.targets}."
    return Proposed(body, label, here, quoted, len(found) - labels.count(label), trouble)


def _picked(it: Reported, pick: int | None) -> tuple[QuotedPlace, ...]:
    if it.places or pick is None or not 0 <= pick < len(it.candidates):
        return it.places
    return (it.candidates[pick],)


def _escaped(text: str) -> str:
    return "\n".join(map(escaped, text.split("\n")))


def _body(divided: Divided, part: EssayPart, written: EssaySubmission, limits: Limits) -> str:
    """Write a part's paragraphs as Markdown, without those that only quote the document."""
    pieces: list[str] = []
    room = limits.body - len(REST) - 2
    for it in divided.paragraphs[part.first : part.after]:
        if it.heading or it.set_off:
            continue
        source = written.text[it.start : it.end]
        piece = source.rstrip() if written.kind == "markdown" else _escaped(it.text)
        room -= len(piece) + 2
        if room < 0:
            pieces.append(REST)
            break
        pieces.append(piece)
    return "\n\n".join(pieces)
