"""Comments and answers as a commenting sheet, as ISO's committees use it, and back by id.

Its first columns are those of ISO's template. Only the last four are read again.
"""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import one_of
from annotator.errors import AnnotatorError, Malformed, NotFound, TooLarge
from annotator.formats.csv import MARK, table, unguarded
from annotator.models import Answered, Edition, PublisherAnswer
from annotator.schemas.annotations import AnnotationValue
from annotator.search.engine import Engine
from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers import answers, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded

COLUMNS = (
    "id", "MB/NC", "Line number", "Clause/ Subclause", "Paragraph/ Figure/ Table",
    "Type of comment", "Comments", "Proposed change", "Observations of the secretariat",
    "Outcome", "Addressed in edition", "Addressed at",
)  # fmt: skip
READ = COLUMNS[-4:]
LARGEST = 20_000_000  # bytes
BATCH = 500


class Imported(NamedTuple):
    """How many comments got a new draft, and how many kept their answer."""

    changed: int
    unchanged: int


def comments(session: Session, slug: str) -> Iterator[tuple[AnnotationValue, AnswerDraft | None]]:
    """Yield each comment that can be answered, in the order of the text, with its answer.

    That is its draft, if there is one, else the published answer. Raises NotFound.
    """
    loaded = editions.newest(session, slug)
    ids = listings.ids(session, Filter(slug, answer="any"), "place", sys.maxsize)
    for at in range(0, len(ids), BATCH):
        batch = ids[at : at + BATCH]
        answers = _answers(session, loaded, batch)
        for annotation in annotation_loader.read(session, batch, loaded):
            yield annotation, answers.get(annotation.id)


def _answers(session: Session, loaded: Loaded, ids: list[str]) -> dict[str, AnswerDraft]:
    query: Any = (
        select(Answered.annotation_id, PublisherAnswer, Edition.label)
        .join(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
        .outerjoin(Edition, Edition.id == PublisherAnswer.edition_id)
        .where(one_of(Answered.annotation_id, ids), Answered.state != "replaced")
        .order_by(Answered.state.desc())  # drafts come last, and count
    )
    found: dict[str, AnswerDraft] = {}
    for ident, answer, label in session.execute(query):
        address = None
        if answer.provision is not None:
            into = editions.of_document(session, loaded.document_id, label)
            address = provisions.view(into, answer.provision).address
        found[ident] = AnswerDraft(answer.outcome, answer.body, label, address)
    return found


def write(session: Session, slug: str) -> str:
    """Return the sheet as CSV. Raises NotFound."""
    rows = [_cells(annotation, draft) for annotation, draft in comments(session, slug)]
    return table(COLUMNS, rows)


def _cells(annotation: AnnotationValue, draft: AnswerDraft | None) -> tuple[str | None, ...]:
    at, suggestion = annotation.placement, annotation.suggestion
    place, _, number = (at.place if at else "").partition(" ¶ ")
    small = suggestion is not None and len(suggestion.wording.split()) <= 1
    kind = "ed" if small else "te" if annotation.targets else "ge"
    answer = (draft.body, draft.outcome, draft.edition, draft.address) if draft else ("",) * 4
    return (annotation.id, annotation.author, number, place, annotation.address, kind,
            annotation.body, suggestion.critic if suggestion else "", *answer)  # fmt: skip


def read(
    session: Session, engine: Engine, viewer: Viewer, slug: str, data: bytes, limits: Limits
) -> Imported:
    """Save the differences of a sheet from the stored answers as drafts, all or none.

    Raises as `drafters.require`, TooLarge, Malformed and, with the line, what `answers.write`
    raises.
    """
    drafters.require(session, viewer, "answer.draft", editions.document(session, slug).id)
    drafts = _parsed(data)
    present = {annotation.id: draft for annotation, draft in comments(session, slug)}
    by_answer: dict[AnswerDraft, list[str]] = defaultdict(list)
    for ident, (line, draft) in drafts.items():
        if ident not in present:
            raise NotFound(f"Line {line}: there is no comment {ident!r} to answer on {slug}.")
        if draft != (present[ident] or AnswerDraft("")):
            by_answer[draft].append(ident)
    for draft, ids in by_answer.items():
        states = {
            row.id: desk.state_of(row) for row in session.execute(desk.COMMENTS, {"ids": ids})
        }
        chosen = DeskChoice([(ident, states[ident]) for ident in ids])
        try:
            answers.write(session, engine, viewer, slug, chosen, draft, limits)
        except AnnotatorError as error:
            error.message = f"Line {drafts[ids[0]][0]}: {error.message}"
            raise
    changed = sum(map(len, by_answer.values()))
    return Imported(changed, len(drafts) - changed)


def _parsed(data: bytes) -> dict[str, tuple[int, AnswerDraft]]:
    """Return the answers of a sheet by the comments' ids, with their lines."""
    if len(data) > LARGEST:
        raise TooLarge(f"The file is larger than {LARGEST // 1_000_000} MB. Send it in parts.")
    try:
        text = data.decode("utf-8").removeprefix(MARK)
    except UnicodeDecodeError as error:
        raise Malformed("The file is not UTF-8. Save it as CSV in UTF-8.") from error
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    drafts: dict[str, tuple[int, AnswerDraft]] = {}
    try:
        header = next(lines, [])
        for name in ("id", *READ):
            if header.count(name) != 1:
                raise Malformed(f"The column {name!r} is missing or appears twice.", field=name)
        at = [header.index(name) for name in ("id", *READ)]
        for cells in lines:
            if len(cells) != len(header):
                raise Malformed(f"Line {lines.line_num}: it has {len(cells)} cells instead of "
                                f"{len(header)}.")  # fmt: skip
            ident, body, outcome, edition, address = (unguarded(cells[column]) for column in at)
            if ident in drafts:
                raise Malformed(f"Line {lines.line_num}: {ident} appears twice.", field="id")
            draft = AnswerDraft(outcome, body or None, edition or None, address or None)
            drafts[ident] = lines.line_num, draft
    except csv.Error as error:
        raise Malformed(f"Line {lines.line_num}: the file is not CSV ({error}).") from error
    return drafts


def write_markdown(session: Session, slug: str) -> str:
    """Return the comments and their answers as Markdown. Raises NotFound."""
    pieces = [f"# {editions.newest(session, slug).title}\n"]
    for annotation, draft in comments(session, slug):
        place = annotation.placement.place if annotation.placement else ""
        quoted = "\n".join(f"> {line}" for line in (annotation.body or "").split("\n"))
        told = f"**{draft.outcome}** {draft.body or ''}".strip() if draft else "*open*"
        pieces.append(
            f"## {place or annotation.title}: {annotation.author}\n\n{quoted}\n\n{told}\n"
        )
    return "\n".join(pieces)
