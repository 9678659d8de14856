"""The HTML of comments: made when they are posted, stored beside their words, read by every page.

`stamp` beside it says of which words it was made, and how: HTML of other words, or of a program
that rendered otherwise, is never shown. Until `rebuild` has made it anew, readers see the source.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from typing import Any

from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.orm import Session, class_mapper

from annotator import markup
from annotator.db import Database
from annotator.errors import Unacceptable
from annotator.models import Annotation, Version

BATCH = 50  # comments; a transaction that other writers wait for
Worded = type[Annotation] | type[Version]


def fill(row: Annotation | Version) -> None:
    """Make the HTML of a row's words. Raises Unacceptable where they become too much of it."""
    if row.body is not None:
        row.html, row.stamp = markup.render(row.body), stamp(row.body)


def refill(row: Annotation | Version) -> None:
    """Make the HTML of words that were taken before: their source where they become too much."""
    if row.body is not None:
        row.html, row.stamp = made(row.body), stamp(row.body)


def stamp(body: str) -> str:
    """Return what is stored beside HTML that was made of these words in the present way."""
    return f"{markup.fingerprint()}:{hashlib.sha256(body.encode()).hexdigest()[:40]}"


def current(body: str | None, html: str | None, stamped: str | None) -> str | None:
    """Return the HTML to show for words: what is stored where it is theirs, else their source."""
    if body is None:
        return None
    if html is not None and stamped == stamp(body):
        return html
    return markup.escaped(body)


def rebuild(db: Database, wait: Callable[[float], object] = time.sleep) -> int:
    """Make the HTML of all words anew that were rendered otherwise; count them.

    Words that become too much HTML are shown as they were written. It takes as many pauses as it
    takes time, so that a site with many comments answers meanwhile.
    """
    number = 0
    for table in (Annotation, Version):
        after: tuple[Any, ...] | None = None
        while True:
            began = time.monotonic()
            with db.reading() as session:
                rows = _stale(session, table, after)
            if not rows:
                break
            renewed = [(key, body, made(body)) for *key, body in rows]
            with db.transaction() as session:
                for key, body, html in renewed:
                    _write(session, table, key, body, html)
            number, after = number + len(rows), tuple(rows[-1][:-1])
            wait(time.monotonic() - began)
    return number


def made(body: str) -> str:
    """Return the HTML of words: their source where they become too much of it."""
    try:
        return markup.render(body)
    except Unacceptable:
        return markup.escaped(body)


def _stale(session: Session, table: Worded, after: tuple[Any, ...] | None) -> list[tuple[Any, ...]]:
    """Return the keys and words of some rows whose HTML is missing or was made otherwise."""
    key = class_mapper(table).primary_key
    present = f"{markup.fingerprint()}:"
    query = select(*key, table.body).where(
        table.body.is_not(None), or_(table.stamp.is_(None), ~table.stamp.startswith(present))
    )
    if after is not None:
        query = query.where(tuple_(*key) > tuple_(*after))
    return [tuple(row) for row in session.execute(query.order_by(*key).limit(BATCH))]


def _write(session: Session, table: Worded, key: list[Any], body: str, html: str) -> None:
    """Store HTML beside the words it was made of, if they still stand there."""
    same = [
        column == value for column, value in zip(class_mapper(table).primary_key, key, strict=True)
    ]
    session.execute(
        update(table).where(*same, table.body == body).values(html=html, stamp=stamp(body))
    )
