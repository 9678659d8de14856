"""A part of an essay stands by itself: its links, notes, tables, code and HTML survive."""

from __future__ import annotations

import re

import pytest

from annotator.errors import SourceFault
from annotator.markup import excerpt, render

BASE = "https://example.org/essays/one"
LINKS = {"REF": '[ref]: /rel "A title"', "FULL": "[full]: https://a.example/x"}
NOTES = {
    "1": "[^1]: A *note*, see [that][ref].",
    "n": "[^n]: First.\n\n    Second.\n[ref]: /rel",
    "2": "[^2]: See.[^1]",
}


def _html(markdown: str) -> str:
    return re.sub(r' rel="[^"]*"', "", render(markdown)).replace("\n", "")


@pytest.mark.parametrize(
    "source",
    [
        "A *word*, `code`, and [a link](https://a.example).",
        "| a | b |\n|--|:-:|\n| 1 | 2 |",
        "```python\nx = \"[^1]\" + '[t](rel)'\n```",
        "    [x] and <b>",
        "3. three\n   - nested\n\n   more of it",
        "> quoted\n\nA [bracket] and an unknown [text][nothing], a mark [^9].",
    ],
)
def test_what_needs_nothing_stays_as_it_was_written(source: str) -> None:
    assert excerpt.from_markdown(source, LINKS, NOTES, BASE) == source


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("A [text][ref].", '<p>A <a href="https://example.org/rel" title="A title">text</a>.</p>'),
        ("A [Ref].", '<p>A <a href="https://example.org/rel" title="A title">Ref</a>.</p>'),
        ("A [full][].", '<p>A <a href="https://a.example/x">full</a>.</p>'),
        ("A [t](../b?c=1#d).", '<p>A <a href="https://example.org/b?c=1#d">t</a>.</p>'),
        ("A [t](#d).", '<p>A <a href="https://example.org/essays/one#d">t</a>.</p>'),
        ("![alt](p.png)", '<p><a href="https://example.org/essays/p.png">alt</a></p>'),
        ("| [a](b) | c |\n|--|--|\n| d | e |",
         '<table><thead><tr><th><a href="https://example.org/essays/b">a</a></th><th>c</th></tr>'
         "</thead><tbody><tr><td>d</td><td>e</td></tr></tbody></table>"),
        ("So.[^1]", '<p>So.[1]</p><p>[1] A <em>note</em>, see <a href="https://example.org/rel" '
                    'title="A title">that</a>.</p>'),
        ("So.[^n]", "<p>So.[1]</p><p>[1] First.</p><p>Second.</p>"),
        ("So,[^2] so.", '<p>So,[1] so.</p><p>[1] See.[2]</p><p>[2] A <em>note</em>, see '
                        '<a href="https://example.org/rel" title="A title">that</a>.</p>'),
        ("`[^1]` so.[^n]", "<p><code>[^1]</code> so.[1]</p><p>[1] First.</p><p>Second.</p>"),
        ("A <q>word</q>, <b>bold</b>, <i>so</i><br>on <u>and</u> <a href='x'>on</a>.",
         "<p>A “word”, <strong>bold</strong>, <em>so</em><br>on and on.</p>"),
        ("<div>An <em>x</em> <a href='y'>z</a></div>\n\nSo.",
         '<p>An <em>x</em> <a href="https://example.org/essays/y">z</a></p><p>So.</p>'),
        ("```\n[t](rel)\n```\n\n[t](rel)",
         '<pre><code>[t](rel)</code></pre><p><a href="https://example.org/essays/rel">t</a></p>'),
    ],
)  # fmt: skip
def test_definitions_come_along_and_links_are_absolute(source: str, html: str) -> None:
    assert _html(excerpt.from_markdown(source, LINKS, NOTES, BASE)) == html


def test_a_relative_link_is_words_where_nobody_says_what_it_is_relative_to() -> None:
    for source in ("See [*that*](rel.html).", "See [*that*][ref].", "See [*that*](#d)."):
        assert _html(excerpt.from_markdown(source, LINKS, NOTES)) == "<p>See <em>that</em>.</p>"
    assert _html(excerpt.from_html("See <a href='rel'><em>that</em></a>.")) == (
        "<p>See <em>that</em>.</p>"
    )


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("<p>A <q>word</q> <em>so </em><strong>on</strong>.",
         "<p>A “word” <em>so</em> <strong>on</strong>.</p>"),
        ("<p>a*b_c [d](e) &lt;b&gt; # f", "<p>a*b_c [d](e) &lt;b&gt; # f</p>"),
        ("<p>See <a href='../x?a=1&amp;b'>this <code>a`b*c</code></a>.",
         '<p>See <a href="https://example.org/x?a=1&amp;b">this <code>a`b*c</code></a>.</p>'),
        ("<ul><li>one<li>two<ol start=3><li>three</ol></ul>",
         "<ul><li><p>one</p></li><li><p>two</p><ol start=\"3\"><li>three</li></ol></li></ul>"),
        ("<ol><li>a<li>b</ol>", "<ol><li><p>a</p></li><li><p>b</p></li></ol>"),
        ("<table><tr><th>A<th>B|C<tr><td>1<td></table>",
         "<table><thead><tr><th>A</th><th>B|C</th></tr></thead><tbody><tr><td>1</td><td></td></tr>"
         "</tbody></table>"),
        ("<pre><code class=language-py>def f():\n    return '*'</code></pre>",
         "<pre><code>def f():    return '*'</code></pre>"),
        ("<blockquote><p>a<p>b</blockquote>", "<blockquote><p>a</p><p>b</p></blockquote>"),
        ("<h2>T</h2><p>a<br>b", "<h4>T</h4><p>a<br>b</p>"),
        ("<script>alert(1)</script><p>a<!-- b --><img src=x onerror=y>", "<p>a</p>"),
        ("</em></p> cut <b>open", "<p>cut <strong>open</strong></p>"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(source: str, html: str) -> None:
    assert _html(excerpt.from_html(source, BASE)) == html


def test_html_that_nests_too_deeply_is_refused() -> None:
    with pytest.raises(SourceFault):
        excerpt.from_html("<ul><li>" * 400 + "x")


def test_plain_text_shows_each_sign() -> None:
    html = _html(excerpt.from_text("# a *b*\n- c [d](e)\n<b>\n\n> f *g*\n> h"))
    assert html == "<p># a *b*- c [d](e)&lt;b&gt;</p><blockquote><p>f *g*h</p></blockquote>"
