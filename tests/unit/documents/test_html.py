"""A publisher's page gives what the Markdown of the same words gives."""

from __future__ import annotations

import pytest

from annotator.documents import parse
from annotator.errors import SourceFault
from tests.unit.documents.conftest import PAGE, below, blocks, check, marks, numbers, read, rendered

EVERY_KIND = """# The title

- [A](#a)
- [B](#b)

Words before, with *emphasis*, **strength**, `code  here`, [a link](https://example.org "t"),
a hard  \nbreak, [?](#b), a mark[^1] and another[^none].

# A {#a}

1. one

   more of one

   ```py
   code  <b>
   ```
   - nested
     - twice
   - again
2. two
   > quoted in an item

> quoted

!!! meta "A title"
    inside

    - an item

**Example**: a caption

~~~xml
  <a> &amp;
~~~

## B {#b authority=user}

| h | i |
|---|---|
|   | *j* |

Café 🧑\u200d🍳 \\*not\\* &amp; “quotes” — --- ![a picture](x.png)

[^1]: The note.

    Its second paragraph.
"""


@pytest.mark.parametrize("page", ["%s", PAGE], ids=["bare", "page"])
def test_every_kind_of_block_is_the_same_as_in_markdown(page: str) -> None:
    expected = read(EVERY_KIND)
    parsed = read(page % rendered(EVERY_KIND), ".html")
    check(parsed)
    assert parsed.text == expected.text
    assert parsed.blocks == expected.blocks
    assert parsed.provisions == expected.provisions
    assert parsed.title == expected.title == "The title"


@pytest.mark.shared
@pytest.mark.parametrize("page", ["%s", PAGE], ids=["bare", "page"])
def test_the_real_texts_rendered_are_the_same_as_their_markdown(source: str, page: str) -> None:
    expected = read(source)
    parsed = read(page % rendered(source), ".html")
    assert parsed.text == expected.text
    assert parsed.blocks == expected.blocks
    assert parsed.provisions == expected.provisions


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("a&nbsp;b &lt;c&gt; &mdash; &#x1F600;", ["a b <c> — 😀"]),
        ("<p>a<br>b<br/>c</p>", ["a b c"]),
        ("a<p>b</p>c<div>d<div>e</div>f</div>", ["a", "b", "c", "d", "e", "f"]),
        ("<ul><li>a</li><li><p>b</p><p>c</p></li></ul>", ["a", "b", "c"]),
        ("<dl><dt>a</dt><dd>b</dd></dl>", ["a", "b"]),
        ("<p>a<!-- b -->c<?d e?></p>", ["ac"]),
        ("<p>a</p><script>b</script><style>c</style><template>d</template>", ["a"]),
        ("<p hidden>a</p><p style='display: none'>b</p><p aria-hidden=true>c</p>d", ["d"]),
        ("<p>a<span class=sr-only>b</span></p><noscript>c</noscript><button>d</button>", ["a"]),
        ("<pre>\n  a\n b<br>c\n</pre>", ["  a\n b\nc"]),
        ("<figure><img alt=x><figcaption>a</figcaption></figure>", ["a"]),
        ("<details><summary>a</summary>b</details>", ["a", "b"]),
        ("<b><p>a</p><p>b</p></b>", ["a", "b"]),
        ("<aside>a</aside><nav><a href='/'>b</a></nav><footer>c</footer>d", ["d"]),
        ("<svg><text>a</text></svg><select><option>b</option></select>c", ["c"]),
    ],
)
def test_only_what_a_reader_of_the_page_sees_is_kept(html: str, words: list[str]) -> None:
    parsed = below(html, ".html")
    check(parsed)
    assert [text for _, text in blocks(parsed)[1:]] == words


@pytest.mark.parametrize(
    "mark",
    [
        '<sup><a href="#fn1">1</a></sup>',
        '<sup class="footnote-ref"><a href="#x" id="y">[1]</a></sup>',
        '<a href="#note-1" role="doc-noteref">1</a>',
        '<a href="#_ftn3"><sup>3</sup></a>',
        '<sup id="cite_ref-1"><a href="#cite_note-1">[1]</a></sup>',
        '<a href="#fnref1" class="footnote-backref">↩︎</a>',
        '<a href="#fnref:1" role="doc-backlink">↩</a>',
    ],
)
def test_footnote_marks_go(mark: str) -> None:
    assert blocks(below(f"<p>a{mark} b</p>", ".html"))[1:] == [("paragraph", "a b")]


@pytest.mark.parametrize(
    "kept", ["<sup>2</sup>", '<a href="#part-2">2</a>', '<sup><a href="/x">1</a></sup>']
)
def test_raised_numbers_and_links_that_are_no_footnotes_stay(kept: str) -> None:
    assert len(blocks(below(f"<p>a{kept}</p>", ".html"))[1][1]) == 2


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<p>a</p><main><h1>B</h1>c</main><p>d</p>", "B\nc"),
        ("<p>a</p><div role=main><h1>B</h1>c</div>", "B\nc"),
        ("<p>a</p><article><h1>B</h1>c</article><p>d</p>", "B\nc"),
        ("<article><h1>A</h1>b</article><article><h1>C</h1>d</article>", "A\nb\nC\nd"),
        ("<header>a</header><h1>B</h1>c<footer>d</footer>", "B\nc"),
        ("<main>a</main><article><h1>B</h1>c</article>", "B\nc"),
        ("<main><section><header><h1>A</h1><p>b</p></header>c</section></main>", "A\nb\nc"),
    ],
)
def test_the_main_content_of_a_page_is_read(page: str, text: str) -> None:
    assert read(f"<html><body>{page}</body></html>", ".html").text == text


@pytest.mark.parametrize(
    ("heading", "slug"),
    [
        ("<h2 id=An_Anchor>A</h2>", "An_Anchor"),
        ("<h2><a name=inner></a>A</h2>", "inner"),
        ("<section id=outer><h2>A</h2></section>", "outer"),
        ("<h2>A <a href='#x' id=perma>¶</a></h2>", "perma"),
        ("<h2>A</h2>", "a"),
    ],
)
def test_the_id_of_a_heading_is_its_anchor_and_permalinks_are_no_words(
    heading: str, slug: str
) -> None:
    parsed = read(f"{heading}<p>b", ".html")
    assert (parsed.provisions[0].slug, parsed.text) == (slug, "A\nb")


def test_a_contents_table_in_a_navigation_counts_and_other_navigation_goes() -> None:
    parsed = read(
        "<title>Page</title><main><h1>T</h1><nav><a href='#a'>A</a></nav><h1 id=a>A</h1><p>b</p>"
        "<nav><a href='/next'>Next</a></nav><h2>C</h2>d</main>",
        ".html",
    )
    assert (parsed.title, parsed.text) == ("T", "A\nb\nC\nd")


def test_a_pages_title_and_language_are_metadata() -> None:
    parsed = read("<html lang=en><title> A  page </title><h1>B</h1>c</html>", ".html")
    assert parsed.title == "A page"
    assert dict(parsed.metadata) == {"title": "A page", "language": "en"}


def test_lists_say_their_numbers() -> None:
    lists = "<ol start=3><li>a<li value=7>b<li>c</ol><ul><li>d</ul><ol start=x><li>e</ol>"
    parsed = below(lists, ".html")
    assert [p.attributes["marker"] for p in parsed.provisions[1:]] == ["3.", "7.", "8.", "-", "1."]


def test_rows_are_units_and_say_which_cells_are_empty() -> None:
    parsed = below(
        "<table><caption>a</caption><thead><tr><th>b<th>c</thead>"
        "<tr><td><td><p>d</p><p>e</p><td>f</table>",
        ".html",
    )
    assert blocks(parsed)[1:] == [
        ("paragraph", "a"),
        ("cell", "b"),
        ("cell", "c"),
        ("cell", "d e"),
        ("cell", "f"),
    ]
    assert numbers(parsed)[1:] == [("paragraph", "t/1"), ("row", "t/2"), ("row", "t/3")]
    head, row = parsed.provisions[2:]
    assert dict(head.attributes) == {"group": "t1", "header": "yes"}
    assert dict(row.attributes) == {"group": "t1", "columns": "2,3"}


def test_a_table_that_lays_out_a_page_is_no_table() -> None:
    parsed = read("<table><tr><td><h1>A</h1><p>b</p></td><td>c</td></tr></table>", ".html")
    assert blocks(parsed) == [("heading", "A"), ("paragraph", "b"), ("paragraph", "c")]


def test_marks_cross_the_edges_of_blocks() -> None:
    parsed = below("<a href='#y'>a<p>b <i>c</i></p></a><a href='#x'>?</a> <kbd>d</kbd>", ".html")
    assert marks(parsed) == [
        ("link", "a", "#y"),
        ("link", "b c", "#y"),
        ("em", "c", ""),
        ("link", "#x", "#x"),
        ("code", "d", ""),
    ]


@pytest.mark.parametrize("piece", ["<div>", "<b>", "<ul><li>", "<blockquote>", "<table><tr><td>"])
def test_elements_nested_beyond_all_reason_are_refused(piece: str) -> None:
    with pytest.raises(SourceFault, match="too deeply"):
        below(piece * 3000 + "a", ".html")


def test_a_page_may_be_in_the_character_set_it_declares() -> None:
    page = b"<meta charset=iso-8859-1><h1>Caf\xe9</h1>\x93a\x94"
    assert parse(page, name="a.html").text == "Café\n“a”"
    assert parse(b"<html>" + page, name="page").text == "Café\n“a”"
    assert parse(b"<meta charset=punycode><h1>A</h1>b", name="a.html").text == "A\nb"
    with pytest.raises(SourceFault, match="not UTF-8 text"):
        parse(page.replace(b"iso-8859-1", b"utf-8"), name="a.html")
