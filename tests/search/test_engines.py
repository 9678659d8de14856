"""What every engine promises; one body of tests, run against each of them."""

from collections.abc import Callable, Collection
from datetime import UTC, datetime

import pytest

from annotator import cursors
from annotator.errors import Malformed
from annotator.search.engine import FACET_VALUES, FACETS, MAX_LIMIT, SORTS, Engine, Sort
from annotator.search.nodes import narrowed
from annotator.search.query import EVERYTHING, parse
from tests.search.making import record

Fill = Callable[..., Engine]


def keys(
    engine: Engine, text: str, document: str | None = None, kinds: Collection[str] | None = None
) -> set[str]:
    """Return the numbers of what is found, and check that every way to ask agrees."""
    query = narrowed(parse(text), document, kinds)
    found = [*engine.keys(query)]
    assert found == sorted(found)
    page = engine.search(query, limit=MAX_LIMIT)
    assert {hit.key for hit in page.hits} == {*found}
    assert page.total == len(found)
    return {key.removeprefix("a:") for key in found}


WORDS = (
    record(1, "Honest people are candid about their mistakes"),
    record(2, "Calibrated uncertainty is a part of honesty", quote="honest about its confidence"),
    record(3, "Candid words, without harm", quote="To be or not to be"),
    record(4, "The operator's instructions; uncertainty calibrated badly"),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("candid", "13"),
        ("honest candid", "1"),
        ("honest AND candid", "1"),
        ("candid mistakes harm", ""),
        ("honest OR harm", "123"),
        ("honest candid OR harm", "13"),
        ("honest (candid OR calibrated)", "12"),
        ("candid -harm", "1"),
        ("candid NOT harm", "1"),
        ("-candid", "24"),
        ("-(candid OR calibrated)", ""),
        ("harm OR -candid", "234"),
        ('"calibrated uncertainty"', "2"),
        ('"uncertainty calibrated"', "4"),
        ('"to be or not to be"', "3"),
        ('"be to"', ""),
        ('-"calibrated uncertainty" uncertainty', "4"),
        ("cali*", "24"),
        ("ca*", "1234"),
        ("can* -ca*", ""),
        ("can*", "13"),
        ("", "1234"),
        ("text:honest", "12"),
        ("text:honesty", "12"),
        ("quote:honesty", "2"),
        ("quote:candid", ""),
        ('quote:"honest about"', "2"),
        ("quote:hon*", "2"),
        ("text:hon*", "12"),
        ("-quote:honest", "134"),
        ("zebra", ""),
        ("zebra OR harm", "3"),
    ],
)
def test_operators_find_what_they_say(filled: Fill, query: str, found: str) -> None:
    assert keys(filled(*WORDS), query) == set(found)


FIELDS = (
    record(1, "one", author="Jane Roe", tags=("Honesty", "Long‑term"), sections=("values",)),
    record(2, "two", author="Jane", sections=("values", "being-honest"), placement="moved"),
    record(3, "three", document="model-spec", tags=("honest",), sections=("avoid_sycophancy",)),
    record(4, "four", key="p:constitution:k7m2x", kind="provision", sections=("claudes-nature",)),
)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('author:"Jane Roe"', "1"),
        ('author:"jane"', "2"),
        ("author:jane", "12"),
        ("author:JAN*", "12"),
        ("author:roe", "1"),
        ("author:ro*", "1"),
        ("author:ane", ""),
        ("-author:roe", "234"),
        ("tag:honesty", "1"),
        ("tag:HONEST", "3"),
        ("tag:hon*", "13"),
        ("tag:long-term", "1"),
        ("section:values", "12"),
        ("section:being-honest", "2"),
        ('section:"Being Honest"', "2"),
        ("section:avoid-sycophancy", "3"),
        ('section:"Claude’s nature"', "4"),
        ("section:be*", "2"),
        ("document:model-spec", "3"),
        ("document:constitution", "124"),
        ("placement:moved", "2"),
        ("kind:provision", "4"),
        ("kind:annotation three", "3"),
        ("tag:nothing", ""),
    ],
)
def test_fields_find_whole_values(filled: Fill, query: str, found: str) -> None:
    by_key = {r.key: str(number) for number, r in enumerate(FIELDS, 1)}
    engine = filled(*FIELDS)
    assert {by_key[key] for key in engine.keys(parse(query))} == set(found)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("after:2026-01-03", {"2", "3", "31", "400"}),
        ("before:2026-01-03", {"0", "1"}),
        ("after:2026-01-02 before:2026-01-04", {"1", "2"}),
        ("after:2026-02", {"31", "400"}),
        ("before:2026-02", {"0", "1", "2", "3"}),
        ("after:2027", {"400"}),
        ("before:2027 -before:2026-02", {"31"}),
        ("after:2027 before:2026", set()),
    ],
)
def test_dates_take_in_their_first_moment_and_leave_out_their_end(
    filled: Fill, query: str, found: set[str]
) -> None:
    engine = filled(*(record(day, "x") for day in (0, 1, 2, 3, 31, 400)))
    assert keys(engine, query) == found


def test_the_last_microsecond_before_a_day_is_before_it(filled: Fill) -> None:
    last = datetime(2026, 1, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    first = datetime(2026, 2, 1, tzinfo=UTC)
    engine = filled(record(1, "x", created=last), record(2, "x", created=first))
    assert keys(engine, "before:2026-02") == {"1"}
    assert keys(engine, "after:2026-02") == {"2"}


@pytest.mark.parametrize(
    ("body", "queries"),
    [
        ("Don’t deceive", ["don't", "DON‘T", "“don't deceive\""]),
        ("a long‑term view", ["long-term", "long–term", '"long term"', "long—term", "long term"]),
        ("a long term view", ["long-term", "long‑term"]),
        ("“Honest” ‘words’", ['“honest"', "'honest words'", '"honest words"']),
        ("Café Straße ﬁne ＡＢＣ", ["cafe", "CAFÉ", "strasse", "fine", "abc", "cafe\u0301"]),
        ("running operations", ["run", "operate", "runs", '"run operation"', "runn*", "operatio*"]),
        ("Claude’s nature", ["claude", "claude's", '"claude nature"']),
        ("誠実さは大切です", ["誠実", "大切", '"誠実さは"', "誠実*"]),
        ("한국어 주석", ["한국", "주석"]),
        ("ความซื่อสัตย์", ["ซื่อ", "สัตย์"]),
        ("good 👍🏽 ❤️", ["👍", "❤", '"good 👍"']),
        ("see 3:16 and http://example.org/a", ["3:16", "http://example.org/a", "example.org"]),
        ("avoid_sycophancy", ["sycophancy", "avoid_sycophancy", '"avoid sycophancy"']),
    ],
)
def test_folding_makes_what_is_typed_find_what_is_meant(
    filled: Fill, body: str, queries: list[str]
) -> None:
    engine = filled(record(1, body), record(2, "something else entirely"))
    for query in queries:
        assert keys(engine, query) == {"1"}, query


def test_a_phrase_does_not_run_from_one_record_or_field_into_the_next(filled: Fill) -> None:
    engine = filled(record(1, "first end", quote="begin"), record(2, "begin second", quote="end"))
    assert keys(engine, '"end begin"') == set()
    assert keys(engine, '"begin end"') == set()
    assert keys(engine, '"first end"') == {"1"}


def test_phrases_are_found_anywhere_in_a_long_text(filled: Fill) -> None:
    """Past position 16,383, on a word that is there 300 times, and to the end of what is read."""
    filler = [f"w{n % 700}" for n in range(20_000)]
    engine = filled(
        record(1, " ".join([*filler, "calibrated uncertainty", *filler])),
        record(2, "very " * 300 + "long way" + " very" * 300),
        record(3, "uncertainty calibrated " + "very long " * 300),
        record(4, " ".join([*filler, "calibrated", *filler, "uncertainty"]), quote="long way"),
    )
    assert keys(engine, '"calibrated uncertainty"') == {"1"}
    assert keys(engine, 'text:"calibrated uncertainty w0 w1"') == {"1"}
    assert keys(engine, '"w699 w0 w1 w2"') == {"1", "4"}
    assert keys(engine, '"very long way very"') == {"2"}
    assert keys(engine, '"very very long"') == {"2"}
    assert keys(engine, '"long way"') == {"2", "4"}
    assert keys(engine, 'text:"long way"') == {"2"}
    assert keys(engine, '-"long way" very') == {"3"}
    assert keys(engine, '-"long way" -"very long"') == {"1"}
    assert keys(engine, '("long way" OR "calibrated uncertainty") -text:"very very"') == {"1", "4"}


def test_values_of_any_length_are_told_apart(filled: Fill) -> None:
    long = "a" * 900
    engine = filled(record(1, tags=(f"{long}b",)), record(2, tags=(f"{long}c",)), record(3))
    assert keys(engine, f'tag:"{long}b"') == {"1"}
    assert keys(engine, f"tag:{long[:300]}*") == {"1", "2"}


def test_words_with_every_sign_are_found(filled: Fill) -> None:
    signs = "".join(map(chr, range(33, 127)))
    engine = filled(
        *(
            record(
                n,
                f"so {sign}word{sign} o{sign}k",
                author=f"A{sign}b {sign}",
                tags=(f"{sign}x{sign}",),
            )
            for n, sign in enumerate(signs)
        )
    )
    assert len(keys(engine, "word")) >= len(signs) - 62
    for n, sign in enumerate(signs):
        if sign not in '"':
            assert str(n) in keys(engine, f'author:"A{sign}b {sign}"'), sign
            assert str(n) in keys(engine, f'tag:"{sign}x{sign}"'), sign
    assert keys(engine, "o'k")


def test_narrowing_takes_one_document_and_some_kinds(filled: Fill) -> None:
    engine = filled(
        record(1, "word"),
        record(2, "word", document="model-spec"),
        record(3, "word", kind="provision"),
    )
    assert keys(engine, "word", document="model-spec") == {"2"}
    assert keys(engine, "word", kinds=["provision"]) == {"3"}
    assert keys(engine, "word", kinds=["provision", "annotation"]) == {"1", "2", "3"}
    assert keys(engine, "word", document="constitution", kinds={"annotation"}) == {"1"}
    assert keys(engine, "word", document="none") == set()
    assert keys(engine, "word", kinds=[]) == set()


def test_facets_count_all_hits_and_lead_to_as_many(filled: Fill) -> None:
    engine = filled(
        record(1, "word", author="Jane Roe", tags=("b", "a"), sections=("top", "under")),
        record(2, "word", author="Jane Roe", tags=("B",), sections=("top",)),
        record(3, "word", document="model-spec", kind="provision"),
        record(4, "other", author="Jane Roe", tags=("c",)),
    )
    page = engine.search(parse("word"), limit=1)
    facets = {name: [(f.value, f.count) for f in page.facets[name]] for name in FACETS}
    assert facets == {
        "kind": [("annotation", 2), ("provision", 1)],
        "document": [("constitution", 2), ("model-spec", 1)],
        "section": [("top", 2), ("under", 1)],
        "author": [("Jane Roe", 2)],
        "tag": [("B", 2), ("a", 1)],
    }
    for name, counts in facets.items():
        for value, count in counts:
            assert engine.search(parse(f'word {name}:"{value}"')).total == count


def test_facets_are_the_most_frequent_values_then_in_their_order(filled: Fill) -> None:
    many = (record(n, "word", tags=(f"t{n:02}", "all")) for n in range(FACET_VALUES + 5))
    tags = filled(*many).search(parse("word")).facets["tag"]
    assert [t.value for t in tags] == ["all", *(f"t{n:02}" for n in range(FACET_VALUES - 1))]


def test_facets_and_snippets_can_be_left_out(filled: Fill) -> None:
    page = filled(record(1, "word")).search(parse("word"), facets=False, snippets=False)
    assert page.facets == {}
    assert page.hits[0].snippet == ()


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("query", ["word", "", "tag:even", "wo*", '"word word"', "word -tag:even"])
def test_pages_reach_every_hit_once_in_the_order_of_the_sort(
    filled: Fill, sort: Sort, query: str
) -> None:
    engine = filled(
        *(
            record(
                n % 7,  # so that many are made at the same time, at the same place
                "word " * (n % 5 + 1) + "filler " * (n % 3),
                key=f"a:{n}",
                document=f"doc-{n % 2}",
                tags=("even",) if n % 2 else (),
            )
            for n in range(23)
        )
    )
    whole = engine.search(parse(query), sort=sort, limit=MAX_LIMIT)
    found: list[str] = []
    cursor: str | None = None
    while True:
        page = engine.search(parse(query), sort=sort, after=cursor, limit=4)
        assert page.total == whole.total
        found += [hit.key for hit in page.hits]
        cursor = page.next
        if cursor is None:
            break
    assert found == [hit.key for hit in whole.hits]
    assert len(set(found)) == len(found) == whole.total


@pytest.mark.parametrize("query", ["word OR rare", "wo* OR rare", "word rare OR word"])
def test_pages_by_relevance_reach_every_hit_once_while_the_index_changes(
    filled: Fill, query: str
) -> None:
    """New records make words more or less rare; the scores of a listing stay as they began."""
    engine = filled(
        *(record(n, "word " * (n % 4) + "rare " * (n % 3 == 0) + "x " * (n % 5)) for n in range(30))
    )
    expected = {*engine.keys(parse(query))}
    found: list[str] = []
    cursor: str | None = None
    for number in range(100):
        page = engine.search(parse(query), after=cursor, limit=3)
        found += [hit.key for hit in page.hits]
        cursor = page.next
        if cursor is None:
            break
        new = "word" if number % 2 else "rare rare rare"
        engine.apply([record(1000 + 10 * number + n, new) for n in range(10)])
    old = [key for key in found if key in expected]
    assert len(old) == len({*old}) == len(expected)


def test_newest_comes_first_and_place_follows_the_text(filled: Fill) -> None:
    engine = filled(
        record(2, "x", start=5),
        record(3, "x", start=1),
        record(1, "x", start=9, document="charter"),
        record(4, "x", key="a:5", start=1),
    )
    order = {sort: [h.key for h in engine.search(parse("x"), sort=sort).hits] for sort in SORTS}
    assert order["newest"] == ["a:5", "a:3", "a:2", "a:1"]
    assert order["oldest"] == order["newest"][::-1]
    assert order["place"] == ["a:1", "a:3", "a:5", "a:2"]
    assert order["relevance"] == order["newest"]  # of equals, the newest first


def test_relevance_ranks_more_hits_higher_and_own_words_above_quoted(filled: Fill) -> None:
    filler = " ".join(f"filler{n}" for n in range(12))
    engine = filled(
        record(1, f"honest {filler}"),
        record(2, f"{filler} elsewhere", quote="honest"),
        record(3, f"honest honest honest {filler}"),
    )
    assert [h.key for h in engine.search(parse("honest")).hits] == ["a:3", "a:1", "a:2"]


def test_a_provision_is_ranked_among_the_annotations(filled: Fill) -> None:
    engine = filled(
        record(1, "honest, and many other words that have nothing to do with it"),
        record(2, "honest honest", key="p:constitution:k7m2x", kind="provision"),
    )
    assert engine.search(parse("honest")).hits[0].key == "p:constitution:k7m2x"


@pytest.mark.parametrize("sort", SORTS)
def test_a_cursor_that_is_none_is_refused(filled: Fill, sort: Sort) -> None:
    engine = filled(record(1, "x"), record(2, "x"))
    others = [engine.search(parse("x"), sort=s, limit=1).next for s in SORTS if s != sort]
    broken = [cursors.write("relevance", [-1.5, 0, "a:1", state]) for state in ("x", "nan", "inf")]
    for cursor in [*others, *broken, "", "x", "é", "W10", "null", "A" * 5000, "W1tbW1tbW1tbW1tb"]:
        with pytest.raises(Malformed):
            engine.search(parse("x"), sort=sort, after=cursor)


@pytest.mark.parametrize("limit", [0, -1, MAX_LIMIT + 1])
def test_a_limit_out_of_bounds_is_refused(engine: Engine, limit: int) -> None:
    with pytest.raises(Malformed):
        engine.search(EVERYTHING, limit=limit)


def test_snippets_mark_the_words_sought(filled: Fill) -> None:
    engine = filled(
        record(1, "Being honest matters.", quote="candid"), record(2, "Nothing", quote="Be honest!")
    )
    snippets = {h.key: h.snippet for h in engine.search(parse("honesty OR honest")).hits}
    assert [(f.text, f.is_hit) for f in snippets["a:1"]] == [
        ("Being ", False),
        ("honest", True),
        (" matters.", False),
    ]
    assert [f.text for f in snippets["a:2"] if f.is_hit] == ["honest"]
