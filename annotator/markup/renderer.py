"""A comment's Markdown becomes safe HTML: rendered, then cleaned by bleach, then by nh3.

Not for documents: `annotator.documents` reads their Markdown. The caller stores the source and
limits its length. Tables and URLs that many links share, which make a short source long, are
limited here, before the slow sanitizers.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from html.parser import HTMLParser
from urllib.parse import urlsplit

import bleach
import lxml.html
import nh3
from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from annotator.errors import Unacceptable

TAGS = frozenset(
    {
        *("p", "br", "hr", "blockquote", "pre", "ul", "ol", "li", "h3", "h4", "h5", "h6"),
        *("a", "code", "del", "em", "strong"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
ATTRIBUTES = {"a": frozenset({"href", "title"}), "ol": frozenset({"start"})}
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"
EMPTIED = frozenset({"script", "style"})


# Invisible characters that Unicode classifies as letters, marks or symbols.
FILLERS = frozenset(
    map(chr, [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x2800, 0x3164, 0xFFA0,
              *range(0x180B, 0x1810), *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)])
)  # fmt: skip
DRAWN = frozenset({"hr", "list_item_open"})  # visible without text: a line, a bullet, a number
UNSEEN = frozenset({"Cc", "Cf", "Zs", "Zl", "Zp"})  # Unicode's categories
HEADING_SHIFT = 2
MOST_CELLS = 1_000  # of all tables of a comment; 10,000 characters of real tables have fewer
MOST_HTML = 100_000  # characters before cleaning, which then takes at most 0.3 s
# Foreign HTML: depth and attributes make sanitizing slow; within these limits it takes 0.4 s.
MOST_FOREIGN_HTML, MOST_FOREIGN_TAGS = 20_000, 2_000
TAG = re.compile(r"<(?=[a-z/!?])", re.IGNORECASE)
CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
# HTML of allowed elements without attributes skips bleach, the slowest step.
BARE = re.compile(
    r"(?:[^<>&\x00-\x08\x0b-\x1f\x7f-\x9f]++|&(?:amp|lt|gt|quot);|</?(?:"
    + "|".join(sorted(TAGS))
    + r")>)*+"
)
# Paragraphs of one line each without a mark of Markdown or HTML, as most comments are. There is
# nothing to parse and nothing to sanitize in them.
PLAIN_LINE = r"[^\W\d_](?:[^\\`*_\[\]<>&~\x00-\x1f\x7f-\x9f]*+(?<!\s))?"
PLAIN = re.compile(rf"{PLAIN_LINE}(?:\n\n{PLAIN_LINE})*+")
WRITTEN_OUT = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class _Renderer(RendererHTML):
    """Render HTML with headings below those of the page, and images as links to them."""

    def heading_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """Begin a heading, two levels down."""
        return f"<{_lowered(tokens[idx].tag)}>"

    def heading_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """End a heading, two levels down."""
        return f"</{_lowered(tokens[idx].tag)}>\n"

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """Render a link instead of an image, so that comments cannot make readers load anything."""
        token = tokens[idx]
        link = Token("link_open", "a", 1, attrs={"href": token.attrs.get("src", "")})
        words = self.renderInlineAsText(token.children, options, env).strip()
        if _is_linked(tokens, idx):  # a link within a link would end it
            return escapeHtml(words)
        return f"<a{self.renderAttrs(link)}>{escapeHtml(words)}</a>"


def _is_linked(tokens: Sequence[Token], idx: int) -> bool:
    """Return whether an inline token is inside a link."""
    around = (token.type for token in reversed(tokens[:idx]))
    return next((kind for kind in around if kind in ("link_open", "link_close")), "") == "link_open"


def _lowered(tag: str) -> str:
    return f"h{min(int(tag[1]) + HEADING_SHIFT, 6)}"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(
    ["strikethrough", "table"]
)


class _Own(threading.local):
    """Cleaners for each thread: they keep state while cleaning."""

    def __init__(self) -> None:
        self.bleach = bleach.Cleaner(
            tags=TAGS,
            attributes={tag: [*names, "rel"] for tag, names in ATTRIBUTES.items()},
            protocols=SCHEMES,
            strip=True,
        )
        self.nh3 = nh3.Cleaner(
            tags=set(TAGS),
            attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
            url_schemes=set(SCHEMES),
            clean_content_tags=set(EMPTIED),
            link_rel=LINK_REL,
        )


_OWN = _Own()


class _Blocks(list[Token]):
    """The tokens of a text during parsing; limits the number of table cells."""

    _cells = 0

    def append(self, token: Token) -> None:
        """Append a token. Raises Unacceptable if it begins a cell too many."""
        if token.type in ("td_open", "th_open"):
            self._cells += 1
            if self._cells > MOST_CELLS:
                raise Unacceptable(
                    f"The tables of a comment have at most {MOST_CELLS:,} cells, including the "
                    "empty ones added to short rows. Make them smaller.",
                    field="body",
                )
        super().append(token)


def render(markdown: str) -> str:
    """Render a comment's Markdown as HTML that is safe to put into any page.

    Raises Unacceptable if it shows nothing, has too many table cells, or renders too much HTML.
    """
    if PLAIN.fullmatch(markdown) and not is_blank(markdown):
        _check_size(len(markdown))
        return "".join(
            f"<p>{line}</p>\n" for line in markdown.replace("\xa0", "&nbsp;").split("\n\n")
        )
    tokens = parse(markdown)
    _check_size(_weight(tokens))
    rendered = _MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {})
    _check_size(len(rendered))
    if all(token.type not in DRAWN and is_blank(_words(token)) for token in tokens):
        raise Unacceptable("The comment is empty; write something, or highlight.", field="body")
    return sanitize(rendered.replace("<s>", "<del>").replace("</s>", "</del>"))


def parse(markdown: str) -> list[Token]:
    """Parse a comment's Markdown; HTML is text. Raises Unacceptable for too many table cells."""
    state = StateCore(markdown, _MARKDOWN, {})  # what `MarkdownIt.parse` does, counting cells
    state.tokens = _Blocks()
    _MARKDOWN.core.process(state)
    for token in state.tokens:
        token.children = token.children and list(_named(token.children))
    return state.tokens


def _named(tokens: Iterable[Token]) -> Iterator[Token]:
    """Yield the tokens of a line; a link without visible text gets its URL as text."""
    words: list[str] = []
    href = ""
    for token in tokens:
        if token.type == "image" and is_blank(_words(token)):
            token.children = [Token("text", "", 0, content="picture")]
        if token.type == "link_open":
            words, href = [], str(token.attrs.get("href") or "link")
        elif token.type == "link_close" and is_blank("".join(words)):
            yield Token("text", "", 0, content=href)
        words.append(_words(token) if token.children else token.content)
        yield token


def is_blank(text: str) -> bool:
    """Return whether a text is invisible: white space, format characters, fillers."""
    return all(char in FILLERS or unicodedata.category(char) in UNSEEN for char in text)


def _weight(tokens: Iterable[Token]) -> int:
    """Count the characters of text and URLs: many links may share a long URL."""
    weight, left = 0, list(tokens)
    while left:
        token = left.pop()
        if token.type != "inline":
            weight += len(token.content)
        weight += sum(map(len, map(str, token.attrs.values())))
        left += token.children or ()
    return weight


def _check_size(size: int) -> None:
    if size > MOST_HTML:
        raise Unacceptable(
            f"The comment becomes {size:,} characters of HTML; the limit is {MOST_HTML:,}. "
            "Use fewer or shorter links, tables, lists and quotations.",
            field="body",
        )


def sanitize(unclean: str) -> str:
    """Remove what the policy does not allow; links get `rel="nofollow ugc noopener"`."""
    return _OWN.nh3.clean(unclean if BARE.fullmatch(unclean) else _OWN.bleach.clean(unclean))


def check_foreign(html: str) -> None:
    """Raise Unacceptable if foreign HTML is too large to be sanitized."""
    tags, cells = (len(pattern.findall(html)) for pattern in (TAG, CELL))
    if len(html) > MOST_FOREIGN_HTML or tags > MOST_FOREIGN_TAGS or cells > MOST_CELLS:
        raise Unacceptable(
            f"Its HTML has {len(html):,} characters, {tags:,} tags and {cells:,} cells of tables. "
            f"At most {MOST_FOREIGN_HTML:,} characters, {MOST_FOREIGN_TAGS:,} tags and "
            f"{MOST_CELLS:,} cells are accepted; send it shorter, or as Markdown.",
            field="body",
        )


def text_of(html: str) -> str:
    """Return the text of foreign HTML."""
    parsed = lxml.html.fragment_fromstring(html, create_parent="div")
    for hidden in parsed.xpath(".//script|.//style"):
        hidden.drop_tree()
    return str(parsed.text_content()).strip()


def links(markdown: str | None, rendered: str | None) -> int:
    """Count the links of a comment, including bare URLs."""
    return max((rendered or "").count("<a "), len(WRITTEN_OUT.findall(markdown or "")))


def plain(markdown: str) -> str:
    """Return the plain text of a comment, for search and summaries.

    A comment with too many table cells is returned as its source.
    """
    if PLAIN.fullmatch(markdown):
        return markdown.replace("\n\n", "\n")
    try:
        tokens = parse(markdown)
    except Unacceptable:
        return markdown
    words = (_words(token) for token in tokens)
    return "\n".join(line for line in words if line.strip())


def _words(token: Token) -> str:
    if token.type in {"fence", "code_block"}:
        return token.content
    parts = []
    for child in token.children or ():
        if child.type in {"softbreak", "hardbreak"}:
            parts.append("\n")
        elif child.children:
            parts.append(_words(child))
        else:
            parts.append(child.content)
    return "".join(parts)


SHOWN = 60
UNLINKED = re.compile(rf"(?:[^<]++|</?(?:{'|'.join(sorted(TAGS))})>)*+")  # without attributes


def forbidden(html: str) -> list[str]:
    """Return every element, attribute and address in `html` that the policy does not allow."""
    if UNLINKED.fullmatch(html):
        return []
    walk = _HtmlInspector()
    try:
        walk.feed(html)
        walk.close()
    except AssertionError:  # raised by html.parser for invalid HTML
        walk.found.append("a declaration that no parser reads")
    return walk.found


class _HtmlInspector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"the element {tag[:SHOWN]}")
            return
        for name, value in attrs:
            if tag == "a" and name == "rel" and value == LINK_REL:
                continue
            if name not in ATTRIBUTES.get(tag, ()):
                self.found.append(f"the attribute {name[:SHOWN]} of {tag}")
            elif name == "href" and _scheme(value or "") not in {*SCHEMES, ""}:
                self.found.append(f"the address {(value or '')[:SHOWN]!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in TAGS:
            self.found.append(f"the end of {tag[:SHOWN]}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"the comment {data[:SHOWN]!r}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"the declaration {decl[:SHOWN]!r}")

    def unknown_decl(self, data: str) -> None:
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        self.found.append(f"the instruction {data[:SHOWN]!r}")


def _scheme(address: str) -> str:
    """Return the scheme as browsers read it: they ignore control characters and white space."""
    bare = "".join(char for char in address if char > " " and char != "\x7f")
    try:
        return urlsplit(bare).scheme.lower()
    except ValueError:
        return "?"
