"""Feeds, as Atom (RFC 4287): what happened, newest first, for feed readers.

Every feed has an `id` that never changes, links to itself and to its page, and says when it was
last updated. Text goes out as text; characters that XML cannot hold are left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as Xml

from annotator.formats.remark import stamp

ATOM = "http://www.w3.org/2005/Atom"
MIMETYPE = "application/atom+xml"
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. `link` is its page and its lasting name; `html` is safe HTML, or empty."""

    link: str
    title: str
    author: str
    updated: datetime
    summary: str = ""
    html: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `address` is its own, `page` that of the page it follows."""

    address: str
    page: str
    title: str
    updated: datetime
    licence: str = ""


def write(feed: Feed, items: Iterable[Item]) -> str:
    """Write a feed as one Atom document."""
    root = Xml.Element("feed", {"xmlns": ATOM})
    _put(root, "id", feed.address)
    _put(root, "title", feed.title)
    _put(root, "updated", stamp(feed.updated))
    Xml.SubElement(root, "link", rel="self", type=MIMETYPE, href=feed.address)
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=feed.page)
    if feed.licence:
        _put(root, "rights", feed.licence)
    for item in items:
        _entry(root, item)
    Xml.indent(root, "")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _entry(root: Xml.Element, item: Item) -> None:
    entry = Xml.SubElement(root, "entry")
    _put(entry, "id", item.link)
    _put(entry, "title", item.title)
    _put(Xml.SubElement(entry, "author"), "name", item.author)
    _put(entry, "updated", stamp(item.updated))
    Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=item.link)
    if item.summary:
        _put(entry, "summary", item.summary)
    if item.html:
        _put(entry, "content", item.html).set("type", "html")


def _put(parent: Xml.Element, name: str, text: str) -> Xml.Element:
    made = Xml.SubElement(parent, name)
    made.text = UNWRITABLE.sub("", text)
    return made
