"""The real texts, counted a second time, line by line, by the rules of the convention."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

import pytest

from annotator.documents import Parsed
from annotator.documents.address.locate import linked_section
from annotator.documents.parsed import sentences_within
from tests.unit.documents.conftest import check, read

pytestmark = pytest.mark.shared

_FENCE = re.compile(r"(~~~|```)")
_ITEM = re.compile(r"([*-]|\d+\.) ")
_HEADING = re.compile(r"(#+) +(.*?)(?: *\{#(\S+).*\})? *$")


def _lines(source: str) -> Iterator[tuple[str, str]]:
    """Tell of every line whether it begins a heading, a unit, or neither."""
    fence = previous = last = ""
    for line in source.split("\n"):
        if fence:
            fence = "" if line.rstrip() == fence else fence
            continue
        if opened := _FENCE.match(line):
            fence = opened[1]
            yield ("more" if previous.startswith("**Example**") else "unit"), line
        elif _HEADING.match(line):
            yield "heading", line
        elif _ITEM.match(line) or (line.startswith("    ") and previous.startswith("!!!")):
            yield "unit", line
        elif line.startswith("    ") and not (last or _ITEM.match(previous) or previous[:1] == " "):
            yield "unit", line  # indented code
        elif line.strip() and not line.startswith((" ", "!!!")) and not last:
            yield "unit", line
        else:
            yield "more", line
        last = line.strip()
        previous = line if line.strip() else previous


def _counted(source: str) -> list[int]:
    """Count the units of every section of a source, below its table of contents."""
    counts: list[int] = []
    for kind, line in _lines(source):
        if kind == "heading":
            counts.append(0)
        elif kind == "unit" and counts and not re.fullmatch(r"\[[^]]*\]\(#[^)]*\)\s*", line):
            counts[-1] += 1
    return counts


def _units(parsed: Parsed) -> list[int]:
    sections = [index for index, found in enumerate(parsed.provisions) if found.level is not None]
    highest = Counter(dict.fromkeys(sections, 0))
    for found in parsed.provisions:
        if found.section is not None and found.unit is not None:
            highest[found.section] = max(highest[found.section], found.unit)
    return [highest[index] for index in sections]


def test_every_real_edition_is_sound(source: str) -> None:
    check(read(source))


def test_the_units_of_every_section_are_those_that_its_lines_show(source: str) -> None:
    counted = _counted(source)
    has_title = source.split("\n")[2].startswith("[")
    assert _units(read(source)) == counted[has_title:]


def test_headings_have_the_slugs_of_their_anchors(source: str) -> None:
    parsed = read(source)
    headings = [
        found
        for kind, line in _lines(source)
        if kind == "heading" and (found := _HEADING.match(line))
    ]
    sections = [found for found in parsed.provisions if found.level]
    for heading, section in zip(headings[-len(sections) :], sections, strict=True):
        assert section.level == len(heading[1])
        assert section.attributes["title"] == heading[2]
        if heading[3]:
            assert section.slug == section.attributes["anchor"] == heading[3].rstrip("}")


def test_every_link_into_the_document_leads_to_one_section(source: str) -> None:
    parsed = read(source)
    marks = [mark for block in parsed.blocks for mark in block.marks]
    targets = [mark.value for mark in marks if mark.kind == "link" and mark.value.startswith("#")]
    assert targets
    assert all(linked_section(parsed, target) is not None for target in targets)


def test_nothing_of_the_markup_is_left_in_the_words(source: str) -> None:
    parsed = read(source)
    words = "\n".join(parsed.text[b.start : b.end] for b in parsed.blocks if b.kind != "code")
    for pattern in (r"\[\^", r"\]\(", r"\w\*\*", "^#+ ", r"\{#", "!!!", "~~~", "^[*-] ", "<!--"):
        assert not re.search(pattern, words, re.MULTILINE)


def test_every_word_of_the_source_is_in_the_text_and_in_its_order(source: str) -> None:
    parsed = read(source)
    contents = source.startswith("# ") and source.split("\n")[2].startswith("[")
    body = source[re.search(r"^# \S+ *$", source, re.MULTILINE).start() :] if contents else source  # type: ignore[union-attr]
    body = re.sub(r"\{#[^}]*\}|\[\^\w+\]|^(~~~|```).*$|^!!!.*$", " ", body, flags=re.MULTILINE)
    body = re.sub(r"\[\?\]\((#\w+)\)|\]\([^)\s]*\)", r" \1 ", body)
    expected = re.findall(r"[^\W_]+", body)
    found = re.findall(r"[^\W_]+", parsed.text)
    missing, added = Counter(expected) - Counter(found), Counter(found) - Counter(expected)
    # List numbers are no words; a tilde fence may hold backtick fences, which the pattern cut.
    assert sum(n for word, n in missing.items() if not word.isdecimal()) <= 2
    assert sum(added.values()) <= 20


def test_sentences_cover_every_word_that_is_no_code(source: str) -> None:
    parsed = read(source)
    units = [index for index, found in enumerate(parsed.provisions) if found.number.isdecimal()]
    covered = {
        place
        for unit in (parsed.provisions[index] for index in units)
        for span in sentences_within(parsed, unit.start, unit.end)
        for place in range(*span)
    }
    for block in parsed.blocks:
        inside = [place in covered for place in range(block.start, block.end)]
        if block.kind in ("code", "heading"):
            assert not any(inside)
        else:
            gaps = [
                p for p, yes in zip(range(block.start, block.end), inside, strict=True) if not yes
            ]
            assert all(parsed.text[place] == " " for place in gaps)


@pytest.mark.parametrize(
    ("path", "sections", "blocks", "title"),
    [
        ("constitution/2026-01-20.md", 41, 452, True),
        ("constitution/2026-01-29.md", 41, 452, True),
        ("model-spec/2025-02-12.md", 71, 683, False),
        ("model-spec/2025-12-18.md", 80, 856, False),
    ],
)
def test_the_real_editions_have_their_known_size(
    shared: object, path: str, sections: int, blocks: int, title: bool
) -> None:
    parsed = read((shared / "corpus" / path).read_text())  # type: ignore[operator]
    assert sum(found.level is not None for found in parsed.provisions) == sections
    assert len(parsed.blocks) == blocks
    assert (parsed.title is not None) is title
