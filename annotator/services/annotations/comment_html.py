"""The HTML of comments, rendered when they are posted and stored with the body.

Its stamp identifies the body and the renderer: HTML of another body or renderer is never shown.
Until `rebuild` renders it again, readers see the source.
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

BATCH = 50  # comments in a transaction, for which other writers wait


def fill(row: Annotation | Version, render: Callable[[str], str] | None = None) -> None:
    """Render and stamp a row's body. Raises Unacceptable, unless by `render`, if it is too long."""
    if row.body is not None:
        row.html, row.stamp = (render or markup.render)(row.body), stamp(row.body)


def stamp(body: str) -> str:
    """Return the stamp of HTML that the present renderer makes of a body."""
    return f"{markup.fingerprint()}:{hashlib.sha256(body.encode()).hexdigest()[:40]}"


def current(body: str | None, html: str | None, stamped: str | None) -> str | None:
    """Return the HTML to show for a body: the stored one if its stamp fits, else the source."""
    if body is None:
        return None
    if html is not None and stamped == stamp(body):
        return html
    return markup.escaped(body)


def rebuild(db: Database, wait: Callable[[float], object] = time.sleep) -> int:
    """Render again all bodies with a stamp of another renderer; return their number.

    Pauses after each batch for as long as the batch took, so that a large site stays responsive.
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
            rendered = [(row, render_or_escape(row[-1])) for row in rows]
            with db.transaction() as session:
                for row, html in rendered:
                    # The body may have been edited meanwhile.
                    same = tuple_(*key, table.body) == tuple_(*row)
                    session.execute(
                        update(table).where(same).values(html=html, stamp=stamp(row[-1]))
                    )
            number += len(rows)
            query = stale.where(tuple_(*key) > tuple_(*rows[-1][:-1])).order_by(*key).limit(BATCH)
            wait(time.monotonic() - began)
    return number


def render_or_escape(body: str) -> str:
    """Render a body, or escape its source where the HTML would be too long."""
    try:
        return markup.render(body)
    except Unacceptable:
        return markup.escaped(body)
