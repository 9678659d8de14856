"""Pids are names that no position gives away, and a ledger carries them without a word of text."""

from __future__ import annotations

import random
import re

import pytest

from annotator.documents import Parsed, mint, read_ledger, write_ledger
from annotator.errors import Unacceptable
from tests.unit.documents.conftest import read

TEXT = """# Gates

There are three gates.

- The north gate is locked at dusk.
  - The keeper has the key.
- The other two are not.

## Bells

> A bell is a promise.

Keep quiet.

Keep quiet.
"""


@pytest.fixture
def edition() -> Parsed:
    return read(TEXT)


@pytest.fixture
def pids(edition: Parsed) -> list[str]:
    return mint(random.Random(7), (), len(edition.provisions))


def test_a_pid_is_five_characters_that_make_no_word() -> None:
    for pid in mint(random.Random(1), (), 2_000):
        assert re.fullmatch(r"[bcdfghjkmnpqrstwxz2346789]{5}", pid)
        assert re.search(r"[a-z]", pid)
        assert re.search(r"\d", pid)


def test_no_pid_is_given_twice() -> None:
    first = mint(random.Random(1), (), 5_000)
    # The same chance would give the same pids again.
    second = mint(random.Random(1), set(first), 5_000)
    assert len({*first, *second}) == 10_000


def test_a_site_whose_pids_are_used_up_is_told_so() -> None:
    with pytest.raises(Unacceptable, match="several sites"):
        mint(random.Random(1), (), 10**7)


def test_a_ledger_gives_back_every_pid(edition: Parsed, pids: list[str]) -> None:
    ledger = write_ledger(edition, pids)
    assert ledger == write_ledger(edition, pids)
    assert read_ledger(ledger, edition) == pids
    assert read_ledger(ledger.replace("\n", "\r\n"), edition) == pids


def test_a_ledger_is_plain_lines_without_the_text(edition: Parsed, pids: list[str]) -> None:
    header, first, second, *_ = write_ledger(edition, pids).splitlines()
    assert header == f"annotator-pids 1 {edition.sha256}"
    assert first == f"{pids[0]} section gates {edition.provisions[0].digest[:16]}"
    assert second == f"{pids[1]} paragraph gates/1 {edition.provisions[1].digest[:16]}"


def test_what_a_ledger_does_not_name_has_no_pid(edition: Parsed, pids: list[str]) -> None:
    lines = write_ledger(edition, pids).splitlines()
    del lines[2]
    lines.insert(1, "# Taken from another site.")
    assert read_ledger("\n".join(lines), edition) == [pids[0], None, *pids[2:]]


def test_equal_paragraphs_are_told_apart_by_their_address(edition: Parsed, pids: list[str]) -> None:
    header, *lines = write_ledger(edition, pids).splitlines()
    assert read_ledger("\n".join([header, *reversed(lines)]), edition) == pids


def test_pids_and_provisions_must_be_equally_many(edition: Parsed, pids: list[str]) -> None:
    with pytest.raises(ValueError, match="shorter"):
        write_ledger(edition, pids[1:])


@pytest.mark.parametrize(
    ("line", "put", "message"),
    [
        (1, "annotator-pids 2 0000", "does not begin with 'annotator-pids 1'"),
        (1, "annotator-pids 1 0123456789abcdef", "sha256 0123456789ab…"),
        (2, "oaken section gates 0123456789abcdef", "'oaken' is not a pid"),
        (2, "k7m2x section gates", "not a pid, a kind, an address and a digest"),
        (3, "k7m2x paragraph gates/1 0123456789abcdef", "no paragraph with this text"),
        (3, "{pid} {same}", "on an earlier line"),
        (4, "k7m2x {first}", "on an earlier line"),
    ],
)
def test_a_damaged_ledger_is_refused_and_the_line_named(
    edition: Parsed, pids: list[str], line: int, put: str, message: str
) -> None:
    lines = write_ledger(edition, pids).splitlines()
    first, same = lines[1].split(" ", 1)[1], lines[2].split(" ", 1)[1]
    lines[line - 1] = put.format(pid=pids[0], same=same, first=first)
    with pytest.raises(Unacceptable, match=f"^Line {line} of the pid ledger") as caught:
        read_ledger("\n".join(lines), edition)
    assert message in caught.value.message
    assert (caught.value.field, caught.value.details) == ("ledger", {"line": line})


@pytest.mark.parametrize("text", ["", "\n", "hello"])
def test_what_is_no_ledger_at_all_is_refused(edition: Parsed, text: str) -> None:
    with pytest.raises(Unacceptable, match="Line 1 of the pid ledger"):
        read_ledger(text, edition)
