"""Pandoc, as the tests that read our files with it need it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from typing import Any

import pytest

DIALECTS = ("gfm", "markdown", "commonmark_x")
LEAVES = {"Para", "Plain", "Header", "CodeBlock", "RawBlock"}


def pandoc(*arguments: str, given: str = "") -> tuple[str, str]:
    """Run pandoc, and return what it printed and what it warned of."""
    program = shutil.which("pandoc")
    if program is None:
        pytest.skip("pandoc is not installed (Debian's package pandoc)")
    done = subprocess.run([program, *arguments], input=given, capture_output=True, text=True,
                          encoding="utf-8", timeout=120, check=True)  # fmt: skip
    return done.stdout, done.stderr


@dataclass
class Reading:
    """What pandoc read: the words of each block outside footnotes, and those of each footnote."""

    blocks: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    kinds: set[str] = field(default_factory=set)


def read(markdown: str, dialect: str) -> Reading:
    """Read Markdown with pandoc."""
    printed, warned = pandoc("-f", dialect, "-t", "json", given=markdown)
    assert warned == "", warned
    found = Reading()
    _walk(json.loads(printed)["blocks"], found)
    return found


def folded(text: str) -> str:
    """Fold white space."""
    return " ".join(text.split())


def _walk(node: Any, found: Reading) -> None:
    if isinstance(node, list):
        for each in node:
            _walk(each, found)
    elif isinstance(node, dict):
        kind = node.get("t", "")
        found.kinds.add(kind)
        if kind in LEAVES:
            found.blocks.append(folded(_words(node["c"], found)))
        else:
            _walk(node.get("c", []), found)


def _words(node: Any, found: Reading) -> str:
    if isinstance(node, str):
        return ""
    if isinstance(node, list):
        if (
            len(node) == 2 and isinstance(node[1], str) and isinstance(node[0], list)
        ):  # a code block
            return node[1]
        return "".join(_words(each, found) for each in node)
    if not isinstance(node, dict):
        return ""
    kind, inside = node["t"], node.get("c", [])
    found.kinds.add(kind)
    if kind == "Str":
        return str(inside)
    if kind in ("Space", "SoftBreak", "LineBreak"):
        return " "
    if kind in ("Code", "Math", "RawInline"):
        return str(inside[1])
    if kind == "Quoted":
        sign = {"SingleQuote": "‘’", "DoubleQuote": "“”"}[inside[0]["t"]]
        return f"{sign[0]}{_words(inside[1], found)}{sign[1]}"
    if kind == "Note":
        of_note = Reading()
        _walk(inside, of_note)
        found.notes.append("\n".join(of_note.blocks))
        return ""
    return _words(inside, found)


def marks(text: str) -> int:
    """Count footnote marks that were read as text."""
    return len(re.findall(r"\[\^\d+\]", text))
