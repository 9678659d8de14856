"""The API of drafters: the desk, answers, and the public account of them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from annotator.errors import Malformed
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.answer_requests import (
    AccountQuery,
    AnswerShape,
    AnswersQuery,
    ContentShape,
    DeskQuery,
    DeskSelectionShape,
    MarkShape,
    PublishShape,
    SelectedShape,
)
from annotator.schemas.answers import (
    AnswerLine,
    AnswerLines,
    AnswersAccount,
    DeskSelection,
    Marked,
    PublishedAnswers,
)
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers import accounting, answers, desk, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions
from annotator.services.reading import full_text
from annotator.web.api.operations import operation
from annotator.web.http.site import site, viewer

DOCUMENT = "/api/documents/<slug>"


@operation("GET", f"{DOCUMENT}/desk", refuses=(404, 422), act="desk.see")
def get_desk(session: Session, slug: str, query: DeskQuery) -> DeskSelection:
    """Return the comments that a filter of the desk finds, each with its state."""
    narrow = Filter(document=slug, **query.model_dump())
    return desk.select_comments(session, site().engine, viewer(), narrow)


@operation("POST", f"{DOCUMENT}/desk", refuses=(404, 422), act="answer.draft")
def mark_on_desk(session: Session, slug: str, body: MarkShape) -> Marked:
    """Mark comments on the desk: read, labelled or assigned; only drafters see it."""
    chosen = _chosen(slug, body.annotations, body.selection)
    number = desk.mark(session, site().engine, viewer(), slug, chosen, body.mark, body.value or "")
    return Marked(comments=number)


@operation("GET", f"{DOCUMENT}/answers", refuses=(404, 422))
def get_account(session: Session, slug: str, query: AccountQuery) -> AnswersAccount:
    """Count a document's open and answered comments, in all and by section."""
    narrow = Filter(document=slug, **query.model_dump())
    return accounting.account(session, full_text.with_hits(session, site().engine, narrow))


@operation("GET", "/api/answers", refuses=(404, 422))
def list_answers(session: Session, query: AnswersQuery) -> AnswerLines:
    """Return a page of the publisher's answers on a document, the newest first."""
    document = editions.document(session, query.document)
    if query.state == "draft":
        drafters.require(session, viewer(), "desk.see", document.id)
    return answers.page(session, document, query.state, query.cursor, query.limit)


@operation("POST", "/api/answers", statuses=(201,), refuses=(404, 422), act="answer.draft")
def create_answer(session: Session, body: AnswerShape) -> AnswerLine:
    """Answer comments, as a draft or published at once."""
    here, who = site(), viewer()
    at = body.addressed_in
    draft = AnswerDraft(
        body.outcome, body.body, at.edition if at else None, at.address if at else None
    )
    chosen = _chosen(body.document, body.annotations, body.selection)
    ident, _ = answers.write(
        session, here.engine, who, body.document, chosen, draft, here.config.limits
    )
    if body.publish:
        answers.publish(session, here.engine, who, body.document, answers=[ident])
    document = editions.document(session, body.document)
    state = "published" if body.publish else "draft"
    (line,) = answers.page(session, document, state, ids=[ident]).items
    return line


@operation("POST", "/api/answers/publish", refuses=(404, 422), act="answer.publish")
def publish_answers(session: Session, body: PublishShape) -> PublishedAnswers:
    """Publish drafts of answers."""
    here = site()
    chosen = _chosen(body.document, None, body.selection) if body.selection else None
    return answers.publish(session, here.engine, viewer(), body.document, chosen, body.ids or ())


@operation("POST", "/api/answers/<answer_id>/undo", refuses=(404,), act="answer.publish")
def undo_answer(session: Session, answer_id: str) -> PublishedAnswers:
    """Make an answer a draft again, within an hour of its publication."""
    return answers.undo(session, viewer(), answer_id)


@operation("PUT", "/api/annotations/<ident>/content", refuses=(404, 410, 422), act="answer.content")
def say_content(session: Session, ident: str, body: ContentShape) -> AnnotationValue:
    """Store whether the author of a comment is satisfied with its answer."""
    answers.say(session, viewer(), ident, body.content)
    return listings.get(session, ident, viewer=viewer())


def _chosen(
    slug: str, annotations: list[SelectedShape] | None, selection: DeskSelectionShape | None
) -> DeskChoice:
    if annotations is not None and selection is not None:
        raise Malformed('Send "annotations" or "selection", not both.', field="selection")
    if selection is None:
        return DeskChoice([(each.id, each.state) for each in annotations or ()])
    narrow = Filter(document=slug, **selection.model_dump(exclude={"state"}))
    return DeskChoice(narrow=narrow, state=selection.state)
