"""Quotations of the real documents: an essay that was published, and passages taken at random."""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

import pytest

from annotator.documents import parse
from annotator.quotations import Index, Quotation, find, index_of
from tests.conftest import SHARED

pytestmark = [pytest.mark.shared, pytest.mark.usefixtures("shared")]
ROUNDS = 60


@cache
def edition(document: str, label: str) -> Index:
    path = SHARED / "corpus" / document / f"{label}.md"
    return index_of(label, parse(path.read_bytes(), name=path.name))


def constitution() -> Index:
    return edition("constitution", "2026-01-20")


def prologue(shared: Path, *editions: Index) -> list[Quotation]:
    essay = (shared / "corpus/essays/prologue.txt").read_text(encoding="utf-8")
    return find(essay, "text", editions)


def test_the_published_essay_s_quotations_are_found_with_their_alterations(shared: Path) -> None:
    verdicts = {
        " ".join(it.words.split()[:2]): it.verdict
        for it in prologue(shared, constitution())
        if it.matches
    }
    assert verdicts == {
        "In most": "verbatim",
        "[e]ngage or": "altered_marked",
        "[W]e think": "altered_marked",
        "[w]hen Claude": "altered_marked",
        "we don’t": "verbatim",
        "[w]e worry": "altered_marked",
        "[p]ursuing […]": "altered_marked",
        "bugged, broken": "verbatim",
        "is generally": "verbatim",
        "Claude and": "verbatim",
    }


def test_the_published_essay_s_scare_quotes_quote_nothing(shared: Path) -> None:
    editions = constitution(), edition("constitution", "2026-01-29")
    quoted = {it.words for it in prologue(shared, *editions) if it.matches or it.candidates}
    for words in ("cracked AGI", "soul document", "levels of authority", "AI assistant", "Claude"):
        assert words not in quoted


def passage(chance: random.Random, fewest: int, most: int) -> tuple[int, int]:
    """Choose some words of one paragraph, so many that they stand in the document once."""
    words = constitution().stream
    while True:
        first = chance.randrange(len(words.words) - most)
        last = first + chance.randint(fewest, most)
        start, end = words.starts[first], words.ends[last - 1]
        if "\n" not in constitution().text[start:end]:
            return start, end


def only(essay: str) -> Quotation:
    (quotation,) = (it for it in find(essay, "text", [constitution()]) if it.verdict != "not_found")
    return quotation


def test_every_passage_is_found_where_it_was_taken_from() -> None:
    chance = random.Random(7)
    for _ in range(ROUNDS):
        start, end = passage(chance, 9, 40)
        words = constitution().text[start:end]
        quotation = only(f"Somewhere it is written: “{words}.” That is a thought.")
        places = [(it.start, it.end) for it in quotation.matches or quotation.candidates]
        assert any(start == first and end <= last <= end + 1 for first, last in places), words


def test_a_passage_with_one_word_left_out_is_found_altered() -> None:
    chance = random.Random(8)
    for _ in range(ROUNDS):
        start, end = passage(chance, 14, 40)
        words = constitution().text[start:end].split()
        del words[chance.randrange(4, len(words) - 4)]
        quotation = only(f"Somewhere it is written: “{' '.join(words)}” That is a thought.")
        assert quotation.verdict == "altered_unmarked"
        (match,) = quotation.matches
        assert abs(match.start - start) <= 2, words
        assert abs(match.end - end) <= 2, words


def test_a_passage_with_its_middle_left_out_has_two_fragments() -> None:
    chance = random.Random(9)
    for _ in range(ROUNDS):
        start, end = passage(chance, 24, 50)
        if any(mark in constitution().text[start:end] for mark in "“”‘’"):
            continue
        words = re.findall(r"\S+", constitution().text[start:end])
        mark, verdict = chance.choice([(["[…]"], "altered_marked"), ([], "joined_unmarked")])
        shown = [*words[:8], *mark, *words[-8:]]
        quotation = only(f"Somewhere it is written: “{' '.join(shown)}” That is a thought.")
        assert quotation.verdict in (verdict, "ambiguous"), shown
        ends = quotation.matches or quotation.candidates
        assert len(ends) >= 2, shown


def test_passages_of_another_document_are_none_of_this_one() -> None:
    chance = random.Random(10)
    other = edition("model-spec", "2025-12-18")
    wrong = 0
    for _ in range(ROUNDS * 3):
        at = chance.randrange(len(other.stream.words) - 30)
        start, end = other.span(at, at + chance.randint(5, 30))
        words = other.text[start:end].replace("“", "").replace("”", "").replace('"', "")
        found = find(f"It says “{words}” there.", "text", [constitution()])
        wrong += any(it.matches for it in found)
    assert wrong <= ROUNDS * 3 // 100
