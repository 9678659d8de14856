"""The table for spreadsheets: read back it is what was written, and nothing in it is a formula."""

from __future__ import annotations

import csv
import io

import pytest

from annotator.formats import csv as dialect
from annotator.formats.remark import Remark
from tests.unit.formats.making import ENVELOPE, remark


def rows(*remarks: Remark) -> list[dict[str, str]]:
    text = "".join(dialect.write(remarks, ENVELOPE))
    assert text.startswith("\ufeff")
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def test_a_table_read_back_has_the_words_as_they_were() -> None:
    body = 'He said "no",\nand then: nothing; 🌱 ק'
    (row,) = rows(remark(body=body, tags=("one", "two")))
    assert row["body"] == body
    assert row["quote"] == "The north gate"
    assert (row["author"], row["tags"], row["verdict"]) == ("Ada", "one, two", "exact")
    assert row["link"] == "https://notes.example/a/a1"


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_begins_like_a_formula(sign: str) -> None:
    (row,) = rows(remark(body=f"{sign}1+1", tags=(f"{sign}tag",)))
    assert row["body"] == f"'{sign}1+1"
    assert row["tags"] == f"'{sign}tag"


def test_a_remark_on_the_document_has_empty_cells() -> None:
    (row,) = rows(remark(quote=None))
    assert (row["address"], row["quote"], row["start"]) == ("", "", "")
