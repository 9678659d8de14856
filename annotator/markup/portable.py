r"""Write Markdown that pandoc, GitHub and CommonMark read alike.

Each dialect has syntax that the others show as text: `$` is mathematics in one, `@` a citation,
`:smile:` a picture, `[^1]` a footnote. All of them accept a backslash before ASCII punctuation, so
every possible sign gets one. A comment is parsed as the pages parse it, then written again from its
tokens. Links are made absolute wherever text leaves the site: feeds, files, email.
"""

from __future__ import annotations

import re
from html import escape, unescape
from typing import TYPE_CHECKING
from urllib.parse import quote, urljoin, urlsplit

from annotator.errors import Unacceptable

if TYPE_CHECKING:
    from markdown_it.tree import SyntaxTreeNode

_SIGNS = re.compile(
    r"[\\`*_{}\[\]<>#~|$^@]"
    r"|&(?=[#A-Za-z])"  # an entity
    r"|:(?=[\w+-]+:|//)"  # an emoji, an address
    r"|(?<=\bwww)\."
    r"|!\Z"  # an image, if a link or a mark follows
)
_TYPOGRAPHY = re.compile(r"[\"']|-(?=-)|\.(?=\.\.)")  # what "smart" typography replaces
_BEGINNING = re.compile(
    r"(?P<sign>[-+=:%])"
    r"|(?P<word>\(?(?:[0-9]+|[A-Za-z]|[ivxlcdmIVXLCDM]+)|table)(?P<end>[.):])",
    re.IGNORECASE,
)
# GitHub also links URLs inside the URLs of links, and reads what follows one without a space again.
_LINK_AGAINST_WORDS = re.compile(r"(\]\((?:https?|ftp))(?=://[^\s)]*\)[^\s.,!?])")
# One paragraph on one line that is plain text in every dialect.
_WORDS = re.compile(r"(?!\w{1,9}[.)])[A-Za-z\u00c0-\u024f][\w ,;?()/'\"’‘“”–—….-]*")
_PLAIN_LANGUAGE = re.compile(r"[A-Za-z][\w+#.-]*")
_KEPT_IN_ADDRESSES = "%:/?#@!$&+,=~"  # but not `;`, which ends an entity
LIST_WIDTH = 4
JOINER = "&#8288;"  # zero width; a line that begins with ~~ would be a definition
NOTHING = "<!-- -->"  # before code that begins a list item, for pandoc
_HREF = re.compile(r'(<a (?:[a-z]+="[^"]*" )*?href=")([^"]*)')
_UNSEEN = re.compile(r"[\x00-\x20]+")  # ignored by browsers in a URL
_RUNNING = ("javascript:", "vbscript:", "data:")


def escaped(text: str, *, typography: bool = False) -> str:
    """Escape one line of text so that it reads as written, also at the beginning of a block.

    With `typography`, straight quotation marks, `--` and `...` are protected from readers that
    would turn them into curly ones, dashes and ellipses.
    """
    line = inline(text, typography=typography)
    begins = _BEGINNING.match(line)
    if begins is None:
        return line
    if begins["sign"]:
        return f"\\{line}"
    opened = "\\" if line.startswith("(") else ""
    return f"{opened}{begins['word']}\\{line[begins.start('end') :]}"


def inline(text: str, *, typography: bool = False) -> str:
    """Escape text within a line, as `escaped` does."""
    shown = _SIGNS.sub(r"\\\g<0>", text)
    return _TYPOGRAPHY.sub(r"\\\g<0>", shown) if typography else shown


def code(text: str) -> str:
    """Write text as code within a line."""
    fence = _fence(text, 1)
    apart = " " if text[:1] in ("`", " ") or text[-1:] in ("`", " ") else ""
    return f"{fence}{apart}{text}{apart}{fence}"


def code_block(text: str, language: str = "") -> str:
    """Write text as a block of code."""
    fence = _fence(text, 3)
    named = language if _PLAIN_LANGUAGE.fullmatch(language) else ""
    return f"{fence}{named}\n{text}\n{fence}"


def _fence(text: str, least: int) -> str:
    longest = max(map(len, re.findall("`+", text)), default=0)
    return "`" * max(least, longest + 1)


def address(url: str) -> str:
    """Percent-encode the characters of a URL that would end `<…>` or `(…)`."""
    return quote(url, safe=_KEPT_IN_ADDRESSES)


def indented(text: str, before: str) -> str:
    """Prefix every line with `before`, without trailing spaces on empty lines."""
    return "\n".join(before + line if line else before.rstrip() for line in text.split("\n"))


def marker(sign: str) -> str:
    """Return a list item's marker, padded to the indentation of its text: `-   `, `12. `."""
    plain = sign if re.fullmatch(r"[0-9]{1,9}\.", sign) else "-"
    return plain.ljust(max(LIST_WIDTH, len(plain) + 1))


def item(sign: str, words: str) -> str:
    """Write a list item, with its text indented after the marker."""
    before = marker(sign)
    return f"{before}{indented(words, ' ' * len(before)).lstrip(' ')}".rstrip()


def table_row(cells: list[str]) -> str:
    """Write a table row; the cells are Markdown."""
    return "".join(f"| {cell} " for cell in cells) + "|"


def only_words(markdown: str) -> bool:
    """Return whether a comment is plain text, as most are, and needs no rewriting."""
    signs = any(sign in markdown for sign in ("_", "--", "www."))
    return not signs and not markdown.endswith(" ") and _WORDS.fullmatch(markdown) is not None


def rewritten(markdown: str, base: str) -> str:
    """Rewrite a comment's Markdown for all dialects; relative links are resolved against `base`.

    A comment whose tables have too many cells is written as code.
    """
    if only_words(markdown):
        return markdown
    from markdown_it.tree import SyntaxTreeNode

    from annotator.markup.renderer import parse

    try:
        tokens = parse(markdown)
    except Unacceptable:
        return code_block(markdown)
    return Rewriter(base).blocks(SyntaxTreeNode(tokens))


class Rewriter:
    """Writes the tree of one comment; relative links are resolved against `base`."""

    def __init__(self, base: str) -> None:
        self.base = base

    def blocks(self, node: SyntaxTreeNode) -> str:
        """Write the blocks in a node, with empty lines between them."""
        return "\n\n".join(self.block(child) for child in node.children)

    def block(self, node: SyntaxTreeNode) -> str:
        """Write one block."""
        if node.type == "heading":
            return f"{'#' * int(node.tag[1])} {self._line(node)}"
        if node.type in ("fence", "code_block"):
            return code_block(node.content.rstrip("\n"), node.info.strip())
        if node.type == "blockquote":
            return indented(self.blocks(node), "> ")
        if node.type in ("bullet_list", "ordered_list"):
            return self._list(node)
        if node.type == "table":
            return self._table(node)
        if node.type == "hr":
            return "___"
        return "".join(self._inlines(child, breaks=True) for child in node.children)

    def _list(self, node: SyntaxTreeNode) -> str:
        first = int(node.attrs.get("start", 1)) if node.type == "ordered_list" else None
        items = []
        for at, each in enumerate(node.children):
            words = self.blocks(each)
            if each.children and each.children[0].type in ("fence", "code_block"):
                words = f"{NOTHING}\n\n{words}"
            items.append(item("-" if first is None else f"{first + at}.", words))
        return "\n\n".join(items)

    def _table(self, node: SyntaxTreeNode) -> str:
        rows = [row for part in node.children for row in part.children]
        lines = [table_row([self._line(cell) for cell in row.children]) for row in rows]
        edges = {"text-align:left": ":--", "text-align:right": "--:", "text-align:center": ":-:"}
        rule = [edges.get(str(cell.attrs.get("style")), "---") for cell in rows[0].children]
        return "\n".join([lines[0], table_row(rule), *lines[1:]])

    def _line(self, node: SyntaxTreeNode) -> str:
        return "".join(self._inlines(child, breaks=False) for child in node.children)

    def _inlines(self, node: SyntaxTreeNode, *, breaks: bool) -> str:
        written = ""
        for child in node.children:
            begins = not written or written.endswith("\n")
            written += self.inline(child, begins=begins, breaks=breaks)
        return _LINK_AGAINST_WORDS.sub(r"\1\\", written)

    def inline(self, node: SyntaxTreeNode, *, begins: bool, breaks: bool) -> str:
        """Write one inline node; it `begins` a line, and may contain line `breaks`."""
        kind = node.type
        if kind in ("softbreak", "hardbreak"):
            return ("\\\n" if kind == "hardbreak" else "\n") if breaks else " "
        if kind == "code_inline":
            in_cell = not breaks and "|" in node.content
            return escaped(node.content) if in_cell else code(node.content)
        if kind in ("em", "strong", "s"):
            first = JOINER if begins and kind == "s" else ""
            return f"{first}{node.markup}{self._inlines(node, breaks=breaks)}{node.markup}"
        if kind == "link":
            return self.link(node, self._inlines(node, breaks=breaks), str(node.attrs["href"]))
        if kind == "image":
            words = self._inlines(node, breaks=False)
            around = node.parent
            while around is not None and around.type != "link":
                around = around.parent
            return words if around else self.link(node, words, str(node.attrs["src"]))
        return escaped(node.content) if begins else inline(node.content)

    def link(self, node: SyntaxTreeNode, words: str, href: str) -> str:
        """Write a link, or a picture as a link."""
        title = str(node.attrs.get("title") or "").replace("\n", " ")
        named = f' "{escaped(title, typography=True)}"' if title else ""
        return f"[{words}]({address(absolute(href, self.base))}{named})"


def runs(address: str) -> bool:
    """Return whether following an address would run a script."""
    return _UNSEEN.sub("", address).lower().startswith(_RUNNING)


def absolute(href: str, base: str) -> str:
    """Resolve a relative address against the page `base`; an invalid one is unchanged."""
    try:
        return href if urlsplit(href).scheme else urljoin(base, href)
    except ValueError:  # such as brackets around no IPv6 address
        return href


def absolute_links(html: str, base: str) -> str:
    """Make the links of a comment's safe HTML (`render`) absolute; `base` is its page."""
    return _HREF.sub(lambda link: link[1] + escape(absolute(unescape(link[2]), base)), html)
