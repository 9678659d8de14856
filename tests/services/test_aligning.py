"""An editor corrects an alignment: it is recorded, and pids, placements and search follow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from annotator import documents
from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.documents import align_editions, relate
from annotator.errors import AnnotatorError, NotFound, Unacceptable
from annotator.models import Correction, Pid, Target
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.addressing import resolver
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer
from annotator.services.revisions import alignment_corrections, edition_pairs
from annotator.services.revisions.alignment_corrections import Act, Corrected
from tests.conftest import SAMPLES, Site
from tests.helpers import checks

OLD, NEW, LATER = "2026-03-01", "2026-04-01", "2026-05-01"
QUIET = "We say “keep quiet” and mean it kindly"
SOFTLY = "Voices are lowered near the benches."
SECOND = (SAMPLES / "garden-2.md").read_text(encoding="utf-8").replace(
    "little in return.\n", f"little in return.\n\n{SOFTLY}\n"
)  # fmt: skip
TOLD = {"reason": "The same rule in other words.", "by": "command line"}


@pytest.fixture
def garden(site: Site) -> Iterator[Site]:
    """Three editions; in the second, ¶2 of the purpose was put in other words.

    At the end of each test everything is consistent.
    """
    site.add()
    site.person("Ada")
    site.add("garden-2.md", NEW, data=SECOND.encode())
    site.add("garden-2.md", LATER, data=SECOND.replace("one stroke", "two strokes").encode())
    yield site
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def read(site: Site, label: str) -> Loaded:
    with site.parts.db.reading() as session:
        return editions.labelled(session, "garden", label)


def pid(site: Site, label: str, address: str) -> str:
    with site.parts.db.reading() as session:
        answer = resolver.resolve(session, f"garden@{label}/{address}")
    assert answer.pid
    return answer.pid


def correct(site: Site, act: Act, *what: Any, label: str = NEW) -> Corrected:
    """Correct with what the command line takes: `what` is the sides of its option."""
    news, olds = (*(what if act != "split" else what[::-1]), [])[:2]
    sides = ([each] if isinstance(each, str | int) else each for each in (olds, news))
    with site.parts.db.transaction() as session:
        return alignment_corrections.correct(session, "garden", label, act, *sides, **TOLD)


def write(site: Site, target: DraftTarget, edition: str) -> str:
    with site.parts.db.transaction() as session:
        ada: Viewer = Viewer(1, "Ada", "member", frozenset({"read", "write"}))
        draft = Draft(document="garden", body="Why?", targets=(target,), edition=edition)
        return annotations.create(session, ada, draft, Limits())


def verdict(site: Site, ident: str, label: str) -> str:
    with site.parts.db.reading() as session:
        return listings.get(session, ident, label).placements[0].verdict


def test_a_provision_is_mapped_to_an_older_one_here_and_in_later_editions(garden: Site) -> None:
    old, new = pid(garden, OLD, "purpose/2"), pid(garden, NEW, "purpose/2")
    assert old != new
    done = correct(garden, "map", "purpose/2", old)
    assert [row.verdict for row in done.before] == ["retired", "new"]
    assert [row.verdict for row in done.after] == ["edited"]
    assert 0 < done.after[0].score < 1
    assert pid(garden, NEW, "purpose/2") == pid(garden, LATER, "purpose/2") == old
    assert pid(garden, OLD, "purpose/2") == old


def test_the_name_it_had_until_now_still_leads_there(garden: Site) -> None:
    old, new = pid(garden, OLD, "purpose/2"), pid(garden, NEW, "purpose/2")
    correct(garden, "map", "purpose/2", old)
    with garden.parts.db.reading() as session:
        loaded = editions.holding(session, "garden", new)
        assert loaded.label == LATER
        assert loaded.pids[loaded.ordinals[new]] == old
        answer = resolver.resolve(session, f"garden/p/{new}")
        assert (answer.pid, answer.text) == (old, SOFTLY)
        assert resolver.resolve(session, f"garden@{OLD}/p/{new}").pid == old


def test_commentary_follows_on_either_side(garden: Site) -> None:
    old = pid(garden, OLD, "purpose/2")
    new = pid(garden, NEW, "purpose/2")
    whole = write(garden, DraftTarget(pid=old), OLD)
    there = write(garden, DraftTarget(pid=new), NEW)
    assert verdict(garden, whole, NEW) == verdict(garden, there, OLD) == "lost"
    done = correct(garden, "map", "purpose/2", old)
    assert done.placements[NEW] == {"edited": 1, "exact": 1}
    assert done.placements[OLD] == {"edited": 1, "exact": 1}
    assert verdict(garden, whole, LATER) == verdict(garden, there, OLD) == "edited"
    with garden.parts.db.reading() as session:
        assert session.get_one(Target, (there, 0)).pid == old
        narrow = Filter(document="garden", edition=NEW, provision=old)
        assert {item.id for item in listings.page(session, narrow).items} == {whole, there}
    later = write(garden, DraftTarget(pid=new), NEW)
    with garden.parts.db.reading() as session:
        assert session.get_one(Target, (later, 0)).pid == old


def test_what_wrongly_held_the_pid_gets_one_of_its_own(garden: Site) -> None:
    held = pid(garden, OLD, "paths-and-gates/1")
    done = correct(garden, "map", "purpose/2", held)
    displaced = pid(garden, NEW, "paths-and-gates/1")
    assert pid(garden, NEW, "purpose/2") == pid(garden, LATER, "purpose/2") == held
    assert displaced == pid(garden, LATER, "paths-and-gates/1")
    assert displaced not in read(garden, OLD).pids
    assert {row.verdict for row in done.after} == {"edited", "new"}


def test_a_correction_taken_back_gives_the_names_back(garden: Site) -> None:
    new, held = pid(garden, NEW, "purpose/2"), pid(garden, OLD, "paths-and-gates/1")
    correct(garden, "map", "purpose/2", held)
    fresh = pid(garden, NEW, "paths-and-gates/1")
    correct(garden, "map", "paths-and-gates/1", held)
    assert pid(garden, NEW, "purpose/2") == pid(garden, LATER, "purpose/2") == new
    assert pid(garden, NEW, "paths-and-gates/1") == held
    with garden.parts.db.reading() as session:
        assert session.get_one(Pid, new).became is None
        assert session.get_one(Pid, fresh).became == held
    correct(garden, "part", "paths-and-gates/1")
    assert pid(garden, LATER, "paths-and-gates/1") == fresh


def test_the_same_words_are_same_again_and_a_section_takes_its_contents_along(
    garden: Site,
) -> None:
    section = pid(garden, OLD, "opening-hours")
    correct(garden, "part", "opening-hours")
    with garden.parts.db.reading() as session:
        verdicts = {row.verdict for row in edition_pairs.pair(session, "garden", NEW).relation}
        assert "moved" in verdicts
    correct(garden, "map", "opening-hours", section)
    with garden.parts.db.reading() as session:
        assert "moved" not in {
            r.verdict for r in edition_pairs.pair(session, "garden", NEW).relation
        }


def test_a_provision_is_parted_from_what_it_is_not(garden: Site) -> None:
    old = pid(garden, OLD, "paths-and-gates/1")
    ident = write(garden, DraftTarget(exact="The north gate is locked at dusk"), OLD)
    assert verdict(garden, ident, NEW) == "edited"
    done = correct(garden, "part", "paths-and-gates/1")
    assert sorted(row.verdict for row in done.after) == ["new", "retired"]
    assert old not in read(garden, NEW).pids + read(garden, LATER).pids
    assert verdict(garden, ident, NEW) == verdict(garden, ident, LATER) == "lost"
    with garden.parts.db.reading() as session:
        assert editions.holding(session, "garden", old).label == OLD


def test_several_are_joined_and_the_pid_that_stays_stays(garden: Site) -> None:
    one, two = pid(garden, OLD, "purpose/1"), pid(garden, OLD, "purpose/2")
    ident = write(garden, DraftTarget(pid=two), OLD)
    done = correct(garden, "join", "purpose/1", [one, two])
    assert [row.verdict for row in done.after] == ["merged", "merged"]
    assert pid(garden, NEW, "purpose/1") == one
    assert verdict(garden, ident, NEW) == "edited"
    with garden.parts.db.reading() as session:
        assert resolver.resolve(session, f"garden@{OLD}/p/{two}", edition=NEW).pid == one


def test_one_is_split_and_a_part_keeps_its_pid(garden: Site) -> None:
    old, second = pid(garden, OLD, "purpose/1"), pid(garden, NEW, "purpose/2")
    done = correct(garden, "split", old, ["purpose/1", "purpose/2"])
    assert [row.verdict for row in done.after if row.new] == ["split", "split"]
    assert pid(garden, NEW, "purpose/1") == old
    assert pid(garden, NEW, "purpose/2") == second
    correct(garden, "part", "purpose/1")
    assert pid(garden, NEW, "purpose/2") == old
    assert pid(garden, NEW, "purpose/1") not in {old, second}


def test_every_correction_is_recorded_with_reason_and_author(garden: Site) -> None:
    old, new = pid(garden, OLD, "purpose/2"), pid(garden, NEW, "purpose/2")
    correct(garden, "map", "purpose/2", old)
    correct(garden, "part", "purpose/2")
    with garden.parts.db.reading() as session:
        first, second = alignment_corrections.corrections(session, "garden", NEW)
        assert (first.act, first.by, first.reason) == ("map", TOLD["by"], TOLD["reason"])
        assert {"old": None, "new": new, "ordinal": 2, "verdict": "new"} in first.before
        assert first.after == [{"old": old, "new": old, "ordinal": 2, "verdict": "edited"}]
        assert second.act == "part"


def test_placements_after_corrections_are_those_of_a_rebuilding(garden: Site) -> None:
    ident = write(garden, DraftTarget(exact=QUIET), OLD)
    correct(garden, "map", "purpose/2", pid(garden, OLD, "purpose/2"))
    before = [verdict(garden, ident, label) for label in (OLD, NEW, LATER)]
    with garden.parts.db.transaction() as session:
        loaded = editions.newest(session, "garden")
        placer.rebuild(session, loaded.document_id)
    assert [verdict(garden, ident, label) for label in (OLD, NEW, LATER)] == before


def test_what_cannot_be_is_told_and_nothing_is_half_done(garden: Site) -> None:
    garden.add("garden-1.md", "1", slug="park")
    with garden.parts.db.reading() as session:
        foreign = editions.newest(session, "park").pids[0]
    section, old = pid(garden, OLD, "purpose"), pid(garden, OLD, "purpose/2")
    young = pid(garden, NEW, "purpose/2")
    wrong: list[tuple[Act, tuple[object, ...], str, type[AnnotatorError], str]] = [
        ("map", ("purpose/2", "xxxx2"), NEW, NotFound, "in any document"),
        ("map", ("purpose/2", foreign), NEW, Unacceptable, "park"),
        ("map", ("purpose/2", young), NEW, NotFound, "is not in"),
        ("map", ("purpose/2", section), NEW, Unacceptable, "section"),
        ("map", ("purpose/99", old), NEW, NotFound, "purpose/99"),
        ("map", (99, old), NEW, NotFound, "99"),
        ("map", ("no-such/1", old), NEW, NotFound, "does not name one"),
        (
            "map",
            ("purpose/1", pid(garden, OLD, "purpose/1")),
            NEW,
            Unacceptable,
            "already",
        ),
        ("map", ("purpose/2", old), OLD, Unacceptable, "first edition"),
        ("map", ("purpose/2", old), "1999", NotFound, "1999"),
        ("join", ("purpose/2", [old]), NEW, Unacceptable, "two"),
        ("split", (old, ["purpose/2"] * 2), NEW, Unacceptable, "two"),
        ("part", ("purpose/2",), NEW, Unacceptable, "already"),
    ]
    pids = read(garden, NEW).pids
    for act, what, label, error, words in wrong:
        with pytest.raises(error, match=words):
            correct(garden, act, *what, label=label)
    with pytest.raises(Unacceptable, match="reason"), garden.parts.db.transaction() as session:
        alignment_corrections.correct(
            session, "garden", NEW, "map", [old], ["purpose/2"], reason=" ", by="Ada"
        )
    assert read(garden, NEW).pids == pids
    with garden.parts.db.reading() as session:
        assert session.scalars(select(Correction)).all() == []


def test_a_correction_rolled_back_leaves_nothing_in_memory(garden: Site) -> None:
    pids, old = read(garden, NEW).pids, pid(garden, OLD, "purpose/2")
    with garden.parts.db.transaction() as session:
        alignment_corrections.correct(session, "garden", NEW, "map", [old], ["purpose/2"], **TOLD)
        assert editions.labelled(session, "garden", NEW).pids != pids
        session.rollback()
    assert read(garden, NEW).pids == pids
    correct(garden, "part", "paths-and-gates/1")
    assert pid(garden, NEW, "purpose/2") in pids


def test_another_process_sees_a_correction_at_once(garden: Site) -> None:
    old = pid(garden, OLD, "purpose/2")
    ours = garden.parts.db.cache.items()
    correct(garden, "map", "purpose/2", old)
    garden.parts.db.cache.clear()
    garden.parts.db.cache.update(ours)
    assert pid(garden, NEW, "purpose/2") == old


def test_what_align_found_is_related_the_same_way() -> None:
    old, new = (
        documents.parse(data, name="garden.md")
        for data in ((SAMPLES / "garden-1.md").read_bytes(), SECOND.encode())
    )
    found = align_editions(old, new)
    pairs = [(r.old, r.new) for r in found if r.old is not None and r.new is not None]
    assert relate(old, new, pairs) == found
