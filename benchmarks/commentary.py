"""Generated commentary: the same for the same seed, half of it on 40 hot places.

Rows are written in bulk and then placed by the product's own code; nothing but the speed of filling
differs from annotations that people post.
"""

from __future__ import annotations

import random
import re
from bisect import bisect
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.models import Account, Annotation, Tag, Target
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import Span
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer

HOT_PLACES = 40
AUTHORS = 200
TAGS = ("honesty", "oversight", "wording", "question", "praise", "doubt", "example", "power")
SYLLABLES = ("ba", "do", "fe", "gi", "lu", "ma", "no", "pe", "ri", "so", "ta", "vu")
BATCH = 2_000


def vocabulary(size: int = 8_000) -> list[str]:
    """Make words of two to four syllables, most frequent first."""
    chance = random.Random(1)
    words = {"".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(size * 2)}
    return sorted(words)[:size]


def bodies(count: int, words: int = 100, seed: int = 2) -> Iterator[str]:
    """Make annotations of `words` words each, frequent and rare ones as in a natural language."""
    chance, known = random.Random(seed), vocabulary()
    weights = [1 / (rank + 3) for rank in range(len(known))]
    for _ in range(count):
        yield " ".join(chance.choices(known, weights, k=words)).capitalize() + "."


def spans(loaded: Loaded, count: int, seed: int = 3) -> Iterator[Span]:
    """Choose ranges of whole words, of about 20 to 300 characters, half on HOT_PLACES places."""
    chance, text = random.Random(seed), loaded.parsed.text
    words = [found.span() for found in re.finditer(r"\S+", text)]
    hot = [chance.randrange(len(text) - 400) for _ in range(HOT_PLACES)]
    for number in range(count):
        start = chance.choice(hot) + chance.randrange(40) if number % 2 else None
        start = chance.randrange(len(text) - 400) if start is None else start
        end = start + chance.randint(20, 300)
        first, last = (words[bisect(words, (at, len(text))) - 1] for at in (start, end))
        yield Span(first[0], last[1])


def fill(session: Session, slug: str, count: int) -> None:
    """Write `count` annotations on the newest edition of a document, and place them."""
    loaded = editions.newest(session, slug)
    authors = _authors(session)
    chance, moment = random.Random(4), datetime(2026, 1, 1, tzinfo=UTC)
    everything = zip(bodies(count), spans(loaded, count), strict=True)
    rows: list[dict[str, object]] = []
    targets: list[dict[str, object]] = []
    tags: list[dict[str, object]] = []
    for number, (body, span) in enumerate(everything):
        ident = f"{number:016d}"
        moment += timedelta(seconds=chance.randint(1, 120))
        rows.append(_annotation(loaded, ident, body, chance.choice(authors), moment))
        targets.append(_target(loaded, ident, span))
        tags.append({"annotation_id": ident, "ordinal": 0, "tag": chance.choice(TAGS)})
        if len(rows) == BATCH or number == count - 1:
            for table, values in ((Annotation, rows), (Target, targets), (Tag, tags)):
                session.execute(insert(table), values)
                values.clear()
    session.flush()
    for first in range(0, count, placer.BATCH):  # other commentary has its places
        idents = [f"{number:016d}" for number in range(first, min(first + placer.BATCH, count))]
        placer.place(session, loaded.document_id, placer.placeables_of(session, idents), loaded)
    placer.note_all_of(session, document_id=loaded.document_id)


def _authors(session: Session) -> list[int]:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    accounts = [
        Account(name=name, name_key=names.name_key(name), email="", role="member", created=moment)
        for name in (f"author {n}" for n in range(AUTHORS))
    ]
    session.add_all(accounts)
    session.flush()
    return [account.id for account in accounts]


def _annotation(
    loaded: Loaded, ident: str, body: str, author: int, moment: datetime
) -> dict[str, object]:
    return {
        "id": ident,
        "document_id": loaded.document_id,
        "edition_id": loaded.edition_id,
        "author_id": author,
        "thread_id": ident,
        "motivation": "commenting",
        "body": body,
        "created": moment,
        "modified": moment,
        "listed": True,
    }


def _target(loaded: Loaded, ident: str, span: Span) -> dict[str, object]:
    text = loaded.parsed.text
    prefix, suffix = foreign_quotation.context(text, span)
    address = address_of(loaded.parsed, loaded.slug, loaded.label, span.start, span.end)
    ordinal = loaded.parsed.provision_at(span.start, span.end)
    return {
        "annotation_id": ident,
        "ordinal": 0,
        "whole": False,
        "pid": loaded.pids[ordinal],
        "start": span.start,
        "end": span.end,
        "exact": text[span.start : span.end],
        "prefix": prefix,
        "suffix": suffix,
        "address": notation.write(address),
    }
