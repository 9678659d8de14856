"""What a process keeps of the commentary equals a count of everything, whoever changed it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable
from itertools import chain, pairwise, product
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import Base, Database
from annotator.errors import AnnotatorError
from annotator.models import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Annotation,
    Coverage,
    IndexedChanges,
    Placement,
    Target,
)
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations, listings, restatements
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer
from annotator.services.reading import reading_page
from annotator.services.reading.reading_page import EditionCommentary, Highlighted, Segment
from tests.conftest import Site

LIMITS = Limits()
LABELS = ("2026-03-01", "2026-09-01")
SHORT = 40
ENGINE: Any = None  # only a search asks it


def recount(
    session: Session, loaded: Loaded, verdict: str | None = None, section: int | None = None
) -> tuple[Any, ...]:
    """Count one by one, from the rows themselves and nothing that `reading` uses.

    With a verdict, only the threads that have it; with a section, only those that are on it.
    """
    query = select(Placement).where(Placement.edition_id == loaded.edition_id)
    covered = session.scalars(select(Coverage).where(Coverage.edition_id == loaded.edition_id))
    rows = covered.all()
    threads = {row.thread_id for row in rows}
    if verdict is not None:
        threads = {row.annotation_id for row in session.scalars(query) if row.verdict == verdict}
    if section is not None:
        threads &= {row.thread_id for row in rows if row.provision == section}
    people = dict(session.execute(select(Annotation.id, Annotation.author_id)).all())
    on: dict[int, set[str]] = defaultdict(set)
    for row in rows:
        if row.thread_id in threads:
            on[row.provision].add(row.annotation_id)
    tallies = {at: (len(ids), len({people[x] for x in ids})) for at, ids in on.items()}
    whole = {(t.annotation_id, t.ordinal): t.whole for t in session.scalars(select(Target))}
    lost: dict[int, set[str]] = defaultdict(set)
    over: Counter[int] = Counter()
    for row in session.scalars(query):
        if row.annotation_id not in threads:
            continue
        if row.start is None or row.end is None:
            lost[row.provision].add(row.annotation_id)
        elif not whole[row.annotation_id, row.ordinal]:
            over.update(range(row.start, row.end))
    depths = bytes(min(over[at], 4) for at in range(len(loaded.parsed.text)))
    return tallies, {at: len(ids) for at, ids in lost.items()}, depths


class People:
    """Several who write, edit, delete and restate; what they do is drawn."""

    def __init__(self, site: Site, choose: Callable[..., Any]) -> None:
        self.site, self.choose = site, choose
        self.viewers = [site.person(name) for name in ("Ada", "Bea", "Cid")]
        self.made: list[tuple[Viewer, str]] = []

    def act(self) -> None:
        """Do one thing; what is refused changes nothing."""
        deeds = [self.write, self.write, self.reply, self.edit, self.delete, self.restate]
        deed = self.choose(st.sampled_from(deeds))
        try:
            with self.site.parts.db.transaction() as session:
                deed(session, self.choose(st.sampled_from(self.viewers)))
        except AnnotatorError:
            pass

    def _target(self, loaded: Loaded) -> DraftTarget:
        if self.choose(st.integers(0, 3)) == 0:
            return DraftTarget(pid=self.choose(st.sampled_from(loaded.pids)))
        start = self.choose(st.integers(0, len(loaded.parsed.text) - SHORT))
        end = start + self.choose(st.integers(1, 12 * SHORT))
        return DraftTarget(start=start, end=min(end, len(loaded.parsed.text)))

    def write(self, session: Session, viewer: Viewer) -> None:
        loaded = editions.newest(session, "garden")
        targets = tuple(self._target(loaded) for _ in range(self.choose(st.integers(0, 2))))
        draft = Draft(document="garden", targets=targets, body="Hm.")
        self.made.append((viewer, annotations.create(session, viewer, draft, LIMITS)))

    def _one(self) -> tuple[Viewer, str]:
        if not self.made:
            raise AnnotatorError("nothing is there yet")
        return self.choose(st.sampled_from(self.made))  # type: ignore[no-any-return]

    def reply(self, session: Session, viewer: Viewer) -> None:
        draft = Draft(body="Yes.", in_reply_to=self._one()[1])
        self.made.append((viewer, annotations.create(session, viewer, draft, LIMITS)))

    def edit(self, session: Session, _viewer: Viewer) -> None:
        author, ident = self._one()
        annotations.edit(session, author, ident, body=self.choose(st.text("ab", min_size=1)),
                         limits=LIMITS)  # fmt: skip

    def delete(self, session: Session, _viewer: Viewer) -> None:
        annotations.delete(session, *self._one())

    def restate(self, session: Session, _viewer: Viewer) -> None:
        loaded = editions.newest(session, "garden")
        target = self._target(loaded)
        restatements.restate(session, *self._one(), target, LIMITS)


def same(db: Database) -> list[EditionCommentary]:
    """Compare what this process keeps with a count of everything, in every edition."""
    found = []
    with db.reading() as session:
        first = editions.newest(session, "garden")
        for loaded in editions.every(session, first.document_id):
            kept = reading_page.commentary(session, loaded)
            tallies = reading_page.everything(session, loaded).tallies
            assert (tallies, kept.lost, kept.depths) == recount(session, loaded)
            assert kept.annotations == {at: tally.annotations for at, tally in tallies.items()}
            assert kept.state == loaded.state
            for at, pid in [(WHOLE_DOCUMENT, None), *enumerate(loaded.pids)]:
                listed = Filter("garden", loaded.label, pid)
                assert listings.count(session, listed) == kept.annotations.get(at, 0)
            sections = [at for at, each in enumerate(loaded.parsed.provisions)
                        if each.kind == "section"]  # fmt: skip
            narrowing = chain(product(VERDICT_BITS, [None]), product([None, "exact"], sections))
            for verdict, at in narrowing:
                section = None if at is None else loaded.pids[at]
                narrow = Filter(document="garden", verdict=verdict, section=section)
                filtered = reading_page.filtered_commentary(session, ENGINE, loaded, narrow)
                expected = recount(session, loaded, verdict, at)
                assert (filtered.tallies, filtered.depths) == (expected[0], expected[2])
            found.append(kept)
        assert listings.count(session, Filter()) == len(
            session.scalars(select(Annotation.id).where(Annotation.listed)).all()
        )
    return found


def fresh(made: Site) -> Site:
    """Empty the site of documents and people, and forget all that was kept."""
    empty(made)
    made.add()
    return made


def empty(site: Site) -> None:
    """Take every row out of the site, and forget all that was kept; what a migration adds stays."""
    with site.parts.db.transaction() as session:
        for table in reversed(Base.metadata.sorted_tables):
            if table.name != IndexedChanges.__tablename__:
                session.execute(delete(table))
    site.parts.db.cache.clear()


@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each step of shrinking is a new site
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_is_kept_equals_a_count_of_everything(site: Site, data: st.DataObject) -> None:
    """Across writing, replies, edits, deletions, restatements, a new edition; in two processes."""
    made = fresh(site)
    people = People(made, data.draw)
    url = made.parts.config.database_url
    other = Database(url)
    try:
        for step in range(data.draw(st.integers(1, 12))):
            people.act()
            if step == 5:
                made.add("garden-2.md", LABELS[1])
            for db in data.draw(st.lists(st.sampled_from([made.parts.db, other]), max_size=2)):
                same(db)
        same(other)
        with made.parts.db.transaction() as session:
            document = editions.document(session, "garden")
            placer.rebuild(session, document.id)
        assert same(made.parts.db) == same(other)
    finally:
        other.close()


spans = st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30)), max_size=12)


@given(spans)
def test_segments_are_disjoint_in_order_and_say_how_many_lie_there(
    drawn: list[tuple[int, int]],
) -> None:
    given_spans = [(start, min(start + length, 64)) for start, length in drawn]
    edges = [edge for start, end in given_spans for edge in ((start, 1), (end, -1))]
    found: list[Segment] = Highlighted(
        0, reading_page.capped(reading_page.depths(edges, 0, 64))
    ).segments
    deep = [min(sum(s <= at < e for s, e in given_spans), 4) for at in range(64)]
    shown = [0] * 64
    for (_, end, _), (start, _, _) in pairwise(found):
        assert end <= start
    for start, end, depth in found:
        assert start < end
        shown[start:end] = [depth] * (end - start)
    assert shown == deep
    pairs, at, read = reading_page.coded(found), 0, []
    for gap, value in zip(pairs[::2], pairs[1::2], strict=True):
        start = at + gap
        at = start + (value >> 2)
        read.append((start, at, (value & 3) + 1))
    assert read == found


def test_only_what_has_changed_is_read_anew(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """After one annotation the words elsewhere are not asked for, and no author is counted."""
    site.add()
    ada = site.person("Ada")
    same(site.parts.db)
    read: list[tuple[int, int]] = []
    depths = reading_page.depths

    def noted(edges: Any, start: int, end: int) -> Any:
        read.append((start, end))
        return depths(edges, start, end)

    monkeypatch.setattr(reading_page, "depths", noted)
    monkeypatch.setattr(reading_page, "tallies", None)
    draft = Draft(document="garden", targets=(DraftTarget(exact="The north gate"),), body="Hm.")
    with site.parts.db.transaction() as session:
        annotations.create(session, ada, draft, LIMITS)
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        assert reading_page.commentary(session, loaded).total == 1
    at = loaded.parsed.text.index("The north gate")
    assert any(start <= at < end for start, end in read)
    assert sum(end - start for start, end in read) < len(loaded.parsed.text) / 4
