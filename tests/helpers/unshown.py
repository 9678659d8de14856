"""What the pages of anonymous readers never show; `transaction(shown=False)` writes nothing else.

Every test of this process is refused a statement that breaks this: answers that are kept in memory
would then stay in force although they are out of date.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from annotator.db import Database

UNSHOWN = frozenset({
    "campaign_members", "campaigns", "desk_marks", "emails", "follows", "happenings", "hosts",
    "indexed_changes", "leases", "mutes", "news", "news_emails", "news_settings", "notices",
    "one_time_keys", "postings", "rate_counts", "secrets", "sign_ins", "tokens", "withdrawn",
})  # fmt: skip
WRITES = re.compile(r"(?:WITH\b.*?\b)?(?:INSERT INTO|UPDATE|DELETE FROM)\s+\"?(\w+)", re.DOTALL)


def refuse_shown() -> None:
    """Let `transaction(shown=False)` raise AssertionError when it writes to any other table."""
    original = Database.transaction

    @contextmanager
    def transaction(db: Database, *, shown: bool = True) -> Iterator[Session]:
        with original(db, shown=shown) as session:
            if not shown:
                event.listen(session.connection(), "before_cursor_execute", _check)
            yield session

    Database.transaction = transaction  # type: ignore[method-assign]


def _check(_connection: object, _cursor: object, sql: str, *_: Any) -> None:
    written = WRITES.match(sql)
    assert written is None or written[1] in UNSHOWN, f"shown=False, but pages show {written[1]}"
