"""Cite a passage in common forms: a sentence, Markdown, BibTeX, CSL-JSON, a link.

CSL-JSON follows the Citation Style Language's schema, `type: webpage`; text fragments follow the
WICG's "URL Fragment Text Directives". `pandoc --citeproc` cites from BibTeX and CSL-JSON without a
warning. Paragraph numbers are this project's, and labelled as unofficial.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import quote

from annotator.markup.portable import address, escaped
from annotator.schemas.documents import Citation

MONTHS = (
    *("Jan.", "Feb.", "Mar.", "Apr.", "May", "June"),
    *("July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec."),
)
MAX_KEY = 80
PLAIN_ADDRESS = re.compile(
    r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*@[A-Za-z0-9]+(-[A-Za-z0-9]+)*"
    r"(/[A-Za-z0-9]+([-_][A-Za-z0-9]+)*(/[0-9]+(\.[0-9]+)?)?)?"
)
TEX = {sign: f"\\{sign}" for sign in "&%$#_"} | {
    "{": r"$\lbrace$", "}": r"$\rbrace$", "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "<": r"\textless{}",
    ">": r"\textgreater{}",
}  # fmt: skip
NAMES = str.maketrans("{}", "()")  # braces would be math syntax
WHOLE_FRAGMENT = 80
EDGE_WORDS = 5


@dataclass(frozen=True, slots=True)
class CitedPassage:
    """The passage to cite. `number` is the ¶ ("" for a section), `url` its page on this site.

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


def forms(passage: CitedPassage) -> Citation:
    """Return the citation in every form."""
    return Citation(
        address=passage.address,
        sentence=sentence(passage),
        markdown=f"[{escaped(sentence(passage))}]({address(passage.url)})",
        bibtex=bibtex(passage),
        csl_json=json.dumps([csl(passage)], ensure_ascii=False, indent=1),
        text_fragment=text_fragment(passage),
    )


def sentence(passage: CitedPassage) -> str:
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


def key(passage: CitedPassage) -> str:
    """Return the citation key of a passage: its address in signs that BibTeX and pandoc accept.

    These are letters, digits and single `-`, `_` and `:`. An address with other signs, or one that
    could be mistaken for another one, ends with a digest.
    """
    plain = re.sub(r"[^A-Za-z0-9:@/._-]", "-", passage.address)
    plain = plain.translate(str.maketrans("@/.", "::_"))
    plain = re.sub(r"([-_:])[-_:]+", r"\1", plain[:MAX_KEY]).strip("-_:")
    if PLAIN_ADDRESS.fullmatch(passage.address) and len(passage.address) <= MAX_KEY:
        return plain
    return f"{plain}-{hashlib.sha256(passage.address.encode()).hexdigest()[:8]}"


def bibtex(passage: CitedPassage) -> str:
    """Cite as a BibTeX entry of the type `misc`; title and author keep their capitals."""
    author = _tex(passage.publisher.translate(NAMES))
    fields = {
        "title": f"{{{_tex(passage.title)}}}",
        "author": f"{{{author}}}" if author else "",
        "year": passage.captured[:4] if passage.captured[:4].isdigit() else "",
        "howpublished": _tex(passage.address),
        "note": _tex(_note(passage)),
        "url": address(passage.url),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@misc{{{key(passage)},", *lines, "}"])


def _note(passage: CitedPassage) -> str:
    return f"Text of {_day(passage.captured)}; {passage.address}"


def _tex(text: str) -> str:
    """Escape a line of text for LaTeX, with all braces balanced as BibTeX counts them."""
    line = "".join(TEX.get(char, char) for char in " ".join(text.split()))
    return line.replace("--", "-{}-").replace("--", "-{}-")


def csl(passage: CitedPassage) -> dict[str, object]:
    """Return one item of CSL-JSON; its `id` is the key of the BibTeX entry."""
    item: dict[str, object] = {
        "id": key(passage),
        "type": "webpage",
        "title": _rich(passage.title),
        "URL": passage.url,
        "version": passage.label,
        "locator": passage.number or passage.section,
        "label": "paragraph" if passage.number else "section",
        # Styles print `archive`; behind a semicolon no closing mark of a quotation is moved.
        "archive": _rich(f"{passage.address}; text of {_day(passage.captured)}"),
        "note": _rich(_note(passage)),
    }
    if passage.publisher.strip():
        item["author"] = [{"literal": _rich(passage.publisher)}]
    try:
        day = date.fromisoformat(passage.captured)
    except ValueError:
        return item
    return item | {"issued": {"date-parts": [[day.year, day.month, day.day]]}}


def _rich(text: str) -> str:
    """Escape text in a field of CSL-JSON, which may contain HTML."""
    return re.sub(r"<(?=[A-Za-z/])", "<\u2060", " ".join(text.split()))


def text_fragment(passage: CitedPassage) -> str:
    """Return a link to the words on the publisher's own page; "" without such a page."""
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
    """Quote words for a directive, in which commas, hyphens and ampersands are signs."""
    return quote(words, safe="").replace("-", "%2D")
