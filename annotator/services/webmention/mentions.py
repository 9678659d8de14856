"""Mentions: pages elsewhere that link to a document here (Webmention, receiving).

`receive` queues one, `verification` checks its source, and a moderator decides whether to show it.
Decisions are stored with the mention; the public log is about comments of members.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import ColumnElement, bindparam, func, select
from sqlalchemy.orm import Session

from annotator.db import now, one_of, strings
from annotator.documents.address import convention
from annotator.errors import Conflict, Malformed, NotFound, Stale, Unacceptable, Unavailable
from annotator.models import Document, Mention, MentionPlace
from annotator.outside import Client
from annotator.outside.client import parse_link
from annotator.services.addressing import address_lookup, resolver
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.moderation import actions
from annotator.services.placement import placer

# Queued mentions wait for verification, waiting ones for review.
STATES = ("queued", "waiting", "shown", "hidden", "refused", "gone")
# The acts of moderators, with the states that allow them.
ACTS = {"approve": ("waiting", "hidden"), "refuse": ("waiting", "shown"), "undo": STATES}
MAX_QUEUED = 1_000
MAX_SHOWN = 50
# Statements of frequent pages are built once: building one takes longer than running it.
COUNT = select(func.count()).select_from(Mention).where(Mention.state == bindparam("state"))
COUNT_OF_DOCUMENT = COUNT.where(Mention.document_id == bindparam("document"))
NEWEST = select(Mention).order_by(Mention.created.desc(), Mention.id)
PLACES = select(MentionPlace.mention_id).where(one_of(MentionPlace.pid, strings("pids")))
ON_PROVISIONS = NEWEST.where(Mention.state == "shown", Mention.id.in_(PLACES)).limit(MAX_SHOWN)
PORTS = {"http": ":80", "https": ":443"}


@dataclass(frozen=True, slots=True)
class MentionTarget:
    """The target of a link to this site; `pid` is None for a whole document."""

    loaded: Loaded
    start: int = 0
    end: int = 0
    pid: str | None = None


def receive(
    session: Session, source: str, target: str, address: str,
    ports: frozenset[int] = Client.ports,
) -> str:  # fmt: skip
    """Queue the mention of `target`, a page of the site at `address`, by the page `source`.

    Returns its id; a repeated mention is verified again. Raises Malformed for either address, and
    Unavailable if too many are queued.
    """
    _check(source, target, address, ports)
    try:
        # The fragment is resolved later, outside of the request.
        document_id = aim(session, target.partition("#")[0]).loaded.document_id
    except NotFound as error:
        raise Malformed(f"The target is not a document page of this site. {error.message}",
                        field="target") from error  # fmt: skip
    # Locked, so that a concurrent request does not store the same mention.
    session.execute(select(Document.id).where(Document.id == document_id).with_for_update())
    key = hashlib.sha256(f"{source}\n{target}".encode()).hexdigest()
    row = session.scalar(select(Mention).where(Mention.key == key))
    if row is None:
        query = select(func.count()).select_from(Mention).where(Mention.due.is_not(None))
        if session.execute(query).scalar_one() >= MAX_QUEUED:
            raise Unavailable("The queue is full. Try again in an hour.", retry_after=3_600)
        row = Mention(id=secrets.token_hex(10), key=key, source=source, target=target,
                      document_id=document_id, created=now())  # fmt: skip
        session.add(row)
    if row.state in {"refused", "gone"}:
        row.state = "queued"
    row.due, row.trouble = now(), ""
    session.flush()
    return row.id


def _check(source: str, target: str, address: str, ports: frozenset[int]) -> None:
    if not source or not target:
        field = "target" if source else "source"
        raise Malformed("Send source and target as form fields.", field=field)
    try:
        own_port = urlsplit(target).port
    except ValueError:
        own_port = None
    own = None if own_port is None else frozenset({own_port})
    for field, url, allowed in (("source", source, ports), ("target", target, own)):
        try:
            parse_link(url, allowed)
        except Unacceptable as error:
            raise Malformed(f"The {field} is not valid. {error.message}", field=field) from error
    if _host(target) != _host(address):
        raise Malformed("The target is not on this site.", field="target")
    if _host(source) == _host(target):
        raise Malformed("The source is on this site. Send a page of another site.", field="source")


def _host(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc.lower().removesuffix(PORTS.get(parts.scheme, ""))


def aim(session: Session, target: str) -> MentionTarget:
    """Return the target of a link to this site, ignoring its host. Raises NotFound."""
    parts, page = urlsplit(target), address_lookup.read_url(target)
    if page is None or page.is_text:
        raise NotFound("Its path must begin with /d/.")
    if not page.place:
        target_range = MentionTarget(editions.labelled(session, page.slug, page.label))
    else:
        edition = parse_qs(parts.query).get("edition")
        try:
            at = resolver.resolve(session, page.cited, edition=edition[0] if edition else None)
        except Malformed as error:
            raise NotFound(error.message) from error
        if at.address is None or at.start is None or at.end is None:
            raise NotFound(" ".join(at.notes) or "Nothing has this address.")
        loaded = editions.labelled(session, at.document, at.edition)
        target_range = MentionTarget(loaded, at.start, at.end, at.pid)
    return _narrow(target_range, parts.fragment) if parts.fragment else target_range


def _narrow(target: MentionTarget, fragment: str) -> MentionTarget:
    """Narrow a target to its fragment: an anchor, characters or words; ignore any other."""
    loaded = target.loaded
    text = loaded.parsed.text
    at = loaded.ordinals.get(convention.anchor(fragment))
    if at is not None:
        provision = loaded.parsed.provisions[at]
        target = MentionTarget(loaded, provision.start, provision.end, loaded.pids[at])
    span = convention.characters(fragment, len(text))
    if span is None:
        offset, end = (target.start, target.end) if target.pid else (0, len(text))
        within = convention.words(fragment, text[offset:end])
        span = within and (within[0] + offset, within[1] + offset)
    if span is None:
        return target
    return MentionTarget(loaded, *span, loaded.pids[loaded.parsed.provision_at(*span)])


def get(session: Session, ident: str, *, lock: bool = False) -> Mention:
    """Return a mention, refreshed and locked with `lock`. Raises NotFound."""
    row = session.get(Mention, ident, with_for_update=lock or None, populate_existing=lock)
    if row is None:
        raise NotFound(f"There is no mention {ident[:40]!r}.")
    return row


def count(session: Session, state: str, document_id: int | None = None) -> int:
    """Count the mentions in a state, of a document or all."""
    query = COUNT if document_id is None else COUNT_OF_DOCUMENT
    parameters = {"state": state, "document": document_id}
    return session.connection().execute(query, parameters).scalar_one()


def of_provision(session: Session, loaded: Loaded, ordinal: int) -> Sequence[Mention]:
    """Return the mentions shown on a provision or one inside it, newest first."""
    return session.scalars(ON_PROVISIONS, {"pids": provisions.pids_within(loaded, ordinal)}).all()


def of_document(session: Session, document_id: int) -> Sequence[Mention]:
    """Return the mentions shown on a document, newest first."""
    conditions = (Mention.state == "shown", Mention.document_id == document_id)
    return listed(session, *conditions, most=MAX_SHOWN)


def waiting(session: Session) -> Sequence[Mention]:
    """Return the mentions that wait for review, oldest first."""
    query = select(Mention).where(Mention.state == "waiting").order_by(Mention.created, Mention.id)
    return session.scalars(query.limit(MAX_SHOWN)).all()


def decided(session: Session) -> Sequence[Mention]:
    """Return the mentions decided last, latest first."""
    query = select(Mention).where(Mention.decided.is_not(None), Mention.state != "gone")
    return session.scalars(query.order_by(Mention.decided.desc()).limit(MAX_SHOWN)).all()


def listed(
    session: Session, *conditions: ColumnElement[bool], most: int | None = None
) -> Sequence[Mention]:
    """Return mentions, newest first."""
    return session.scalars(NEWEST.where(*conditions).limit(most)).all()


def decide(
    session: Session, by: str, ident: str, act: str, reason: str = "", seen: str | None = None
) -> Mention:
    """Approve or refuse a mention, or undo the last decision; `seen` is the state decided on.

    Raises NotFound, Stale if its state is not `seen`, Conflict if its state does not allow the act,
    Unacceptable for a refusal without a reason.
    """
    row = get(session, ident, lock=True)
    if act not in ACTS:
        raise Malformed(f"Choose an action: {', '.join(ACTS)}.", field="act")
    if seen and seen != row.state:
        raise Stale("Another moderator has decided about this mention. Reload the page.")
    if row.state not in ACTS[act] or (act == "undo" and not row.before):
        raise Conflict(f"This mention is {row.state}. There is nothing to {act}.", field="act")
    words = actions.reason(reason) if reason.strip() or act == "refuse" else ""
    present = row.state
    row.state = {"approve": "shown", "refuse": "hidden", "undo": row.before}[act]
    row.before = "" if act == "undo" else present
    row.decided, row.by, row.reason = now(), by, words
    if "shown" in (present, row.state):
        placer.next_state(session, row.document_id)
    return row
