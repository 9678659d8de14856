"""Read a page that mentions a document: whether it links there, and its title.

HTML is read with its microformats (h-entry), JSON and plain text as the Webmention Recommendation
specifies. The results are short plain text, no HTML.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import unquote, urljoin

from lxml import etree

MAX_NAME = 200
MAX_EXCERPT = 300
LINKING = ("href", "src", "cite", "data", "poster")
UNSEEN = ("script", "style", "template", "noscript")
BLOCKS = ("p", "li", "blockquote", "dd", "td", "figcaption", "h1", "h2", "h3", "div", "article",
          "body")  # fmt: skip
Kind = Literal["html", "text", "json"]


@dataclass(frozen=True, slots=True)
class MentionContent:
    """The title, author and excerpt of a page around its link; any may be empty."""

    title: str = ""
    author: str = ""
    excerpt: str = ""


def read(text: str, kind: Kind, url: str, target: str) -> MentionContent | None:
    """Read the page at `url`; return None if it does not link to `target`."""
    match kind:
        case "html":
            return _page(text, url, target)
        case "json":
            return _json(text, target)
    return _plain(text, target)


def short(text: str, most: int) -> str:
    """Return a text as one line of at most `most` characters, without invisible ones."""
    line = " ".join("".join(c if c.isprintable() else " " for c in text[: most * 8]).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _page(text: str, url: str, target: str) -> MentionContent | None:
    root = _tree(text)
    link = None if root is None else _link(root, url, target)
    if root is None or link is None:
        return None
    entry = _classed(root, "h-entry")
    inside = root if entry is None else entry
    author = _classed(inside, "p-author")
    name = None if author is None else _classed(author, "p-name")
    summary = None if entry is None else _classed(entry, "p-summary")
    around = next((each for each in (link, *link.iterancestors()) if each.tag in BLOCKS), None)
    # The name of the entry (not of its author), or the page's title.
    own = (element for element in _all_classed(inside, "p-name")
           if author is None or author not in (element, *element.iterancestors()))  # fmt: skip
    title = "" if entry is None else _words(next(own, None))
    return MentionContent(
        short(title if title.strip() else _words(root.find(".//title")), MAX_NAME),
        short(_words(author if name is None else name), MAX_NAME),
        short(_words(around if summary is None else summary), MAX_EXCERPT),
    )


def _tree(text: str) -> etree._Element | None:
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=False, remove_comments=True, remove_pis=True, no_network=True
    )
    try:
        root = etree.fromstring(text.replace("\0", "").encode("utf-8", "replace"), parser)
    except etree.LxmlError:
        return None
    if root is not None:
        etree.strip_elements(root, *UNSEEN, with_tail=False)
    return root


def _link(root: etree._Element, url: str, target: str) -> etree._Element | None:
    base = root.find(".//base[@href]")
    at, sought = _join(url, base.get("href", "") if base is not None else ""), unquote(target)
    for element in root.iter(etree.Element):
        for name in LINKING:
            value = element.get(name)
            if value and unquote(_join(at, value)) == sought:
                return element
    return None


def _join(base: str, link: str) -> str:
    try:
        return urljoin(base, link.strip())
    except ValueError:
        return link


def _classed(root: etree._Element, name: str) -> etree._Element | None:
    return next(_all_classed(root, name), None)


def _all_classed(root: etree._Element, name: str) -> Iterator[etree._Element]:
    return (each for each in root.iter(etree.Element) if name in each.get("class", "").split())


def _words(element: etree._Element | None) -> str:
    return "" if element is None else " ".join(map(str, element.itertext()))


def _json(text: str, target: str) -> MentionContent | None:
    try:
        parsed = json.loads(text)
    except (ValueError, RecursionError):
        return None
    waiting, linked = [parsed], False
    while waiting and not linked:
        value = waiting.pop()
        linked = value == target
        waiting += value.values() if isinstance(value, dict) else ()
        waiting += value if isinstance(value, list) else ()
    if not linked:
        return None
    named = parsed if isinstance(parsed, dict) else {}
    title, author = (next((named[key] for key in keys if isinstance(named.get(key), str)), "")
                     for keys in (("title", "name"), ("author",)))  # fmt: skip
    return MentionContent(short(title, MAX_NAME), short(author, MAX_NAME))


def _plain(text: str, target: str) -> MentionContent | None:
    link = re.search(rf"{re.escape(target)}(?=[.,;:!?)\]>'\"]*(?:[\s<>\"]|\Z))", text)
    if link is None:
        return None
    start, end = text.rfind("\n\n", 0, link.start()) + 1, text.find("\n\n", link.end())
    title = next((line for line in text.splitlines() if line.strip()), "")
    around = text[start : end if end >= 0 else len(text)]
    return MentionContent(short(title.lstrip("# "), MAX_NAME), "", short(around, MAX_EXCERPT))
