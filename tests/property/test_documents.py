"""What holds for every text that can be written, not only for those we thought of."""

from __future__ import annotations

import contextlib
import unicodedata

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import locate
from annotator.documents.canonical import fold
from annotator.documents.folding import fold_words, folded
from annotator.documents.parsed import split
from annotator.documents.readers.source import FORBIDDEN
from annotator.documents.words import BlockWords
from annotator.errors import Malformed, SourceFault
from tests.unit.documents.conftest import PAGE, below, check, check_origins, read, rendered

SLOW = settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])

WORDS = st.sampled_from(
    [
        *(
            "one",
            "Two",
            "“three”",
            "it’s",
            "x.",
            "Y?",
            "(z)",
            "-",
            "—",
            "&amp;",
            "\\*",
            "1984",
            "#",
        ),
        *(
            "caf\u00e9",
            "cafe\u0301",
            "n\u0303",
            "a\u0316\u0301",
            "é!",
            "ﬁ",
            "ß",
            "각",
            "\u1100\u1161",
        ),
        *("😀", "🧑\u200d🍳", "\u200d", "e.g."),
    ]
)
SPACES = st.sampled_from(
    [" ", "  ", "\n", " \n", "  \n", "\t", "\u00a0", "\u2028", "\u200b", "\\\n"]
)
MARKS = st.sampled_from(["{}", "*{}*", "**{}**", "`{}`", "[{}](#x)", "_{}_", "{}[^1]", "![{}](y)"])


@st.composite
def lines(draw: st.DrawFn) -> str:
    """Words with marks, beside all kinds of white space."""
    pieces = draw(st.lists(st.tuples(MARKS, st.lists(WORDS, min_size=1, max_size=3)), max_size=5))
    text = "begin"
    for mark, words in pieces:
        text += draw(SPACES) + mark.format(" ".join(words))
    return text


def _indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))


def _listed(items: list[str], mark: str) -> str:
    return "\n".join(mark + _indented(item, " " * len(mark)).lstrip(" ") for item in items)


CODE = st.text(alphabet="ab <&\u0301é\n\t", max_size=20).map(lambda text: f"```x\n{text}\n```")
TABLES = st.lists(st.sampled_from(["a", "*b*", "", "c d"]), min_size=2, max_size=2).map(
    lambda cells: f"| h | i |\n|---|---|\n| {' | '.join(cells)} |"
)
BLOCKS = st.recursive(
    st.one_of(lines(), lines(), CODE, TABLES, lines().map(lambda text: f"**Example**: {text}")),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("\n\n".join).map(lambda t: _indented(t, "> ")),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: _listed(items, "- ")),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: _listed(items, "1. ")),
        st.lists(inner, min_size=1, max_size=2)
        .map("\n\n".join)
        .map(lambda text: '!!! kind "Title"\n' + _indented(text, "    ")),
    ),
    max_leaves=4,
)
HEADINGS = st.tuples(
    st.integers(1, 6), st.lists(WORDS, min_size=1, max_size=3), st.sampled_from(["", " {#x}"])
).map(lambda parts: f"{'#' * parts[0]} Head {' '.join(parts[1])}{parts[2]}")
TEXTS = st.lists(st.one_of(HEADINGS, BLOCKS, BLOCKS), min_size=1, max_size=6).map(
    lambda blocks: "# Begin\n\n" + "\n\n".join(blocks)
)


@SLOW
@given(TEXTS)
def test_every_markdown_text_becomes_a_sound_edition(text: str) -> None:
    check(read(text))


SIGNS = st.text(
    alphabet=[*"#*_`~>|-+=!?:;.,&<>[](){}^/\\\"'“” \n\n\ta1b2\u0301\u00a0é😀\r\x0c"], max_size=80
)
TAGS = st.lists(
    st.sampled_from(
        [
            *("<p>", "</p>", "<div>", "</div>", "<ul>", "</ul>", "<li>", "<table>", "</table>"),
            *("<tr>", "<td>", "<br>", "<pre>", "</pre>", "<a href='#x'>", "</a>", "<sup>", "<b>"),
            *("<h2>", "</h2>", "<blockquote>", "</blockquote>", "<nav>", "</nav>", "<header>"),
            *("<section id=y>", "</section>", "</b>", "a", " b ", "1", "<!-- c -->", "&nbsp;"),
            *("<div class=admonition>", "<p class=admonition-title>", "<img alt=d>", "<script>"),
            *("</sup>", "\n", "?"),
        ]
    ),
    max_size=25,
).map("".join)


@SLOW
@given(SIGNS | TAGS, st.sampled_from([".md", ".html", ".txt"]))
def test_any_text_at_all_becomes_a_sound_edition_or_is_refused(text: str, suffix: str) -> None:
    with contextlib.suppress(SourceFault):
        check(below(text, suffix))


@SLOW
@given(TEXTS)
def test_every_run_of_a_text_comes_from_its_source(text: str) -> None:
    page = PAGE % rendered(text)
    for suffix, source in ((".md", text), (".md", text.replace("\n", "\r\n")), (".html", page)):
        check_origins(source.encode(), suffix, read(source, suffix))
    with contextlib.suppress(SourceFault):
        check_origins(text.encode(), ".txt", read(text, ".txt"))


@SLOW
@given(SIGNS | TAGS, st.sampled_from([".md", ".html", ".txt"]))
def test_every_run_of_any_text_at_all_comes_from_its_source(text: str, suffix: str) -> None:
    heading = {".md": "# T\n\n", ".html": "<h1>T</h1>", ".txt": "T\n===\n\n"}[suffix]
    with contextlib.suppress(SourceFault):
        check_origins((heading + text).encode(), suffix, below(text, suffix))


@SLOW
@given(TEXTS)
def test_the_same_words_rendered_to_html_are_the_same_edition(text: str) -> None:
    expected, parsed = read(text), read(PAGE % rendered(text), ".html")
    assert parsed.text == expected.text
    assert parsed.blocks == expected.blocks
    assert parsed.provisions == expected.provisions


@SLOW
@given(TEXTS)
def test_line_ends_and_normal_forms_do_not_matter(text: str) -> None:
    expected = read(text)
    assert read(text.replace("\n", "\r\n")) == expected
    assert read(unicodedata.normalize("NFD", text)).text == expected.text


@SLOW
@given(TEXTS, st.data())
def test_every_range_is_cited_and_found_again(text: str, data: st.DataObject) -> None:
    parsed = read(text)
    start = data.draw(st.integers(0, len(parsed.text) - 1))
    end = data.draw(st.integers(start + 1, len(parsed.text)))
    quoted = parsed.text[start:end]
    if not quoted.strip():
        return
    address = address_of(parsed, "t", "v", start, end)
    assert notation.read(notation.write(address)) == address
    found = locate(parsed, address)
    assert found.status == "found"
    first, last = end - len(quoted.lstrip()), start + len(quoted.rstrip())
    assert found.start <= first
    assert last <= found.end
    if address.end is None and (address.start.words or address.start.sentences):
        assert (found.start, found.end) == (first, last)  # nothing looks a part up again


@settings(deadline=None)
@given(st.text(max_size=60).filter(lambda text: not any(0xD800 <= ord(c) < 0xE000 for c in text)))
def test_folding_is_done_once_and_gives_nfc(text: str) -> None:
    once = fold(text)
    assert fold(once) == once
    assert unicodedata.is_normalized("NFC", once)


PRINTED = st.text(max_size=6).filter(lambda text: not FORBIDDEN.search(text))


@settings(deadline=None)
@given(st.lists(st.tuples(st.booleans(), PRINTED), max_size=8))
def test_marks_never_change_the_words_and_lie_within_them(pieces: list[tuple[bool, str]]) -> None:
    words = BlockWords()
    for marked, text in pieces:
        if marked:
            words.open("em")
        words.add(text)
        if marked:
            words.close("em")
    block = words.take()
    assert block.text == fold("".join(text for _, text in pieces))
    ends = [0]
    for mark in block.marks:
        assert ends[-1] <= mark.start < mark.end <= len(block.text)
        assert not {block.text[mark.start], block.text[mark.end - 1]} & {" "}
        ends.append(mark.end)


@settings(deadline=None)
@given(st.text(max_size=80).map(fold))
def test_sentences_are_disjoint_and_leave_only_white_space_out(text: str) -> None:
    left = list(text)
    end = 0
    for start, last in split(text):
        assert end <= start < last
        left[start:last] = " " * (last - start)
        end = last
    assert not "".join(left).strip()


@settings(deadline=None)
@given(st.text(max_size=80).map(fold))
def test_a_folded_text_knows_where_each_character_came_from(text: str) -> None:
    there = folded(text)
    assert there.text == fold_words(text) or text != text.strip()
    assert list(there.starts) == sorted(there.starts)
    assert all(start < end for start, end in zip(there.starts, there.ends, strict=True))


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet='ab1.-/@~"“”>›¶ps#… \u0000\ud800', max_size=40))
def test_reading_an_address_never_breaks(text: str) -> None:
    try:
        address = notation.read("doc" + text)
    except Malformed:
        return
    assert notation.read(notation.write(address)) == address
