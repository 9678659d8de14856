"""Classify the elements of a page for the reader: hidden, a footnote mark, an anchor and so on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from html.entities import html5
from itertools import groupby, takewhile
from typing import Final

from lxml import etree

from annotator.documents.canonical import fold
from annotator.documents.origins import Origins, Run
from annotator.documents.parsed import MarkKind

Element = etree._Element

# Elements with invisible text, and controls of the page.
UNSEEN: Final = frozenset(
    {"annotation", "area", "audio", "base", "button", "canvas", "datalist", "embed"}
    | {"head", "iframe", "input", "link", "map", "meta", "noscript", "object", "optgroup"}
    | {"option", "param", "progress", "script", "select", "style", "svg", "template", "textarea"}
    | {"title", "track", "video"}
)
# These do not contain words; the words of the others are counted as left out.
WORDLESS: Final = frozenset({"head", "script", "style"})
HEADINGS: Final = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
# The data- attributes of headings with which publishers describe a section.
_HEADING_DATA: Final = ("authority", "tags")
_UNSEEN_CLASSES: Final = frozenset(
    {"sr-only", "visually-hidden", "screen-reader-text"}
    # Wikipedia's controls, navigation boxes, and parts that are not printed.
    | {"mw-editsection", "mw-jump-link", "navbox", "noprint", "catlinks", "printfooter"}
)
_INLINE: Final = frozenset(
    {"a", "abbr", "b", "code", "del", "em", "font", "i", "ins", "q", "s", "small", "span", "strong"}
    | {"sub", "sup", "u", "wbr"}
)
_CONTENTS_NAMES: Final = frozenset({"toc", "table-of-contents", "mw-toc"})
_FOOTNOTES_CLASSES: Final = frozenset({"footnotes", "endnotes", "footnotes-list", "references"})
_FOOTNOTES_ROLES: Final = frozenset({"doc-endnotes", "doc-footnotes"})
_FOOTNOTE_CLASSES: Final = frozenset(
    {"footnote-ref", "footnote-backref", "footnote-reference", "mw-cite-backlink"}
)
_FOOTNOTE_ROLES: Final = frozenset({"doc-noteref", "doc-backlink"})
_HIDING_STYLE = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden"
    # Word's bullets and numbers, comments, and hidden text.
    r"|mso-list\s*:\s*ignore|mso-element\s*:\s*comment|mso-hide\s*:\s*all",
    re.IGNORECASE,
)
_FOOTNOTE_TARGET = re.compile(
    r"#(?:fn|footnote|cite[-_]?(?:note|ref)|note|_?ftn|cmnt|_msocom)", re.IGNORECASE
)
_FOOTNOTE_TEXT = re.compile(
    r"\s*[\[(]?(?:\d{1,4}|[a-z]|[*^\u2020\u2021\xa7\xb6\u21a9\ufe0e]{1,3})[\])]?\s*\Z"
)
_WORD = re.compile(r"\w")
_STYLES: Final[tuple[tuple[MarkKind, re.Pattern[str]], ...]] = (
    ("del", re.compile(r"text-decoration[\w-]*\s*:[^;]*line-through", re.IGNORECASE)),
    ("sup", re.compile(r"vertical-align\s*:\s*super", re.IGNORECASE)),
    ("sub", re.compile(r"vertical-align\s*:\s*sub\b", re.IGNORECASE)),
)
_LANGUAGE = re.compile(r"(?:^|\s)(?:language|lang|highlight-source)-(\S+)")
# Entities, comments, declarations and tags. Quotes matter only after an equals sign.
_MARKUP = re.compile(
    r"&(?:#[xX][0-9a-fA-F]+|#[0-9]+|[a-zA-Z][a-zA-Z0-9]*);?"
    r"|<!--(?:-?>|.*?(?:--!?>|\Z))|<(?:[!?]|/(?![a-zA-Z]))[^>]*+>?"
    r"""|</?(?P<name>[a-zA-Z][^\s/>]*+)(?:[^>=]|=\s*+(?:"[^"]*+"|'[^']*+')?+)*+>?""",
    re.DOTALL,
)
# Elements whose content has no markup.
_RAW = frozenset({"script", "style", "iframe", "noembed", "noframes", "xmp"})
# How far ahead to search for words, in code points.
_AHEAD = 2_000
_RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_WORD_LEVEL = re.compile(r"mso-list\s*:\s*[^;]*?level(\d)", re.IGNORECASE)


def has_heading(element: Element) -> bool:
    """Return whether the element contains a heading."""
    return next(element.iter(*HEADINGS), None) is not None


def is_hidden(element: Element) -> bool:
    """Return whether the element is hidden from readers of the page."""
    return (
        "hidden" in element.attrib
        or element.get("aria-hidden") == "true"
        or (element.tag == "dialog" and "open" not in element.attrib)
        or bool(_HIDING_STYLE.search(element.get("style", "")))
        or not _UNSEEN_CLASSES.isdisjoint(classes(element))
    )


def style_marks(element: Element) -> list[MarkKind]:
    """Return the marks that an inline element's style makes: struck, raised or lowered words."""
    style = element.get("style", "") if element.tag in ("span", "font") else ""
    return [kind for kind, pattern in _STYLES if pattern.search(style)] if style else []


def is_replaced(element: Element) -> bool:
    """Return whether the element was deleted in favour of adjacent words."""
    if element.tag not in ("del", "s", "strike"):
        return False
    before, after = element.getprevious(), element.getnext()
    return (after is not None and after.tag == "ins" and not (element.tail or "").strip()) or (
        before is not None and before.tag == "ins" and not (before.tail or "").strip()
    )


def is_contents(element: Element) -> bool:
    """Return whether the element is navigation or a table of contents."""
    if element.tag == "nav" or element.get("role") in ("navigation", "doc-toc"):
        return True
    names = {element.get("id", ""), *classes(element)}
    return element.tag in ("div", "ul", "ol", "section") and not _CONTENTS_NAMES.isdisjoint(names)


def is_footnotes(element: Element) -> bool:
    """Return whether the element is the outermost one with the document's notes."""
    if element.tag not in ("section", "div", "ol", "aside", "footer"):
        return False
    return _holds_notes(element) and not any(map(_holds_notes, element.iterancestors()))


def _holds_notes(element: Element) -> bool:
    return (
        element.get("role") in _FOOTNOTES_ROLES
        or not _FOOTNOTES_CLASSES.isdisjoint(classes(element))
        or "footnote-list" in element.get("style", "")
    )


def words_in(element: Element) -> str:
    """Return the words in an element, folded, without its footnote marks."""
    words: list[str] = []
    walk = etree.iterwalk(element, events=("start", "end"))
    for event, inner in walk:
        if event == "start" and (inner.tag in WORDLESS or is_footnote_mark(inner)):
            walk.skip_subtree()
        elif event == "start":
            words += ("" if inner.tag in _INLINE else " ", inner.text or "")
        elif inner is not element:
            words += ("" if inner.tag in _INLINE else " ", inner.tail or "")
    return fold("".join(words))


def is_footnote_mark(element: Element) -> bool:
    """Return whether the element only leads to a footnote, or back from one."""
    if element.tag not in ("a", "sup", "span"):
        return False
    if not _FOOTNOTE_CLASSES.isdisjoint(classes(element)):
        return True
    if element.get("role") in _FOOTNOTE_ROLES:
        return True
    if element.tag == "span":
        return False
    link = element if element.tag == "a" else element.find(".//a")
    if link is None or not link.get("href", "").startswith("#"):
        return False
    raised = element.tag == "sup" or element.find("sup") is not None
    named = _FOOTNOTE_TARGET.match(link.get("href", "")) or link.get("role") in _FOOTNOTE_ROLES
    return bool((raised or named) and _FOOTNOTE_TEXT.match("".join(element.itertext())))


def is_permalink(link: Element) -> bool:
    """Return whether a heading's link leads to itself: it has no words."""
    return link.get("href", "").startswith("#") and not _WORD.search("".join(link.itertext()))


def is_admonition(element: Element) -> bool:
    """Return whether the element is an admonition, as Markdown libraries write them."""
    return "admonition" in classes(element)


def is_data_table(table: Element) -> bool:
    """Return whether a table contains data; a layout table contains headings or tables."""
    if table.get("role") in ("presentation", "none"):
        return False
    inner = table.iterdescendants("table", *HEADINGS)
    return next(inner, None) is None


def admonition_attributes(element: Element) -> dict[str, str]:
    """Return an admonition's class and title."""
    kinds = [name for name in classes(element) if name != "admonition"]
    title = next((e for e in element.iter() if "admonition-title" in classes(e)), None)
    words = "" if title is None else words_in(title)
    return {"admonition": kinds[0] if kinds else "", "admonition_title": words}


def heading_attributes(heading: Element) -> dict[str, str]:
    """Return a heading's anchor and the `data-` attributes of its section."""
    attributes = {"anchor": anchor} if (anchor := _anchor(heading)) else {}
    for key in _HEADING_DATA:
        if value := heading.get(f"data-{key}"):
            attributes[key] = value
    return attributes


def _anchor(heading: Element) -> str:
    """Return a heading's own id, that of an anchor inside it, or that of the section it begins."""
    inner = [
        link.get("id") or link.get("name") or ""
        for link in heading.iter("a")
        if not is_footnote_mark(link) and next(link.iterancestors("sup"), None) is None
    ]
    parent = heading.getparent()
    section = parent is not None and parent.tag == "section" and heading.getprevious() is None
    outer = parent.get("id", "") if section and parent is not None else ""
    return heading.get("id") or next(filter(None, inner), "") or outer


def code_attributes(element: Element) -> dict[str, str]:
    """Return the language that a class of `pre` or `code` names."""
    names = " ".join(e.get("class", "") for e in (element, *element.iter("code")))
    language = _LANGUAGE.search(names)
    return {"language": language[1]} if language else {}


def classes(element: Element) -> list[str]:
    """Return the names of an element's classes."""
    return element.get("class", "").split()


def number_in(value: str | None, otherwise: int) -> int:
    """Return the number in a list's attribute, or `otherwise` if it is not one."""
    return int(value) if value and re.fullmatch(r"-?[0-9]{1,9}", value) else otherwise


class PageOrigins:
    """The words of a source in order; `origins` are those of the source itself, if any."""

    def __init__(self, source: str, origins: Origins | None = None) -> None:
        self._source = source
        pieces: list[str] = []
        runs: list[Run] = []
        for words, start, end in _words(source):
            pieces.append(words)
            runs.append((len(words), start, end))
        self._text = "".join(pieces)
        self._own = Origins(runs)
        self._outer = origins
        self._at = 0

    def take(self, text: str | None) -> list[Run]:
        """Return the origins of the next words of the tree, and move past them."""
        if not text:
            return []
        if self._text.startswith(text, self._at):
            start, self._at = self._at, self._at + len(text)
            return self._runs(self._own.within(start, self._at))
        words = text.strip()
        if not words:
            return self._runs([(len(text), *self._own.source(self._at, self._at))])
        start = self._text.find(words, self._at, self._at + len(words) + _AHEAD)
        if start < 0:
            return self._runs([(len(text), *self._own.source(self._at, self._at))])
        lead = len(text) - len(text.lstrip())
        self._at = start + len(words)
        if lead <= start and self._text.startswith(text, start - lead):
            self._at = start - lead + len(text)
            return self._runs(self._own.within(start - lead, self._at))
        before, after = self._own.source(start, start)[0], self._own.source(self._at, self._at)[0]
        inner = self._own.within(start, self._at)
        rest = len(text) - lead - len(words)
        return self._runs([(lead, before, before), *inner, (rest, after, after)])

    def placeholder(self) -> list[Run]:
        """Return the origin of a character that represents an element."""
        return self._runs([(1, *self._own.source(self._at, self._at))])

    def attribute(self, value: str) -> list[Run]:
        """Return the origin of an attribute's value, in the tag before the next words."""
        start = self._own.source(self._at, self._at)[1]
        end = self._own.source(self._at, self._at + 1)[0]
        at = self._source.find(value, start, end)
        origin = (at, at + len(value)) if at >= 0 else (start, max(start, end))
        return self._runs([(len(value), *origin)])

    def _runs(self, runs: list[Run]) -> list[Run]:
        return self._outer.trace(runs) if self._outer else runs


def _words(source: str) -> Iterator[tuple[str, int, int]]:
    """Yield the words of a source between its tags, and their offsets."""
    at = 0
    while markup := _MARKUP.search(source, at):
        start, end = markup.span()
        yield source[at:start], at, start
        at = end
        name = markup["name"]
        if name is None:
            if source[start] == "&":
                ends = (stop for stop in range(end, start, -1) if source[start + 1 : stop] in html5)
                at = end if source[start + 1] == "#" else next(ends, start + 1)
                yield unescape(source[start:at]), start, at
        elif name.lower() in _RAW and source[start + 1] != "/":
            close = re.compile(rf"</{name}(?=[\s/>])", re.IGNORECASE).search(source, at)
            at = close.start() if close else len(source)
            yield source[end:at], end, at
    yield source[at:], at, len(source)


def prepared(content: Element) -> Element:
    """Return the content with lists instead of Word's paragraphs, and without Google's comments.

    Struck, raised and lowered words get the style of their class; Google's footnotes become a list.
    """
    for comment in list(_comments(content)):
        comment.set("hidden", "")
    _apply_styles(content)
    _gather_footnotes(content)
    parents = {paragraph.getparent(): None for paragraph in content.iter("p") if _level(paragraph)}
    for parent in parents:
        if parent is not None:
            for is_item, run in groupby(list(parent), key=lambda element: _level(element) > 0):
                if is_item:
                    _make_list(list(run))
    return content


def _comments(content: Element) -> Iterator[Element]:
    """Yield the boxes of comments, and nothing that contains commented words."""
    links = list(content.iter("a"))
    marks = (link for link in links if link.get("id", "").startswith("cmnt_ref"))
    holders = {content, *(outer for mark in marks for outer in mark.iterancestors())}
    for link in links:
        if re.fullmatch(r"cmnt\d+", link.get("id", "")):
            boxes = takewhile(lambda outer: outer not in holders, link.iterancestors())
            yield next(reversed(list(boxes)), link)


def _apply_styles(content: Element) -> None:
    """Write the declarations of classes into the spans that have them."""
    sheets = content.getroottree().iter("style")
    rules = {
        name: rule
        for sheet in sheets
        for name, rule in _RULE.findall(sheet.text or "")
        if "line-through" in rule or "vertical-align" in rule
    }
    for span in content.iter("span") if rules else ():
        own = [rules[name] for name in classes(span) if name in rules]
        if own:
            span.set("style", ";".join([*own, span.get("style", "")]))


def _gather_footnotes(content: Element) -> None:
    """Put the boxes of consecutive footnotes into one section."""
    boxes = [
        box
        for link in content.iter("a")
        if re.fullmatch(r"ftnt\d+", link.get("id", ""))
        and (box := next(link.iterancestors("div"), None)) is not None
        and box is not content
    ]
    section: Element | None = None
    for box in boxes:
        if section is None or box.getprevious() is not section:
            section = etree.Element("section", {"class": "footnotes"})
            box.addprevious(section)
        section.append(box)


def _level(element: Element) -> int:
    """Return the level of a Word list item, from 1; 0 for any other element."""
    match = _WORD_LEVEL.search(element.get("style", "")) if element.tag == "p" else None
    return int(match[1]) if match else 0


def _make_list(paragraphs: list[Element]) -> None:
    """Put consecutive paragraphs into a list, nested by their levels."""
    top = etree.Element("ul")
    paragraphs[0].addprevious(top)
    open_lists = [(_level(paragraphs[0]), top)]
    for paragraph in paragraphs:
        level = _level(paragraph)
        while len(open_lists) > 1 and open_lists[-1][0] > level:
            open_lists.pop()
        deepest, inner = open_lists[-1]
        if level > deepest:
            inner = etree.SubElement(inner[-1], "ul")
            open_lists.append((level, inner))
        item = etree.SubElement(inner, "li")
        paragraph.tail = None
        item.append(paragraph)
