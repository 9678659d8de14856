"""An annotation: as it is sent, as it is answered, and as every dialect reads and writes it.

`annotation_loader` makes an AnnotationValue from rows; it is what the API answers, what pages show
and what files are written from. Posts and imports make rows from a Draft. Offsets are code points
in the canonical text of the named edition, end exclusive.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import (
    ConfigDict,
    Field,
    PlainSerializer,
    SerializationInfo,
    StrictInt,
    model_validator,
)

from annotator.schemas.base import (
    JSON,
    UNWRITABLE,
    Answer,
    Count,
    Page,
    Shape,
    Share,
    Text,
    Whole,
    about,
    one_of,
)

Verdict = Literal["exact", "moved", "edited", "lost"]
MOTIVATIONS = (
    "assessing", "bookmarking", "classifying", "commenting", "describing", "editing",
    "highlighting", "identifying", "linking", "moderating", "questioning", "replying", "tagging",
)  # fmt: skip
LOG = "/moderation/log"
WORDLESS = frozenset({"highlighting", "bookmarking", "tagging", "classifying"})


LONGEST_AUTHORITY, LONGEST_USER = 255, 400
IRIS = ("https://", "http://")
MAILBOX_DIGEST = "mbox_sha1sum:"  # begins the user of one who is known by an email address


@dataclass(frozen=True, slots=True)
class ForeignAuthor:
    """Somebody's account elsewhere: two are the same person only where both fields are the same.

    `authority` is the host that keeps the account, "" where a file does not say. `user` is the name
    there, or a whole IRI.
    """

    authority: str
    user: str

    @classmethod
    def of(cls, authority: str, user: str) -> ForeignAuthor:
        """Make one from what a file says; what is too long to be kept is known by its digest."""
        host, name = (UNWRITABLE.sub("\ufffd", normalize("NFC", it)) for it in (authority, user))
        if len(host) > LONGEST_AUTHORITY or len(name) > LONGEST_USER:
            digest = hashlib.sha256(f"{host}\0{name}".encode()).hexdigest()
            host, name = "", f"sha256:{digest}"
        return cls(host.lower(), name)

    @classmethod
    def read(cls, account: str) -> ForeignAuthor:
        """Read what `account` writes: `acct:ann@hypothes.is`, an IRI, or another name."""
        user, at, authority = account.removeprefix("acct:").rpartition("@")
        if account.startswith("acct:") and at and user:
            return cls.of(authority, user)
        if account.startswith(IRIS):
            return cls.of(account.partition("//")[2].partition("/")[0], account)
        return cls.of("", account)

    @property
    def account(self) -> str | None:
        """The account as files and the API write it; None for a name of an unknown site.

        A mailbox's digest is none: the address can be found from it by trying.
        """
        if self.user.startswith(IRIS):
            return self.user
        if self.authority:
            return f"acct:{self.user}@{self.authority}"
        return self.user if ":" in self.user and not self.user.startswith(MAILBOX_DIGEST) else None

    @property
    def label(self) -> str:
        """The account as people read it: `ann@hypothes.is`; "" where it is not known."""
        if self.user.startswith(IRIS):
            return self.user.partition("//")[2]
        if not self.user or ":" in self.user:  # a creator without an account
            return self.authority
        return f"{self.user}@{self.authority}" if self.authority else ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What an annotation said before an edit at `replaced`."""

    body: str | None
    tags: tuple[str, ...]
    replaced: datetime


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """What somebody asks to comment on: a range, a quotation, or a whole provision (`pid`).

    With a `pid` the rest tells what stood there, for a site that has no such provision.
    """

    start: int | None = None
    end: int | None = None
    exact: str | None = None
    prefix: str = ""
    suffix: str = ""
    pid: str | None = None


@dataclass(frozen=True, slots=True)
class Restated:
    """A position that the author gave later for target number `target`, in `edition`."""

    target: int
    edition: str
    confirmed: bool
    words: DraftTarget
    created: datetime


class TargetValue(Answer):
    """What an annotation was made on. `exact` is null for a whole provision that is very long.

    An imported annotation whose words were not found has only the words it came with: `pid`,
    `start` and `end` are null, and `address` is the edition's.
    """

    pid: str | None
    whole: bool = False
    start: Count | None
    end: Count | None
    exact: str | None
    prefix: str
    suffix: str
    address: str


class PlacementValue(Answer):
    """Where a target stands in `edition`; `start`, `end` and `exact` are null where it is lost.

    `pid` is the provision it stands in, or stood in last; null where it has stood in none. `basis`
    says whose word that is: `computed`, or its author's after a revision.
    """

    edition: str
    start: Count | None
    end: Count | None
    exact: str | None
    verdict: Verdict
    score: Annotated[Share, PlainSerializer(lambda score: round(score, 4), return_type=Share)]
    pid: str | None
    basis: Literal["computed", "confirmed", "restated"]


class HidingValue(Answer):
    """Since when, and under which rule of the charter, an annotation is hidden; `log` says why."""

    since: datetime
    rule: str
    cited: str
    act: int = Field(exclude=True)
    log: str = ""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: JSON) -> JSON:
        return given | {"log": f"{LOG}/{given['act']}"}


class EssayValue(Answer):
    """The essay that an annotation is the `ordinal`th part of, from 0; the times are the essay's.

    `source_url` is where the essay can be read, or empty.
    """

    id: str
    title: str
    source_url: str
    ordinal: Count
    created: datetime
    modified: datetime


def _licence(licence: str | None, info: SerializationInfo) -> str:
    """Name the site's licence, which the context holds, where an annotation has none of its own."""
    return licence or (info.context or {}).get("licence", "")


def _or_null(name: str) -> str | None:
    return name or None


class AnnotationValue(Answer):
    """An annotation, a highlight or a reply. One that is deleted or hidden has no words of its own.

    A deleted one has no author either: it is an empty place with the day on it.
    """

    id: str
    document: str
    edition: str
    address: str | None = None
    pid: str | None = None
    author: Annotated[str, PlainSerializer(_or_null, return_type=str | None)]
    author_account: str | None = None
    motivation: Annotated[str, one_of(MOTIVATIONS)]
    body: str | None
    tags: tuple[str, ...]
    target: TargetValue | None = None
    targets: tuple[TargetValue, ...]
    placement: PlacementValue | None = None
    placements: tuple[PlacementValue, ...]
    in_reply_to: str | None
    thread: str
    replies: Count
    created: datetime
    modified: datetime
    edits: Count
    deleted: bool
    held: bool = False
    hidden: HidingValue | None = None
    via: str | None = None
    licence: Annotated[str | None, PlainSerializer(_licence, return_type=str)] = None
    html: str | None = None  # what its body becomes, safe in a page; links are as they were written
    essay: EssayValue | None = None

    # What pages and files need besides. One that is deleted, hidden or held is `veiled`: it has no
    # body, tags and targets. Its author and moderators are given a hidden or held one unveiled.
    veiled: bool = Field(default=False, exclude=True)
    original: str | None = Field(default=None, exclude=True)  # as Incoming has it
    elsewhere: ForeignAuthor | None = Field(
        None, exclude=True
    )  # of an author whom an import brought
    # Only where they were asked for: what it said `earlier`, what its author `restated`, the head
    # of a reply's thread, and the code point that the thread is listed at.
    earlier: tuple[Earlier, ...] = Field(default=(), exclude=True)
    restated: tuple[Restated, ...] = Field(default=(), exclude=True)
    head: AnnotationValue | None = Field(default=None, exclude=True)
    position: int | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: Any) -> Any:
        """Fill in what follows from other fields: firsts of lists, and the author's account."""
        if not isinstance(given, dict):
            return given  # something else, of a union
        first = next(iter(given["targets"]), None)
        elsewhere = given.get("elsewhere")
        return given | {
            "address": first and first.address,
            "pid": first and first.pid,
            "target": first,
            "placement": next(iter(given["placements"]), None),
            "author_account": elsewhere and elsewhere.account,
        }

    @property
    def shown(self) -> bool:
        """Return whether anyone may read its words."""
        return not (self.deleted or self.hidden or self.held)

    def but(self, **changes: Any) -> AnnotationValue:
        """Return it with some fields changed, and what follows from them."""
        return AnnotationValue(**(dict(self) | changes))


FIELDS = tuple(name for name, it in AnnotationValue.model_fields.items() if not it.exclude)


def _nothing_required(schema: JSON) -> None:
    del schema["required"]


class AnnotationPart(AnnotationValue):
    """What `fields` leaves of an annotation: any of its fields."""

    model_config = ConfigDict(json_schema_extra=_nothing_required)


class Annotations(Page):
    """A page of commentary."""

    items: list[AnnotationValue | AnnotationPart]


class VersionValue(Answer):
    """What a comment said until `replaced`; one that a moderator `removed` has no words.

    `number` counts from 1, the oldest. `removed` is where the log says why.
    """

    number: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    body: str | None
    tags: tuple[str, ...]
    replaced: datetime
    removed: str | None = None
    html: str | None = Field(default=None, exclude=True)


class Versions(Whole):
    """What an annotation said before each of its edits, oldest first."""

    items: list[VersionValue]


Offset = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]


class TargetShape(Shape):
    """A range, a quotation, or a whole provision."""

    start: Annotated[Offset | None, about("Where it begins, in code points.")] = None
    end: Annotated[Offset | None, about("Where it ends, exclusive.")] = None
    exact: Annotated[Text | None, about("The words that stand there.")] = None
    prefix: Annotated[Text | None, about("What stands before them.")] = None
    suffix: Annotated[Text | None, about("What stands after them.")] = None
    pid: Annotated[Text | None, about("A whole provision, by its lasting name.")] = None
    whole: Annotated[bool | None, about("Said where an answer is sent back.")] = None


class AnnotationShape(Shape):
    """An annotation to be created."""

    document: Annotated[Text, about("The name of a document in addresses.")] | None = None
    edition: Annotated[Text, about("The label of an edition; the newest if left out.")] | None = (
        None
    )
    target: Annotated[TargetShape | None, about("Short for a list `targets` of one.")] = None
    targets: Annotated[list[TargetShape] | None, about("What it is on; none: the document.")] = None
    body: Annotated[Text | None, about("Markdown; null for a highlight.")] = None
    tags: list[Text] | None = None
    motivation: Annotated[Text | None, about("Why; `commenting` if left out.", MOTIVATIONS)] = None
    in_reply_to: Annotated[Text | None, about("The annotation that it answers.")] = None


class ChangeShape(Shape):
    """What may be changed of an annotation; what is left out stays."""

    body: Annotated[Text | None, about("Markdown.")] = None
    tags: list[Text] | None = None


@dataclass(frozen=True, slots=True)
class Draft:
    """An annotation as somebody writes it; the site adds id, author and times.

    `edition` None means the newest. A reply names `in_reply_to`, has no targets, and stands in the
    document and edition of what it answers.
    """

    document: str | None = None
    edition: str | None = None
    targets: tuple[DraftTarget, ...] = ()
    body: str | None = None
    tags: tuple[str, ...] = ()
    motivation: str | None = None
    in_reply_to: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """An annotation read from a file; `place` says where in it, such as `item 3`.

    `via` is the name it has where it came from, an IRI or another system's id, and `answers` the
    `via` of what it replies to. `source` is the address of the page that it was made on. The name
    of a `foreign` author is not one of ours yet; an empty `author` is nobody's, as a deleted one
    has it. `elsewhere` is the author's account, where the file says it. `original` is the whole of
    it as JSON, where this project's own fields cannot hold it.
    `private` says why not everybody may read it there; empty where everybody may. `rights` are all
    licences it names, `licence` its own. `unread` says which selectors are not read, so that
    nothing tells where in the document it belongs.
    """

    place: str
    draft: Draft
    author: str
    id: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    deleted: bool = False
    earlier: tuple[Earlier, ...] = ()
    restated: tuple[Restated, ...] = ()
    foreign: bool = False
    via: str | None = None
    answers: str | None = None
    source: str = ""
    original: str | None = None
    essay: EssayValue | None = None
    private: str = ""
    rights: tuple[str, ...] = ()
    elsewhere: ForeignAuthor | None = None
    licence: str | None = None
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What in a file is no annotation, and why."""

    place: str
    why: str


def stamp(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC: `2026-11-23T14:00:00Z`, with a fraction if it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_stamp(text: str) -> datetime:
    """Read a moment in RFC 3339; one without a zone is in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
