"""News and follows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field, StrictInt

from annotator.schemas.base import Answer, Count, Page, Shape, Text, Whole, about, one_of
from annotator.schemas.queries import PageQuery, Since

# Kinds of news, most important first. The last is about what the account follows, the others are
# addressed to it.
KINDS = ("answer", "reply", "mention", "changed", "moderation", "followed")
CLASSES = ("to_me", "followed")


def class_of(kind: str) -> str:
    """Return the class of a kind of news."""
    return "followed" if kind == "followed" else "to_me"


FOLLOWED = ("thread", "provision", "document", "tag", "person", "search")
Kind = Annotated[Text, about("What kind of thing it is.", FOLLOWED)]
Key = Annotated[
    Text, about("The id of an annotation, or a pid, slug, tag, name or query, by `kind`.")
]


class FollowValue(Answer):
    """Something that an account follows; `heads` leaves replies out.

    `posted` means that it follows the thread because it posted in it.
    """

    kind: Annotated[str, one_of(FOLLOWED)]
    key: str
    document: str | None
    heads: bool
    posted: bool
    created: datetime


class Follows(Whole[FollowValue]):
    """Everything that an account follows."""


class FollowShape(Shape):
    """Something to follow; with `heads` only new threads."""

    kind: Kind
    key: Key
    heads: bool = False


class UnfollowQuery(Shape):
    """Something to unfollow."""

    kind: Kind
    key: Key


class NewsAnnotation(Answer):
    """The annotation that an item of news is about."""

    id: str
    address: str | None
    author: str
    snippet: str


class Because(Answer):
    """Why an account gets an item: the kind of its follow, if any."""

    follow: Annotated[str | None, one_of(FOLLOWED)]


class ChangedWords(Answer):
    """How many comments of the account, or followed passages, an edition changed, `of` all."""

    count: Count
    of: Count | None


class NewsValue(Answer):
    """A piece of news; `entry` is a moderator's decision in the log."""

    model_config = ConfigDict(serialize_by_alias=True)

    id: int
    kind: Annotated[str, one_of(KINDS)]
    cls: Annotated[str, one_of(CLASSES), Field(serialization_alias="class")]
    because: Because
    annotation: NewsAnnotation | None
    document: str | None
    edition: str | None
    changed: ChangedWords | None
    entry: int | None
    created: datetime
    read: bool


class NewsItems(Page[NewsValue]):
    """A page of news, newest first."""


class NewsQuery(PageQuery):
    """A page of news."""

    since: Since | None = None
    cls: Annotated[Text | None, Field(None, alias="class"), about("The class.", CLASSES)] = None


class ReadShape(Shape):
    """News to mark as read; without `ids`, all."""

    ids: Annotated[list[StrictInt], Field(max_length=1000)] | None = None


class Unread(Answer):
    """How much news is unread, up to 100."""

    unread: Count
