"""Files of each dialect with something bad in them: told with its place, and the rest goes in.

Each file has a good annotation before what is bad and one after it. A rehearsal says what will
happen, and a second import changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from annotator.cli import annotation as cli
from tests.cli.conftest import GARDEN, Command

JSON = dict[str, Any]
DAY = "2026-03-05T10:00:00Z"
LATER = "2999-01-01T00:00:00Z"


def native(ident: str, **more: Any) -> JSON:
    return {"id": ident, "document": "garden", "author": "wren", "created": DAY,
            "body": "Whose dusk?", "targets": [{"exact": "The north gate"}]} | more  # fmt: skip


def web(ident: str, **more: Any) -> JSON:
    return {"id": f"https://x.example/{ident}", "type": "Annotation", "motivation": "commenting",
            "created": DAY, "body": {"type": "TextualBody", "value": "Hm."},
            "target": "https://x.example/page"} | more  # fmt: skip


def api(ident: str, **more: Any) -> JSON:
    return {"id": ident, "created": DAY, "updated": DAY, "user": "acct:wren@hypothes.is",
            "uri": "https://x.example/page", "text": "Hm.", "tags": [], "references": [],
            "target": []} | more  # fmt: skip


@dataclass(frozen=True)
class Dialect:
    """How a dialect writes an annotation, and a file of them; what some things are called in it."""

    one: Callable[..., JSON]
    begin: str
    between: str
    end: str
    place: str
    words: Callable[[str], JSON]
    answering: Callable[[str], JSON]
    date: str = "created"
    author: str = "author"


DIALECTS = {
    "native": Dialect(native, '{"total": 3, "items": [', ", ", "]}", "item",
                      lambda text: {"body": text},
                      lambda ident: {"in_reply_to": ident, "targets": []}),
    "jsonl": Dialect(native, "", "\n", "\n", "line", lambda text: {"body": text},
                     lambda ident: {"in_reply_to": ident, "targets": []}),
    "w3c": Dialect(web, '{"type": "AnnotationCollection", "first": {"items": [', ", ", "]}}",
                   "item", lambda text: {"body": {"type": "TextualBody", "value": text,
                                                  "format": "text/html"}},
                   lambda ident: {"motivation": "replying",
                                  "target": f"https://x.example/{ident}"}, author="creator"),
    "hypothesis": Dialect(api, '{"total": 3, "rows": [', ", ", "]}", "item",
                          lambda text: {"text": text},
                          lambda ident: {"references": [ident]}, author="user"),
    "hypothesis export": Dialect(api, '{"export_date": "2026", "annotations": [', ", ", "]}",
                                 "item", lambda text: {"text": text},
                                 lambda ident: {"references": [ident]}, author="user"),
}  # fmt: skip
Bad = Callable[[Dialect], str | bytes]


def changed(**changes: Any) -> Bad:
    return lambda it: json.dumps(it.one("bad", **changes))


def edited(old: str, new: str | bytes) -> Bad:
    """Spoil the JSON of a good annotation by hand."""

    def spoil(it: Dialect) -> bytes:
        text = json.dumps(it.one("bad", **it.words("WORDS")))
        assert old in text
        return text.encode().replace(old.encode(), new.encode() if isinstance(new, str) else new)

    return spoil


REFUSED: dict[str, tuple[Bad, str]] = {
    "deep nesting": (lambda it: json.dumps(it.one("bad"))[:-1] + ', "x": ' + "[" * 500 + "]" * 500
                     + "}", "nested too deeply"),
    "a key twice": (edited('"id": ', '"id": "first", "id": '), "'id' is given twice"),
    "NaN": (edited('"WORDS"', "NaN"), "NaN is not a JSON number"),
    "no UTF-8": (edited("WORDS", b"caf\xe9"), "not UTF-8"),
    "no JSON": (edited('"WORDS"', "WORDS"), "not JSON"),
    "an orphan": (lambda it: json.dumps(it.one("bad", **it.answering("nowhere"))), "not on this"),
    "itself": (lambda it: json.dumps(it.one("bad", **it.answering("bad"))), "not on this"),
    "the future": (lambda it: json.dumps(it.one("bad", **{it.date: LATER})), "in the future"),
    "no date": (lambda it: json.dumps(it.one("bad", **{it.date: "soon"})), "not an annotation"),
    "a number as author": (lambda it: json.dumps(it.one("bad", **{it.author: 5})), "not a string"),
    "words that are a number": (edited('"WORDS"', "5"), "not a string"),
    "an address that runs": (
        lambda it: json.dumps(it.one("bad", **(
            {"target": "javascript:alert(1)"} if it.one is web
            else {"links": {"html": "javascript:alert(1)//bad"}} if it.one is api
            else {"via": "javascript:alert(1)"}))), "not the address"),
}  # fmt: skip


def write(path: Path, it: Dialect, *middle: str | bytes) -> str:
    parts = [json.dumps(it.one("good1")), *middle, json.dumps(it.one("good2"))]
    raw = [part if isinstance(part, bytes) else part.encode() for part in parts]
    path.write_bytes(it.begin.encode() + it.between.encode().join(raw) + it.end.encode())
    return str(path)


def told(garden: Command, file: str, status: int) -> list[str]:
    """Import in a rehearsal, for good and once more; give what was told for good."""
    took = ("annotation", "import", file, "--document", "garden")
    rehearsed = garden(*took, "--dry-run", status=status).output.splitlines()
    assert garden("annotation", "export").output.startswith('{"total": 0')
    lines = garden(*took, status=status).output.splitlines()
    assert [line for line in rehearsed if "Nothing was changed" not in line] == lines
    before = garden("annotation", "export").output
    again = garden(*took, status=status).output
    assert garden("annotation", "export").output == before
    assert "added" not in again
    assert "No faults." in garden("check").output
    return lines


@pytest.mark.parametrize("name", DIALECTS)
def test_what_is_bad_is_told_with_its_place_and_the_rest_goes_in(
    garden: Command, tmp_path: Path, name: str
) -> None:
    it = DIALECTS[name]
    file = write(tmp_path / "file", it, *(bad(it) for bad, _ in REFUSED.values()))
    *lines, summary = told(garden, file, 1)
    many = len(REFUSED)
    assert summary == f"{many + 2} annotations read: 2 added, {many} refused."
    assert len(lines) == many
    for number, (what, (_, why)) in enumerate(REFUSED.items(), 2):
        (line,) = (line for line in lines if f" {it.place} {number}: " in line)
        assert line.startswith("refused: "), what
        assert why in line, what


@pytest.mark.parametrize("name", DIALECTS)
def test_of_a_file_that_breaks_off_comes_in_what_was_whole(
    garden: Command, tmp_path: Path, name: str
) -> None:
    it, path = DIALECTS[name], tmp_path / "file"
    write(path, it, json.dumps(it.one("bad")))
    data = path.read_bytes()
    path.write_bytes(data[: data.rindex(b'"good2') if b'"good2' in data else -20])
    *lines, summary = told(garden, str(path), 1)
    assert lines == [f"refused: {it.place} 3: the file ends in the middle of it"]
    assert summary == "3 annotations read: 2 added, 1 refused."


@pytest.mark.parametrize("name", DIALECTS)
def test_answers_that_come_too_early_go_in_and_those_in_a_circle_do_not(
    garden: Command, tmp_path: Path, name: str
) -> None:
    it = DIALECTS[name]
    pairs = ("early", "good2"), ("ring", "back"), ("back", "ring")
    early, ring, back = (json.dumps(it.one(ident, **it.answering(to))) for ident, to in pairs)
    *lines, summary = told(garden, write(tmp_path / "file", it, early, ring, back), 1)
    assert summary == "5 annotations read: 3 added, 2 refused."
    assert [line.split(":")[1] for line in lines] == [f" {it.place} 3", f" {it.place} 4"]


@pytest.mark.parametrize("name", DIALECTS)
def test_hostile_words_and_unknown_fields_go_in_as_harmless_words(
    garden: Command, tmp_path: Path, name: str
) -> None:
    it = DIALECTS[name]
    words = "<img src=x onerror=alert(1)>Fine<script>alert(2)</script> words."
    strange = json.dumps(it.one("strange", **it.words(words)) | {"x:unknown": {"deep": [1]}})
    *lines, summary = told(garden, write(tmp_path / "file", it, strange), 0)
    assert (lines, summary) == ([], "3 annotations read: 3 added.")
    shown = garden("annotation", "export", "--format", "html").output
    assert "words." in shown
    assert "<img" not in shown
    assert "<script" not in shown


@pytest.mark.parametrize("name", ["native", "jsonl"])
def test_an_id_that_is_anothers_here_is_refused(garden: Command, tmp_path: Path, name: str) -> None:
    it = DIALECTS[name]
    garden("annotation", "import", write(tmp_path / "first", it))
    forged = json.dumps(it.one("good1", author="magpie", body="Mine."))
    path = tmp_path / "second"
    path.write_text(it.begin + forged + it.between + json.dumps(it.one("more")) + it.end)
    for more, summary in ((("--dry-run",), "1 added, 1 refused"), ((), "1 added, 1 refused"),
                          ((), "1 refused, 1 unchanged")):  # fmt: skip
        done = garden("annotation", "import", str(path), *more, status=1).output
        assert f"refused: {it.place} 1: The id good1 belongs to another annotation." in done
        assert summary in done


@pytest.mark.parametrize(("begin", "kind"), [(b"PK\x03\x04", "zip"), (b"\x1f\x8b\x08", "gzip")])
@pytest.mark.parametrize("name", [None, *cli.READABLE])
def test_an_archive_is_refused_with_its_kind(
    garden: Command, tmp_path: Path, begin: bytes, kind: str, name: str | None
) -> None:
    (tmp_path / "file").write_bytes(begin + b"\0" * 100)
    named = ("--format", name) if name else ()
    done = garden("annotation", "import", str(tmp_path / "file"), *named, status=1).output
    assert f"a {kind} archive" in done


@pytest.mark.parametrize("slug", ["../charter", "x" * 300, "/etc", ".", "a\nb"])
def test_a_slug_that_is_none_is_refused_before_it_names_a_file(garden: Command, slug: str) -> None:
    add = ("document", "add", GARDEN, "--slug", slug, "--edition", "2026-01-01")
    assert "cannot be a document's slug" in garden(*add, status=1).output
