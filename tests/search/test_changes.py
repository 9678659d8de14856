"""What every engine promises of changes: what it holds, what it lets go, and what it survives."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from annotator.search.engine import FACETS, MAX_LIMIT, SORTS, Engine, Sort
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Deletion, Record
from tests.search.making import record
from tests.search.test_engines import Fill, keys


def test_a_change_replaces_what_stood_under_its_key(filled: Fill) -> None:
    engine = filled(
        record(1, "old words", author="A"),
        record(2, "other"),
        record(1, "new words", author="B", revision="2"),
    )
    assert keys(engine, "old") == set()
    assert keys(engine, "new") == {"1"}
    assert keys(engine, "author:a") == set()
    assert engine.count() == 2
    assert dict(engine.revisions()) == {"a:1": "2", "a:2": "1"}


def test_what_is_deleted_stays_deleted(filled: Fill) -> None:
    engine = filled(record(1, "word"), record(2, "word"), Deletion("a:1"), Deletion("a:none"))
    for _ in range(20):
        engine.apply([record(3, "word more")])
    assert keys(engine, "word") == {"2", "3"}
    assert keys(engine, "-more") == {"2"}
    assert engine.count() == 2
    assert engine.search(parse("")).facets["document"][0].count == 2
    while engine.tidy():
        pass
    assert keys(engine, "word") == {"2", "3"}


def test_deleted_and_added_again_is_found(filled: Fill) -> None:
    engine = filled(record(1, "word"), Deletion("a:1"), record(1, "word again"))
    assert keys(engine, "word") == {"1"}
    assert keys(engine, "again") == {"1"}


def test_taking_the_same_changes_in_again_changes_nothing(filled: Fill) -> None:
    changes = (record(1, "word"), record(2, "word"), Deletion("a:2"))
    engine = filled(*changes, *changes)
    assert keys(engine, "word") == {"1"}
    assert engine.count() == 1


def test_records_that_cannot_be_held_are_reported_and_hold_up_no_other(engine: Engine) -> None:
    good = [record(n, "word") for n in range(10)]
    broken = replace(record(20, "word"), author=7)  # type: ignore[arg-type]
    other = replace(record(21), body=7)  # type: ignore[arg-type]
    refused = engine.apply([*good[:5], broken, *good[5:], other, Deletion("a:0")])
    assert refused.keys() == {"a:20", "a:21"}
    assert all(refused.values())
    assert keys(engine, "word") == {str(n) for n in range(1, 10)}
    assert engine.apply([broken]).keys() == {"a:20"}
    assert engine.rebuild([good[0], broken, good[1]]) == 2
    assert keys(engine, "word") == {"0", "1"}


def test_a_paused_process_cannot_write_stale_records(filled: Fill) -> None:
    engine = filled(record(1, "old", version=5), record(2, "old", version=5))
    if not engine.shared:
        pytest.skip("one process holds the lock of its files")
    engine.apply([record(1, "new", version=7), Deletion("a:2", 7), record(3, "new", version=7)])
    stale = [record(1, "old", version=6), record(2, "old", version=6), Deletion("a:3", 6)]
    assert engine.apply(stale) == {}
    assert keys(engine, "old") == set()
    assert keys(engine, "new") == {"1", "3"}
    while engine.tidy():
        pass
    engine.apply(stale)
    assert keys(engine, "") == {"1", "3"}
    engine.apply([record(2, "again", version=7), record(1, "latest", version=8)])
    assert keys(engine, "again OR latest") == {"1", "2"}


def test_a_rebuild_from_an_old_view_keeps_what_was_applied_meanwhile(filled: Fill) -> None:
    engine = filled(*(record(n, "old", version=3) for n in range(4)))
    if not engine.shared:
        pytest.skip("one process holds the lock of its files")

    def view() -> Iterator[Record]:
        yield record(1, "old", version=5)
        yield record(2, "old", version=5)
        newer = [record(1, "new", version=6), Deletion("a:2", 6), record(5, "new", version=6)]
        other = threading.Thread(target=engine.apply, args=([*newer, record(3, version=4)],))
        other.start()
        other.join(1)  # it may wait for the rebuild
        waiting.append(other)

    waiting: list[threading.Thread] = []
    engine.rebuild(view(), lambda: 5)
    waiting[0].join()
    assert keys(engine, "new") == keys(engine, "") == {"1", "5"}
    engine.apply([record(2, "stale", version=4), record(9, "stale", version=4)])
    assert keys(engine, "stale") == set()


def test_an_empty_engine_finds_nothing(engine: Engine) -> None:
    engine.apply([])
    engine.apply([Deletion("a:1")])
    page = engine.search(parse("word"))
    assert (page.hits, page.total, page.next) == ((), 0, None)
    assert set(page.facets) == set(FACETS)
    assert not any(page.facets.values())
    assert engine.search(EVERYTHING, sort="place").total == 0
    assert engine.count() == 0
    assert dict(engine.revisions()) == {}
    assert not engine.tidy()
    assert engine.rebuild([]) == 0


def test_everything_deleted_leaves_an_empty_engine(filled: Fill) -> None:
    engine = filled(record(1, "word"), record(2, "word"), Deletion("a:1"), Deletion("a:2"))
    assert engine.count() == 0
    assert keys(engine, "") == set()
    while engine.tidy():
        pass
    engine.apply([record(3, "word")])
    assert keys(engine, "word") == {"3"}


@pytest.mark.parametrize("sort", SORTS)
def test_many_small_commits_and_tidying_change_no_answer(engine: Engine, sort: Sort) -> None:
    for n in range(150):
        engine.apply([record(n, f"word number{n}", tags=(f"t{n % 3}",))])
        if n % 3 == 0:
            engine.apply([Deletion(f"a:{n // 2}")])
    before = engine.search(parse("word"), sort=sort, limit=MAX_LIMIT)
    expected = {f"a:{n}" for n in range(150)} - {f"a:{n // 2}" for n in range(0, 150, 3)}
    assert {hit.key for hit in before.hits} == expected
    while engine.tidy():
        pass
    after = engine.search(parse("word"), sort=sort, limit=MAX_LIMIT)
    assert [hit.key for hit in after.hits] == [hit.key for hit in before.hits]
    assert after.facets == before.facets


def test_a_rebuilt_index_has_the_given_records_alone(filled: Fill) -> None:
    engine = filled(record(1, "old"), record(2, "kept"), record(3, "old"), Deletion("a:3"))
    assert engine.rebuild([record(2, "kept"), record(4, "new")]) == 2
    assert keys(engine, "old") == set()
    assert keys(engine, "kept OR new") == {"2", "4"}
    engine.apply([record(5, "new"), Deletion("a:4")])
    assert keys(engine, "kept OR new") == {"2", "5"}


def test_a_rebuild_that_fails_leaves_the_old_index(filled: Fill) -> None:
    engine = filled(record(1, "old"))

    def broken() -> object:
        yield record(2, "new")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        engine.rebuild(broken())  # type: ignore[arg-type]
    assert keys(engine, "old OR new") == {"1"}
    engine.apply([record(3, "new")])
    assert keys(engine, "old OR new") == {"1", "3"}


HOSTILE = (
    "",
    " ",
    "\x00\x01\x7f",
    "\ud800 lone \udfff surrogates",
    "a\u0300" * 3000,
    "x" * 10_000,
    "word " * 70_000,
    "‮evil‬ \u200b \ufeff",
    "ﷺ ½ ㎞ Ⅻ İıſ ß",
    "<script>alert(1)</script> \" onload='x' javascript:alert(1)",
    "'; DROP TABLE annotations; --",
    "👨‍👩‍👧‍👦🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "\n".join(["日本語", "العربية", "עברית", "हिन्दी"]),
)


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_any_string_can_be_held_and_gives_no_fault(filled: Fill, text: str) -> None:
    engine = filled(
        record(1, text, quote=text, author=text, tags=(text,), sections=(text,), revision=text),
        record(2, "found"),
    )
    assert keys(engine, "found") == {"2"}
    assert keys(engine, "-found") == {"1"}
    page = engine.search(EVERYTHING)
    assert page.total == 2
    shown = "".join(f.text for hit in page.hits if hit.key == "a:1" for f in hit.snippet)
    assert shown.removesuffix("…") in text or shown == text


def test_a_record_of_every_field_comes_back_through_joining(filled: Fill) -> None:
    full = Record(
        key="p:constitution:k7m2x",
        kind="provision",
        document="constitution",
        body="the body",
        created=datetime(1, 1, 1, tzinfo=UTC),
        revision="r",
        quote="the quote",
        author="Jane",
        tags=("a", "b"),
        sections=("s", "t"),
        start=123_456,
        placement="moved",
    )
    engine = filled(full, *(record(n, "x") for n in range(20)))
    while engine.tidy():
        pass
    query = (
        "kind:provision document:constitution text:body quote:quote author:jane tag:a tag:b "
        "section:s section:t placement:moved before:0002"
    )
    assert {*engine.keys(parse(query))} == {full.key}
    assert dict(engine.revisions())[full.key] == "r"
