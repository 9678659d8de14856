"""A comment's HTML is safe whatever its Markdown: one policy, two sanitizers, nothing left over."""

from __future__ import annotations

import re
import sys
from concurrent.futures import ThreadPoolExecutor
from unittest.mock import patch

import bleach
import nh3
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html

from annotator.errors import Unacceptable
from annotator.markup import plain, render, renderer, sanitize

IGNORED = re.compile(r"^[\x00-\x20]+|[\t\n\r]")  # as browsers read an address
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
PIECES = st.sampled_from(
    ["<script>", "</script>", "<img src=x onerror=alert(1)>", "[a](javascript:x)", "<svg><p>",
     "</p>",
     "<b>", "![p](http://x/y)", "<a href='java\tscript:x'>", "<!--", "-->", "<style>", "`", "```\n",
     "> ", "- ", "1. ", "\n\n", "|a|b|\n|-|-|\n", "<math><mtext>", "&lt;", "&#106;", "🐕",
     "[x]: data:text/html,x\n", "[x]", "<iframe srcdoc=x>", "*", "**", "~~",
     "<details open ontoggle=x>"]
)  # fmt: skip
# Control characters never come so far: `services.drafts` refuses them.
WRITING = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=12)
MARKDOWN = st.lists(PIECES | WRITING, max_size=30).map("".join)


def faults(markup: str) -> list[str]:
    """Name everything in a piece of HTML that the policy does not allow."""
    found = []
    for element in html.fragment_fromstring(markup, create_parent="div").iterdescendants():
        if not isinstance(element.tag, str) or element.tag not in renderer.TAGS:
            found.append(str(element.tag))
            continue
        allowed = renderer.ATTRIBUTES.get(element.tag, frozenset()) | (
            {"rel"} if element.tag == "a" else set()
        )
        found += [f"{element.tag}@{name}" for name in element.attrib if name not in allowed]
        scheme = SCHEME.match(IGNORED.sub("", element.get("href") or ""))
        if scheme and scheme[1].lower() not in renderer.SCHEMES:
            found.append(f"href {element.get('href')}")
        if element.tag == "a" and element.get("href") and element.get("rel") != renderer.LINK_REL:
            found.append("a without rel")
    return found


def rendered(markdown: str) -> str:
    """Render a comment; one of which nothing would be seen is refused, and is empty here."""
    try:
        return render(markdown)
    except Unacceptable:
        return ""


@given(MARKDOWN)
@settings(max_examples=300, deadline=None)
def test_rendered_markdown_holds_nothing_but_what_the_policy_allows(markdown: str) -> None:
    assert faults(rendered(markdown)) == []


@given(MARKDOWN)
@settings(max_examples=300, deadline=None)
def test_the_second_sanitizer_finds_nothing_in_what_the_first_lets_through(markup: str) -> None:
    once = sanitize(markup)
    assert sanitize(once) == once
    assert faults(once) == []
    by_bleach = bleach.clean(
        markup, tags=renderer.TAGS, attributes={k: list(v) for k, v in renderer.ATTRIBUTES.items()},
        protocols=renderer.SCHEMES, strip=True,
    )  # fmt: skip
    by_both = nh3.clean(
        by_bleach, tags=set(renderer.TAGS), url_schemes=set(renderer.SCHEMES), link_rel=None,
        attributes={k: set(v) for k, v in renderer.ATTRIBUTES.items()},
    )  # fmt: skip
    words = (html.fragment_fromstring(x or " ", create_parent="div").text_content()
             for x in (by_bleach, by_both))  # fmt: skip
    assert len(set(words)) == 1


@given(MARKDOWN)
@settings(max_examples=300, deadline=None)
def test_bleach_changes_nothing_where_it_is_left_out(markdown: str) -> None:
    for shown in (rendered(markdown), sanitize(markdown)):
        with patch.object(renderer, "BARE", re.compile("(?!)")):
            assert sanitize(shown) == shown
        if renderer.BARE.fullmatch(shown):
            assert faults(shown) == []
            assert "=" not in "".join(re.findall("<[^>]*>", shown))
    for html_left_in in ("<svg></svg>", "<P onclick=x>", "<p >", "<p\n>", "&nbsp;", "<!---->", "<p",
                         "\0", "<script>", "<a href='x'>", "<pre/>", "<?x?>"):  # fmt: skip
        assert not renderer.BARE.fullmatch(f"<p>{html_left_in}</p>")


def test_the_hostile_strings_come_out_harmless_both_ways(payloads: list[str]) -> None:
    assert len(payloads) == 506
    for number, payload in enumerate(payloads):
        assert faults(rendered(payload)) == [], number
        assert faults(sanitize(payload)) == [], number


def test_what_people_write_keeps_its_form() -> None:
    shown = render("# Title\n\nA *b* **c** ~~d~~ `e`\n\n> q\n\n1. x\n\n|a|b|\n|-|-|\n|1|2|\n")
    for piece in ("<h3>Title</h3>", "<em>b</em>", "<strong>c</strong>", "<del>d</del>",
                  "<code>e</code>", "<blockquote>", "<ol>", "<td>1</td>"):  # fmt: skip
        assert piece in shown
    assert plain("A *b* [c](http://d)\n\n- e") == "A b c\ne"


def test_a_picture_in_a_link_is_the_words_of_the_link() -> None:
    for markdown in (
        "[![x](y.png)](https://example.org)",
        "[![x][1]](https://example.org)\n\n[1]: y",
    ):
        assert render(markdown) == (
            '<p><a href="https://example.org" rel="nofollow ugc noopener">x</a></p>\n'
        )
    both = render("[a](https://example.org) ![x](https://example.org/y.png)")
    assert both.count("<a ") == 2
    assert ">picture</a>" in render("[![](y.png)](https://example.org)")


def test_links_are_marked_and_pictures_become_links() -> None:
    shown = render("[a](https://example.org) ![pic](https://example.org/x.png)")
    assert shown.count('rel="nofollow ugc noopener"') == 2
    assert "<img" not in shown
    assert ">pic</a>" in shown


def test_threads_that_render_at_once_do_not_mix_their_texts() -> None:
    texts = [
        f"> *{'a' * at}* [{at}](https://{at}.example)\n\n- one {at}\n- two" for at in range(200)
    ]
    alone = [sanitize(f"<p><b>{text}</b></p><ul><li>{text}</ul>") for text in texts]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            together = list(
                threads.map(
                    lambda text: sanitize(f"<p><b>{text}</b></p><ul><li>{text}</ul>"), texts
                )
            )
    finally:
        sys.setswitchinterval(before)
    assert together == alone


@given(
    st.text(
        st.sampled_from("ab Z9.:;!?-_*#|()'\"/+=$é—\u00a0\u2028\u200d\n\r\t~`<&\\[]"), max_size=24
    )
)
@settings(max_examples=2_000)
def test_plain_paragraphs_are_what_the_parser_makes_of_them(markdown: str) -> None:
    """Comments without marks skip the parser, and get the same HTML and the same words."""
    quick = rendered(markdown), plain(markdown)
    with patch.object(renderer, "PLAIN", re.compile("(?!)")):
        assert quick == (rendered(markdown), plain(markdown))
