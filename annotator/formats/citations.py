"""A passage cited in the forms that people paste: words, Markdown, BibTeX, CSL-JSON, a link.

CSL-JSON after the Citation Style Language's schema, `type: webpage`; text fragments after the
WICG's "URL Fragment Text Directives". Paragraph numbers are this project's, and said to be so.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

MONTHS = (
    *("Jan.", "Feb.", "Mar.", "Apr.", "May", "June"),
    *("July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."),
)
WHOLE_FRAGMENT = 80
EDGE_WORDS = 5


@dataclass(frozen=True, slots=True)
class Passage:
    """What is cited. `number` is the ¶ ("" for a section), `url` the passage's page on this site.

    `captured` is the edition's date, `source_url` the publisher's own page, `exact` the words.
    """

    title: str
    publisher: str
    captured: str
    label: str
    section: str
    number: str
    address: str
    url: str
    source_url: str
    exact: str


def forms(passage: Passage) -> dict[str, str]:
    """Give the citation in every form, by its name."""
    return {
        "address": passage.address,
        "sentence": sentence(passage),
        "markdown": f"[{_escaped(sentence(passage))}]({passage.url})",
        "bibtex": bibtex(passage),
        "csl_json": json.dumps([csl(passage)], ensure_ascii=False, indent=1),
        "text_fragment": text_fragment(passage),
    }


def sentence(passage: Passage) -> str:
    """Cite for people: title (publisher, text of a day), § and ¶."""
    day = _day(passage.captured)
    by = f"{passage.publisher}, text of {day}" if passage.publisher else f"text of {day}"
    where = f", § “{passage.section}”" if passage.section else ""
    number = f" ¶ {passage.number} [unofficial ¶ nos.]" if passage.number else ""
    return f"{passage.title} ({by}){where}{number}"


def _day(captured: str) -> str:
    try:
        day = date.fromisoformat(captured)
    except ValueError:
        return captured
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def _escaped(text: str) -> str:
    return "".join(f"\\{char}" if char in "[]\\`*_" else char for char in text)


def bibtex(passage: Passage) -> str:
    """Cite as a BibTeX entry of the type `misc`."""
    named = f"{passage.title}{passage.label}"
    key = "".join(char for char in named if char.isascii() and char.isalnum())
    fields = {
        "title": passage.title,
        "author": passage.publisher,
        "year": passage.captured[:4],
        "note": f"Text of {_day(passage.captured)}; {passage.address}",
        "url": passage.url,
    }
    lines = [f"  {name} = {{{_tex(value)}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key},", *lines, "}"])


def _tex(text: str) -> str:
    return "".join(f"\\{char}" if char in "&%$#_{}" else char for char in text)


def csl(passage: Passage) -> dict[str, object]:
    """Cite as one item of CSL-JSON."""
    item: dict[str, object] = {
        "id": passage.address,
        "type": "webpage",
        "title": passage.title,
        "URL": passage.url,
        "version": passage.label,
        "locator": passage.number or passage.section,
        "label": "paragraph" if passage.number else "section",
    }
    if passage.publisher:
        item["author"] = [{"literal": passage.publisher}]
    try:
        day = date.fromisoformat(passage.captured)
    except ValueError:
        return item
    return item | {"issued": {"date-parts": [[day.year, day.month, day.day]]}}


def text_fragment(passage: Passage) -> str:
    """Link to the words on the publisher's own page; empty where it has none."""
    if not passage.source_url:
        return ""
    words = passage.exact.replace("\n", " ").split(" ")
    if len(passage.exact) <= WHOLE_FRAGMENT and "\n" not in passage.exact:
        directive = _encoded(passage.exact)
    else:
        first = passage.exact.split("\n")[0].split(" ")[:EDGE_WORDS]
        directive = f"{_encoded(' '.join(first))},{_encoded(' '.join(words[-EDGE_WORDS:]))}"
    return f"{passage.source_url.partition('#')[0]}#:~:text={directive}"


def _encoded(words: str) -> str:
    """Percent-encode; commas, hyphens and ampersands are signs of the directive itself."""
    return quote(words, safe="").replace("-", "%2D")
