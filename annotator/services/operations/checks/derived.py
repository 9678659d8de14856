"""Checks of derived data (placements, coverage and the index) against their sources."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from annotator.db import one_of, strings
from annotator.errors import Unavailable
from annotator.models import (
    WHOLE_DOCUMENT,
    Adoption,
    Agreement,
    Annotation,
    Coverage,
    Document,
    Outbox,
    Placement,
)
from annotator.search import outbox
from annotator.search.engine import Engine
from annotator.search.gather import everything
from annotator.search.record import annotation_key, provision_key
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.answers import accounting
from annotator.services.operations.checks import Look
from annotator.services.reading import full_text

if TYPE_CHECKING:
    from annotator.services.editions.editions import Loaded
    from annotator.services.placement.placer import Placeable

BATCH = 500
# The columns that placing derives; the other ones of coverage are copies of the annotation's.
COVERED = ("annotation_id", "edition_id", "provision", "start", "verdicts")
COPIED = ("created", "author_id", "thread_id")
JUDGED = ("annotation_id", "edition_id", "verdict", "score")
PLACED = ("annotation_id", "edition_id", "ordinal", "start", "end", "provision", "verdict", "score",
          "basis", "whole")  # fmt: skip
PLACEMENTS: Select[Any] = select(*(getattr(Placement, name) for name in PLACED)).where(
    one_of(Placement.annotation_id, strings("ids"))
)
COVERAGE: Select[Any] = (
    select(*(getattr(Coverage, name) for name in COVERED))
    .join(Annotation, Annotation.id == Coverage.annotation_id)
    .where(one_of(Coverage.annotation_id, strings("ids")))
    .where(*(getattr(Coverage, name) == getattr(Annotation, name) for name in COPIED))
)
TRIES = 3
ACCOUNTED = ("none", "answered")


def places(look: Look) -> Iterator[str]:
    """Check that stored placements and coverage are those that placing again derives."""
    from annotator.services.placement import placer  # slow to import; `index status` needs none

    documents: dict[int, list[int]] = defaultdict(list)
    for item in look.editions.values():
        documents[item.document_id].append(item.edition_id)
    for document_id, edition_ids in documents.items():
        listed = placer.placeables(look.session, document_id)
        while batch := list(islice(listed, BATCH)):
            look.count("annotations in their places", len(batch))
            yield from _misplaced(look, document_id, batch, edition_ids)


def _misplaced(
    look: Look, document_id: int, batch: Sequence[Placeable], edition_ids: Sequence[int]
) -> Iterator[str]:
    from annotator.services.placement import placer

    placements: list[dict[str, Any]] = []
    coverage: list[dict[str, Any]] = []
    for placed, covered in placer.derive(look.session, document_id, batch):
        placements += placed
        coverage += covered
    look.count("placements", len(placements))
    ids = [each.id for each in batch]
    for query, rows, names, noun in (
        (PLACEMENTS, placements, PLACED, "placements are"),
        (COVERAGE, coverage, COVERED, "coverage is"),
    ):
        found = look.session.connection().execute(query, {"ids": ids}).all()
        # In SQL, this condition would make SQLite walk all coverage of the edition.
        stored = {tuple(row) for row in found if row[1] in edition_ids}
        implied = set(map(itemgetter(*names), rows))
        for ident, edition_id in sorted({row[:2] for row in stored ^ implied}):
            yield _not_implied(look, ident, edition_id, noun)


def adopted(look: Look) -> Iterator[str]:
    """Check that the stored adoptions of suggestions are those that judging again derives."""
    from annotator.services.placement import adoptions

    look.count("agreements", look.session.scalar(select(func.count(Agreement.account_id))) or 0)
    documents: dict[int, dict[int, Loaded]] = defaultdict(dict)
    for item in look.editions.values():
        documents[item.document_id][item.edition_id] = item
    for document_id, editions in documents.items():
        derived = adoptions.derive(look.session, document_id, editions, [*editions])
        implied = {tuple(row[name] for name in JUDGED) for row in derived}
        query = select(*(getattr(Adoption, name) for name in JUDGED))
        found = look.session.execute(query.where(Adoption.edition_id.in_(editions)))
        look.count("adoptions", len(implied))
        for ident, edition_id in sorted({row[:2] for row in {*map(tuple, found)} ^ implied}):
            yield _not_implied(look, ident, edition_id, "adoption is")


def accounted(look: Look) -> Iterator[str]:
    """Check that open and answered comments add up to the listed ones in each section."""
    for item in look.editions.values():
        if not item.newest:
            continue
        narrow = Filter(item.slug, item.label)
        account = accounting.account(look.session, narrow)
        listed = {name: _listed(look, item, replace(narrow, answer=name)) for name in ACCOUNTED}
        for section in (None, *account.sections):
            each = section or account
            at = item.ordinals[section.pid] if section else WHOLE_DOCUMENT
            shown = [listed[name].get(at, 0) for name in ACCOUNTED]
            look.count("accounts of answers")
            if shown != [each.open, each.answered] or each.listed != sum(shown):
                where = f" in {section.title}" if section else ""
                yield (
                    f"{item.slug}@{item.label}{where}: {each.open} open and {each.answered} "
                    f"answered of {each.listed} comments; the lists have {shown}"
                )


def _listed(look: Look, item: Loaded, narrow: Filter) -> dict[int, int]:
    """Count the listed annotations of a filter by provision."""
    query = select(Coverage.provision, func.count()).group_by(Coverage.provision)
    where = filters.covering(look.session, item, narrow)
    return dict(look.session.execute(query.where(*where)).all())


def _not_implied(look: Look, annotation_id: str, edition_id: int, noun: str) -> str:
    item = look.editions.get(edition_id)
    name = f"{item.slug}@{item.label}" if item else f"edition {edition_id}"
    return f"annotation {annotation_id} in {name}: its {noun} not what its targets imply"


@dataclass(frozen=True)
class IndexState:
    """The differences of the index from the database; the sets have keys of records.

    `waiting` counts the rows of the outbox; records that they concern are not counted as missing,
    stale or extra.
    """

    expected: int
    held: int
    waiting: int
    missing: frozenset[str]
    stale: frozenset[str]
    extra: frozenset[str]

    @property
    def wrong(self) -> bool:
        """Return whether records differ that no row of the outbox explains."""
        return bool(self.missing or self.stale or self.extra)

    @property
    def differs(self) -> bool:
        """Return whether any record is wrong or waiting."""
        return bool(self.waiting or self.wrong)


def compare_index(session: Session, engine: Engine) -> IndexState:
    """Compare the records that the index should have with those it has.

    Both are read in the order of their keys, so that only what differs is kept in memory.
    """
    wanted = ((record.key, record.revision) for record in everything(session, plain=False))
    numbers = {True: 0, False: 0}
    missing, stale, extra = set(), set(), set()
    streams = heapq.merge(_marked(wanted, True), _marked(engine.revisions(), False))
    for key, entries in groupby(streams, itemgetter(0)):
        revisions = {}
        for _, is_wanted, revision in entries:
            revisions[is_wanted] = revision
            numbers[is_wanted] += 1
        if False not in revisions:
            missing.add(key)
        elif True not in revisions:
            extra.add(key)
        elif revisions[True] != revisions[False]:
            stale.add(key)
    waiting = _waiting(session, missing | stale | extra)
    return IndexState(
        expected=numbers[True],
        held=numbers[False],
        waiting=outbox.waiting(session),
        missing=frozenset(missing - waiting),
        stale=frozenset(stale - waiting),
        extra=frozenset(extra - waiting),
    )


def _marked(
    revisions: Iterable[tuple[str, str]], is_wanted: bool
) -> Iterator[tuple[str, bool, str]]:
    return ((key, is_wanted, revision) for key, revision in revisions)


def _waiting(session: Session, keys: set[str]) -> set[str]:
    """Return those of `keys` that a row of the outbox concerns."""
    rows = session.execute(select(Outbox.kind, Outbox.key).distinct()).all() if keys else []
    own = {annotation_key(row.key) for row in rows if row.kind == "annotation"}
    ids = [int(row.key) for row in rows if row.kind == "document"]
    slugs = session.scalars(select(Document.slug).where(Document.id.in_(ids)))
    whole = tuple(provision_key(slug, "") for slug in slugs)
    return {key for key in keys if key in own or (whole and key.startswith(whole))}


def index(look: Look) -> Iterator[str]:
    """Check that the index has exactly the expected records.

    Differences are compared again: a running server may have changed something in between.
    """
    try:
        state = compare_index(look.session, look.engine)
        for _ in range(TRIES):
            if not state.wrong:
                break
            with Session(look.session.get_bind()) as fresh:
                state = compare_index(fresh, look.engine)
        look.count("records in the index", state.expected)
        for name in ("missing", "stale", "extra"):
            for key in sorted(getattr(state, name)):
                yield f"the index: {key} is {name}"
        if not (state.wrong or look.engine.ready()):  # such as the records of another version
            yield f"the index: {full_text.index_problem(look.session, look.engine)}"
    except Unavailable as error:  # the rest is checked all the same
        yield f"the index: {error.message}"
