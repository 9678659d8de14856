"""What the search page's tips and docs/query-language.md promise holds, in every engine."""

import re

import pytest
from flask.testing import FlaskClient
from lxml import html

from annotator.search.analysis import terms
from annotator.search.engine import Engine
from annotator.search.query import parse
from tests.conftest import ROOT
from tests.search.making import record

PAGE = (ROOT / "docs" / "query-language.md").read_text(encoding="utf-8")
QUERIES, SAME = PAGE.split("## Which words are the same")


def suggestion(agreements: int) -> dict[str, object]:
    return {"form": "suggestion", "agreements": agreements, "adoption": "open"}


# Each query with a record that it finds and one that it does not.
PROMISED = {
    "honest candid": ({"body": "Candour needs honesty."}, {"body": "honest"}),
    '"a phrase"': ({"body": "Here a phrase stands."}, {"body": "phrase a"}),
    '"calibrated uncertainty"': (
        {"body": "“Calibrated uncertainty”"},
        {"body": "uncertainty, calibrated"},
    ),
    "honest OR candid": ({"body": "candid"}, {"body": "kind"}),
    "one OR other": ({"body": "other"}, {"body": "neither"}),
    "honest candid OR harm": ({"body": "harm"}, {"body": "candid"}),
    "-harm": ({"body": "good"}, {"body": "harms"}),
    "-word": ({"body": "good"}, {"body": "words"}),
    "NOT harm": ({"body": "good"}, {"body": "harms"}),
    "(honest OR candid) harm": ({"body": "candid harm"}, {"body": "honest candid"}),
    "decept*": ({"body": "Deceptiveness"}, {"body": "deceive, in dept"}),
    "text:candid": ({"body": "candid"}, {"quote": "candid"}),
    'quote:"two words"': ({"quote": "these two words"}, {"body": "two words"}),
    'quote:"some words"': ({"quote": "some words"}, {"body": "some words"}),
    'author:"Jane Roe"': ({"author": "jane roe"}, {"author": "Jane"}),
    "author:roe": ({"author": "Jane Roe"}, {"author": "Rowe"}),
    "author:Ann tag:honesty": (
        {"author": "Ann Lee", "tags": ("Honesty",)},
        {"author": "Ann", "tags": ("honest",)},
    ),
    "tag:honesty": ({"tags": ("Honesty",)}, {"tags": ("honest",), "body": "honesty"}),
    "tag:hon*": ({"tags": ("honest",)}, {"tags": ("dishonest",)}),
    "section:being-honest": ({"sections": ("values", "being-honest")}, {"sections": ("being",)}),
    "document:constitution": ({"document": "constitution"}, {"document": "model-spec"}),
    "kind:annotation": ({}, {"kind": "provision"}),
    "kind:provision": ({"kind": "provision"}, {}),
    "placement:lost": ({"placement": "lost"}, {"placement": "exact"}),
    "is:suggestion": ({"form": "suggestion"}, {"form": "comment"}),
    "is:comment": ({"form": "comment"}, {"form": "reply"}),
    "is:highlight": ({"form": "highlight"}, {"form": "comment"}),
    "is:reply": ({"form": "reply"}, {"form": "suggestion"}),
    "is:suggestion agreements:>3": (suggestion(4), suggestion(3)),
    "agreements:>3": (suggestion(4), suggestion(3)),
    "agreements:>=3": (suggestion(3), suggestion(2)),
    "agreements:<3": (suggestion(2), suggestion(3)),
    "agreements:<=3": (suggestion(3), suggestion(20)),
    "agreements:3": (suggestion(3), suggestion(30)),
    "agreements:>99": (suggestion(100), suggestion(99)),
    "agreements:>=1234": (suggestion(20_000), suggestion(1233)),
    "agreements:<1": (suggestion(0), {}),
    "answer:declined": ({"answer": "declined"}, {"answer": "noted"}),
    "answer:answered": ({"answer": "noted"}, {"answer": "none"}),
    "answer:none": ({"answer": "none"}, {"answer": ""}),
    "adoption:open": ({"adoption": "open"}, {"adoption": "same"}),
    "after:2026-01": ({"number": 0}, {"number": -1}),
    "before:2027": ({"number": 364}, {"number": 365}),
    "after:2026-01 before:2027": ({"number": 300}, {"number": 365}),
    "C++": ({"body": "I write c++."}, {"body": "Vitamin C, grade C+"}),
    "C#": ({"body": "C#: a language"}, {"body": "C sharp, C++"}),
    ".NET": ({"body": "on .net 8"}, {"body": "a net"}),
    "C": ({"body": "C++"}, {"body": "see"}),
}


def test_every_query_of_the_documentation_is_tried_here() -> None:
    shown = re.findall(r"`(.+?)`", QUERIES.split("A query that")[0])
    assert len(shown) > 18
    assert set(shown) <= set(PROMISED)


def test_every_tip_of_the_search_page_is_tried_here(client: FlaskClient) -> None:
    tips = html.fromstring(client.get("/search").text).xpath("//dl[@class='facts']/dt")
    assert len(tips) > 6
    assert {tip.text_content() for tip in tips} <= set(PROMISED)


@pytest.mark.parametrize("query", PROMISED)
def test_a_query_finds_what_is_promised_and_no_more(engine: Engine, query: str) -> None:
    found, missed = (dict(fields) for fields in PROMISED[query])
    right = record(found.pop("number", 1), key="a:right", **found)
    wrong = record(missed.pop("number", 1), key="a:wrong", **missed)
    engine.apply([right, wrong])
    assert {*engine.keys(parse(query))} == {"a:right"}


def test_words_that_are_said_to_be_the_same_are() -> None:
    rows = re.findall(r"^\| (?!ending|---).+ \| (.+) \|$", SAME, re.MULTILINE)
    assert len(rows) >= 10
    for group in "; ".join(rows).split("; "):
        assert len({tuple(terms(word)) for word in group.split(", ")}) == 1, group


def test_words_that_are_said_to_stay_apart_do() -> None:
    pairs = re.findall(r"\*(\w+)\* and \*(\w+)\*", SAME)
    assert len(pairs) == 3
    for one, other in pairs:
        assert terms(one) != terms(other)
