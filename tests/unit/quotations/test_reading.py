"""What stands between marks, in Markdown, HTML and plain text, with its place in the source."""

from __future__ import annotations

import pytest

from annotator.quotations import Kind
from annotator.quotations.essay.candidates import candidates
from annotator.quotations.essay.essay_reader import read


def marked(essay: str, kind: Kind = "text") -> list[str]:
    prose = read(essay, kind)
    told = [it for it in candidates(prose) if it.form in ("inline", "block")]
    return [essay[slice(*prose.source(it.start, it.end))] for it in told]


@pytest.mark.parametrize(
    ("essay", "inside"),
    [
        ("Say “a b c” now.", ["a b c"]),
        ('Say "a b c" now.', ["a b c"]),
        ("Say 'don't do c' now.", ["don't do c"]),
        ("Say ‘don’t do c’ now.", ["don’t do c"]),
        ("Say ‘the users’ own words’ now.", ["the users’ own words"]),
        ("Sie sagt „a b c“ nun.", ["a b c"]),
        ("Sie sagt »a b c« nun.", ["a b c"]),
        ("Elle dit « a b c » ici.", [" a b c "]),
        ("Hon säger ”a b c” nu.", ["a b c"]),
        ("Hon säger »a b c» nu, och ’d e’.", ["a b c", "d e"]),
        ('On mówi „a b c” i „d e".', ["a b c", "d e"]),
        ('彼は「a b c」と"d e"と言う。', ["a b c", "d e"]),
        ("She typed ``a b c'' and ,,d e'' and <<f g>>.", ["a b c", "d e", "f g"]),
        ("Twice the same: “a b c“ and ‘d e‘.", ["a b c", "d e"]),
        ("¿Dice «a “b” c»?", ["a “b” c", "b"]),
        ("He said “she said ‘a b c’ then” now.", ["she said ‘a b c’ then", "a b c"]),
        ("It's 5\" wide, isn't it? The dogs' bowls.", []),
        ("“One two\n\n“three four” and five.", ["One two\n\n“three four", "three four"]),
        ("An “opened mark\n\nand nothing more.", []),
    ],
)
def test_marks_are_read_by_what_stands_beside_them(essay: str, inside: list[str]) -> None:
    assert marked(essay) == inside


@pytest.mark.parametrize(
    ("kind", "essay", "inside"),
    [
        ("markdown", "See\n\n> one *two* three\n> four\n\nEnd.", ["one *two* three\n> four"]),
        ("markdown", "A [“one two”](http://x/a_b_c) b", ["one two"]),
        ("markdown", "A “one[^1] **two** &amp; \\[three\\]” b",
         ["one[^1] **two** &amp; \\[three\\]"]),
        ("markdown", "A &ldquo;one two&rdquo; b\r\n\r\nand “three four”",
         ["one two", "three four"]),
        ("markdown", "```\n“one two”\n```\n\nb", []),
        ("html", "<p>A <q>one <em>two</em></q> b</p>", ["one <em>two"]),
        ("html", "<p>a</p><blockquote><p>one two</p></blockquote><p>b</p>", ["one two"]),
        ("html", "<script>“one two”</script><!-- “a b” --><p title='“c d”'>“three four” e",
         ["three four"]),
        ("text", "He wrote:\n\n> one two\n> three\n\nSo.", ["one two\n> three"]),
        ("text", "a\n\nSee: “x_one_ *two*” b", ["x_one_ *two*"]),
    ],
)  # fmt: skip
def test_each_format_keeps_the_place_in_its_source(
    kind: Kind, essay: str, inside: list[str]
) -> None:
    assert marked(essay, kind) == inside


@pytest.mark.parametrize(
    ("kind", "essay", "words"),
    [
        ("markdown", "a `<q>*b*</q>` c", ["a <q>*b*</q> c"]),
        ("markdown", "one <https://a.example> ![alt *text*](x) two", ["one  alt text two"]),
        ("markdown", "one<sup>1</sup> m<sup>four</sup>", ["one mfour"]),
        ("markdown", "---\ntitle: x\n---\n\none\\\ntwo\r\nthree", ["one\ntwo\nthree"]),
        ("markdown", "[^a]: unused\n\none[^b]", ["unused", "one"]),
        ("html", "<p>one<sup>[2]</sup><p style='display:none'>two<p>thr\r\nee", ["one", "thr\nee"]),
        ("html", "<p>one\ud800 two\0<p>three", ["one\ufffd two\ufffd", "three"]),
        ("html", "<table><tr><td>a<td>b<br>c</table>", ["a", "b\nc"]),
    ],
)
def test_only_visible_words_are_read(kind: Kind, essay: str, words: list[str]) -> None:
    prose = read(essay, kind)
    assert [prose.text[block.start : block.end] for block in prose.blocks] == words
    for block in prose.blocks:
        start, end = prose.source(block.start, block.end)
        assert 0 <= start < end <= len(essay)


def test_tags_of_a_quotation_around_markdown_set_it_off() -> None:
    essay = "<blockquote>\n\none *two*\n\n</blockquote>\n\nthree"
    assert marked(essay, "markdown") == ["one *two"]


@pytest.mark.parametrize(
    ("kind", "essay"), [("markdown", ">" * 80 + " “a b”"), ("html", "<div>" * 300 + "“a b”")]
)
def test_an_essay_that_is_nested_too_deeply_is_read_as_text(kind: Kind, essay: str) -> None:
    assert "a b" in read(essay, kind).text
    assert any("a b" in words for words in marked(essay, kind))


def test_the_line_that_names_a_source_is_no_part_of_a_quotation() -> None:
    from tests.unit.quotations.test_finding import only

    essay = "> the grass does not recover from boots\n>\n> — Rules of the Garden, 2\n"
    assert only(essay).as_written == "the grass does not recover from boots"
