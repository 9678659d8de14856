"""The query language: what is read as what, and how every fault is explained."""

from datetime import UTC, datetime

import pytest

from annotator.errors import Malformed
from annotator.search.analysis import fold_value
from annotator.search.nodes import (
    And,
    Created,
    Everything,
    Node,
    Not,
    Or,
    Prefix,
    Query,
    Value,
    WordsNode,
    narrowed,
    sought,
)
from annotator.search.query import MAX_DEPTH, MAX_LENGTH, MAX_TERMS, condition, parse


def w(*terms: str, field: str | None = None) -> WordsNode:
    return WordsNode(terms, field)  # type: ignore[arg-type]


def day(year: int, month: int = 1, number: int = 1) -> datetime:
    return datetime(year, month, number, tzinfo=UTC)


READ: list[tuple[str, Node]] = [
    ("", Everything()),
    (" \t\n\u200b", Everything()),
    ("honesty", w("honest")),
    ("a b", And((w("a"), w("b")))),
    ("a AND b", And((w("a"), w("b")))),
    ("a OR b", Or((w("a"), w("b")))),
    ("a b OR c d", Or((And((w("a"), w("b"))), And((w("c"), w("d")))))),
    ("a (b OR c)", And((w("a"), Or((w("b"), w("c")))))),
    ("((a))", w("a")),
    ("（a OR b） c", And((Or((w("a"), w("b"))), w("c")))),
    ("-a", Not(w("a"))),
    ("NOT a", Not(w("a"))),
    ("−a", Not(w("a"))),
    ("–a", Not(w("a"))),
    ("NOT -a", w("a")),
    ("-(a b)", Not(And((w("a"), w("b"))))),
    ("a - b", And((w("a"), w("b")))),
    ("a -- b --c", And((w("a"), w("b"), w("c")))),
    ("or and not", And((w("or"), w("and"), w("not")))),
    ('"a OR b"', w("a", "or", "b")),
    ('"a b"', w("a", "b")),
    ('“a b"', w("a", "b")),
    ("„a b“", w("a", "b")),
    ("«a b»", w("a", "b")),
    ("‘a b’", w("a", "b")),
    ("'a b'", w("a", "b")),
    ("'a b' c", And((w("a", "b"), w("c")))),
    ("('a b')", w("a", "b")),
    ("don't", w("don't")),
    ("don’t", w("don't")),
    ("'tis the season", And((w("tis"), w("the"), w("season")))),
    ("the dogs' bowl", And((w("the"), w("dog"), w("bowl")))),
    ("long-term", w("long", "term")),
    ("long‑term", w("long", "term")),
    ("hon*", Prefix("hon")),
    ("HON*", Prefix("hon")),
    ("long-te*", And((w("long"), Prefix("te")))),
    ("*bold*", w("bold")),
    ("**bold**", w("bold")),
    ("漢字*", w("漢", "字")),
    ("f(x) y", And((w("f", "x"), w("y")))),
    ("(f(x) y)", And((w("f", "x"), w("y")))),
    ("a & b", And((w("a"), w("b")))),
    ("a OR &", w("a")),
    ("-& a", w("a")),
    ("http://x.org/a?b=c", w("http", "x", "org", "a", "b", "c")),
    ("HTTPS://x.org", w("https", "x", "org")),
    ("3:16", w("3", "16")),
    ("Note: a", And((w("note"), w("a")))),
    ("a:", w("a")),
    (":a", w("a")),
    ("text:a", w("a", field="text")),
    ('quote:"a b"', w("a", "b", field="quote")),
    ("quote:ho*", Prefix("ho", "quote")),
    ("Text：a", w("a", field="text")),
    ('author:"Jane  Roe"', Value("author", "jane roe")),
    ("author:“Jane Roe”", Value("author", "jane roe")),
    ("author:'Jane Roe'", Value("author", "jane roe")),
    ("author:O’Brien", Value("name", "o'brien")),
    ("author:Röe", Value("name", "roe")),
    ("author:Ro*", Value("name", "ro", is_prefix=True)),
    ("author:jane-roe", Value("author", "jane-roe")),
    ("author:jane-r*", Value("author", "jane-r", is_prefix=True)),
    ("tag:Hon*", Value("tag", "hon", is_prefix=True)),
    ('tag:"hon*"', Value("tag", "hon*")),
    ("tag:C++", Value("tag", "c++")),
    ("section:being-honest", Value("section", "being-honest")),
    ('section:"Being  Honest"', Value("section", "being-honest")),
    ("document:model-spec", Value("document", "model-spec")),
    ("KIND:Annotation", Value("kind", "annotation")),
    ("placement:LOST", Value("placement", "lost")),
    ("-tag:a", Not(Value("tag", "a"))),
    ("after:2026", Created(since=day(2026))),
    ("before:2026-02", Created(until=day(2026, 2))),
    ("after:2026‑02‑03", Created(since=day(2026, 2, 3))),
    ('after:"2026-2-3"', Created(since=day(2026, 2, 3))),
]


@pytest.mark.parametrize(("text", "root"), READ)
def test_what_is_typed_is_read_as_it_is_meant(text: str, root: Node) -> None:
    query = parse(text)
    assert query.root == root
    assert query.text == text


FAULTS = [
    ('a "b', "open_quote", 2, "not closed"),
    ("“", "open_quote", 0, "not closed"),
    ('a ""', "empty_phrase", 2, "nothing between"),
    ("a tag:", "empty_field", 2, "tag:honesty"),
    ("author: jane", "empty_field", 0, 'author:"Jane Roe"'),
    ('tag:""', "empty_phrase", 4, "nothing between"),
    ("tag:(a OR b)", "field_group", 4, "tag:one OR tag:two"),
    ("auther:jane", "unknown_field", 0, "Did you mean author:?"),
    ("name:jane", "unknown_field", 0, "no field name:"),
    ("zzz:jane", "unknown_field", 0, "text:, quote:, author:"),
    ("OR", "lone_operator", 0, "honest OR candid"),
    ("a OR", "lone_operator", 2, "OR at character 3"),
    ("OR a", "lone_operator", 0, "OR at character 1"),
    ("a OR OR b", "lone_operator", 5, "OR at character 6"),
    ("(OR a)", "lone_operator", 1, "OR at character 2"),
    ("(a OR)", "lone_operator", 3, "OR at character 4"),
    ("a AND", "lone_operator", 2, "honest AND candid"),
    ("NOT", "lone_operator", 0, "-candid"),
    ("a NOT OR b", "lone_operator", 6, "OR at character 7"),
    ("(a", "unbalanced", 0, "not closed"),
    ("(", "unbalanced", 0, "not closed"),
    ("((a)", "unbalanced", 0, "not closed"),
    ("a)", "unbalanced", 1, "no opening one"),
    (")", "unbalanced", 0, "no opening one"),
    ("a OR )", "lone_operator", 2, "OR at character 3"),
    ("a ()", "empty_group", 2, "nothing between"),
    ("(" * (MAX_DEPTH + 1) + "a", "too_deep", MAX_DEPTH, "remove some"),
    ("h*", "short_prefix", 0, "at least 2 letters"),
    ("tag:h*", "short_prefix", 0, "at least 2 letters"),
    ("&", "no_words", 0, "nothing to search for"),
    ("--", "no_words", 0, "nothing to search for"),
    ('"..." …', "no_words", 0, "nothing to search for"),
    ("text:...", "no_words", 0, "no word"),
    ("section:&", "no_words", 0, "no word"),
    ("agreements:many", "bad_number", 0, "agreements:>3"),
    ("agreements:>-1", "bad_number", 0, "not >-1"),
    ("agreements:12345", "bad_number", 0, "up to 9999"),
    ("is:song", "unknown_value", 0, "suggestion"),
    ("adoption:never", "unknown_value", 0, "already"),
    ("after:soon", "bad_date", 0, "after:2026-01-31"),
    ("before:2026-13", "bad_date", 0, "not 2026-13"),
    ("before:2026-02-30", "bad_date", 0, "not 2026-02-30"),
    ("before:0000", "bad_date", 0, "not 0000"),
    ("before:26", "bad_date", 0, "not 26"),
    ("kind:reply", "unknown_value", 0, "annotation or provision"),
    ("placement:gone", "unknown_value", 0, "exact, moved, edited or lost"),
    ("x" * (MAX_LENGTH + 1), "too_long", MAX_LENGTH, "most important words"),
    ("a " * (MAX_TERMS + 1), "too_many_terms", 0, "most important ones"),
    (f'"{"a " * (MAX_TERMS + 1)}"', "too_many_terms", 0, "most important ones"),
]


@pytest.mark.parametrize(("text", "fault", "position", "explained"), FAULTS)
def test_every_fault_says_what_where_and_what_to_write(
    text: str, fault: str, position: int, explained: str
) -> None:
    with pytest.raises(Malformed) as caught:
        parse(text)
    assert caught.value.field == "q"
    assert caught.value.details == {"fault": fault, "position": position}
    assert explained in caught.value.message


def test_narrowing_adds_conditions_that_the_query_does_not_see() -> None:
    query = parse("a OR b")
    assert narrowed(query, None, None) is query
    assert narrowed(query, "Charter", ["annotation"]) == Query(
        And((query.root, Value("document", "charter"), Value("kind", "annotation"))), query.text
    )
    assert narrowed(query, None, []).root == And((query.root, Or(())))


def test_what_ranks_a_hit_is_what_it_may_have_and_not_what_it_must_not() -> None:
    root = parse('a -b "c d" (ef* OR a OR -(g h)) tag:i').root
    assert sought(root) == (w("a"), w("c", "d"), Prefix("ef"))


@pytest.mark.parametrize("value", ["a", "Jane Roe", "O’Brien", 'say "hi"', "a (b) OR -c*", "x:y"])
def test_a_facets_value_becomes_the_query_that_finds_it(value: str) -> None:
    assert parse(condition("tag", value)).root == Value("tag", fold_value(value))
