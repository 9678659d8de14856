"""Mentions: pages elsewhere that say that they link to a document here (Webmention, receiving).

`receive` puts one into the queue, `services.verifying` looks at its source, a moderator decides
whether it is shown. The public log is about comments of members; who decided what about a mention,
when and why, stands with the mention.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session

from annotator.db import now, one_of
from annotator.documents.address import fragments
from annotator.errors import Conflict, Malformed, NotFound, Stale, Unacceptable, Unavailable
from annotator.models import Document, Mention, MentionPlace
from annotator.outside import Client, links
from annotator.services.addressing import address_lookup, resolver
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.moderation import actions
from annotator.services.placement import changes, placer

# What is queued has not been looked at yet; what waits has, and waits for a moderator.
STATES = ("queued", "waiting", "shown", "hidden", "refused", "gone")
# What a moderator may do, with the states that it may be done to.
ACTS = {"approve": ("waiting", "hidden"), "refuse": ("waiting", "shown"), "undo": STATES}
MOST_QUEUED = 1_000
MOST_SHOWN = 50
PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class MentionTarget:
    """What a link to this site points at: `pid` is None for the document as a whole."""

    loaded: Loaded
    start: int = 0
    end: int = 0
    pid: str | None = None


def receive(
    session: Session, source: str, target: str, address: str,
    ports: frozenset[int] = Client.ports,
) -> str:  # fmt: skip
    """Queue the mention of `target`, a page of the site at `address`, by the page `source`.

    Gives its id; the same two again are looked at again. Raises Malformed, saying what is wrong
    with either address, and Unavailable where too many are waiting.
    """
    _check(source, target, address, ports)
    try:
        # Where in the page it points is looked up later, apart from the web.
        document_id = aim(session, target.partition("#")[0]).loaded.document_id
    except NotFound as error:
        raise Malformed(f"The target is no page of a document here. {error.message}",
                        field="target") from error  # fmt: skip
    # One at a time for each document, so that nobody else stores the same two meanwhile.
    session.execute(select(Document.id).where(Document.id == document_id).with_for_update())
    key = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()
    row = session.scalar(select(Mention).where(Mention.key == key))
    if row is None:
        if count(session, Mention.due.is_not(None)) >= MOST_QUEUED:
            raise Unavailable("Too many mentions are waiting to be looked at; try again later.",
                              retry_after=3_600)  # fmt: skip
        row = Mention(id=secrets.token_hex(10), key=key, source=source, target=target,
                      document_id=document_id, created=now())  # fmt: skip
        session.add(row)
    if row.state in {"refused", "gone"}:
        row.state = "queued"
    row.due, row.trouble = now(), ""
    session.flush()
    return row.id


def _check(source: str, target: str, address: str, ports: frozenset[int]) -> None:
    """Check the form of both addresses, and that one is here and the other is not."""
    if not source or not target:
        raise Malformed("Say with source and target, as a form, which page links where.",
                        field="target" if source else "source")  # fmt: skip
    try:
        own_port = urlsplit(target).port
    except ValueError:
        own_port = None
    own = None if own_port is None else frozenset({own_port})
    for field, url, allowed in (("source", source, ports), ("target", target, own)):
        try:
            links.read(url, allowed)
        except Unacceptable as error:
            raise Malformed(f"The {field} cannot be used. {error.message}", field=field) from error
    if _host(target) != _host(address):
        raise Malformed("The target is not on this site.", field="target")
    if _host(source) == _host(target):
        raise Malformed("The source is a page of this site; pages elsewhere mention it.",
                        field="source")  # fmt: skip


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc.lower().removesuffix(PORTS.get(parts.scheme, ""))


def aim(session: Session, target: str) -> MentionTarget:
    """Find what a link to this site points at, whatever its host is called. Raises NotFound."""
    parts, page = urlsplit(target), address_lookup.read_url(target)
    if page is None or page.is_text:
        raise NotFound("Such pages begin with /d/.")
    if not page.place:
        found = MentionTarget(editions.labelled(session, page.slug, page.label))
    else:
        asked = parse_qs(parts.query).get("edition")
        try:
            at = resolver.resolve(session, page.cited, edition=asked[0] if asked else None)
        except Malformed as error:
            raise NotFound(error.message) from error
        if at.address is None or at.start is None or at.end is None:
            raise NotFound(" ".join(at.notes) or "The address leads nowhere.")
        loaded = editions.labelled(session, at.document, at.edition)
        found = MentionTarget(loaded, at.start, at.end, at.pid)
    return _narrowed(found, parts.fragment) if parts.fragment else found


def _narrowed(found: MentionTarget, fragment: str) -> MentionTarget:
    """Follow the part behind `#`; one that says nothing here leaves what the page is about."""
    loaded = found.loaded
    text = loaded.parsed.text
    at = loaded.ordinals.get(fragments.anchor(fragment))
    if at is not None:
        it = loaded.parsed.provisions[at]
        found = MentionTarget(loaded, it.start, it.end, loaded.pids[at])
    span = fragments.characters(fragment, len(text))
    if span is None:
        offset, end = (found.start, found.end) if found.pid else (0, len(text))
        within = fragments.words(fragment, text[offset:end])
        span = within and (within[0] + offset, within[1] + offset)
    if span is None:
        return found
    return MentionTarget(loaded, *span, loaded.pids[placer.innermost(loaded.parsed, *span)])


def count(session: Session, *conditions: ColumnElement[bool]) -> int:
    """Count mentions."""
    return session.scalar(select(func.count()).select_from(Mention).where(*conditions)) or 0


def one(session: Session, ident: str, *, lock: bool = False) -> Mention:
    """Return a mention, locked and read anew if asked. Raises NotFound."""
    row = session.get(Mention, ident, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no mention {ident[:40]!r}.")
    return row


def count_shown(session: Session, document_id: int) -> int:
    """Count the mentions shown of a document."""
    return count(session, Mention.state == "shown", Mention.document_id == document_id)


def count_waiting(session: Session) -> int:
    """Count the mentions that wait for a moderator."""
    return count(session, Mention.state == "waiting")


def of_provision(session: Session, loaded: Loaded, ordinal: int) -> Sequence[Mention]:
    """Return the mentions shown of a provision or one inside it, the newest first."""
    within = provisions.pids_within(loaded, ordinal)
    here = select(MentionPlace.mention_id).where(one_of(session, MentionPlace.pid, within))
    return listed(session, Mention.state == "shown", Mention.id.in_(here), most=MOST_SHOWN)


def of_document(session: Session, document_id: int) -> Sequence[Mention]:
    """Return the mentions shown of a document, the newest first."""
    here = Mention.document_id == document_id
    return listed(session, Mention.state == "shown", here, most=MOST_SHOWN)


def waiting(session: Session) -> Sequence[Mention]:
    """Return what waits for a moderator, the oldest first."""
    query = select(Mention).where(Mention.state == "waiting").order_by(Mention.created, Mention.id)
    return session.scalars(query.limit(MOST_SHOWN)).all()


def decided(session: Session) -> Sequence[Mention]:
    """Return what was decided about last, the latest first."""
    query = select(Mention).where(Mention.decided.is_not(None), Mention.state != "gone")
    return session.scalars(query.order_by(Mention.decided.desc()).limit(MOST_SHOWN)).all()


def listed(
    session: Session, *conditions: ColumnElement[bool], most: int | None = None
) -> Sequence[Mention]:
    """Return mentions, the newest first."""
    query = select(Mention).where(*conditions).order_by(Mention.created.desc(), Mention.id)
    return session.scalars(query.limit(most)).all()


def decide(
    session: Session, by: str, ident: str, act: str, reason: str = "", seen: str | None = None
) -> Mention:
    """Approve or refuse a mention, or undo the last decision about it; `seen` is its state then.

    Raises NotFound, Stale where it is in another state by now, Conflict where it is in one that
    does not allow it, Unacceptable for a refusal without a reason.
    """
    row = one(session, ident, lock=True)
    if act not in ACTS:
        raise Malformed(f"A mention can be decided about with {', '.join(ACTS)}.", field="act")
    if seen and seen != row.state:
        raise Stale("Somebody else has decided about this mention meanwhile. Look again.")
    if row.state not in ACTS[act] or (act == "undo" and not row.before):
        raise Conflict(f"This mention is {row.state}; there is nothing to {act}.", field="act")
    words = actions.reason(reason) if reason.strip() or act == "refuse" else ""
    present = row.state
    row.state = {"approve": "shown", "refuse": "hidden", "undo": row.before}[act]
    row.before = "" if act == "undo" else present
    row.decided, row.by, row.reason = now(), by, words
    if "shown" in (present, row.state):
        changes.next_state(session, row.document_id)
    return row
