"""The commenting sheet: out, changed, in, and out again; and every fault of a file."""

from __future__ import annotations

import csv
import io

import pytest

from annotator.config import Limits
from annotator.errors import (
    AnnotatorError,
    Malformed,
    NotAllowed,
    NotFound,
    TooLarge,
    Unacceptable,
)
from annotator.services.answers import drafters, sheet
from annotator.services.answers.answers import AnswerDraft
from tests.conftest import Site
from tests.services.publisher import DUSK, Publisher


@pytest.fixture
def garden(site: Site) -> Publisher:
    """The garden with three comments, one of which begins as a formula does."""
    made = Publisher(site)
    site.post("three gates", "=1+1 is two.")
    site.post("", "On all of it.")
    return made


def out(garden: Publisher) -> str:
    with garden.site.parts.db.reading() as session:
        return sheet.write(session, "garden")


def read(garden: Publisher, data: bytes) -> sheet.Imported:
    engine = garden.site.parts.engine
    done = garden.do(lambda session: sheet.read(session, engine, garden.dora, "garden", data,
                                                Limits()))  # fmt: skip
    assert isinstance(done, sheet.Imported)
    return done


def changed(text: str, **cells: str) -> str:
    """Return a sheet with other cells in its first row."""
    rows = list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    for name, value in cells.items():
        rows[1][rows[0].index(name)] = value
    written = io.StringIO(newline="")
    csv.writer(written).writerows(rows)
    return "\ufeff" + written.getvalue()


ANSWER = {
    "Observations of the secretariat": '\'=No, "two"\nlines.',
    "Outcome": "declined",
    "Addressed in edition": "2026-03-01",
    "Addressed at": "garden@2026-03-01/purpose/1",
}


@pytest.mark.both_databases
def test_what_is_changed_in_a_sheet_comes_out_as_it_went_in(garden: Publisher) -> None:
    before = out(garden)
    assert "'=1+1 is two." in before
    assert read(garden, before.encode()) == (0, 3)
    edited = changed(before, **ANSWER)
    assert read(garden, edited.encode()) == (1, 2)
    assert out(garden) == edited
    assert read(garden, edited.encode()) == (0, 3)
    garden.publish()
    assert out(garden) == edited
    ident = next(csv.DictReader(io.StringIO(edited.removeprefix("\ufeff"), newline="")))["id"]
    assert garden.read(ident).answer.body == '=No, "two"\nlines.'


FAULTS: list[tuple[object, type[AnnotatorError], str]] = [
    (lambda text: text.replace("\ufeffid,", "\ufeffname,").encode(), Malformed, "'id' is missing"),
    (lambda text: text.encode("utf-16"), Malformed, "not UTF-8"),
    (lambda text: (text + text.split("\r\n", 1)[1]).encode(), Malformed, "appears twice"),
    (lambda text: changed(text, Outcome="accepted").encode(), Unacceptable, "Choose an outcome"),
    (lambda text: changed(text, Outcome="noted", id="x").encode(), NotFound, "no comment 'x'"),
    (lambda text: changed(text, Outcome="declined").encode(), Unacceptable, "needs an explanation"),
    (lambda text: (text + "a,b\r\n").encode(), Malformed, "2 cells"),
    (lambda text: (text + '"').encode(), Malformed, "not CSV"),
    (lambda _: b"", Malformed, "'id' is missing"),
    (lambda _: b"x" * (sheet.LARGEST + 1), TooLarge, "larger than 20 MB"),
]


@pytest.mark.parametrize(("make", "kind", "told"), FAULTS, ids=[it[2] for it in FAULTS])
def test_a_faulty_sheet_changes_nothing(
    garden: Publisher, make: object, kind: type[AnnotatorError], told: str
) -> None:
    before = out(garden)
    with pytest.raises(kind, match=told):
        read(garden, make(before))  # type: ignore[operator]
    assert out(garden) == before


def test_only_a_drafter_brings_a_sheet_even_an_unchanged_one(garden: Publisher) -> None:
    garden.do(lambda session: drafters.remove(session, "garden", "Dora"))
    with pytest.raises(NotAllowed):
        read(garden, out(garden).encode())


def test_markdown_has_every_comment_and_its_answer(garden: Publisher) -> None:
    garden.write(draft=AnswerDraft("noted", "Thank you."))
    with garden.site.parts.db.reading() as session:
        text = sheet.write_markdown(session, "garden")
    assert "> Why at dusk?\n\n**noted** Thank you." in text
    assert text.count("*open*") == 2
    assert DUSK not in text
