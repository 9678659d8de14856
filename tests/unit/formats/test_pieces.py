"""A file is cut into annotations whatever is around them, and a fault in one costs no other."""

from __future__ import annotations

import io
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.errors import Malformed
from annotator.formats.files import pieces as cutting
from annotator.formats.files.pieces import HOPELESS, FilePiece, pieces

ONE, TWO = {"id": "1", "body": '"}{" \\', "targets": [{"exact": "]"}]}, {"id": "2"}
WRAPPED = [
    {"total": 2, "items": [ONE, TWO], "editions": [{"label": "x"}]},
    {"rows": [ONE], "total": 2, "replies": [TWO]},
    {"export_date": "2026", "annotations": [ONE, TWO]},
    {"@context": "x", "type": "AnnotationCollection", "first": {"id": "y", "items": [ONE, TWO]}},
    [ONE, TWO],
]


def cut(text: str | bytes) -> list[FilePiece]:
    return list(pieces(io.BytesIO(text if isinstance(text, bytes) else text.encode())))


@pytest.mark.parametrize("value", WRAPPED)
def test_every_kind_of_file_gives_its_annotations(value: object) -> None:
    assert [piece.value for piece in cut(json.dumps(value))] == [ONE, TWO]
    assert [piece.value for piece in cut(json.dumps(value, indent=2))] == [ONE, TWO]


@pytest.mark.parametrize("data", [b"", b" \n", b"\xef\xbb\xbf"])
def test_an_empty_file_holds_nothing(data: bytes) -> None:
    assert cut(data) == []


def test_one_annotation_a_line_and_a_single_one() -> None:
    assert [piece.value for piece in cut(f"{json.dumps(ONE)}\n{json.dumps(TWO)}\n")] == [ONE, TWO]
    choice = {"type": "Annotation", "body": {"type": "Choice", "items": ["a", "b"]}}
    assert [piece.value for piece in cut(json.dumps(choice))] == [choice]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"id": NaN}', "NaN"),
        ('{"id": 1, "id": 2}', "'id' is given twice"),
        ('{"id": 1,}', "not JSON"),
        ('{"id": "\\ud800\xff"}'.encode("latin-1"), "not UTF-8"),
        ('{"id": ' + "[" * 2000 + "]" * 2000 + "}", "nested too deeply"),
        ('{"id": "' + "x" * (cutting.LARGEST + 10) + '"}', "longer than"),
    ],
)
def test_a_broken_annotation_costs_no_other(broken: str | bytes, why: str) -> None:
    raw = broken if isinstance(broken, bytes) else broken.encode()
    first, second = cut(b'{"items": [' + raw + b', {"id": "2"}]}')
    assert (first.place, second.value) == ("item 1", TWO)
    assert why in first.fault


def test_how_deep_an_annotation_is_nested_counts_not_how_many_brackets_it_has() -> None:
    def nested(levels: int) -> str:  # an object, lists, and a number
        return '{"id": ' + "[" * (levels - 2) + "1" + "]" * (levels - 2) + "}"

    wide = json.dumps({"id": [[]] * cutting.DEEPEST})
    texts = [nested(cutting.DEEPEST), nested(cutting.DEEPEST + 1), wide]
    deepest, deeper, wider = cut(f"[{', '.join(texts)}]")
    assert (deepest.fault, wider.fault) == ("", "")
    assert deeper.fault == "it is nested too deeply"


def test_a_file_that_breaks_off_gives_what_came_before() -> None:
    text = json.dumps({"items": [ONE, TWO]})
    one, rest = cut(text[:-5])
    assert one.value == ONE
    assert (rest.place, rest.fault) == ("item 2", "the file ends in the middle of it")


@pytest.mark.parametrize("text", ['{"total": 2, "items"[], "x": 1}', '{"items": [],}', "[[]"])
def test_a_file_without_annotations_that_is_no_json_is_told(text: str) -> None:
    (piece,) = cut(text)
    assert "not JSON" in piece.fault or "in the middle" in piece.fault


def test_an_annotation_may_hold_lists_and_be_longer_than_what_is_read_at_once() -> None:
    long = ONE | {"items": "no list", "body": 'null , "' + " " * 3 * cutting.CHUNK}
    assert [piece.value for piece in cut(json.dumps(long, indent=1))] == [long]
    assert [piece.value for piece in cut(json.dumps([TWO, long, TWO]))] == [TWO, long, TWO]


@pytest.mark.parametrize("bracket", ["[", '{"a":', '[{"a":'])
def test_brackets_without_end_are_not_followed(bracket: str) -> None:
    with pytest.raises(Malformed, match="nested too deeply"):
        cut(bracket * (HOPELESS + 1))


@pytest.mark.parametrize("data", [b"PK\x03\x04", b"\x1f\x8b\x08", b"<html>", b"id,body\n"])
def test_what_is_no_json_is_refused_with_what_it_is(data: bytes) -> None:
    with pytest.raises(Malformed):
        cut(data)


WORDS = st.text(st.characters(exclude_categories=["Cs"]))


@given(
    st.lists(
        st.dictionaries(WORDS, st.recursive(WORDS | st.integers(), st.lists, max_leaves=5)),
        max_size=5,
    ),
    st.integers(1, 40),
)
def test_where_the_file_is_read_in_parts_changes_nothing(
    values: list[dict[str, object]], size: int
) -> None:
    before, cutting.CHUNK = cutting.CHUNK, size
    try:
        found = cut(json.dumps({"items": values}, ensure_ascii=False))
    finally:
        cutting.CHUNK = before
    assert [piece.value for piece in found] == values


@pytest.mark.parametrize(
    ("begin", "unit", "end"),
    [
        (f'{{"items": [{json.dumps(ONE)}, {{"id": "', "x", f'"}}, {json.dumps(TWO)}]}}'),
        (f'{{"items": [{json.dumps(ONE)}, {{"id": "', "\\\\", f'"}}, {json.dumps(TWO)}]}}'),
        (f'{{"items": [{json.dumps(ONE)}, {{"id": " ', "\\\\", f'"}}, {json.dumps(TWO)}]}}'),
        (f'{{"items": [{json.dumps(ONE)}, {{"id": ', "1", f"}}, {json.dumps(TWO)}]}}"),
        (f'[{json.dumps(ONE)}, {{"id": 0}}', " ", f", {json.dumps(TWO)}]"),
        (f'{json.dumps(ONE)}\n{{"id": "', "x", f'"}}\n{json.dumps(TWO)}\n'),
    ],
)
def test_however_long_an_annotation_is_little_memory_is_used(
    begin: str, unit: str, end: str
) -> None:
    size = 8 * cutting.LARGEST
    file = io.BytesIO((begin + unit * (size // len(unit)) + end).encode())
    tracemalloc.start()
    try:
        first, _, third = pieces(file)
        used = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert (first.value, third.value) == (ONE, TWO)
    assert used < size / 2  # what is read at once, and a copy or two
