"""Markdown as publishers write it."""

from __future__ import annotations

import pytest

from annotator.errors import SourceFault
from tests.unit.documents.conftest import below, blocks, check, marks, numbers, read


def words(markdown: str) -> list[str]:
    """Return the words of the blocks below the heading."""
    parsed = below(markdown)
    check(parsed)
    return [text for _, text in blocks(parsed)[1:]]


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("*a* __b__ ~~c~~ `d  e`", "a b c d e"),
        (r"\*a\* &amp; &lt;b&gt; &#8212; &nbsp;c", "*a* & <b> — c"),
        ("a[^1] b[^8ep1], c[^u3nx]:", "a b, c:"),
        ("see [?](#part) and [ ? ](#other)", "see #part and #other"),
        ("see [?] and [what?](#x)", "see [?] and what?"),
        ("a ![picture](x.png) b", "a b"),
        ("a <span class='x'>b</span><!-- c --> d", "a b d"),
        ("a <script>alert(1)</script> b", "a b"),
        ("\"a\" 'b' -- --- ... (c)", "\"a\" 'b' -- --- ... (c)"),
        ("a   \nb\\\nc<br>d<br/>e", "a b c d e"),
        ("a\u00a0b\u2028c", "a b c"),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))"),
    ],
)
def test_only_visible_words_are_kept(markdown: str, shown: str) -> None:
    assert words(markdown) == [shown]


def test_marks_say_what_was_emphasised_linked_code_or_broken() -> None:
    parsed = below("a *b **c*** [d `e`](#f)  \n[?](#g)")
    assert marks(parsed) == [
        ("em", "b c", ""),
        ("strong", "c", ""),
        ("link", "d e", "#f"),
        ("code", "e", ""),
        ("break", " ", ""),
        ("link", "#g", "#g"),
    ]


def test_blocks_stand_in_the_order_of_the_text_with_their_kinds() -> None:
    table = "| f | g |\n|---|---|\n| h | |"
    parsed = below(f"a\n\n- b\n  - c\n\n> d\n\n```py\ne\n```\n\n{table}\n\n***")
    assert blocks(parsed)[1:] == [
        ("paragraph", "a"),
        ("item", "b"),
        ("item", "c"),
        ("quote", "d"),
        ("code", "e"),
        ("cell", "f"),
        ("cell", "g"),
        ("cell", "h"),
    ]


def test_lines_that_go_on_lazily_belong_to_their_item() -> None:
    assert words("- a\nb\n- c\n  d\n\n> e\nf") == ["a b", "c d", "e f"]


def test_a_fence_may_be_of_either_kind_and_hold_the_other() -> None:
    parsed = below("~~~xml\n<a> <!-- kept -->\n```\n b\n```\n~~~\n\n    indented\n")
    assert blocks(parsed)[1:] == [
        ("code", "<a> <!-- kept -->\n```\n b\n```"),
        ("code", "indented"),
    ]
    assert parsed.provisions[1].attributes == {"language": "xml"}


def test_a_fence_in_a_list_item_loses_the_items_indentation_only() -> None:
    assert words("- a\n\n  ```\n  b\n    c\n  ```\n") == ["a", "b\n  c"]


@pytest.mark.parametrize(
    ("heading", "slug", "attributes"),
    [
        ("Words {#an_anchor}", "an_anchor", {"title": "Words", "anchor": "an_anchor"}),
        (
            "W {#a .c authority=user note='b c'}",
            "a",
            {"title": "W", "anchor": "a", "authority": "user", "note": "b c"},
        ),
        ("What is {this}", "what-is-this", {"title": "What is {this}"}),
        ("Mark[^1] {#m}", "m", {"title": "Mark", "anchor": "m"}),
        ("Odd {#with/slash}", "with-slash", {"title": "Odd", "anchor": "with/slash"}),
        ("Escaped \\#x #", "escaped-x", {"title": "Escaped #x"}),
    ],
)
def test_a_headings_attributes_are_taken_off(
    heading: str, slug: str, attributes: dict[str, str]
) -> None:
    section = read(f"## {heading}\n\na").provisions[0]
    assert (section.slug, dict(section.attributes)) == (slug, attributes)


def test_headings_may_be_underlined() -> None:
    parsed = read("One {#a}\n===\n\nTwo\n---\n\nb")
    assert [(s.slug, s.level) for s in parsed.provisions[:2]] == [("a", 1), ("two", 2)]


def test_an_admonitions_title_is_an_attribute_and_its_contents_are_blocks() -> None:
    parsed = below('!!! meta "My *title*"\n    a\n\n    - b\n\nc\n\n!!! note\n    d')
    assert blocks(parsed)[1:] == [
        ("paragraph", "a"),
        ("item", "b"),
        ("paragraph", "c"),
        ("paragraph", "d"),
    ]
    a, b, c, d = (dict(found.attributes) for found in parsed.provisions[1:])
    meta = {"admonition": "meta", "admonition_title": "My title", "group": "a1"}
    assert (a, b, c) == (meta, meta | {"marker": "-"}, {})
    assert d == {"admonition": "note", "admonition_title": "Note", "group": "a2"}


def test_front_matter_becomes_metadata_and_no_block() -> None:
    parsed = read('---\ntitle: "A text"\nAuthor: B\nempty:\n- list\n---\n# C\n\nd')
    assert parsed.title == "A text"
    assert dict(parsed.metadata) == {"title": "A text", "author": "B"}
    assert parsed.text == "C\nd"


def test_footnotes_stand_as_a_list_at_the_end_and_their_marks_are_gone() -> None:
    parsed = below("a[^1] b[^none] c[^x].\n\n[^1]: One\n    goes on.\n\n    More.\n[^x]: Two.\n\nd")
    assert blocks(parsed)[1:] == [
        ("paragraph", "a b c."),
        ("paragraph", "d"),
        ("item", "One goes on."),
        ("paragraph", "More."),
        ("item", "Two."),
    ]


def test_html_blocks_are_read_as_html() -> None:
    parsed = below("<div>a <b>b</b><p>c</p>\n<ul><li>d</li></ul></div>\n\n<!-- e -->\n\n*f*")
    assert blocks(parsed)[1:] == [
        ("paragraph", "a b"),
        ("paragraph", "c"),
        ("item", "d"),
        ("paragraph", "f"),
    ]


def test_what_a_picture_shows_stays_an_attribute() -> None:
    parsed = below("a ![one *two*](x) b ![three](y)\n\n![alone](z)\n\n- ![in item](w) c")
    section, paragraph, item = parsed.provisions
    assert paragraph.attributes["alt"] == "one two\nthree"
    assert section.attributes["alt"] == "alone"
    assert item.attributes["alt"] == "in item"


def test_an_ordered_lists_numbers_go_on_from_its_first() -> None:
    parsed = below("3. a\n3. b\n\n<!-- -->\n\n1) c")
    assert [found.attributes["marker"] for found in parsed.provisions[1:]] == ["3.", "4.", "1."]


def test_the_contents_table_goes_and_the_heading_above_it_is_the_title() -> None:
    parsed = read("# The *title*\n\n[A](#a)\n\n[B](#b)\n\n# A\n\nb [B](#b)\n\n# B\n\n[A](#a)\n\nc")
    assert parsed.title == "The title"
    assert parsed.text == "A\nb B\nB\nA\nc"


@pytest.mark.parametrize(
    "contents",
    [
        "- [A](#a)\n  - [B](#b)\n- [C](#c)",
        "1. [A](#a)\n2. [B](#b)",
        "[A](#a)  \n[B](#b)",
        "[A](#a) | [B](#b)",
        "## Contents\n\n* [A](#a)\n* [B](#b)",
    ],
)
def test_a_contents_table_may_be_a_list_a_line_or_have_a_caption(contents: str) -> None:
    parsed = read(f"# T\n\n{contents}\n\n## A\n\nb")
    assert (parsed.title, parsed.text) == ("T", "A\nb")


def test_words_between_the_title_and_the_contents_are_a_preamble() -> None:
    parsed = read("# T\n\nBy somebody.\n\n- [A](#a)\n- [B](#b)\n\n## A\n\nb")
    assert parsed.title == "T"
    assert numbers(parsed) == [
        ("section", "preamble"),
        ("paragraph", "preamble/1"),
        ("section", "a"),
        ("paragraph", "a/1"),
    ]
    assert parsed.provisions[0].level == 0


def test_links_further_on_and_one_link_alone_are_text() -> None:
    assert read("# T\n\n[A](#a)\n\n## A\n\nb").text == "T\nA\nA\nb"
    within = read("# T\n\na\n\n## A\n\n[B](#b)\n\n[C](#c)\n\n### D\n\ne")
    assert within.text == "T\na\nA\nB\nC\nD\ne"
    assert read("# T\n\nSee [A](#a) and [B](#b).").text == "T\nSee A and B."
    assert read("# T\n\n[A](#a)\n\n[B](#b)").text == "T\nA\nB"
    assert read("# T\n\n[A](https://a.org)\n\n[B](https://b.org)").text == "T\nA\nB"


@pytest.mark.parametrize("piece", [">", "- ", "1. ", "* > ", "    !!! x\n"])
def test_nesting_beyond_all_reason_is_refused_and_no_words_are_lost(piece: str) -> None:
    deep = "".join("    " * i + "!!! x\n" for i in range(80)) if "!!!" in piece else piece * 200
    with pytest.raises(SourceFault, match="nested more than 30 deep"):
        below(deep + "words")


def test_open_brackets_beyond_all_reason_are_refused() -> None:
    with pytest.raises(SourceFault, match="more than 20 brackets open"):
        below("[" * 1000 + "a")


@pytest.mark.parametrize("tag", ["div", "p", "section", "aside", "dialog", "search", "menu"])
def test_blocks_of_html_within_a_line_keep_their_words_apart(tag: str) -> None:
    assert read(f"# T\n\na <{tag}>b</{tag}><{tag}>c</{tag}>d").text == "T\na b c d"
