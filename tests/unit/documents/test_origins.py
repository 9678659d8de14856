"""Every run of the canonical text leads to the words of the source that it came from."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator.documents import parse
from annotator.documents.origins import Origins, edited, joined
from tests.unit.documents.conftest import EDITIONS, PAGE, check_origins, rendered

CHARTER = Path("corpus/charter")


def came_from(text: str, words: str, suffix: str = ".md") -> str:
    """Return what stands in the source where these words of the canonical text came from."""
    data = text.encode()
    parsed = parse(data, name=f"a{suffix}")
    check_origins(data, suffix, parsed)
    start = parsed.text.index(words)
    block = next(i for i, b in enumerate(parsed.blocks) if b.start <= start < b.end)
    at = start - parsed.blocks[block].start
    first, last = Origins(parsed.origins[block]).source(at, at + len(words))
    return data.decode("utf-8-sig")[first:last]


@pytest.mark.shared
@pytest.mark.parametrize("path", EDITIONS)
def test_every_block_of_the_real_editions_comes_from_its_source(shared: Path, path: str) -> None:
    data = (shared / "corpus" / path).read_bytes()
    check_origins(data, ".md", parse(data, name="a.md"))
    page = (PAGE % rendered(data.decode())).encode()
    check_origins(page, ".html", parse(page, name="a.html"))
    check_origins(b"# A\n\n" + data, ".txt", parse(b"# A\n\n" + data, name="a.txt"))


@pytest.mark.parametrize("path", sorted(CHARTER.glob("*.md")), ids=lambda path: path.name)
def test_every_block_of_our_own_document_comes_from_its_source(path: Path) -> None:
    data = path.read_bytes()
    for variant in (data, b"\xef\xbb\xbf" + data, data.replace(b"\n", b"\r\n"), data.rstrip()):
        check_origins(variant, ".md", parse(variant, name="a.md"))


@pytest.mark.parametrize(
    ("text", "words", "source"),
    [
        ("# T\n\nOne *two*  \nthree.", "One two three.", "One *two*  \nthree."),
        ("# T\n\nA &amp; b \\* c", "& b *", "&amp; b \\*"),
        ("# T\n\nA [?](#anchor) b", "#anchor", "#anchor"),
        ("# T\n\nA [?][r] b\n\n[r]: #anchor", "#anchor", "?"),
        ("# T\n\nsee <https://a.example/> now", "https://a.example/", "https://a.example/"),
        ("# T\n\nsee `` a`b `` now", "a`b", "a`b"),
        ("# T\n\n***a* b** c", "a b c", "a* b** c"),
        ("# T\n\nfive ~~~ six", "~~~", "~~~"),
        ("# T\n\n> - one\n>   *two*\n", "one two", "one\n>   *two"),
        ("# T\n\n-\tone\n\n\t    two\n", "two", "two"),
        ("# T\n\n1. 1\n2. # 2\n", "2", "2"),
        ("# T\n\n| a\\|b | a |\n|---|---|\n| a | |\n", "a|b", "a\\|b"),
        ("# T\n\nword{: .x} more\n", "word more", "word{: .x} more"),
        ("---\ntitle: x\n---\n# T\n\none {{ y }}two", "one two", "one {{ y }}two"),
        ("\ufeff# T\r\n\r\none\r\ntwo\r\n", "one two", "one\r\ntwo"),
        ("# T\n\none[^1] two\n\n[^1]: 1 note\n", "one two", "one[^1] two"),
        ("# T\n\none[^1] two\n\n[^1]: 1 note\n", "1 note", "1 note"),
        ("# T\n\ncafe\u0301s", "caf\u00e9", "cafe\u0301"),
        ("# T\n\n<div>\n<p>a <b>b&lt;</b></p>\n</div>\n", "a b<", "a <b>b&lt;"),
        ("# T\n\n- x\n\n  <p>a\n  c</p>\n", "a c", "a\n  c"),
        ("# T\n\nterm\n: def\n\t<https://e.x>", "https://e.x", "https://e.x"),
        ("# T\n\nterm\n: def\u00a0", "def", "def"),
        ("# T\n\n<p></>a &ampe\u0301", "a &\u00e9", "a &ampe\u0301"),
        ("# T\n\n    code\n      more\n", "code\n  more", "code\n      more"),
    ],
)
def test_markdown_leads_back_to_its_source(text: str, words: str, source: str) -> None:
    assert came_from(text, words) == source


@pytest.mark.parametrize(
    ("text", "words", "source"),
    [
        ("<h1>T</h1><p>a<!-- > -->b <i title='>x'>c</i>", "ab c", "a<!-- > -->b <i title='>x'>c"),
        ("<h1>T</h1><p>x</p><p>a &nbsp;&copy; x", "\u00a9 x", "&copy; x"),
        ("<script>a<p>x</script><h1>T</h1><p>x y", "x y", "x y"),
        ("<h1>T</h1><p>a <a href='#b'>?</a> c", "#b", "#b"),
        ("<h1>T</h1><pre>a\n <br>b</pre>", "a\n \nb", "a\n <br>b"),
        ("<h1>T</h1><table><tr><td>a</td><td>b</td></tr></table>", "b", "b"),
        ("<p>x</p><main><nav>x</nav><h1>T</h1><p>x y</p></main>", "x y", "x y"),
        ("<h1>T</h1><p>1 < 2 and</p>", "1 < 2", "1 < 2"),
    ],
)
def test_html_leads_back_to_its_source(text: str, words: str, source: str) -> None:
    assert came_from(text, words, ".html") == source


@pytest.mark.parametrize(
    ("text", "words", "source"),
    [
        ("T\n===\n\n  one\n  two", "one two", "one\n  two"),
        ("T\n===\n\nco-\noperate, cooperate", "cooperate", "co-\noperate"),
        ("T\n===\n\n- one\n  two\n- three", "three", "three"),
        ("T\n===\n\n   a\n   b", "a b", "a\n   b"),
        ("Head 1\n\nT\n===\n\none\n\fHead 2\n\ntwo", "two", "two"),
    ],
)
def test_plain_text_leads_back_to_its_source(text: str, words: str, source: str) -> None:
    assert came_from(text, words, ".txt") == source


def test_an_edited_text_knows_where_its_words_stood() -> None:
    text, origins = edited("one  two three", [(3, 5, " "), (8, 9, "")])
    assert text == "one twothree"
    assert origins.within(2, 8) == [(1, 2, 3), (1, 3, 5), (3, 5, 8), (1, 9, 10)]
    assert origins.source(4, 4) == (5, 5)
    assert joined([(1, 0, 1), (2, 1, 3), (1, 3, 5), (1, 5, 6)]) == [(3, 0, 3), (1, 3, 5), (1, 5, 6)]
