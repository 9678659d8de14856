"""An edition's text as HTML: real lists, quotations, tables; the block invariant for any text."""

from __future__ import annotations

import re
from html import unescape
from html.parser import HTMLParser

import lxml.html
import pytest
from hypothesis import given
from hypothesis import strategies as st

from annotator import documents
from annotator.documents.parsed import Block, Mark, Parsed
from annotator.errors import SourceFault
from annotator.web.pages.text.manuscript import Manuscript, block_html, render

TEXT = """# One {#first authority=root}

See [below](#second-part) and [a page](https://example.org/?a=1&b="2"), not [this](javascript:x).

Line one\\
line two with *em and **strong** in it* and `a < b`.

- a
  1. deep
  2. deeper

  more of a
- b

7. seven
9. nine

> quoted
>
> - in it

!!! note "Beware & of"
    Boxed words.

    - boxed item

| H1 | H2 |
|----|----|
| x  |    |
|    | y  |

~~~

  code & <tag>
~~~

## Second part

End.
"""


def manuscript(markdown: str, counts: dict[int, int] | None = None) -> Manuscript:
    parsed = documents.parse(markdown.encode(), name="text.md")
    pids = tuple(f"p{ordinal:04}" for ordinal in range(len(parsed.provisions)))
    return Manuscript(parsed, pids, counts or {}, "/d/doc@1")


def tree(html: str) -> lxml.html.HtmlElement:
    return lxml.html.fromstring(f"<div>{html}</div>")


def assert_invariant(script: Manuscript, html: str) -> None:
    blocks = {block.start: block for block in script.parsed.blocks}
    shown = tree(html).xpath("//*[@data-start]")
    for element in shown:
        block = blocks[int(element.get("data-start"))]
        assert element.text_content() == script.parsed.text[block.start : block.end]
    assert len(shown) == len(blocks)
    assert tree(html).text_content() == script.parsed.text


@pytest.fixture(scope="module")
def page() -> lxml.html.HtmlElement:
    return tree(render(manuscript(TEXT, {0: 3, 1: 1})))


def test_every_block_is_shown_word_for_word() -> None:
    script = manuscript(TEXT, {0: 3, 1: 1})
    assert_invariant(script, render(script))


def test_headings_stand_below_the_title_and_can_be_linked_to(page: lxml.html.HtmlElement) -> None:
    [first] = page.xpath(".//section[@id='first']")
    assert first.xpath("./h2/@id") == ["p0000"]
    assert first.xpath("./h2/text()") == ["One"]
    assert first.xpath("./p[@class='authority']/@data-said") == ["Authority: root"]
    assert first.xpath("./section[@id='second-part']/h3/text()") == ["Second part"]


def test_links_go_where_they_may(page: lxml.html.HtmlElement) -> None:
    links = page.xpath(".//p[@data-start]//a")
    assert [link.get("href") for link in links] == [
        "#second-part", 'https://example.org/?a=1&b=%222%22',
    ]  # fmt: skip
    assert links[1].get("rel") == "noopener"


def test_a_hard_line_break_is_a_space_and_a_break() -> None:
    text = "one two three"
    marks = (Mark(0, 7, "em"), Mark(3, 4, "break"))
    shown = block_html(text, Block("paragraph", 0, 13, 0, marks), lambda anchor: None)
    assert shown == "<em>one <br>two</em> three"


def test_lists_are_lists_with_their_numbers(page: lxml.html.HtmlElement) -> None:
    bullets, numbers = page.xpath("./section/ul | ./section/ol")
    assert [bullets.tag, numbers.tag] == ["ul", "ol"]
    assert bullets.xpath("./li/p/text()") == ["a", "more of a", "b"]
    assert bullets.xpath("./li[1]/ol/li/@value") == ["1", "2"]
    assert numbers.xpath("./li/@value") == ["7", "8"]


def test_quotations_and_boxes_hold_what_is_in_them(page: lxml.html.HtmlElement) -> None:
    [quotation] = page.xpath(".//blockquote")
    assert quotation.xpath("./p[@data-start]/text()") == ["quoted"]
    assert quotation.xpath("./ul/li/p/text()") == ["in it"]
    [box] = page.xpath(".//div[@class='box']")
    assert box.get("aria-label") == "Beware & of"
    assert box.xpath("./p[@data-start]/text()") == ["Boxed words."]
    assert box.xpath("./ul/li/p/text()") == ["boxed item"]


def test_tables_keep_their_columns(page: lxml.html.HtmlElement) -> None:
    rows = page.xpath(".//tr")
    shown = [["".join(cell.xpath("./div/text()")) for cell in row] for row in rows]
    assert shown == [["H1", "H2"], ["x", ""], ["", "y"]]
    assert rows[0].xpath("./th/@scope") == ["col", "col"]


def test_code_keeps_its_first_line(page: lxml.html.HtmlElement) -> None:
    assert "  code & <tag>" in page.xpath("string(.//pre/code)")


def test_a_control_stands_before_each_provision_and_outside_its_block(
    page: lxml.html.HtmlElement,
) -> None:
    controls = page.xpath(".//a[@class='n']")
    assert [control.get("aria-label") for control in controls[:3]] == [
        "3 comments on section One", "1 comment on paragraph 1", "Comment on paragraph 2",
    ]  # fmt: skip
    assert [control.get("href") for control in controls[:2]] == [
        "/d/doc@1/first", "/d/doc@1/first/1",
    ]  # fmt: skip
    assert page.xpath(".//*[@data-start]//a[@class='n']") == []


def test_one_provision_is_written_with_what_is_in_it_and_nothing_else() -> None:
    script = manuscript(TEXT)
    ordinal = next(at for at, it in enumerate(script.parsed.provisions) if it.number == "3")
    html = tree(render(script, ordinal))
    assert html.xpath(".//*[@data-start]/text()") == ["a", "deep", "deeper", "more of a"]
    assert html.xpath("./ul/li/ol/li/@value") == ["1", "2"]
    [link] = tree(render(script, 1)).xpath(".//a[text()='below']/@href")
    assert link == "/d/doc@1#second-part"


class _Balance(HTMLParser):
    """Sees whether every element is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += data


@st.composite
def marked(draw: st.DrawFn) -> tuple[str, tuple[Mark, ...]]:
    """Make a line of text with marks that nest or are disjoint, in the order of their start."""
    text = draw(st.text("ab &<>\"'🐕é", min_size=1, max_size=40))
    marks: list[Mark] = []

    def fill(start: int, end: int, depth: int) -> None:
        while start < end and depth < 4:
            first = draw(st.integers(start, end))
            last = draw(st.integers(first, end))
            if first == last:
                return
            kind = draw(st.sampled_from(["em", "strong", "code", "link"]))
            marks.append(Mark(first, last, kind, "https://x/" if kind == "link" else ""))
            fill(first, last, depth + 1)
            start = last

    fill(0, len(text), 0)
    return text, tuple(marks)


@given(marked())
def test_marks_never_change_the_words(case: tuple[str, tuple[Mark, ...]]) -> None:
    text, marks = case
    seen = _Balance()
    seen.feed(block_html(text, Block("paragraph", 0, len(text), 0, marks), lambda anchor: None))
    seen.close()
    assert seen.words == text
    assert seen.open == []


@given(marked(), st.integers(0, 40), st.integers(0, 40))
def test_cited_words_are_marked_without_changing_any(
    case: tuple[str, tuple[Mark, ...]], start: int, end: int
) -> None:
    text, marks = case
    block = Block("paragraph", 0, len(text), 0, marks)
    html = block_html(text, block, lambda anchor: None, (start, end))
    seen = _Balance()
    seen.feed(html)
    seen.close()
    assert seen.words == text
    assert seen.open == []
    cited = re.findall('<mark class="cited">(.*?)</mark>', html, re.DOTALL)
    assert all(cited)
    breaks = [at.start for at in marks if at.kind == "break"]
    if not breaks:
        assert unescape("".join(cited)) == text[start:end]


def test_a_provision_alone_is_its_own_text() -> None:
    script = manuscript(TEXT, {0: 3, 1: 1})
    for ordinal, it in enumerate(script.parsed.provisions):
        assert tree(render(script, ordinal)).text_content() == script.parsed.text[it.start : it.end]


@pytest.mark.parametrize("markdown", [">>1", ">>>>> - a", "> > | a |\n> > |---|\n> > | b |"])
def test_more_containers_than_provisions(markdown: str) -> None:
    script = manuscript(f"# Title\n\n{markdown}")
    assert_invariant(script, render(script))


@given(st.text("ab*_`[](#)!\n >-1.|\\ ~\t🐕", max_size=80))
def test_the_block_invariant_holds_for_any_markdown(markdown: str) -> None:
    try:
        script = manuscript(f"# Title\n\n{markdown}")
    except SourceFault:
        return
    assert_invariant(script, render(script))


def test_an_edition_without_provisions_is_empty() -> None:
    empty = Manuscript(Parsed(None, {}, "", (), ()), (), {}, "/d/doc@1")
    assert render(empty) == ""
