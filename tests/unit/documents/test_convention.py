"""Locators in circulation mean the words that the convention's own resolver finds.

`Resolver` counts as that resolver does, on plain strings and without offsets: an oracle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from annotator.documents import parse
from annotator.documents.address import notation
from annotator.documents.address.convention import Convention
from annotator.documents.address.locate import locate
from annotator.documents.readers.source import decode
from tests.unit.documents.conftest import EDITIONS

ABBREVIATED = re.compile("e[.]g|i[.]e|etc|vs|cf|al|approx|no|vol|dr|mrs?|ms|[sj]r|st|u[.][sk]")
ITEM = re.compile(r"([-*+]|[0-9]+[.)])\s+")


class Resolver:
    """The convention's resolver: sections, their blocks, and the sentences of each."""

    def __init__(self, text: str) -> None:
        self.sections: list[tuple[list[str], str, list[str]]] = []
        path: list[tuple[int, str]] = []
        fence = ""
        for line in text.splitlines():
            marker = line[:3] if line[:3] in ("```", "~~~") else ""
            if marker and not fence:
                fence = marker
            elif fence and line.startswith(fence):
                fence = ""
            elif not fence and (found := re.match(r"(#{1,6})\s+(.*?)\s*$", line)):
                title, anchor = found[2], ""
                if mark := re.search(r"\s*\{#([\w-]+)(\s+authority=\S+)?\}$", title, re.ASCII):
                    title, anchor = title[: mark.start()], mark[1]
                path = [it for it in path if it[0] < len(found[1])]
                path.append((len(found[1]), re.sub(r"\s+", " ", title)))
                self.sections.append(([name for _, name in path], anchor, []))
                continue
            if self.sections:
                self.sections[-1][2].append(line)

    def blocks(self, lines: list[str]) -> list[str]:
        """Return the blocks of a section, each as it is written."""
        blocks: list[str] = []
        fresh, fence = True, ""
        for line in lines:
            if fence:
                blocks[-1] += "\n" + line
                fence, fresh = ("", True) if line.startswith(fence) else (fence, False)
            elif line[:3] in ("```", "~~~"):
                fence = line[:3]
                if blocks and blocks[-1].startswith("**Example**"):
                    blocks[-1] += "\n\n" + line
                else:
                    blocks.append(line)
            elif not line.strip():
                fresh = True
            elif fresh or ITEM.match(line):
                blocks.append(line)
                fresh = False
            else:
                blocks[-1] += "\n" + line
        return blocks

    def sentences(self, block: str) -> list[str] | None:
        """Return the sentences of a block, None for code."""
        if re.search(r"^(```|~~~)", block, re.MULTILINE):
            return None
        block = re.sub(r"\[\^[^\]]+\]", "", block)
        block = re.sub(r"\[\?\]\((#[A-Za-z0-9_-]+)\)", r"\1", block)
        block = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", block)
        words = re.sub(r"\s+", " ", ITEM.sub("", block, count=1) if ITEM.match(block) else block)
        sentences, current = [], ""
        pieces = re.split(r"(?<=[.!?])([\"'’”)\]]*) ", words.strip())
        for at in range(0, len(pieces), 2):
            current += pieces[at]
            if at + 1 == len(pieces):
                break
            after = pieces[at + 2][:1] or " "
            word = re.split(r"[\s(]", current.rstrip(".!?"))[-1].lower()
            ends = not (current.endswith(".") and ABBREVIATED.fullmatch(word))
            if ends and (after.isupper() or after.isdigit() or after in "\"'‘“([*#"):
                sentences.append((current + pieces[at + 1]).strip())
                current = ""
            else:
                current += pieces[at + 1] + " "
        return [*sentences, current.strip()] if current.strip() else sentences


def words_in(markdown: str) -> list[str]:
    """Return the words that a reader sees of a stretch of Markdown."""
    fence = re.search(r"^(```|~~~).*$", markdown, re.MULTILINE)
    prose, code = markdown, ""
    if fence:
        prose = markdown[: fence.start()]
        code = re.sub(f"^{fence[1]}.*$", "", markdown[fence.end() :], flags=re.MULTILINE)
    seen = re.sub(r"^!!!.*?(?:\"[^\"]*\"|$)", " ", prose, flags=re.MULTILINE)
    seen = re.sub(r"\[\^[^\]]+\]|<!--.*?-->", "", seen)
    seen = re.sub(r"\[\?\]\((#[\w-]+)\)", r"\1", seen)
    seen = re.sub(r"\[([^\]]+)\]\([^)]+\)", r"\1", seen)
    seen = re.sub(r"(^|\s)(?:[-*+]|[0-9]+[.)])\s+", r"\1", seen).replace("*", "")
    return re.findall(r"[^\W_]+", f"{unescape(seen)}\n{code}")


def every_place(resolver: Resolver) -> Iterator[tuple[list[str], str, str, str]]:
    """Yield every section, block and sentence: path, anchor, how it is cited, its Markdown."""
    for path, anchor, lines in resolver.sections:
        for number, block in enumerate(resolver.blocks(lines), 1):
            yield path, anchor, f"¶{number}", block
            for at, sentence in enumerate(resolver.sentences(block) or (), 1):
                yield path, anchor, f"¶{number} s{at}", sentence


@pytest.mark.shared
@pytest.mark.parametrize("path", EDITIONS)
def test_every_block_and_sentence_is_the_resolvers(shared: Path, path: str) -> None:
    data = (shared / "corpus" / path).read_bytes()
    parsed = parse(data, name="a.md")
    source = decode(data, "a.md")
    convention = Convention(source, parsed.origins, parsed)
    tried = 0
    for names, anchor, cited, markdown in every_place(Resolver(source)):
        place = f"#{anchor}" if anchor else " > ".join(names)
        address = notation.read(f"a@1 > {place} > {cited}")
        found = locate(parsed, address, convention=convention)
        expected = words_in(markdown)
        there = re.findall(r"[^\W_]+", parsed.text[found.start : found.end])
        assert found.status == ("found" if there else "not_found"), address
        if there or names != ["Claude’s Constitution"]:  # the table of contents is left out
            assert there == expected, address
        tried += 1
    assert tried > 900


LINES = """\
# Title

[A](#a)

[B](#b)

## A {#a authority=user}

!!! meta "Note"
    **Bold.** One sentence e.g. This one. And [two](x)!

- First. Item
  goes on. 2 more.
  - Nested one. Nested two.

  Its paragraph.
- Second
## B

**Example**: a caption

~~~xml
code. Of two.
~~~

Last words.[^n]

[^n]: The note.
"""


@pytest.mark.parametrize(
    ("cited", "words"),
    [
        ("#a > ¶1", "Bold. One sentence e.g. This one. And two!"),
        ("#a > ¶1 s1", "Bold. One sentence e.g. This one."),
        ("A {#a authority=user} > ¶1 s2", "And two!"),
        ("a > p2", "First. Item goes on. 2 more.\nNested one. Nested two."),
        ("Title > A > ¶2 s2 - ¶3 s1", "Item goes on. 2 more.\nNested one. Nested two.\n"
                                      "Its paragraph."),
        ("A > ¶2 s3", "2 more.\nNested one."),
        ("A > ¶2 s4", "Nested two."),
        ("A > ¶4 ~\"Second\"", "Second"),
        ("B > ¶1", "Example: a caption\ncode. Of two."),
        ("B > ¶1 s2", "Example: a caption\ncode. Of two."),
        ("B > ¶2 s1", "Last words."),
        ("B > ¶3", "The note."),
        ("B > ¶9", None),
        ("A > ¶2 s3-1", None),
        ("B > ¶3 s7", "The note."),
        ("Title > ¶1", None),
        ("A > ¶2.1", "Nested one. Nested two."),
    ],
)  # fmt: skip
def test_a_locator_means_the_words_of_its_lines(cited: str, words: str | None) -> None:
    for source in (LINES, LINES.replace("\n", "\r\n")):
        parsed = parse(source.encode(), name="a.md")
        convention = Convention(source, parsed.origins, parsed)
        found = locate(parsed, notation.read(f"a > {cited}"), convention=convention)
        if words is None:
            assert (found.status, len(found.missed)) == ("not_found", 1)
        else:
            assert parsed.text[found.start : found.end] == words
            assert found.status == ("walked_up" if cited.endswith("s7") else "found")
