"""Suggestions are written into the publisher's file, and nothing else of it changes."""

from __future__ import annotations

import random
import re
import subprocess
from pathlib import Path

import pytest

from annotator.documents import parse
from annotator.suggestions import patch as patches
from annotator.suggestions.changes import Act, ProposedChange, apply
from annotator.suggestions.patch import (
    NotPatchable,
    SourceText,
    critic,
    patch,
    unified_diff,
    written,
)
from tests.unit.documents.conftest import EDITIONS

SOURCE = """# Rules {#rules}

Nobody may pick *more than* three [apples](https://example.org/a "Apples") a day.\\
They are **sweet**, and `code` stays; A&B keeps its \\* star.

> A quoted
> paragraph.

1. Water the beans.
2. Close **the gate.**

| fruit | price |
| --- | --- |
| apple | 2 |

Last
====

```
let x = 1
```
"""
WORDS = ("really", "honest,", "“quoted”", "10%", "a*b", "*not*", "<tag>", "[x]", "and—so", "&",
         "C#", "_it_", "1.", "the")  # fmt: skip


def source_of(text: str | bytes, name: str = "rules.md") -> SourceText:
    data = text if isinstance(text, bytes) else text.encode()
    parsed = parse(data, name=name)
    return SourceText(name, parsed.media_type, data, parsed.origins, parsed)


def change(source: SourceText, act: Act, words: str, wording: str = "") -> ProposedChange:
    start = source.parsed.text.index(words)
    return ProposedChange(act, start, start + len(words), wording)


@pytest.mark.parametrize(
    ("act", "words", "wording", "gone", "came"),
    [
        ("replace", "three", "four", "three", "four"),
        ("replace", "more than", "up to", "*more than*", "*up to*"),
        ("replace", "pick more than three", "eat three", "pick *more than*", "eat"),
        ("replace", "three apples a", "three plums a", "[apples]", "[plums]"),
        ("strike", "more than ", "", "*more than* ", ""),
        ("replace", "sweet", "sweet, really", "**sweet**", "**sweet**, really"),
        ("replace", "A&B", "A*B", "A&B", "A\\*B"),
        ("replace", "code", "a_b", "`code`", "`a_b`"),
        ("strike", "Water the beans.", "", "1. Water the beans.\n", ""),
        ("strike", "A quoted paragraph.", "", "> A quoted\n> paragraph.\n\n", ""),
        ("insert", "Water the beans.", "Feed.", "beans.\n", "beans.\n2. Feed.\n"),
        ("insert", "A quoted paragraph.", "More.", "> paragraph.\n", "> paragraph.\n>\n> More.\n"),
        ("insert", "Last", "# One", "====\n", "====\n\n\\# One\n"),
        ("insert", "Rules", "1. One", "{#rules}\n", "{#rules}\n\n1\\. One\n"),
        ("replace", "x = 1", "x = *2*", "x = 1", "x = *2*"),
        ("replace", "price", "a|b", "price |", "a\\|b |"),
    ],
)
def test_only_the_words_that_change_change_in_the_file(
    act: Act, words: str, wording: str, gone: str, came: str
) -> None:
    source = source_of(SOURCE)
    result = patch(source, [change(source, act, words, wording)])
    assert not result.left_out
    assert written(source, result.edits.values()) == SOURCE.replace(gone, came, 1)


@pytest.mark.parametrize(
    ("act", "words", "why"),
    [
        ("insert", "apple2", "a table"),
        ("replace", "A quoted paragraph.\nWater", "crosses paragraphs"),
    ],
)
def test_what_cannot_be_written_says_why(act: Act, words: str, why: str) -> None:
    source = source_of(SOURCE)
    text = source.parsed.text
    start = text.index("apple", text.index("price")) if "2" in words else text.index(words)
    result = patch(
        source, [ProposedChange(act, start, start + 5 + 20 * (act == "replace"), "Plum.")]
    )
    assert why in result.left_out[0]


def test_a_page_cannot_be_patched() -> None:
    source = source_of("<html><body><h1>A</h1><p>One two.</p></body></html>", "a.html")
    assert "a page" in patch(source, [change(source, "replace", "two", "three")]).left_out[0]


@pytest.mark.parametrize("form", [SOURCE.replace("\n", "\r\n"), "\ufeff" + SOURCE, SOURCE.rstrip()])
def test_line_ends_and_byte_order_marks_stay(form: str, tmp_path: Path) -> None:
    source = source_of(form)
    added = change(source, "insert", "Close the gate.", "Lock it.")
    edits = patch(source, [change(source, "replace", "three", "four"), added]).edits
    text = written(source, edits.values())
    assert len(edits) == 2
    (tmp_path / "rules.md").write_bytes(source.data)
    (tmp_path / "a.patch").write_bytes(unified_diff(source, text).encode())
    subprocess.run(["git", "apply", "a.patch"], cwd=tmp_path, check=True)
    assert (tmp_path / "rules.md").read_bytes() == (source.mark + text).encode()


def test_critic_marks_give_both_texts_back() -> None:
    source = source_of(SOURCE)
    changes = [change(source, "replace", "three", "four"), change(source, "strike", "a day"),
               change(source, "insert", "Close the gate.", "Lock it.")]  # fmt: skip
    edits = patch(source, changes).edits
    marked = critic(source, edits, {0: "Ada, https://example.org/a/1: why"})
    assert "{~~three~>four~~}{>>Ada, https://example.org/a/1: why<<}" in marked
    plain = re.sub(r"\{>>.*?<<\}", "", marked)
    accepted = re.sub(r"\{--.*?--\}", "", re.sub(r"\{\+\+(.*?)\+\+\}", r"\1", plain, flags=re.S))
    accepted = re.sub(r"\{~~.*?~>(.*?)~~\}", r"\1", accepted, flags=re.S)
    rejected = re.sub(r"\{\+\+.*?\+\+\}", "", re.sub(r"\{--(.*?)--\}", r"\1", plain), flags=re.S)
    rejected = re.sub(r"\{~~(.*?)~>.*?~~\}", r"\1", rejected, flags=re.S)
    assert (accepted, rejected) == (written(source, edits.values()), SOURCE)


@pytest.mark.parametrize(
    ("text", "wording"), [(SOURCE, "{++four++}"), (SOURCE + "\nAn {--old--} mark.\n", "four")]
)
def test_a_file_or_words_with_critic_marks_are_refused(text: str, wording: str) -> None:
    source = source_of(text)
    edits = patch(source, [change(source, "replace", "three", wording)]).edits
    with pytest.raises(NotPatchable):
        critic(source, edits, {})


@pytest.mark.parametrize("edition", EDITIONS)
def test_random_suggestions_on_real_texts_read_as_their_results(edition: str, shared: Path) -> None:
    path = shared / "corpus" / edition
    source = source_of(path.read_bytes(), path.name)
    rng = random.Random(edition)
    changes = []
    for block in rng.sample(source.parsed.blocks, 200):
        words = list(re.finditer(r"\S+", source.parsed.text[block.start : block.end]))
        first = rng.randrange(len(words))
        last = min(first + rng.choice((0, 0, 1, 3)), len(words) - 1)
        start, end = block.start + words[first].start(), block.start + words[last].end()
        wording = " ".join(rng.choices(WORDS, k=rng.randint(1, 4)))
        replaces = rng.random() < 0.7
        changes.append(ProposedChange("replace" if replaces else "strike", start, end,
                                      wording if replaces else ""))  # fmt: skip
    result = patch(source, changes)
    assert len(result.edits) >= 0.95 * len(changes)
    after = parse(written(source, result.edits.values()).encode(), name=source.name)
    expected = apply(source.parsed, [changes[index] for index in result.edits])
    assert after.text == "\n".join(words for _, words in expected)


def test_what_takes_too_long_to_verify_is_left_out_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    source = source_of("# One\n\n" + "It goes on and on. " * 200)
    at = [match.start() for match in re.finditer("on and", source.parsed.text)][:40]
    changes = [ProposedChange("replace", start, start + 2, f"on{start}") for start in at]
    assert len(patch(source, changes).edits) == 40
    monkeypatch.setattr(patches, "MAX_PARSED", 10 * len(source.text))
    monkeypatch.setattr(patches, "PARSED_FOR_ONE", 100)
    some = patch(source, changes)
    assert 0 < len(some.edits) < 40
    assert set(some.left_out.values()) == {"Verifying it takes too long."}
    assert patches.why_not(source, changes[0]) == "Verifying it takes too long."
