"""The labelled essays are sound: their slots fill, and their labels hold in the real texts."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from benchmarks.essays import CASES, FORMATS, Essay, Passage, Quoted, editions, essays, parsed

pytestmark = pytest.mark.shared

KINDS = {
    "inline", "block", "paragraph", "paragraphs", "mail", "html", "q_element", "foreign", "single",
    "nested", "interrupted", "straight", "dashes", "case", "emphasis", "capital", "ellipsis",
    "insertion", "ending", "sic", "emphasis_added", "replaced", "dropped", "inserted", "typo",
    "joined", "other_edition", "ambiguous", "settled", "short", "fragment", "table", "lines",
    "mixed", "emphasised", "code", "possessive", "hyphenated", "inner",
}  # fmt: skip
OTHERS = {
    "scare", "term", "title", "invented", "dialogue", "question", "other_work", "paraphrase",
    "translation", "code", "marks", "coincidence", "citation", "unmarked",
}  # fmt: skip
NEWEST = {one.document: one.label for one in editions().values()}
# Fewer words in a row might stand in any essay.
LONGEST_ECHO = 6


@pytest.fixture(scope="module")
def corpus(shared: Path) -> Path:
    return shared / "corpus"


@pytest.fixture(scope="module")
def cases(corpus: Path) -> list[Essay]:
    return essays(corpus)


def _words(text: str) -> list[str]:
    plain = html.unescape(re.sub(r"</?\w+[^>]*>|-\s+|\u00ad", "", text))
    return re.findall(r"[^\W_]+", plain.casefold())


@cache
def _stream(corpus: Path, document: str, label: str) -> str:
    return f" {' '.join(_words(parsed(corpus, document, label).text))} "


def _standing(corpus: Path, words: str, document: str, label: str) -> int:
    """Count where the words stand in an edition, whatever their case and punctuation."""
    return _stream(corpus, document, label).count(f" {' '.join(_words(words))} ")


def _quoted(corpus: Path, passage: Passage) -> list[str]:
    text = parsed(corpus, passage.document, passage.edition).text
    return _words(text[passage.start : passage.end])


def _labels(cases: list[Essay], *verdicts: str) -> Iterator[tuple[Essay, Quoted, str]]:
    for case in cases:
        for label in case.quoted:
            if label.verdict in verdicts:
                yield case, label, case.text[label.start : label.end]


def test_there_are_enough_essays_quotations_and_words_that_are_none(cases: list[Essay]) -> None:
    tuned = [case for case in cases if not case.held_out]
    assert len(tuned) >= 25
    assert sum(len(case.quoted) for case in tuned) >= 250
    assert sum(one.kind != "doubtful" for case in tuned for one in case.unquoted) >= 200


def test_every_kind_is_there_and_no_other(cases: list[Essay]) -> None:
    assert {label.kind for case in cases for label in case.quoted} == KINDS
    assert {one.kind for case in cases for one in case.unquoted} == OTHERS | {"doubtful"}


def test_the_offsets_are_those_of_these_texts(corpus: Path) -> None:
    for one in editions().values():
        assert parsed(corpus, one.document, one.label).sha256 == one.sha256


def test_every_slot_is_filled_and_begins_and_ends_with_what_is_quoted(cases: list[Essay]) -> None:
    for case in cases:
        assert not set("⟦⟧⟪⟫{}") & set(re.sub(r"<(style|pre)>.*?</\1>", "", case.text)), case.name
        for label in case.quoted:
            written = case.text[label.start : label.end]
            assert written == written.strip(), (case.name, written)
            assert label.passages, (case.name, written)


def test_words_that_are_the_documents_stand_there_as_written(
    corpus: Path, cases: list[Essay]
) -> None:
    for case, label, written in _labels(cases, "verbatim", "other_edition"):
        stands = [word for passage in label.passages for word in _quoted(corpus, passage)]
        assert _words(written) == stands, (case.name, written)


def test_altered_words_do_not_stand_in_the_newest_edition_unless_marks_say_so(
    corpus: Path, cases: list[Essay]
) -> None:
    for case, label, written in _labels(cases, "altered_marked", "altered_unmarked"):
        document = label.passages[0].document
        marked = re.search(r"\[|…|\. ?\. ?\.|[*_]|<em>", written)
        assert bool(marked) or label.verdict == "altered_unmarked", (case.name, written)
        if label.verdict == "altered_unmarked":
            assert not _standing(corpus, written, document, NEWEST[document]), (case.name, written)


def test_what_is_called_another_editions_does_not_stand_in_the_newest(
    corpus: Path, cases: list[Essay]
) -> None:
    for case, label, written in _labels(cases, "other_edition"):
        document = label.passages[0].document
        assert not _standing(corpus, written, document, NEWEST[document]), (case.name, written)


def test_what_is_called_joined_has_more_than_one_passage(cases: list[Essay]) -> None:
    for case, label, written in _labels(cases, "joined_unmarked"):
        assert len(label.passages) > 1, (case.name, written)


def test_words_that_stand_in_several_places_are_called_ambiguous_or_settled(
    corpus: Path, cases: list[Essay]
) -> None:
    for case, label, written in _labels(cases, "verbatim", "ambiguous"):
        document, edition = label.passages[0].document, label.passages[0].edition
        several = _standing(corpus, written, document, edition) > 1
        assert several == (label.verdict == "ambiguous" or label.kind == "settled") or (
            label.kind in ("fragment", "interrupted")
        ), (case.name, written)


def test_no_six_words_of_the_texts_stand_in_the_cases(corpus: Path) -> None:
    foreign = (one for one in editions().values() if one.document != "charter")
    texts = [_stream(corpus, one.document, one.label).split() for one in foreign]
    runs = {run for words in texts for run in _runs(words)}
    for path in CASES.iterdir():
        if path.suffix in FORMATS:
            for piece in re.split(r"\{\w+:[\d-]+\}", path.read_text(encoding="utf-8")):
                echoes = runs.intersection(_runs(_words(piece)))
                assert not echoes, (path.name, echoes)


def _runs(words: list[str]) -> Iterator[str]:
    for first in range(len(words) - LONGEST_ECHO + 1):
        yield " ".join(words[first : first + LONGEST_ECHO])
