"""A remark's Markdown becomes safe HTML: rendered, then cleaned by bleach, then by nh3.

Not for documents: their Markdown is read by `annotator.documents`. The caller keeps the source and
caps its length before it comes here; both sanitizers are quadratic on some nested input.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Sequence
from functools import lru_cache

import bleach
import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict

from annotator.markup.policy import ATTRIBUTES, EMPTIED, LINK_REL, SCHEMES, TAGS

HEADING_SHIFT = 2
WRITTEN_OUT = re.compile(r"https?://|\bwww\.", re.IGNORECASE)


class _Renderer(RendererHTML):
    """Markdown's HTML, with headings below those of the page and pictures as links to them."""

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
        """Show a link in a picture's place: what a reader loads is not a commentator's choice."""
        token = tokens[idx]
        link = Token("link_open", "a", 1, attrs={"href": token.attrs.get("src", "")})
        words = self.renderInlineAsText(token.children, options, env) or "picture"
        return f"<a{self.renderAttrs(link)}>{bleach.clean(words, tags=set())}</a>"


def _lowered(tag: str) -> str:
    return f"h{min(int(tag[1]) + HEADING_SHIFT, 6)}"


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable(
    ["strikethrough", "table"]
)


class _Own(threading.local):
    """What each thread has of its own: a cleaner keeps the state of the text that it is at."""

    def __init__(self) -> None:
        self.bleach = bleach.Cleaner(
            tags=TAGS,
            attributes={tag: [*names, "rel"] for tag, names in ATTRIBUTES.items()},
            protocols=SCHEMES,
            strip=True,
        )


_OWN = _Own()


def parse(markdown: str) -> list[Token]:
    """Read a comment's Markdown; HTML in it is text."""
    return _MARKDOWN.parse(markdown)


@lru_cache(maxsize=4096)
def render(markdown: str) -> str:
    """Render a remark's Markdown as HTML that is safe to put into any page."""
    return sanitize(_MARKDOWN.render(markdown).replace("<s>", "<del>").replace("</s>", "</del>"))


def sanitize(html: str) -> str:
    """Clean any HTML down to the policy; links get `rel="nofollow ugc noopener"`."""
    return nh3.clean(
        _OWN.bleach.clean(html),
        tags=set(TAGS),
        attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
        url_schemes=set(SCHEMES),
        clean_content_tags=set(EMPTIED),
        link_rel=LINK_REL,
    )


def links(markdown: str) -> int:
    """Count the links of a remark, also addresses that are only written out."""
    return max(render(markdown).count("<a "), len(WRITTEN_OUT.findall(markdown)))


def plain(markdown: str) -> str:
    """Give the words of a remark without its marks, for search and summaries."""
    words = (_words(token) for token in parse(markdown))
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
