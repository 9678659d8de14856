"""How provisions are counted, numbered, nested and named."""

from __future__ import annotations

import pytest

from tests.unit.documents.conftest import below, check, numbers, read


def numbered(markdown: str) -> list[str]:
    """Return the numbers of the provisions below the heading."""
    parsed = below(markdown)
    check(parsed)
    return [found.number for found in parsed.provisions[1:]]


def test_paragraphs_top_level_items_and_fences_are_a_unit_each() -> None:
    assert numbered("a\n\n- b\n- c\n\n```\nd\n```\n\ne") == ["1", "2", "3", "4", "5"]


def test_nested_items_are_counted_over_all_depths_within_their_unit() -> None:
    assert numbered("a\n\n- b\n  - c\n    - d\n  - e\n- f\n  - g") == [
        "1", "2", "2.1", "2.2", "2.3", "3", "3.1",
    ]  # fmt: skip


def test_further_blocks_of_an_item_are_its_parts() -> None:
    parsed = below("- a\n\n  b\n\n  - c\n\n    d\n\n  ```\n  e\n  ```\n\n  > f\n\n  g\n- h")
    check(parsed)
    assert numbers(parsed)[1:] == [
        ("item", "t/1"),
        ("paragraph", "t/1p2"),
        ("item", "t/1.1"),
        ("paragraph", "t/1.1p2"),
        ("code", "t/1p3"),
        ("quote", "t/1p4"),
        ("paragraph", "t/1p5"),
        ("item", "t/2"),
    ]
    assert {found.unit for found in parsed.provisions[1:8]} == {1}


def test_an_item_spans_what_is_nested_in_it_and_begins_with_its_own_words() -> None:
    parsed = below("- a\n  - b\n\n  c\n- d")
    item = parsed.provisions[1]
    assert parsed.text[item.start : item.end] == "a\nb\nc"
    assert [parsed.provisions[b.provision].number for b in parsed.blocks[1:]] == [
        "1", "1.1", "1p2", "2",
    ]  # fmt: skip


def test_an_item_without_words_of_its_own_begins_with_what_is_nested() -> None:
    parsed = below("- - a\n- ```\n  b\n  ```\n- > c\n-\n- d")
    check(parsed)
    assert numbers(parsed)[1:] == [
        ("item", "t/1"),
        ("item", "t/1.1"),
        ("item", "t/2"),
        ("item", "t/3"),
        ("quote", "t/3p2"),
        ("item", "t/4"),
    ]


def test_an_examples_caption_and_the_fence_directly_after_it_are_one_unit() -> None:
    parsed = below(
        "**Example**: a\n\n~~~\nb\n~~~\n\n~~~\nc\n~~~\n\n**Example**: d\n\ne\n\n~~~\nf\n~~~"
    )
    check(parsed)
    assert numbers(parsed)[1:] == [
        ("paragraph", "t/1"),
        ("code", "t/1p2"),
        ("code", "t/2"),
        ("paragraph", "t/3"),
        ("paragraph", "t/4"),
        ("code", "t/5"),
    ]


@pytest.mark.parametrize("caption", ["**Examples:**", "**Example 2**", "**Example**"])
def test_a_caption_is_known_by_its_first_strong_word(caption: str) -> None:
    assert numbered(f"{caption} a\n\n```\nb\n```") == ["1", "1p2"]


@pytest.mark.parametrize("words", ["Example: a", "a **Example**", "**Exemplary**: a"])
def test_other_words_before_a_fence_are_a_unit_of_their_own(words: str) -> None:
    assert numbered(f"{words}\n\n```\nb\n```") == ["1", "2"]


def test_paragraphs_of_quotations_and_admonitions_and_rows_are_a_unit_each() -> None:
    parsed = below("> a\n>\n> b\n>\n> - c\n\n!!! x\n    d\n\n    e\n\n| f | g |\n|-|-|\n| h | i |")
    check(parsed)
    assert numbers(parsed)[1:] == [
        ("quote", "t/1"),
        ("quote", "t/2"),
        ("item", "t/3"),
        ("paragraph", "t/4"),
        ("paragraph", "t/5"),
        ("row", "t/6"),
        ("row", "t/7"),
    ]
    groups = [found.attributes.get("group") for found in parsed.provisions[1:]]
    assert groups == ["q1", "q1", "q1", "a2", "a2", "t3", "t3"]


def test_units_are_counted_anew_under_every_heading() -> None:
    parsed = read("a\n\n# B\n\nc\n\nd\n\n## E\n\nf\n\n# G\n\nh")
    check(parsed)
    assert [address for _, address in numbers(parsed)] == [
        "preamble", "preamble/1", "b", "b/1", "b/2", "e", "e/1", "g", "g/1",
    ]  # fmt: skip


def test_sections_nest_by_level_and_end_with_their_last_descendant() -> None:
    parsed = read("# A\n\n### B\n\nc\n\n## D\n\n# E")
    check(parsed)
    sections = [found for found in parsed.provisions if found.level]
    assert [(s.slug, s.parent, s.section) for s in sections] == [
        ("a", None, None), ("b", 0, 0), ("d", 0, 0), ("e", None, None),
    ]  # fmt: skip
    assert [parsed.text[s.start : s.end] for s in sections] == ["A\nB\nc\nD", "B\nc", "D", "E"]


def test_the_first_heading_ends_the_preamble_whatever_its_level() -> None:
    parsed = read("a\n\n### B\n\nc")
    assert [found.parent for found in parsed.provisions] == [None, 0, None, 2]


def test_a_heading_inside_an_item_or_a_quotation_is_words_of_it() -> None:
    parsed = below("- ## a\n\n  b\n\n> ## c\n\n!!! x\n    ## d")
    check(parsed)
    assert numbers(parsed)[1:] == [
        ("item", "t/1"), ("paragraph", "t/1p2"), ("quote", "t/2"), ("section", "d"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("Claude’s “core” values", "claudes-core-values"),
        ("  Don't & won't — ever! ", "dont-wont-ever"),
        ("Ünïcode ﬁne", "unicode-fine"),
        ("снова", "снова"),
        ("第1条　定義", "第1条-定義"),
        ("التعريفات", "التعريفات"),
        ("هدف\u200cها", "هدفها"),
        ("हिन्दी में", "हिन्दी-में"),
        ("Große Straße", "große-straße"),
        ("Прозрачность и Ё", "прозрачность-и-ё"),
        ("—", "section"),
        ("p", "p-2"),
        ("`code` *and* [link](x)", "code-and-link"),
    ],
)
def test_a_slug_keeps_letters_of_any_script(heading: str, slug: str) -> None:
    assert read(f"# {heading}\n\na").provisions[0].slug == slug


def test_equal_slugs_are_told_apart_by_a_number_whatever_their_case() -> None:
    parsed = read("# A\n\n# A\n\n# A-2\n\n# A\n\n# X {#a}\n\n# Y {#A}")
    slugs = [found.slug for found in parsed.provisions]
    assert slugs == ["a", "a-2", "a-2-2", "a-3", "a-4", "A-5"]


def test_a_heading_without_words_begins_no_section() -> None:
    assert [address for _, address in numbers(read("# A\n\nb\n\n#\n\nc"))] == ["a", "a/1", "a/2"]


def test_pids_and_digests_speak_of_the_words_alone() -> None:
    one, other = below("- *a*\n- b"), below("1) a\n2) b")
    assert [p.digest for p in one.provisions] == [p.digest for p in other.provisions]
    assert one.sha256 == other.sha256
