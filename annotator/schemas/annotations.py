"""An annotation as every dialect writes and reads it: plain values, no database, no JSON.

`annotation_loader` makes an AnnotationValue from rows, imports make rows from a Draft. Offsets are
code points in the canonical text of the named edition, end exclusive.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal
from unicodedata import normalize

Verdict = Literal["exact", "moved", "edited", "lost"]
MOTIVATIONS = (
    "assessing",
    "bookmarking",
    "classifying",
    "commenting",
    "describing",
    "editing",
    "highlighting",
    "identifying",
    "linking",
    "moderating",
    "questioning",
    "replying",
    "tagging",
)
UNWRITABLE = re.compile("[\0\ud800-\udfff]")
WORDLESS = frozenset({"highlighting", "bookmarking", "tagging", "classifying"})


@dataclass(frozen=True, slots=True)
class TargetValue:
    """What an annotation was made on, in the edition it was made on.

    `whole` means the whole provision `pid`; `exact` is None where that is very long.
    `address` is the pinned citation of the range. `start`, `end` and `pid` are None where the words
    were quoted elsewhere and never stood here; `address` is then the edition's.
    """

    pid: str | None
    start: int | None
    end: int | None
    exact: str | None
    prefix: str
    suffix: str
    address: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class PlacementValue:
    """Where a target stands in `edition`; `start`, `end` and `exact` are None where it is lost.

    `pid` names the provision it stands in or, where it is lost, where it stood; None where it never
    stood here. `basis` says whose word that is: `computed`, or its author's after a revision
    (`confirmed`, `restated`).
    """

    edition: str
    start: int | None
    end: int | None
    exact: str | None
    verdict: Verdict
    score: float
    pid: str | None
    basis: str = "computed"


@dataclass(frozen=True, slots=True)
class HidingValue:
    """That a moderator has hidden an annotation: when, under which rule, and the log's entry."""

    since: datetime
    rule: str
    cited: str
    act: int


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


@dataclass(frozen=True, slots=True)
class EssayValue:
    """The essay that an annotation is the `ordinal`th part of, from 0.

    `source_url` is where the essay can be read, or empty; the times are the essay's.
    """

    id: str
    title: str
    source_url: str
    ordinal: int
    created: datetime
    modified: datetime


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
class AnnotationValue:
    """One annotation as anyone may see it.

    One that is deleted, `hidden` or `held` (it waits for a moderator) is `veiled`: it has no body,
    no tags and no targets. Its author and moderators are given a hidden or held one with its words.
    A deleted one does not say whose it was: its `author` is empty.
    `html` is what its body becomes, safe to put into a page; its links are as they were written.
    `elsewhere` is the account of an author whom an import brought; `licence` is None where it is
    the site's. `via` and `original` say where it came from, as Incoming has them. What it said
    `earlier`, and what its author `restated`, is there only where it was asked for. So are the
    `head` of a reply's thread, and the `position` of the thread in the text: the code point that it
    is listed at.
    """

    id: str
    document: str
    edition: str
    author: str
    motivation: str
    body: str | None
    tags: tuple[str, ...]
    targets: tuple[TargetValue, ...]
    placements: tuple[PlacementValue, ...]
    in_reply_to: str | None
    thread: str
    replies: int
    created: datetime
    modified: datetime
    deleted: bool
    edits: int
    html: str | None = None
    hidden: HidingValue | None = None
    essay: EssayValue | None = None
    held: bool = False
    veiled: bool = False
    via: str | None = None
    original: str | None = None
    earlier: tuple[Earlier, ...] = ()
    restated: tuple[Restated, ...] = ()
    head: AnnotationValue | None = None
    position: int | None = None
    elsewhere: ForeignAuthor | None = None
    licence: str | None = None

    @property
    def shown(self) -> bool:
        """Return whether anyone may read its words."""
        return not (self.deleted or self.hidden or self.held)


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
