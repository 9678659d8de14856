"""Every word of a source is in the text, or in the list of what was left out.

The words are those that an independent reader finds: cmark-gfm in Markdown, lxml in HTML. Each word
of a generated source is another one, so that none can stand for one that is lost.
"""

from __future__ import annotations

import contextlib
import itertools
import re

from cmarkgfm import github_flavored_markdown_to_html
from cmarkgfm.cmark import Options
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import html

from annotator.documents import Parsed
from annotator.errors import SourceFault
from tests.unit.documents.conftest import check, read

# What the generated words look like.
WORD = re.compile(r"w\d+")


SLOW = settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])


def words_of_page(page: str) -> set[str]:
    """Return the words that stand between the tags of a page; a script is not made of words."""
    tree = html.document_fromstring(page)
    found = tree.xpath("//text()[not(ancestor::script or ancestor::style or ancestor::head)]")
    return set(WORD.findall(" ".join(found)))


def words_of_markdown(text: str) -> set[str]:
    """Return the words that cmark-gfm finds in Markdown."""
    options = Options.CMARK_OPT_UNSAFE | Options.CMARK_OPT_FOOTNOTES
    return words_of_page(github_flavored_markdown_to_html(text, options=options))


def words_there(parsed: Parsed) -> set[str]:
    """Return the words of an edition, of what it says of itself, and of what was left out."""
    said = (value for provision in parsed.provisions for value in provision.attributes.values())
    of_itself = *parsed.metadata, *parsed.metadata.values(), parsed.title or ""
    return set(WORD.findall(" ".join((parsed.text, *parsed.left_out, *of_itself, *said))))


def _listed(templates: str) -> list[str]:
    """Return templates; in them, W is a word, I anything that stands in a line."""
    return templates.split(" @ ")


INLINE = _listed(
    "W @ W @ <b>W</b> W @ <del>W</del> <ins>W</ins> @ <s>W</s> W @ <sup>W</sup> @ <q>W</q> @ "
    "H<sub>W</sub> @ W&amp;W @ &lt;W&gt; @ <code>W</code> @ W<br>W @ <span hidden>W</span> @ "
    "<ruby>W<rp>(</rp><rt>W</rt><rp>)</rp></ruby> @ <a href='#x'>W</a> @ <abbr>W</abbr> @ "
    "<button>W</button> @ <select><option>W</option></select> @ <textarea>W</textarea> @ "
    "<label>W<input value=x></label> @ <svg><text>W</text></svg> @ <object>W</object> @ "
    "<video>W</video> @ <math><mi>W</mi><annotation>W</annotation></math> @ <wbr>W @ "
    "<kbd>W</kbd> @ <span style='display:none'>W</span> @ <i>W</i> @ <small>W</small> @ "
    "<img alt='W' src=x> @ <sup><a href='#fn1'>1</a></sup> W @ <font>W</font> @ "
    "<!-- x -->W @ <canvas>W</canvas> @ <progress>W</progress> @ <iframe>W</iframe> @ "
    "<u>W</u>"
)
BLOCK = _listed(
    "<p>I I</p> @ <p>I</p> @ <h2>I</h2> @ <h4>I</h4> @ <pre>W <b>W</b>\nW</pre> @ "
    "<figure><img alt='W' src=x><figcaption>I</figcaption></figure> @ <p hidden>I</p> @ "
    "<table><caption>I</caption><tr><th>I</th><td>I</td></tr></table> @ <hr> @  I  @ "
    "<table><thead><tr><th>I</th></tr></thead><tfoot><tr><td>I</td></tr></tfoot></table> @ "
    "<dl><dt>I</dt><dd>I</dd></dl> @ <template>I</template> @ <noscript>I</noscript> @ "
    "<form>I<fieldset><legend>I</legend>I</fieldset></form> @ <menu><li>I</li></menu> @ "
    "<script>x</script> @ <style>x</style> @ <address>I</address> @ <dialog>I</dialog> @ "
    "<table><tr><td><p>I</p><p>I</p></td></tr></table> @ <ul><li>I</li>I</ul> @ "
    "<div class='admonition note'><p class=admonition-title>I</p><p>I</p></div> @ <p>I<p>I @ "
    "<ol class=footnotes><li id=fn1>I <a href='#r'>↩</a></li></ol> @ <pre hidden>W</pre> @ "
    "<div role=navigation>I</div> @ <div class=toc>I</div> @ <search>I</search> @ "
    "<hgroup>I</hgroup> @ <table role=presentation><tr><td>I</td></tr></table> @ "
    "<optgroup>I</optgroup>"
)
AROUND = _listed(
    "<div>{}</div> @ <aside>{}</aside> @ <header>{}</header> @ <footer>{}</footer> @ "
    "<nav>{}</nav> @ <details><summary>I</summary>{}</details> @ "
    "<blockquote>{}</blockquote> @ <ul><li>{}</li></ul> @ <ol><li>{}</li></ol> @ "
    "<section>{}</section> @ <article>{}</article> @ <main>{}</main> @ "
    "<table><tr><td>{}</td></tr></table> @ <dl><dd>{}</dd></dl> @ "
    "<section class=footnotes>{}</section> @ <div class='admonition note'>{}</div> @ "
    "<center>{}</center> @ <div hidden>{}</div> @ <div lang=he dir=rtl>{}</div>"
)


def _filled(template: str, draw: st.DrawFn) -> str:
    return re.sub(r"\bI\b", lambda _: draw(st.sampled_from(INLINE)), template)


@st.composite
def pieces_of_html(draw: st.DrawFn) -> str:
    """Elements in elements, at times very deep."""
    made = "".join(
        _filled(draw(st.sampled_from(BLOCK)), draw) for _ in range(draw(st.integers(1, 4)))
    )
    for around in draw(st.lists(st.sampled_from(AROUND), max_size=4)):
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 25]))):
            made = _filled(around, draw).format(made)
    return made


MARKDOWN_INLINE = _listed(
    "W @ *W* @ **W** @ `W` @ ~~W~~ <ins>W</ins> @ ~~W~~ @ [W](#x) @ [W][r] @ \\*W @ "
    "W&nbsp;W @ W[^n] @ ![W](x) @ <http://W.example> @ W  \nW @ W\\\nW @ \\[W\\] @ W\nW @ "
    "[W] @ <W@x.example> @ (W) @ {W} @ {{ W }} @ `{: W}` @ W<!-- x --> @ !W @ W|W @ : W @ "
    "<x-y>W</x-y> @ [^none]W"
)
MARKDOWN_BLOCK = _listed(
    "I I @ I @ ## I @ #### I {#a b=c} @ I\n=== @ I\n--- @ ```x\nW\nW\n``` @     W\n    W @ "
    "--- @ *** @ | I | W |\n|---|---|\n| W | W | @ W\n: W\n: W @ - [ ] I @ 1. I\n2. I @ "
    "7) I @ [^n]: I\n\n    W @ [r]: /x 'W' @ !!! note \"W\"\n    W @ > I @ - I\n  W @ "
    "~~~\nW @ <!-- x --> @ + I @ W: x @ +++\nW\n+++ @ ---\nW\n\n--- @ "
    "| W |\n|--|\n| W | W | @ <div>\n\nI\n\n</div> @ * * W @ <aside>\nI\n</aside> @ "
    "<details><summary>W</summary>\n\nI\n\n</details> @ <p>W</p>\nW @ <!-- x\n\nx -->\nW @ "
    '!!! tip "W"'
)
HEADS = _listed(
    " @ ---\ntitle: W\nb:\n  - W\n# W\n---\n @ ---\n\n @ ---\nW W\n\n---\n\n @ "
    "+++\ntitle = 'W'\n+++\n @ ***\n"
)


@st.composite
def pieces_of_markdown(draw: st.DrawFn) -> str:
    """Blocks in quotations and lists, at times very deep, and HTML between them."""
    made = draw(st.sampled_from(MARKDOWN_BLOCK))
    made = re.sub(r"\bI\b", lambda _: draw(st.sampled_from(MARKDOWN_INLINE + INLINE)), made)
    for mark in draw(st.lists(st.sampled_from(["> ", "- ", "1. ", "* "]), max_size=3)):
        for _ in range(draw(st.sampled_from([1, 1, 1, 2, 6]))):
            lines = made.split("\n")
            rest = mark if mark == "> " else " " * len(mark)
            made = "\n".join([mark + lines[0], *((rest + line).rstrip() for line in lines[1:])])
    return made


def numbered(text: str) -> str:
    """Make each word another one."""
    count = itertools.count(1)
    return re.sub(r"\bW\b", lambda _: f"w{next(count)}", text)


def check_words(words: set[str], parsed: Parsed) -> None:
    """Check that the words are there, and none has run into another."""
    check(parsed)
    assert not words - words_there(parsed)
    joined = re.search(r"w\d+w\d+", " ".join((parsed.text, *parsed.left_out)))
    assert not joined, joined


@SLOW
@given(st.lists(pieces_of_html(), min_size=1, max_size=4))
def test_a_page_loses_no_word(pieces: list[str]) -> None:
    page = numbered("<h1>T</h1>" + "".join(pieces))
    with contextlib.suppress(SourceFault):  # too deep
        check_words(words_of_page(page), read(page, ".html"))


@SLOW
@given(
    st.sampled_from(HEADS),
    st.lists(pieces_of_markdown() | pieces_of_html(), min_size=1, max_size=5),
)
def test_a_markdown_text_loses_no_word(head: str, pieces: list[str]) -> None:
    text = numbered(head + "# T\n\n" + "\n\n".join(pieces))
    with contextlib.suppress(SourceFault):
        check_words(words_of_markdown(text), read(text))
