"""The HTML of comments: made when they are posted, stored beside their words, read by every page.

`stamp` beside it says of which words it was made, and how: HTML of other words, or of a program
that rendered otherwise, is never shown. Until `rebuild` has made it anew, readers see the source.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable

from sqlalchemy import or_, select, tuple_, update
from sqlalchemy.orm import class_mapper

from annotator import markup
from annotator.db import Database
from annotator.errors import Unacceptable
from annotator.models import Annotation, Version

BATCH = 50  # comments; a transaction that other writers wait for


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
        key = class_mapper(table).primary_key
        present = table.stamp.startswith(f"{markup.fingerprint()}:")
        stale = select(*key, table.body).where(
            table.body.is_not(None), or_(table.stamp.is_(None), ~present)
        )
        query = stale.order_by(*key).limit(BATCH)
        while True:
            began = time.monotonic()
            with db.reading() as session:
                rows = [tuple(row) for row in session.execute(query)]
            if not rows:
                break
            renewed = [(row, made(row[-1])) for row in rows]
            with db.transaction() as session:
                for row, html in renewed:
                    # Only if the words still stand there that the HTML was made of.
                    same = tuple_(*key, table.body) == tuple_(*row)
                    session.execute(
                        update(table).where(same).values(html=html, stamp=stamp(row[-1]))
                    )
            number += len(rows)
            query = stale.where(tuple_(*key) > tuple_(*rows[-1][:-1])).order_by(*key).limit(BATCH)
            wait(time.monotonic() - began)
    return number


def made(body: str) -> str:
    """Return the HTML of words: their source where they become too much of it."""
    try:
        return markup.render(body)
    except Unacceptable:
        return markup.escaped(body)
