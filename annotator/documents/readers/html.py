"""Read an HTML source: the main content of a publisher's page, or a piece of HTML in Markdown.

HTML and Markdown of the same words become the same stream. Parts that are hidden or not the
document's are left out: navigation, headers, footers, scripts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from lxml import etree

from annotator.documents.canonical import fold
from annotator.documents.origins import Origins
from annotator.documents.parsed import MarkKind
from annotator.documents.readers import html_elements as elements
from annotator.documents.readers.html_elements import Element, PageOrigins
from annotator.documents.words import (
    BlockWords,
    Close,
    HolderKind,
    Leaf,
    LeafKind,
    Open,
    Source,
    Step,
)
from annotator.errors import SourceFault

# How deep list items, quotations and tables may be nested.
DEEPEST = 60

# Elements around the text of a page that does not mark its main content.
_AROUND: Final = frozenset({"aside", "footer", "header"})
_CONTROLS: Final = frozenset({"menu", "search"})
_TEXTS: Final = ("article", "main", "section", "blockquote")
BLOCKS: Final = frozenset(
    {"address", "article", "aside", "blockquote", "body", "caption", "center", "dd", "details"}
    | {"dialog", "div", "dl", "dt", "fieldset", "figcaption", "figure", "footer", "form", "h1"}
    | {"h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "html", "legend", "li", "main"}
    | {"menu", "nav", "ol", "optgroup", "p", "pre", "search", "section", "summary", "table"}
    | {"tbody", "td", "tfoot", "th", "thead", "tr", "ul"}
)
_ELEMENTS: Final[dict[MarkKind, tuple[str, ...]]] = {
    "em": ("em", "i"),
    "strong": ("strong", "b"),
    "code": ("code", "kbd", "samp", "tt"),
    "del": ("del", "s", "strike"),
    "sup": ("sup",),
    "sub": ("sub",),
    "ins": ("ins",),
    "q": ("q",),
    "link": ("a",),
}
MARKS: Final = {name: kind for kind, names in _ELEMENTS.items() for name in names}
_HOLDERS: Final[dict[str, HolderKind]] = {
    "li": "item",
    "blockquote": "quote",
    "table": "table",
    "tr": "row",
}


def read(text: str) -> Source:
    """Read a whole page into a stream. Raises `SourceFault` if it is nested too deeply."""
    root = _tree(text)
    if root is None:
        return Source({}, ())
    metadata = {}
    title = root.find("head/title")
    if title is not None and (words := fold("".join(title.itertext()))):
        metadata["title"] = words
    if language := root.get("lang"):
        metadata["language"] = fold(language)
    content = _main_content(root)
    origins = PageOrigins(text)
    for event, element in etree.iterwalk(root, events=("start", "end")):
        if element is content:
            break
        origins.take(element.text if event == "start" else element.tail)
    reader = _TreeReader(origins, BlockWords(), whole_page=content.tag in ("body", "html"))
    steps = tuple(reader.read(elements.prepared(content)))
    left_out = (*_words_around(content), *reader.left_out)
    return Source(metadata, steps, metadata.get("title"), left_out)


def read_fragment(
    text: str, origins: Origins | None = None, words: type[BlockWords] = BlockWords
) -> tuple[list[Step], list[str]]:
    """Read a piece of HTML within Markdown; return its steps, and the words left out.

    `origins` are those of the piece; `words` collects those of a block.
    """
    root = _tree(f"<body>{text}")
    reader = _TreeReader(PageOrigins(text, origins), words())
    return [] if root is None else reader.read(root), reader.left_out


def _words_around(content: Element) -> Iterator[str]:
    """Yield the words of a page outside its main content."""
    inner = content
    for outer in content.iterancestors():
        if words := fold(outer.text or ""):
            yield words
        for element in outer:
            if element is not inner and (words := elements.words_in(element)):
                yield words
            if words := fold(element.tail or ""):
                yield words
        inner = outer


def _tree(text: str) -> Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError as error:
        raise SourceFault(f"The HTML cannot be read: {error.msg}. Check the file.") from error
    if any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log):
        raise _too_deep()
    return root


def _too_deep() -> SourceFault:
    return SourceFault(
        "The HTML is nested too deeply, or is too large, to be read. Check that "
        "this is the page you mean, or add the document's Markdown or plain text instead."
    )


def _main_content(root: Element) -> Element:
    """Return the element of the document: `main`, the only `article`, or the body."""
    mains = [
        element
        for element in root.iter("main", "div", "section")
        if (element.tag == "main" or element.get("role") == "main")
        and elements.has_heading(element)
    ]
    if mains:
        return mains[0]
    articles = [element for element in root.iter("article") if elements.has_heading(element)]
    if len(articles) == 1:
        return articles[0]
    body = root.find("body")
    return root if body is None else body


class _TreeReader:
    """Walks a tree without recursion and adds its blocks as they end."""

    def __init__(
        self, origins: PageOrigins, words: BlockWords, *, whole_page: bool = False
    ) -> None:
        self.left_out: list[str] = []
        self._origins = origins
        self._whole_page = whole_page
        self._steps: list[Step] = []
        self._words = words
        self._lists: list[int | None] = []
        self._leaf: tuple[LeafKind, int, dict[str, str]] = ("paragraph", 0, {})
        self._closed_by: list[Element] = []
        self._banner: Element | None = None
        self._languages: list[tuple[Element, dict[str, str]]] = []

    def read(self, root: Element) -> list[Step]:
        walk = etree.iterwalk(root, events=("start", "end"))
        for event, element in walk:
            if event == "end":
                if element is not root:
                    self._end(element)
            elif element is root or self._start(element):
                self._add(element.text)
            else:
                walk.skip_subtree()
        self._flush()
        return self._steps

    def _start(self, element: Element) -> bool:
        """Process the start of an element; return whether to read its content."""
        tag = str(element.tag)
        if (
            tag in elements.UNSEEN
            or elements.is_footnote_mark(element)
            or self._leave_out(element, tag)
        ):
            if words := elements.words_in(element):
                self.left_out.append(words)
            for text in element.itertext():
                self._origins.take(text)
            return False
        if tag in BLOCKS and (attributes := {key: element.get(key, "") for key in ("lang", "dir")
                                        if element.get(key)}):  # fmt: skip
            self._flush()
            self._languages.append((element, attributes))
        if tag == "br":
            self._words.line_break(self._origins.placeholder())
        elif tag == "img":
            self._words.picture(element.get("alt", ""))
        elif tag in MARKS:
            href = element.get("href", "")
            self._words.open(MARKS[tag], href, self._origins.attribute(href) if href else ())
        elif tag in BLOCKS:
            return self._start_block(element, tag)
        for kind in elements.style_marks(element):
            self._words.open(kind)
        return True

    def _leave_out(self, element: Element, tag: str) -> bool:
        if elements.is_hidden(element) or elements.is_replaced(element) or tag in _CONTROLS:
            return True
        around = tag in _AROUND and self._whole_page and not elements.is_admonition(element)
        if around and next(element.iterancestors(*_TEXTS), None) is None:
            # A page's header may contain the heading of its text.
            if (
                tag != "header"
                or element.get("role") == "banner"
                or not elements.has_heading(element)
            ):
                return True
            self._banner = self._banner if self._banner is not None else element
        return (tag == "a" and self._leaf[0] == "heading" and elements.is_permalink(element)) or (
            "admonition-title" in elements.classes(element)
        )

    def _start_block(self, element: Element, tag: str) -> bool:
        if self._leaf[0] != "paragraph":
            # A heading or a cell is always one block.
            self._words.line_break(self._origins.placeholder())
            return True
        self._flush()
        if tag in elements.HEADINGS:
            self._leaf = ("heading", int(tag[1]), elements.heading_attributes(element))
            self._closed_by.append(element)
        elif tag == "pre":
            self._code(element)
            return False
        elif tag in ("ul", "ol"):
            self._lists.append(elements.number_in(element.get("start"), 1) if tag == "ol" else None)
        elif tag in ("td", "th") and self._closed_by and self._closed_by[-1].tag == "tr":
            self._leaf = ("cell", 0, {})
            self._closed_by.append(element)
        elif holder := self._holder(element, tag):
            if len(self._closed_by) >= DEEPEST:
                raise _too_deep()
            self._steps.append(holder)
            self._closed_by.append(element)
        return True

    def _holder(self, element: Element, tag: str) -> Open | None:
        if elements.is_admonition(element):
            return Open("admonition", elements.admonition_attributes(element))
        if elements.is_contents(element):
            return Open("contents")
        if elements.is_footnotes(element):
            return Open("footnotes")
        if tag == "table" and not elements.is_data_table(element):
            return None
        if tag == "tr" and not (self._closed_by and self._closed_by[-1].tag == "table"):
            return None
        if tag not in _HOLDERS:
            return None
        return Open(_HOLDERS[tag], self._holder_attributes(element, tag))

    def _holder_attributes(self, element: Element, tag: str) -> dict[str, str]:
        if tag == "tr" and element.find("td") is None:
            return {"header": "yes"}
        if tag != "li":
            return {}
        if not self._lists or self._lists[-1] is None:
            return {"marker": "-"}
        number = elements.number_in(element.get("value"), self._lists[-1])
        self._lists[-1] = number + 1
        return {"marker": f"{number}."}

    def _end(self, element: Element) -> None:
        tag = str(element.tag)
        if self._closed_by and self._closed_by[-1] is element:
            self._closed_by.pop()
            self._flush()
            if self._leaf[0] == "paragraph":
                self._steps.append(Close())
            self._leaf = ("paragraph", 0, {})
        elif tag in MARKS:
            self._words.close(MARKS[tag])
        elif kinds := elements.style_marks(element):
            for kind in kinds:
                self._words.close(kind)
        elif tag in BLOCKS and self._leaf[0] != "paragraph":
            self._words.line_break(self._origins.placeholder())
        elif tag in BLOCKS or tag == "hr":
            self._flush()
        if tag in ("ul", "ol") and self._leaf[0] == "paragraph" and self._lists:
            self._lists.pop()
        if element is self._banner:
            self._banner = None
        if self._languages and self._languages[-1][0] is element:
            self._flush()
            self._languages.pop()
        self._add(element.tail)

    def _add(self, text: str | None) -> None:
        if text:
            self._words.add(text, self._origins.take(text))

    def _flush(self) -> None:
        """Add the block that ends here, if it has words."""
        kind, level, attributes = self._leaf
        words = self._words.take()
        if self._banner is not None and kind != "heading":
            self.left_out += [words.text] if words.text else []
            return
        for _, inherited in self._languages:
            attributes = {**attributes, **inherited}
        if words.text or words.alts or kind == "cell":
            self._steps.append(Leaf(kind, words, level, attributes))

    def _code(self, element: Element) -> None:
        words = type(self._words)()
        for event, inner in etree.iterwalk(element, events=("start", "end")):
            if event == "start" and inner.tag == "br":
                words.add("\n", self._origins.placeholder())
            text = inner.text if event == "start" else inner.tail
            if text and (event == "start" or inner is not element):
                words.add(text, self._origins.take(text))
        block = words.take(code=True)
        if block.text and self._banner is not None:
            self.left_out.append(block.text)
        elif block.text:
            self._steps.append(Leaf("code", block, 0, elements.code_attributes(element)))
