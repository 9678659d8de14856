"""Citations: what pandoc prints from our BibTeX and CSL-JSON, whatever a title holds."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator.formats import citations
from annotator.formats.citations import CitedPassage
from tests import pandoc

SIXTH = CitedPassage(
    title="Rules of the iGarden", publisher="The WHO and Garden Trust", captured="2026-03-01",
    label="2026-03-01", section="Paths and gates", number="6",
    address="garden@2026-03-01/paths-and-gates/6",
    url="https://notes.example/d/garden@2026-03-01/paths-and-gates/6", source_url="", exact="x",
)  # fmt: skip
SEVENTH = replace(
    SIXTH,
    number="7",
    address='garden@2026-03-01/paths-and-gates/7.s2-3~"north gate"',
    url="https://notes.example/d/garden@2026-03-01/paths-and-gates/7",
)
HOSTILE = (
    "50% & more_of $this$ #1 ~x^2 \\emph{x} {unbalanced",
    "closing} too } early",
    "line\nfeed\r\nand @misc{evil, title = {x}}",
    "<i>no</i> </span> <script>alert(1)</script> a < b > c | d",
    "“curly” 'single' \"double\" `back` -- --- ... é 中文",
    "\\",
    "A \\} B \\{ C",
)


def cited(bibliography: str, suffix: str, folder: Path, *keys: str) -> str:
    """Let pandoc cite, and return what it printed; it may not warn."""
    path = folder / f"cited.{suffix}"
    path.write_text(bibliography, encoding="utf-8")
    printed, warned = pandoc.pandoc(
        "--citeproc", f"--bibliography={path}", "-t", "plain", "--wrap=none",
        given=" ".join(f"[@{key}]" for key in keys),
    )  # fmt: skip
    assert warned == ""
    return printed


def straight(text: str) -> str:
    """Undo what a style's typography makes of quotation marks and dashes."""
    signs = dict.fromkeys('’‘“”`"', "'") | {"–": "--", "—": "---", "…": "..."}
    told = "".join(signs.get(sign, sign) for sign in text.replace("\u2060", ""))
    return " ".join(told.split())


def test_two_passages_of_one_edition_are_cited_from_bibtex(tmp_path: Path) -> None:
    both = [citations.bibtex(passage) for passage in (SIXTH, SEVENTH)]
    printed = cited("\n\n".join(both), "bib", tmp_path, *map(citations.key, (SIXTH, SEVENTH)))
    for passage in (SIXTH, SEVENTH):
        assert straight(passage.address) in straight(printed)
        assert passage.url in printed
    assert printed.count("Rules of the iGarden") == 2
    assert "The WHO and Garden Trust" in printed


def test_two_passages_of_one_edition_are_cited_from_csl_json(tmp_path: Path) -> None:
    both = json.dumps([citations.csl(passage) for passage in (SIXTH, SEVENTH)])
    printed = cited(both, "json", tmp_path, *map(citations.key, (SIXTH, SEVENTH)))
    for passage in (SIXTH, SEVENTH):
        assert straight(passage.address) in straight(printed)
        assert passage.url in printed
    assert printed.count("Rules of the iGarden") == 2


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_printed_as_they_are(words: str, tmp_path: Path) -> None:
    passage = replace(SIXTH, title=words, publisher=f"By {words}")
    wanted = straight(words)
    printed = cited(
        citations.bibtex(passage) + "\n" + citations.bibtex(SEVENTH), "bib", tmp_path,
        citations.key(passage), citations.key(SEVENTH),
    )  # fmt: skip
    assert straight(printed).count(wanted) >= 1, printed
    assert f"By {wanted}".translate(citations.NAMES) in straight(printed), printed
    assert "north gate" in printed
    told = json.dumps([citations.csl(passage), citations.csl(SEVENTH)])
    printed = cited(told, "json", tmp_path, citations.key(passage), citations.key(SEVENTH))
    assert wanted.lower() in straight(printed).lower(), printed


@given(st.text(min_size=1, max_size=60), st.text(max_size=40), st.text(max_size=40))
def test_an_entry_is_in_balance_whatever_it_holds(title: str, author: str, words: str) -> None:
    passage = replace(
        SIXTH, title=title, publisher=author, address=f'{SIXTH.address}~"{words}"',
        url=f"{SIXTH.url}?{words}",
    )  # fmt: skip
    entry = citations.bibtex(passage)
    depth = 0
    for sign in entry:
        depth += {"{": 1, "}": -1}.get(sign, 0)
        assert depth >= 0
    assert depth == 0
    assert re.fullmatch(r"@misc\{[A-Za-z0-9]+([-_:][A-Za-z0-9]+)*,", entry.split("\n")[0])
    assert entry.count("\n") <= 7


def test_keys_are_unique_and_plain() -> None:
    tails = ("", "/p", "/p/6", "/p/6.2", "/p/6_2", "/p/6-2", "/p/6.s2", "/p/6.s2-3", "/p_6",
             '/p/6~"a b"', '/p/6~"a-b"', '/p/6~"a  b"', "/ünï/6", "/中文/6",
             "/p--6", "/p-6")  # fmt: skip
    keys = [citations.key(replace(SIXTH, address=f"garden@2026-03-01{tail}")) for tail in tails]
    assert len(set(keys)) == len(tails)
    assert keys[2] == "garden:2026-03-01:p:6"
    long = {citations.key(replace(SIXTH, address=f'g@1/p/6~"{"x" * 200}{n}"')) for n in range(3)}
    assert len(long) == 3
