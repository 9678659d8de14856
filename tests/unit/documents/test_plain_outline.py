"""Plain text as standards and laws have it: numbered headings, pages, contents, divided words."""

from __future__ import annotations

import re

import pytest

from tests.conftest import SAMPLES
from tests.unit.documents.conftest import blocks, check, check_origins, read

RFC = """Working Group                                            J. Doe

Table of Contents

   1.  Introduction . . . . . . . . . . . . . 2
   2.  Rules  . . . . . . . . . . . . . . . . 3
     2.1.  Syntax . . . . . . . . . . . . . . 3

1.  Introduction

   This protocol is well-
   known, says the agree-
   ment.

Doe                    Standards Track              [Page 1]
\f
RFC 9999              Little Protocol           March 2020

2.  Rules

   CRLF = CR LF

   1.  be quick

   2.  be brief

2.1.  Syntax

   The syntax of it goes on over

Doe                    Standards Track              [Page 2]
\f
RFC 9999              Little Protocol           March 2020

   the page's end.  An agreement is made.

3.  Ends

   It ends, as is well known.

Doe                    Standards Track              [Page 3]
"""


@pytest.mark.parametrize("text", [RFC, RFC.replace("\f\n", "")])
def test_a_standard_has_its_sections_and_no_pages(text: str) -> None:
    parsed = read(text, ".txt")
    check(parsed)
    assert blocks(parsed) == [
        ("paragraph", "Working Group J. Doe"),
        ("heading", "1. Introduction"),
        ("paragraph", "This protocol is well-known, says the agreement."),
        ("heading", "2. Rules"),
        ("paragraph", "CRLF = CR LF"),
        ("item", "be quick"),
        ("item", "be brief"),
        ("heading", "2.1. Syntax"),
        ("paragraph", "The syntax of it goes on over the page's end. An agreement is made."),
        ("heading", "3. Ends"),
        ("paragraph", "It ends, as is well known."),
    ]
    levels = [found.level for found in parsed.provisions if found.level]
    assert levels == [1, 1, 2, 1]
    assert "RFC 9999 Little Protocol March 2020" in map(" ".join, map(str.split, parsed.left_out))


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        (
            "Article 1\nPurpose\n\nThis law serves gardens.\n\nArticle 2\nScope\n\nIt holds:\n\n"
            "1. big ones\n\n2. small ones\n\nArticle 2a Exceptions\n\nNone.",
            ["Article 1 Purpose", "Article 2 Scope", "Article 2a Exceptions"],
        ),
        (
            "§ 1 Geltung\n\nDieses Gesetz gilt.\n\n§ 2 Begriffe\n\nBegriffe sind Worte.",
            ["§ 1 Geltung", "§ 2 Begriffe"],
        ),
        (
            "Chapter I\nGeneral\n\nSection 1\n\nWords stand here.\n\nSection 2\n\nMore of them."
            "\n\nChapter II\nEnds\n\nSection 3\n\nThe end.",
            ["Chapter I General", "Section 1", "Section 2", "Chapter II Ends", "Section 3"],
        ),
        (
            "1 Zweck\n\nDer Zweck ist da.\n\n1.1 Anlass\n\nEr auch.\n\n2 Ende\n\nEs endet.",
            ["1 Zweck", "1.1 Anlass", "2 Ende"],
        ),
        ("Shopping List\n\n1. Bread\n\n2. Butter\n\n3. Jam\n\nThat is all.", ["Shopping List"]),
        ("Two Things\n\n1. Bread\n\n2. Butter\n", ["Two Things"]),
        (
            "STATUTS\n\nArticle premier. Objet\n\nLe texte.\n\nArticle 2. Siège\n\nIci.",
            ["STATUTS", "Article premier. Objet", "Article 2. Siège"],
        ),
        (
            "STATUTS\n\nArticle 1er - Objet\n\nLe texte.\n\nArticle 2 - Siège\n\nIci.",
            ["STATUTS", "Article 1er - Objet", "Article 2 - Siège"],
        ),
        (
            "会則\n\n第1条（名称）\n\n本会は、甲会という。\n\n第2条（目的）\n\n次のとおり。",
            ["会則", "第1条（名称）", "第2条（目的）"],
        ),
        (
            "章程\n\n第一章 总则\n\n第一条　为了规范，制定本法。\n\n第二条　本法适用。",
            ["章程", "第一章 总则"],
        ),
        (
            "회칙\n\n제1조(목적)\n\n목적을 정한다.\n\n제2조(회원)\n\n회원은 이렇다.",
            ["회칙", "제1조(목적)", "제2조(회원)"],
        ),
        ("नियमावली\n\nयह नियम है।\n\nदूसरा नियम भी है।", ["नियमावली"]),
        ("النظام\n\nهل هذا سؤال؟\n\nنعم، كذلك؛", ["النظام"]),
        ("RULES\n\nThe year\n\n2020 was good.\n\n2021 was not.", ["RULES"]),
    ],
)
def test_numbers_that_follow_each_other_make_headings(text: str, headings: list[str]) -> None:
    parsed = read(f"{text}\n", ".txt")
    check(parsed)
    found = [words for kind, words in blocks(parsed) if kind == "heading"]
    assert found == headings


OUTLINES = {
    "standard.txt": """
        1 Abstract | 1 Status of This Memo | 1 Copyright Notice | 1 1. Introduction
        2 1.1. Requirements Language | 1 2. Syntax | 2 2.1. Core Rules
        1 3. Security Considerations | 1 4. References | 2 4.1. Normative References
        1 Appendix A. Examples | 2 A.1. Small Cans | 2 A.2. Large Cans | 1 Appendix B. Changes
        1 Acknowledgements | 1 Authors' Addresses""",
    "law.txt": """
        1 GARDEN ACT 2021 | 1 2021 CHAPTER 7 | 1 PART 1 GENERAL | 2 Article 1 Purpose
        2 Article 2 Definitions | 2 Article 3 Scope of the Act | 1 PART 2 DUTIES
        2 Chapter 1 – Water | 2 Article 4 Duty to water | 2 Article 5 Exceptions
        2 Article 5a Frost | 1 ANNEX I LIST OF PLANTS | 1 ANNEX II Forms""",
}


@pytest.mark.parametrize("name", OUTLINES)
def test_a_whole_text_has_its_outline_and_nothing_of_its_print(name: str) -> None:
    data = (SAMPLES / name).read_bytes()
    parsed = read(data.decode(), ".txt")
    check(parsed)
    check_origins(data, ".txt", parsed)
    outline = [
        f"{found.level} {found.attributes['title']}" for found in parsed.provisions if found.level
    ]
    assert outline == [each.strip() for each in OUTLINES[name].replace("|", "\n").split("\n")[1:]]
    words = re.compile(r"[^\W\d_]{2,}")
    there = set(words.findall(" ".join((parsed.text, *parsed.left_out))))
    assert set(words.findall(data.decode())) == there
    assert not any(word in parsed.text for word in ("[Page", "RFC 9876 ", "Contents", "CONTENTS"))
