"""The table for spreadsheets: read back it is what was written, and nothing in it is a formula."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.formats import csv as dialect
from annotator.schemas.annotations import AnnotationValue
from tests.unit.formats.making import ENVELOPE, PARSED, annotation, reply


def rows(*annotations: AnnotationValue) -> list[dict[str, str]]:
    text = "".join(dialect.write(annotations, ENVELOPE))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def unguarded(cell: str) -> str:
    """Undo the guard as `docs/exchange.md` says it is undone."""
    return cell[1:] if cell[:1] == "'" and dialect.FORMULA.match(cell[1:]) else cell


def test_a_table_read_back_has_the_words_as_they_were() -> None:
    body = 'He said "no",\nand then: nothing; 🌱 ק'
    (row,) = rows(annotation(body=body, tags=("one", "two")))
    assert row["body"] == body
    assert row["quote"] == "The north gate"
    assert (row["author"], row["tags"], row["verdict"]) == ("Ada", "one, two", "exact")
    assert row["link"] == "https://notes.example/a/a1"


SIGNS = "=+-@＝＋－＠"
BEFORE = ["", " ", "\u00a0", "\u200b", "\ufeff", '"', "'", " \"' ", "“", "\u3000"]
BEGINNINGS = [*(before + sign for before in BEFORE for sign in SIGNS), "\t", "\r", "\n"]


@pytest.mark.parametrize("beginning", BEGINNINGS)
def test_no_cell_begins_like_a_formula(beginning: str) -> None:
    words = f"{beginning}1+1"
    (row,) = rows(annotation(body=words, tags=(words,), author=words))
    for column in ("body", "tags", "author"):
        assert row[column] == f"'{words}"
        assert unguarded(row[column]) == words


@given(st.text(st.sampled_from("=+-@\t\r\n'\" x1＝＠\u200b“")))
def test_taking_the_guard_away_gives_back_every_cell(words: str) -> None:
    assert unguarded(dialect.guarded(words)) == words
    assert dialect.guarded(words).strip()[:1] not in set("=+-@＝＠")


def test_a_reply_has_the_place_of_its_thread() -> None:
    head = annotation(replies=1, position=40)
    answer = reply("a2", "a1", "a1").but(head=head, position=40)
    first, second = rows(head, answer)
    same = ("address", "pid", "quote", "verdict", "placed_in", "start", "end", "document_title",
            "section_title", "paragraph", "position")  # fmt: skip
    assert [first[column] for column in same] == [second[column] for column in same]
    assert (second["quote"], second["verdict"]) == ("The north gate", "exact")
    assert (second["section_title"], second["paragraph"]) == ("Paths and gates", "1")
    assert (first["document_title"], first["position"]) == ("Rules of the Garden", "40")
    assert (first["replies"], second["replies"]) == ("1", "0")
    assert list(first) == list(dialect.COLUMNS)
    assert dialect.COLUMNS[:22][-1] == "licence", "columns that others rely on stay where they are"


def test_a_reply_to_what_was_deleted_has_a_place_and_none_of_its_words() -> None:
    start = PARSED.text.index("The north gate")
    gone = annotation(quote=None, body=None, tags=(), deleted=True, veiled=True, author="")
    answer = reply("a2", "a1", "a1").but(head=gone, position=start)
    (row,) = rows(answer)
    assert (row["section_title"], row["paragraph"]) == ("Paths and gates", "1")
    assert row["address"] == "garden@2026-03-01/paths-and-gates/1"
    assert (row["quote"], row["verdict"]) == ("", "")


def test_a_annotation_on_the_document_has_empty_cells() -> None:
    (row,) = rows(annotation(quote=None))
    assert (row["address"], row["quote"], row["start"]) == ("", "", "")
