"""The publisher's answers to comments, and their overview."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from annotator.relocation.diff import DiffPiece
from annotator.schemas.base import Answer, Count, Page, Whole, one_of

OUTCOMES = ("adopted", "adopted_in_part", "declined", "clarified", "noted", "out_of_scope")
REASONED = ("declined", "clarified")  # these need words
ANSWER_STATES = ("draft", "published", "replaced")
# Comments that can be answered begin a thread and have words or a suggestion.
ANSWER_FILTERS = ("any", "none", "answered", *OUTCOMES)
DESK_FILTERS = ("todo", "draft", "in_text")  # only drafters filter by these
MARKS = ("read", "unread", "label", "unlabel", "assign")  # of drafters, on the desk
Checked = Literal["changed", "same", "unknown"]


class AddressedIn(Answer):
    """Where the publisher says that the text addresses a comment.

    `check` compares the words there with those of the comment's edition: `changed`, `same`, or
    `unknown` if they cannot be relocated. `address` is null for the comment's own position.
    """

    edition: str
    address: str | None
    check: Checked
    diff: tuple[DiffPiece, ...] = Field(default=(), exclude=True)


class AnswerValue(Answer):
    """The publisher's answer to a comment. `content` is whether its author is satisfied."""

    id: str
    outcome: Annotated[str, one_of(OUTCOMES)]
    body: str | None
    html: str | None
    addressed_in: AddressedIn | None
    published: datetime
    by: str
    content: Literal["yes", "no"] | None
    replaced: bool = Field(default=False, exclude=True)


class AnswerLine(Answer):
    """An answer in one of its states, with the comments that it answers.

    `annotations` are their ids, `total` is their number; `published` is null for a draft.
    """

    id: str
    document: str
    outcome: Annotated[str, one_of(OUTCOMES)]
    body: str | None
    html: str | None
    edition: str | None
    address: str | None
    state: Annotated[str, one_of(ANSWER_STATES)]
    created: datetime
    published: datetime | None
    by: str
    total: Count
    annotations: tuple[str, ...]


class AnswerLines(Page[AnswerLine]):
    """A page of answers, the newest first."""


class PublishedAnswers(Answer):
    """The answers and comments that one act published or unpublished, and its time.

    `left` counts drafts that were not published because their comment was edited, hidden or
    deleted since.
    """

    published: datetime
    answers: Count
    comments: Count
    left: Count = 0


class Selected(Answer):
    """A comment on the desk, and the state in which it was read."""

    id: str
    state: str


class DeskSelection(Whole[Selected]):
    """The comments that a filter of the desk finds, and their state together."""

    state: str


class Accounted(Answer):
    """The comments that can be answered, on a section and its subsections.

    `open` and `answered` add up to `listed`. `people` counts authors, `open_since` is when the
    oldest open comment was made. `content` counts the authors' `yes`, `no`, `waiting` and, after 14
    days, `none`.
    """

    listed: Count
    open: Count
    answered: Count
    people: Count
    open_since: datetime | None
    outcomes: dict[str, Count]
    content: dict[str, Count]


class SectionAccount(Accounted):
    """The overview of one section; `depth` is 0 for the outermost."""

    section: str
    title: str
    pid: str
    depth: Count


class AnswersAccount(Accounted):
    """The public overview of an edition: all comments, then each section with comments."""

    document: str
    edition: str
    sections: list[SectionAccount]


class Marked(Answer):
    """How many comments were marked."""

    comments: Count
