"""Annotations as they are sent and answered, and as every dialect reads and writes them.

`annotation_loader` makes an AnnotationValue from rows, for the API, pages and files. Posts and
imports make rows from a Draft. Offsets are code points in the canonical text of the named edition,
end exclusive.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Literal
from unicodedata import normalize

from pydantic import Field, PlainSerializer, SerializationInfo, model_validator

from annotator.schemas.answers import AnswerValue
from annotator.schemas.base import (
    JSON,
    UNWRITABLE,
    Answer,
    Count,
    Page,
    Share,
    Whole,
    one_of,
    optional,
)
from annotator.schemas.suggestions import Act, AdoptionValue, SuggestionValue

Verdict = Literal["exact", "moved", "edited", "lost"]
MOTIVATIONS = (
    "assessing", "bookmarking", "classifying", "commenting", "describing", "editing",
    "highlighting", "identifying", "linking", "moderating", "questioning", "replying", "tagging",
)  # fmt: skip
LOG = "/moderation/log"
WORDLESS = frozenset({"highlighting", "bookmarking", "tagging", "classifying"})
LONGEST_AUTHORITY, LONGEST_USER = 255, 400
IRIS = ("https://", "http://")
MAILBOX_DIGEST = "mbox_sha1sum:"  # prefix of a user identified by an email address


@dataclass(frozen=True, slots=True)
class ForeignAuthor:
    """An account on another site; two are the same person only if both fields are equal.

    `authority` is the host of the account, "" if the file does not name it. `user` is the name
    there, or a whole IRI.
    """

    authority: str
    user: str

    @classmethod
    def of(cls, authority: str, user: str) -> ForeignAuthor:
        """Create an account from a file; values that are too long to store become digests."""
        host, name = (
            UNWRITABLE.sub("\ufffd", normalize("NFC", text)) for text in (authority, user)
        )
        if len(host) > LONGEST_AUTHORITY or len(name) > LONGEST_USER:
            digest = hashlib.sha256(f"{host}\0{name}".encode()).hexdigest()
            host, name = "", f"sha256:{digest}"
        return cls(host.lower(), name)

    @classmethod
    def read(cls, account: str) -> ForeignAuthor:
        """Parse what `account` returns: `acct:ann@hypothes.is`, an IRI, or another name."""
        user, at, authority = account.removeprefix("acct:").rpartition("@")
        if account.startswith("acct:") and at and user:
            return cls.of(authority, user)
        if account.startswith(IRIS):
            return cls.of(account.partition("//")[2].partition("/")[0], account)
        return cls.of("", account)

    @property
    def account(self) -> str | None:
        """The account as in files and the API; None for a name without a site.

        A digest of an email address is omitted, because the address could be guessed from it.
        """
        if self.user.startswith(IRIS):
            return self.user
        if self.authority:
            return f"acct:{self.user}@{self.authority}"
        return self.user if ":" in self.user and not self.user.startswith(MAILBOX_DIGEST) else None

    @property
    def label(self) -> str:
        """The account for display: `ann@hypothes.is`, or "" if unknown."""
        if self.user.startswith(IRIS):
            return self.user.partition("//")[2]
        if not self.user or ":" in self.user:  # a creator without an account
            return self.authority
        return f"{self.user}@{self.authority}" if self.authority else ""


@dataclass(frozen=True, slots=True)
class Earlier:
    """A version of an annotation before an edit at `replaced`."""

    body: str | None
    tags: tuple[str, ...]
    replaced: datetime


@dataclass(frozen=True, slots=True)
class Agreeing:
    """Somebody who agrees with a suggestion, since `created`."""

    author: str
    elsewhere: ForeignAuthor | None
    created: datetime


@dataclass(frozen=True, slots=True)
class DraftTarget:
    """A target to comment on: a range, a quotation, or a whole provision (`pid`).

    With a `pid` the other fields have its words, for a site without this provision.
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
    """The target of an annotation. `exact` is null for a very long provision.

    If the words of an imported annotation were not found, `pid`, `start` and `end` are null, and
    `address` is the edition's. `place` reads "Being honest ¶ 6"; only unplaced targets have it.
    """

    model_config = optional("pid", "address")

    pid: str | None
    whole: bool = False
    start: Count | None
    end: Count | None
    exact: str | None
    prefix: str
    suffix: str
    address: str
    place: str = Field(default="", exclude=True)


class PlacementValue(Answer):
    """The position of a target in `edition`; `start`, `end` and `exact` are null if it is lost.

    `pid` is the provision of the target, or its last one; null if it never had one. `basis` is
    `computed`, or the author's decision after a revision. `place` reads "Being honest ¶ 6", or "".
    """

    model_config = optional("pid")

    edition: str
    start: Count | None
    end: Count | None
    exact: str | None
    verdict: Verdict
    score: Share
    pid: str | None
    basis: Literal["computed", "confirmed", "restated"]
    place: str = Field(default="", exclude=True)


class HidingValue(Answer):
    """Since when and under which rule an annotation is hidden; `log` is the decision."""

    since: datetime
    rule: str
    cited: str
    act: int = Field(exclude=True)
    log: str = ""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: JSON) -> JSON:
        return values | {"log": f"{LOG}/{values['act']}"}


class EssayValue(Answer):
    """The essay that an annotation is the `ordinal`th part of, from 0; the times are the essay's.

    `source_url` is the address of the essay, or empty.
    """

    id: str
    title: str
    source_url: str
    ordinal: Count
    created: datetime
    modified: datetime


def _licence(licence: str | None, info: SerializationInfo) -> str:
    """Return the annotation's licence, or the site's from the context."""
    return licence or (info.context or {}).get("licence", "")


# Fields that are false or null for most annotations.
SELDOM = ("author_account", "held", "hidden", "via", "essay", "suggestion", "agreements",
          "adoption", "for_publisher", "answer")  # fmt: skip


class AnnotationValue(Answer):
    """An annotation, a highlight or a reply. If deleted or hidden, it has no words.

    A deleted one has no author either: it is a placeholder with a date.
    """

    id: str
    document: str
    title: str = Field(default="", exclude=True)  # the document's
    edition: str
    address: str | None = None
    pid: str | None = None
    author: Annotated[str, PlainSerializer(lambda name: name or None, return_type=str | None)]
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
    html: str | None = None  # its sanitized body; links are as written
    essay: EssayValue | None = None
    suggestion: SuggestionValue | None = None
    agreements: Count = 0
    adoption: AdoptionValue | None = None
    for_publisher: bool = False  # a reply by a drafter of the document
    answer: AnswerValue | None = None  # the publisher's

    # For pages and files. A deleted, hidden or held annotation is `veiled`: it has no body, tags
    # and targets. Its author and moderators get a hidden or held one unveiled.
    veiled: bool = Field(default=False, exclude=True)
    original: str | None = Field(default=None, exclude=True)  # as Incoming has it
    elsewhere: ForeignAuthor | None = Field(default=None, exclude=True)  # of an imported author
    # Only on request; `head` is that of a reply's thread, `position` the offset of the thread.
    earlier: tuple[Earlier, ...] = Field(default=(), exclude=True)
    agreed_by: tuple[Agreeing, ...] = Field(default=(), exclude=True)
    restated: tuple[Restated, ...] = Field(default=(), exclude=True)
    head: AnnotationValue | None = Field(default=None, exclude=True)
    answered: AnnotationValue | None = Field(default=None, exclude=True)
    replaced: tuple[AnswerValue, ...] = Field(default=(), exclude=True)  # earlier answers
    position: int | None = Field(default=None, exclude=True)

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, values: Any) -> Any:
        """Set derived fields: the first items of lists, and the author's account."""
        if not isinstance(values, dict):
            return values  # another type of a union
        first = next(iter(values["targets"]), None)
        elsewhere = values.get("elsewhere")
        return values | {
            "address": first and first.address,
            "pid": first and first.pid,
            "target": first,
            "placement": next(iter(values["placements"]), None),
            "author_account": elsewhere and elsewhere.account,
        }

    def __hash__(self) -> int:
        """Return the hash of the id: that of all fields takes 20 times as long."""
        return hash(self.id)

    @property
    def shown(self) -> bool:
        """Return whether anyone may read its words."""
        return not (self.deleted or self.hidden or self.held)

    def but(self, **changes: Any) -> AnnotationValue:
        """Return a copy with some fields changed, derived fields included."""
        return AnnotationValue(**(dict(self) | changes))

    def repetitions(self) -> JSON:
        """Return the fields that lists omit, as pydantic's `exclude`: redundant or empty ones.

        Several targets are sent in full.
        """
        left_out: JSON = {name: True for name in SELDOM if not getattr(self, name)}
        left_out |= {"html": True}
        if len(self.targets) < 2:
            left_out |= {"targets": True, "placements": True}
            if self.target:
                left_out["target"] = {"pid", "address"}
                if self.placement and self.placement.pid == self.target.pid:
                    left_out["placement"] = {"pid"}
        return left_out


FIELDS = tuple(name for name, it in AnnotationValue.model_fields.items() if not it.exclude)


class AnnotationPart(AnnotationValue):
    """An annotation reduced to the requested `fields`."""

    model_config = optional()


class Annotations(Page[AnnotationValue | AnnotationPart]):
    """A page of commentary."""


class VersionValue(Answer):
    """A version of a comment until `replaced`; if a moderator `removed` it, it has no words.

    `number` counts from 1, the oldest. `removed` is the decision in the log.
    """

    number: Annotated[int, Field(json_schema_extra={"minimum": 1})]
    body: str | None
    tags: tuple[str, ...]
    replaced: datetime
    removed: str | None = None
    html: str | None = Field(default=None, exclude=True)


class Versions(Whole[VersionValue]):
    """The earlier versions of an annotation, oldest first."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A new annotation; the site adds id, author and times.

    `edition` None means the newest. A reply has `in_reply_to`, no targets, and the document and
    edition of its parent.
    """

    document: str | None = None
    edition: str | None = None
    targets: tuple[DraftTarget, ...] = ()
    body: str | None = None
    tags: tuple[str, ...] = ()
    motivation: str | None = None
    in_reply_to: str | None = None
    suggestion: tuple[Act, str] | None = None  # with its wording


@dataclass(slots=True)
class Incoming:
    """An annotation read from a file; `place` is its position there, such as `item 3`.

    `via` is its id at its source, an IRI or another system's id, and `answers` the `via` of its
    parent. `source` is the address of the page that it was made on. The name of a `foreign` author
    is not an account here yet; `author` is empty for a deleted annotation. `elsewhere` is the
    author's account, if the file has it. `original` is the whole annotation as JSON, if our columns
    cannot store all of it. `private` is why it is not public at its source, or empty. `rights` are
    all licences it names, `licence` its own. `unread` lists the unsupported selectors of an
    annotation that has no others. `answer` is the publisher's, as it is exported. `agreed_by` are
    those who agree with it, as authors; `created` is when they did.
    """

    place: str
    draft: Draft
    author: str
    id: str | None = None
    created: datetime | None = None
    modified: datetime | None = None
    deleted: bool = False
    earlier: tuple[Earlier, ...] = ()
    agreed_by: tuple[Incoming, ...] = ()
    answer: AnswerValue | None = None
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
    """An invalid item of a file, and why."""

    place: str
    why: str


def stamp(moment: datetime) -> str:
    """Format a time as RFC 3339 in UTC: `2026-11-23T14:00:00Z`, with a fraction if it has one."""
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_stamp(text: str) -> datetime:
    """Parse a time in RFC 3339; without a zone it is in UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
