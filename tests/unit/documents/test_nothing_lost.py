"""Every word of a source is in the text, or in the list of what was left out; struck is struck."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from lxml import html as lxml_html

from annotator.documents import Parsed, parse
from annotator.web.pages.text.manuscript import Manuscript, render
from tests.unit.documents.conftest import below, blocks, check, marks, numbers, read

WORD = re.compile(r"\w+")


def counted(text: str) -> Counter[str]:
    return Counter(WORD.findall(text))


def rendered_words(source: str, suffix: str) -> Counter[str]:
    """The words of a source as an independent reader has them."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    page = source if suffix == ".html" else github_flavored_markdown_to_html(source, options)
    tree = lxml_html.document_fromstring(page)
    for unseen in tree.xpath("//script|//style|//title|//template"):
        unseen.drop_tree()
    return counted(" ".join(tree.itertext()))


SOURCES = {
    "a rule on the first line": (
        "---\n\n# Charter\n\nLiability words.\n\n---\n\n## Next\n\nMore words.", ".md"),
    "a rule, prose with a colon": ("---\n# A\n\nNote well: this stays. And\n\n---\n\nmore", ".md"),
    "an aside": ("# A\n\n<aside>\nkept here\n</aside>\n\nend", ".md"),
    "a footer": ("# A\n\n<footer>kept *here*</footer>\n\nend", ".md"),
    "boxes": ("# A\n\n<div><header><p>one</p></header><section>two</section></div>\n", ".md"),
    "a definition list": ("# A\n\nTerm\n: What it means.\n: Or this.\n\nOther\n: That.\n", ".md"),
    "an article": (
        "<article><header><h1>A</h1><p>by us</p></header><p>b</p><aside>c d</aside>"
        "<footer><p>licence words</p></footer></article>", ".html"),
    "a page": (
        "<header>site name<nav><a href='/'>home</a></nav></header><main><h1>A</h1>b"
        "<footer>end notes</footer></main><aside>see also</aside><footer>us</footer>", ".html"),
    "hidden words": ("<h1>A</h1><p hidden>unseen</p><p style='display:none'>nor it</p>b", ".html"),
    "contents": ("<h1>T</h1><ul><li><a href='#a'>Aa</a><li><a href='#b'>Bb</a></ul>"
                 "<h1 id=a>Aa</h1>x<h1 id=b>Bb</h1>y", ".html"),
    "a change": ("<h1>A</h1><p>pay <del>ten</del><ins>twenty</ins> euro</p>", ".html"),
    "a change in Markdown": ("# A\n\npay <del>ten</del> <ins>twenty</ins>, ~~old~~ new", ".md"),
    "controls": ("<h1>A</h1><p><button>b</button><select><option>c</select><iframe>d</iframe></p>"
                 "<noscript>e</noscript><svg><text>f</text></svg>", ".html"),
    "words before the text": ("<body>x<main><h1>A</h1>b</main></body>", ".html"),
    "an unused footnote": ("# A\n\nb\n\n[^1]: Note words.\n", ".md"),
    "a picture in notes": (
        "<h1>A</h1><section class=footnotes><img alt=x></section><p>b</p>", ".html"),
    "notes in an item": (
        "<h1>A</h1><p>a</p><ul><li>b<ol class=references><li>c</li></ol><p>d</p></li></ul><p>e</p>",
        ".html"),
    "a break in the title of an empty box": (
        "<h1>A</h1><div class='admonition note'><p class=admonition-title>b<br>c</p></div>",
        ".html"),
    "a table": ("# A\n\n| a | b |\n|---|---|\n| c | d |\n", ".md"),
    "a rule and a setting below a blank line": ("---\n\nWords: see\n\n---\n\n# A\n", ".md"),
}  # fmt: skip


@pytest.mark.parametrize(("source", "suffix"), SOURCES.values(), ids=SOURCES)
def test_every_word_is_in_the_text_or_in_the_list(source: str, suffix: str) -> None:
    parsed = read(source, suffix)
    check(parsed)
    there = counted(" ".join((parsed.title or "", parsed.text, *parsed.left_out)))
    assert not rendered_words(source, suffix) - there


@pytest.mark.parametrize("lead", ["", "> ", "   "])
def test_cells_beyond_the_head_of_a_table_are_left_out(lead: str) -> None:
    rows = ["| a | b |", "|---|---|", "| c | d | e | f \\| g |", "c | d | h", "| c |", "| c | d |"]
    parsed = below("\n".join(lead + row for row in rows))
    assert [words.strip() for words in parsed.left_out] == ["e", "f | g", "h"]


def test_the_title_of_a_box_that_holds_only_a_box_is_left_out() -> None:
    parsed = read('# A\n\n!!! a "Outer"\n\n    !!! b "Inner"\n        word\n')
    assert parsed.left_out == ("Outer",)
    assert parsed.provisions[-1].attributes["admonition_title"] == "Inner"


def test_a_script_that_is_left_open_takes_in_nothing_of_ours() -> None:
    parsed = read("# A\n\n<pre><script>")
    assert (parsed.text, parsed.left_out) == ("A", ())


def test_the_real_texts_lose_nothing(source: str) -> None:
    parsed = read(source)
    there = " ".join((parsed.title or "", parsed.text, *parsed.left_out))
    links = re.sub(r"\]\([^)\n]*\)|\{[#.][^}\n]*\}$|\[\^[^\]]+\]", "]", source, flags=re.MULTILINE)
    lost = rendered_words(re.sub(r"^!!!.*$", "", links, flags=re.MULTILINE), ".md") - counted(there)
    assert not [word for word in lost if word not in there]


@pytest.mark.parametrize(
    ("front", "title"),
    [
        ("---\ntitle: A b\nlang: en\n---\n", "A b"),
        (
            "---\ntitle: !!python/unicode 'Gesetz'\ntags:\n  - a\n# note\n---\n",
            "Gesetz",
        ),
        ('+++\ntitle = "A b"\ndraft = true\n[params]\nx = 1\n+++\n', "A b"),
        ("---\nlayout: page\ntitle: 'A: b'\n\nauthors: [x, y]\n...\n", "A: b"),
        ('---\n"title": A b\nÜberschrift: c\n---\n', "A b"),
    ],
)
def test_front_matter_is_no_text(front: str, title: str) -> None:
    parsed = read(f"{front}\n# H\n\nwords")
    assert (parsed.title, parsed.text) == (title, "H\nwords")


@pytest.mark.parametrize(
    ("source", "suffix", "text", "kinds"),
    [
        ("fee ~~10~~ 20 and 10<sup>6</sup>", ".md", "fee 10 20 and 106", ["del", "sup"]),
        ("fee <del>10</del><ins>20</ins>", ".md", "fee 20", ["ins"]),
        ("fee <ins>20</ins> <s>10</s> euro", ".md", "fee 20 euro", ["ins"]),
        ("~~10~~<ins>20</ins> H<sub>2</sub>O", ".md", "20 H2O", ["ins", "sub"]),
        ("a <q>b</q> <em>c</em>", ".md", "a b c", ["q", "em"]),
        ("<p>fee <del>10</del> <ins>20</ins></p>", ".html", "fee 20", ["ins"]),
        ("<p>fee <strike>10</strike> now 20</p>", ".html", "fee 10 now 20", ["del"]),
        ("<p><q>a</q> b<sup>2</sup><sub>n</sub></p>", ".html", "a b2n", ["q", "sup", "sub"]),
        ("<p>a<span style='TEXT-DECORATION: Line-Through red'>b</span>c", ".html", "abc", ["del"]),
        ("<p>a<font style='x:y;vertical-align:super'>b</font>c", ".html", "abc", ["sup"]),
        ("<p>H<span style='vertical-align: sub'>2</span>O", ".html", "H2O", ["sub"]),
        ("<p>a<span style='vertical-align:baseline'>b</span>", ".html", "ab", []),
    ],
)
def test_struck_raised_and_quoted_words_are_marked(
    source: str, suffix: str, text: str, kinds: list[str]
) -> None:
    heading = "# T\n\n" if suffix == ".md" else "<h1>T</h1>"
    parsed = read(heading + source, suffix)
    check(parsed)
    assert parsed.text == f"T\n{text}"
    assert [kind for kind, _, _ in marks(parsed)] == kinds


WORD_PAGE = """<html><body><h1>T</h1>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span><![endif]>one</p>
<p class=MsoListParagraph style='mso-list:l0 level2 lfo1'><span
style='mso-list:Ignore'>o</span>inner</p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span
style='mso-list:Ignore'>·</span>two</p>
<p class=MsoNormal>after</p></body></html>"""
WIKIPEDIA = """<html><body><main><h1>T</h1><div class="toc"><ul><li><a href="#a">1 A</a></li>
</ul></div><h2><span id="a">A</span><span class="mw-editsection">[<a href="/e">edit</a>]</span></h2>
<p>one<sup class="reference"><a href="#cite_note-1">[1]</a></sup></p>
<div class="navbox">boxes</div><ol class="references"><li id="cite_note-1"><span
class="mw-cite-backlink"><b><a href="#cite_ref-1">^</a></b></span> a source</li></ol></main>
</body></html>"""
GOOGLE = """<html><head><style>.c1{color:red}.c2{vertical-align:super}</style></head><body>
<h1>T</h1>
<p>one<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup><span class="c1 c2">2</span><sup><a
href="#ftnt1" id="ftnt_ref1">[1]</a></sup></p><hr>
<div><p><a href="#ftnt_ref1" id="ftnt1">[1]</a><span>&nbsp;a note</span></p></div>
<div><p><a href="#ftnt_ref2" id="ftnt2">[2]</a><span>&nbsp;another</span></p></div>
<div><p><a href="#cmnt_ref1" id="cmnt1">[a]</a><span>odd?</span></p></div>
</body></html>"""


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (WORD_PAGE, [("item", "one"), ("item", "inner"), ("item", "two"), ("paragraph", "after")]),
        (WIKIPEDIA, [("paragraph", "one"), ("item", "a source")]),
        (GOOGLE, [("paragraph", "one2"), ("paragraph", "a note"), ("paragraph", "another")]),
    ],
)
def test_pages_of_other_programs_are_cleaned(page: str, expected: list[tuple[str, str]]) -> None:
    parsed = read(page, ".html")
    check(parsed)
    assert blocks(parsed)[1:] == expected
    if page is WORD_PAGE:
        assert [number for _, number in numbers(parsed)][1:4] == ["t/1", "t/1.1", "t/2"]
    if page is GOOGLE:
        assert [kind for kind, _, _ in marks(parsed)] == ["sup"]
        assert [number for _, number in numbers(parsed)][-2:] == ["footnotes/1", "footnotes/2"]


NOTES = "# A\n\none[^1]\n\n## B\n\ntwo[^2]\n\n[^1]: First note.\n[^2]: Second note.\n"


@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_footnotes_are_a_section_of_their_own(suffix: str) -> None:
    source = NOTES
    if suffix == ".html":
        source = (
            '<h1>A</h1><p>one</p><h2>B</h2><p>two</p><section class="footnotes"><ol>'
            '<li id="fn1"><p>First note. <a href="#fnref1" class="footnote-backref">↩</a></p></li>'
            "<li><p>Second note.</p></li></ol></section>"
        )
    parsed = read(source, suffix)
    check(parsed)
    kept = [("section", "footnotes"), ("item", "footnotes/1"), ("item", "footnotes/2")]
    assert numbers(parsed)[-3:] == kept
    assert parsed.provisions[-3].parent is None


def test_notes_of_an_item_are_parts_of_it() -> None:
    item = "<li>b<section class=footnotes><p>c</p></section></li>"
    page = f"<h1>A</h1><p>a</p><ul>{item}</ul><p>d</p>"
    parsed = read(page, ".html")
    check(parsed)
    assert [number for _, number in numbers(parsed)] == ["a", "a/1", "a/2", "a/2p2", "a/3"]
    assert [found.unit for found in parsed.provisions] == [None, 1, 2, 2, 3]


def test_a_new_section_does_not_move_the_footnotes() -> None:
    before, after = (
        parsed_places(NOTES),
        parsed_places(NOTES.replace("[^1]: F", "## C\n\nx\n\n[^1]: F")),
    )
    assert before["First note."] == after["First note."] == "footnotes/1"


def parsed_places(source: str) -> dict[str, str]:
    parsed: Parsed = parse(source.encode(), name="a.md")
    return {
        parsed.text[found.start : found.end]: f"{parsed.slug(at)}/{found.number}"
        for at, found in enumerate(parsed.provisions)
    }


def test_a_paragraph_keeps_its_language_and_direction() -> None:
    page = '<html lang="en"><h1>T</h1><p>a</p><div lang="he" dir="rtl"><p>שלום</p></div><p>b</p>'
    parsed = read(page, ".html")
    said = [dict(found.attributes) for found in parsed.provisions if found.kind == "paragraph"]
    assert said == [{}, {"lang": "he", "dir": "rtl"}, {}]
    page_text = render(Manuscript(parsed, ("a", "b", "c", "d"), {}, "/d/t@1"))
    assert 'lang="he" dir="rtl">שלום</p>' in page_text
    assert page_text.count("dir=") == 1


def test_a_row_keeps_the_language_and_direction_of_its_table() -> None:
    parsed = below('<table lang="he" dir="rtl"><tr><td>א</td><td>ב</td></tr></table>', ".html")
    row = parsed.provisions[-1]
    assert (row.kind, row.attributes["lang"], row.attributes["dir"]) == ("row", "he", "rtl")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("# A\n{: #first .x}\n\nwords\n{: .note}\n", "A\nwords"),
        ("# A {: #first}\n\n* TOC\n{:toc}\n\nuse `{: .x}`\n", "A\nuse {: .x}"),
        ("---\nlayout: x\n---\n# A\n\n{% include b.html %}\nsaid {{ page.x }} so\n", "A\nsaid so"),
        ("# A\n\nwrite {{ name }} there\n", "A\nwrite {{ name }} there"),
        ("# A\n\nsee ![](a.png){width=50% .x} and [b](c){.d} (e){f}\n", "A\nsee and b (e){f}"),
        (
            "# A\n\n::: warning Look out\nwords\n:::\n\n:::: {.wide}\n\nmore\n\n::::\n",
            "A\nwords\nmore",
        ),
    ],
)
def test_markup_of_site_generators_is_no_text(source: str, text: str) -> None:
    parsed = read(source)
    assert parsed.text == text
    assert parsed.provisions[0].slug == ("first" if "#first" in source else "a")


@pytest.mark.parametrize(
    ("fence", "title"),
    [
        ("::: note", ""),
        (":::note[A title]", "A title"),
        ("::: {.note}", ""),
        (":::{note} A title", "A title"),
    ],
)
def test_a_fence_of_colons_may_hold_an_admonition(fence: str, title: str) -> None:
    parsed = below(f"before\n\n{fence}\nwords\n\n- item\n:::\n\nafter")
    check(parsed)
    boxes = [found.attributes.get("admonition") for found in parsed.provisions[1:]]
    assert boxes == [None, "note", "note", None]
    assert parsed.provisions[2].attributes["admonition_title"] == title


def test_a_fence_that_is_no_admonition_is_left_out_with_its_words() -> None:
    parsed = below("::: columns of three\n::: column\nwords\n:::\n:::\n\nafter")
    assert (parsed.text, parsed.left_out) == ("T\nwords\nafter", ("columns of three", "column"))
