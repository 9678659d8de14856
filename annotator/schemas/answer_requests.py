"""Answers and selections of comments as drafters send them."""

from __future__ import annotations

from typing import Annotated

from annotator.schemas.answers import ANSWER_STATES, MARKS, OUTCOMES
from annotator.schemas.base import Label, Shape, Slug, Text, about
from annotator.schemas.queries import CommentaryQuery, PageQuery

Answering = Annotated[Text, about("As of comments; or `todo`, `draft` or `in_text`.")]
Assigned = Annotated[Text, about("Assigned to this drafter; `me` or `nobody`.")]
Labelled = Annotated[Text, about("With this label of the desk.")]
Unread = Annotated[Text, about("Not marked as read by you: `yes`.", ("yes",))]


class DeskQuery(CommentaryQuery):
    """Filters of the desk: those of commentary, and drafters' marks."""

    edition: Label | None = None
    answer: Answering | None = None
    assigned: Assigned | None = None
    label: Labelled | None = None
    unread: Unread | None = None
    campaign: Annotated[Text, about("Of this campaign; `ID:own`, or `none`.")] | None = None


class DeskSelectionShape(DeskQuery):
    """All comments that a filter of the desk finds, if they are still in the `state` shown."""

    state: Annotated[Text, about("The `state` of the selection as it was read.")]


class SelectedShape(Shape):
    """A comment to be answered, if it is still in the `state` shown."""

    id: Text
    state: Annotated[Text, about("Its `state` as it was read.")] | None = None


class AddressedShape(Shape):
    """The edition, and the address in it, where the text addresses the comments."""

    edition: Text
    address: Text | None = None


class AnswerShape(Shape):
    """An answer to some comments, or to all of a selection."""

    document: Slug
    annotations: list[SelectedShape] | None = None
    selection: DeskSelectionShape | None = None
    outcome: Annotated[Text, about("The outcome.", OUTCOMES)]
    body: Annotated[Text | None, about("Markdown.")] = None
    addressed_in: AddressedShape | None = None
    publish: Annotated[bool, about("Publish it at once.")] = False


class PublishShape(Shape):
    """The drafts to publish: by id, those of a selection, or by default all of a document."""

    document: Slug
    ids: list[Text] | None = None
    selection: DeskSelectionShape | None = None


class AnswersQuery(PageQuery):
    """The answers on a document in one state; only drafters see drafts."""

    document: Slug
    state: Annotated[Text, about("The state.", ANSWER_STATES)] = "published"


class AccountQuery(CommentaryQuery):
    """The commentary of an account."""

    edition: Label | None = None


class MarkShape(Shape):
    """A mark on some comments of the desk, or on all of a selection."""

    annotations: list[SelectedShape] | None = None
    selection: DeskSelectionShape | None = None
    mark: Annotated[Text, about("The mark.", MARKS)]
    value: Annotated[Text | None, about("A label, or the drafter to assign to.")] = None


class ContentShape(Shape):
    """Whether the author of a comment is satisfied with its answer."""

    content: Annotated[Text, about("Content or not.", ("yes", "no"))]
