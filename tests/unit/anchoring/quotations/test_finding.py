"""Quotations are found with their places, and told as what they are."""

from __future__ import annotations

from annotator.anchoring.quotations import Index, Kind, Quotation, find, index_of
from annotator.documents import parse
from tests.conftest import SAMPLES


def garden(name: str = "garden-1") -> Index:
    source = SAMPLES / f"{name}.md"
    return index_of(name, parse(source.read_bytes(), name=source.name))


def found(essay: str, kind: Kind = "markdown") -> list[Quotation]:
    return find(essay, kind, [garden()])


def test_a_quotation_has_its_place_in_the_essay_and_in_the_document() -> None:
    essay = "It says “the grass does not recover from boots”, which is *so*."
    (quotation,) = found(essay)
    assert essay[quotation.start : quotation.end] == quotation.as_written
    assert quotation.as_written == "the grass does not recover from boots"
    assert quotation.verdict == "verbatim"
    (match,) = quotation.matches
    assert garden().text[match.start : match.end] == match.exact == quotation.as_written


def test_what_is_nowhere_in_the_document_is_not_found() -> None:
    (quotation,) = found('It says "nobody may ever sit down".')
    assert (quotation.verdict, quotation.matches) == ("not_found", ())
