"""One decision on many annotations: those of an author, or those that a search finds.

A selection is looked at first, and acted on only as it was seen: if it has grown or changed since,
nothing happens. The log has an entry for each annotation; all of them share a `batch`.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.errors import Conflict, Unacceptable
from annotator.models import Act, Annotation
from annotator.schemas.moderation import Selection
from annotator.search.engine import Engine
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from annotator.services.moderation import actions, annotation_actions
from annotator.services.moderation.actions import Decision, Moderator
from annotator.services.reading import full_text

MOST = 500
FROM = {"hide": ("visible", "held"), "approve": ("held",), "restore": ("hidden",)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which annotations an act is for: by author or by a search, in one document if it is named."""

    act: str
    author: str = ""
    q: str = ""
    document: str = ""


def select_annotations(
    session: Session, engine: Engine, by: Moderator, wanted: Wanted
) -> Selection:
    """Find what an act would be upon. Raises Unacceptable, NotFound and Malformed (the search)."""
    if wanted.act not in FROM:
        raise Unacceptable(f"Acts on many are {', '.join(FROM)}.", field="act")
    if not (wanted.author or wanted.q):
        raise Unacceptable("Name an author, or search.", field="author")
    if wanted.q and wanted.act != "hide":
        raise Unacceptable("A search finds only what is shown; name the author.", field="q")
    query = select(Annotation).where(
        Annotation.deleted.is_(None), Annotation.visibility.in_(FROM[wanted.act])
    )
    if wanted.author:
        author = accounts.named(session, wanted.author)
        query = query.where(Annotation.author_id == author.id)
    if wanted.document:
        document = editions.document(session, wanted.document)
        query = query.where(Annotation.document_id == document.id)
    if wanted.q:
        among = sorted(full_text.among(session, engine, wanted.q, wanted.document or None))
        if len(among) > MOST:
            raise Unacceptable(_too_many(len(among)), field="q")
        query = query.where(Annotation.id.in_(among))
    rows = session.scalars(query.order_by(Annotation.id).limit(MOST + 1)).all()
    if len(rows) > MOST:
        raise Unacceptable(_too_many(len(rows)), field="author")
    mine = actions.threads_of(session, by.account, [row.thread_id for row in rows])
    kept = [row for row in rows if row.thread_id not in mine]
    states = "\n".join(f"{row.id} {annotation_actions.state_of(session, row)}" for row in kept)
    digest = hashlib.sha256(f"{wanted}\n{states}".encode()).hexdigest()[:24]
    return Selection(
        total=len(kept),
        items=tuple(row.id for row in kept),
        left=len(rows) - len(kept),
        state=digest,
    )


def _too_many(many: int) -> str:
    return f"These are more than {MOST} at once ({many:,} or more); narrow the selection."


def decide(
    session: Session, engine: Engine, by: Moderator, decision: Decision, wanted: Wanted, state: str
) -> list[Act]:
    """Do one act on all that is wanted, if it is still what was seen.

    Raises Conflict where it is not, or is nothing; and as `select_annotations` and
    `moderating.decide`.
    """
    found = select_annotations(session, engine, by, wanted)
    if not found.items:
        raise Conflict("There is nothing to act on.", total=0)
    if found.state != state:
        raise Conflict(
            f"What you chose has changed since you looked: it is {len(found.items):,} now. Nothing "
            "was done; look again.",
            total=len(found.items),
            state=found.state,
        )
    batch = secrets.token_hex(8)
    return [
        annotation_actions.decide(session, by, decision, ident, batch=batch)
        for ident in found.items
    ]
