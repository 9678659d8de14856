"""What is on record of the charter's promises names sections and tests that there are."""

from __future__ import annotations

import re

from annotator import documents
from annotator.schemas import charter
from tests.conftest import ROOT

NEWEST = sorted((ROOT / "corpus" / "charter").glob("*.md"))[-1]
ROW = re.compile(r"^\| ([a-z-]+) \| (.+) \| `(\w+)` \|$", re.MULTILINE)


def test_every_promise_on_record_has_its_section_in_the_charter_and_its_test() -> None:
    rows = ROW.findall((ROOT / "docs" / "decisions" / "charter.md").read_text())
    assert len(rows) > 20
    parsed = documents.parse(NEWEST.read_bytes(), name=NEWEST.name)
    sections = {it.slug for it in parsed.provisions if it.kind == "section"}
    assert {section for section, _, _ in rows} <= sections
    written = "\n".join(path.read_text() for path in (ROOT / "tests").rglob("test_*.py"))
    assert [name for _, _, name in rows if f"def {name}(" not in written] == []


def test_every_rule_that_decisions_cite_is_the_paragraph_that_says_so() -> None:
    parsed = documents.parse(NEWEST.read_bytes(), name=NEWEST.name)
    for rule in charter.RULES.values():
        ordinal = parsed.numbered[rule.section, str(rule.paragraph)]
        it = parsed.provisions[ordinal]
        words = parsed.text[it.start : it.end]
        if rule.key in charter.GROUNDS:
            assert words.startswith(f"{rule.name}."), rule
        else:
            known = {"usable": "keep the place usable", "suspension": "suspend an account",
                     "no-ground": "a reason to hide a remark", "removal": "remove that version",
                     "mistake": "put it right"}  # fmt: skip
            assert known[rule.key] in words, rule


def test_a_rule_is_found_by_the_way_pages_cite_it() -> None:
    for each in charter.RULES.values():
        for named in (each.place, each.place.replace(" ¶ ", ", ¶"), each.place.replace(" ¶ ", "/")):
            assert charter.rule(named) == each
