"""Clean HTML from Word and Google Docs before it is read as a page.

Word writes list items as paragraphs whose style has their level. Google Docs appends the comments
on a text and its footnotes, and declares all styles in its style sheet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby, takewhile

from lxml import etree

from annotator.documents.readers.html_elements import Element, classes

_RULE = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_WORD_LEVEL = re.compile(r"mso-list\s*:\s*[^;]*?level(\d)", re.IGNORECASE)


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
