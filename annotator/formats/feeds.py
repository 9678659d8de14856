"""Feeds, as Atom (RFC 4287) and JSON Feed 1.1: recent events for feed readers, newest first.

Every feed has an `id` that never changes, links to itself and to its page, and the time of its last
update. Text is exported as text; characters that XML cannot contain are removed from both forms.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree as Xml

from annotator.schemas.annotations import stamp

ATOM = "http://www.w3.org/2005/Atom"
THREADS = "http://purl.org/syndication/thread/1.0"
MIMETYPES = {"atom": "application/atom+xml", "json": "application/feed+json"}
VERSION = "https://jsonfeed.org/version/1.1"
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Item:
    """One entry. `id` is its permanent name, `link` its page; `html` is safe HTML, or empty.

    `answers` is the id of the entry that it replies to (RFC 4685).
    """

    id: str
    link: str
    title: str
    author: str
    published: datetime
    updated: datetime
    summary: str = ""
    html: str = ""
    tags: tuple[str, ...] = ()
    answers: str = ""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed: `address` is its own, `page` that of the page it belongs to."""

    address: str
    page: str
    title: str
    items: tuple[Item, ...]
    licence: str = ""
    home: str = ""

    @property
    def updated(self) -> datetime:
        """The time of the last change of an entry; 1970 for a feed without entries."""
        return max((item.updated for item in self.items), default=NEVER)


def write(feed: Feed, form: str) -> str:
    """Write a feed as `atom` or `json`. Raises KeyError for another form."""
    return {"atom": write_atom, "json": write_json}[form](feed)


def write_atom(feed: Feed) -> str:
    """Write a feed as one Atom document."""
    root = Xml.Element("feed", {"xmlns": ATOM, "xmlns:thr": THREADS})
    _put(root, "id", feed.address)
    _put(root, "title", feed.title)
    _put(root, "updated", stamp(feed.updated))
    Xml.SubElement(root, "link", rel="self", type=MIMETYPES["atom"], href=feed.address)
    Xml.SubElement(root, "link", rel="alternate", type="text/html", href=_clean(feed.page))
    if feed.licence:
        _put(root, "rights", feed.licence)
    for item in feed.items:
        entry = Xml.SubElement(root, "entry")
        _put(entry, "id", item.id)
        _put(entry, "title", item.title)
        _put(Xml.SubElement(entry, "author"), "name", item.author)
        _put(entry, "published", stamp(item.published))
        _put(entry, "updated", stamp(item.updated))
        Xml.SubElement(entry, "link", rel="alternate", type="text/html", href=item.link)
        if item.answers:
            Xml.SubElement(entry, "thr:in-reply-to", ref=item.answers, href=item.answers)
        for tag in item.tags:
            Xml.SubElement(entry, "category", term=_clean(tag))
        if item.summary:
            _put(entry, "summary", item.summary)
        if item.html:
            _put(entry, "content", item.html).set("type", "html")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + Xml.tostring(root, encoding="unicode")


def _put(parent: Xml.Element, name: str, text: str) -> Xml.Element:
    element = Xml.SubElement(parent, name)
    element.text = _clean(text)
    return element


def _clean(text: str) -> str:
    return UNWRITABLE.sub("", text)


def write_json(feed: Feed) -> str:
    """Write a feed as one JSON Feed."""
    head: dict[str, Any] = {"version": VERSION, "title": feed.title, "home_page_url": feed.page,
            "feed_url": feed.address, "items": [_object(item) for item in feed.items]}  # fmt: skip
    if feed.licence:
        head["_licence"] = {"about": feed.home or feed.page, "name": feed.licence}
    return json.dumps(head, ensure_ascii=False, separators=(",", ":"))


def _object(item: Item) -> dict[str, Any]:
    content = ("content_html", item.html) if item.html else ("content_text", item.summary)
    entry: dict[str, Any] = {
        "id": item.id,
        "url": item.link,
        "title": _clean(item.title),
        "authors": [{"name": _clean(item.author)}],
        "date_published": stamp(item.published),
        "date_modified": stamp(item.updated),
        content[0]: _clean(content[1]),
    }
    if item.tags:
        entry["tags"] = [_clean(tag) for tag in item.tags]
    if item.answers:
        entry["_in_reply_to"] = {"id": item.answers}
    return entry
