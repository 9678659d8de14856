"""What the pages' scripts reckon without a page, run by Node."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from annotator.documents import parsed
from tests.conftest import ROOT, SAMPLES

NODE = shutil.which("node")
TESTS = sorted((ROOT / "tests" / "js").glob("*.test.js"))
OLDEST = 20  # older ones find no tests by themselves
SPLIT = """
import { toCodePoints, sentencesIn } from "./annotator/web/static/js/extend_range.js";
import { readFileSync } from "node:fs";
const texts = JSON.parse(readFileSync(0, "utf8"));
const spans = (text) => toCodePoints(text, sentencesIn(text)).map(({ start, end }) => [start, end]);
console.log(JSON.stringify(texts.map(spans)));
"""
HOW_SENTENCES_END = [
    "One. Two! Three? Four", "He said “No.” Then he left. (He came back.) Later",
    "See e.g. The book, cf. Ada and Dr. No. It is i.e. Done.", "3.14 is pi. 2 is not... Or is it?",
    "👒 one. 🐕 two. Éa three.", "No space.Here. not here. «Là.» «Ici.»", "", "...", "A.B. C. D",
    "What?! Really?!! “Yes!” she said.", "Ends etc. And then vs. Others. al. et al. Them.",
]  # fmt: skip


def node(*arguments: str | Path, text: str = "") -> str:
    """Run Node in the repository; return what it printed."""
    if NODE is None:
        pytest.skip("there is no Node (Debian's package nodejs)")
    version = subprocess.run([NODE, "--version"], capture_output=True, text=True, check=True).stdout
    if int(re.findall(r"\d+", version)[0]) < OLDEST:
        pytest.skip(f"this Node is older than {OLDEST}: {version.strip()}")
    done = subprocess.run([NODE, *arguments], cwd=ROOT, input=text, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_offsets_highlights_and_the_ends_of_ranges() -> None:
    printed = node("--test", "--test-reporter=tap", *TESTS)
    assert int(re.findall(r"^# pass (\d+)$", printed, re.MULTILINE)[0]) >= len(TESTS)


def test_sentences_grow_as_addresses_count_them() -> None:
    samples = (path.read_text("utf-8").split("\n") for path in sorted(SAMPLES.glob("*.md")))
    texts = HOW_SENTENCES_END + [line for lines in samples for line in lines]
    found = json.loads(node("--input-type=module", "-e", SPLIT, text=json.dumps(texts)))
    for text, spans in zip(texts, found, strict=True):
        assert [tuple(span) for span in spans] == list(parsed.split(text)), text
