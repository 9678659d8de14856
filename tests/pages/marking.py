"""Which words of a template, or of a page, are not ready to be translated."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import polib
from jinja2 import Environment, nodes

from scripts.words import TEMPLATE

BRACKETED = "qps"  # a tag that is set aside for this
SAID = ("aria-label", "alt", "placeholder", "title", "data-closed")
MARKED = re.compile(r"\{%-?\s*trans\b.*?endtrans\s*-?%\}", re.DOTALL)
JINJA = re.compile(r"\{#.*?#\}|\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
LETTERS = re.compile(r"[^\W\d_]{2}|\b[aAI]\b")
# What looks like words among the texts of a template's expressions.
SENTENCE = re.compile(r"[A-Z][a-z]|.*[a-z]{2},? [a-z]{2}")
NO_WORDS = {"Query", "command line", "for good", "wide", "small"}  # names of services, and classes
ATTRIBUTE = re.compile(r'[\w-]+="')  # of an element that stands in another template
# Where people and documents speak, and what is written as it is in every language.
OTHERS = {"script", "style", "code", "textarea"}
THEIRS = {"address", "body", "excerpt", "snippet", "words", "compared", "tags"}


class _Reader(HTMLParser):
    """Collects what a piece of HTML says to people, with its line."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[tuple[int, str]] = []
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.said += [(self.getpos()[0], value) for name, value in attrs if name in SAID and value]
        if tag not in {"input", "link", "meta", "br", "img", "rect", "path"}:
            self._open.append((tag, self._others(tag, dict(attrs))))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not any(others for _, others in self._open):
            before = self.getpos()[0]
            self.said += [(before + at, line) for at, line in enumerate(data.split("\n"))]

    def _others(self, tag: str, _attrs: dict[str, str | None]) -> bool:
        return tag in OTHERS


class _PageReader(_Reader):
    def _others(self, tag: str, attrs: dict[str, str | None]) -> bool:
        theirs = THEIRS & set((attrs.get("class") or "").split())
        own_language = "lang" in attrs and tag != "html"
        return tag in OTHERS or bool(theirs) or own_language or attrs.get("dir") == "auto"


def unmarked(template: str) -> Iterator[tuple[int, str]]:
    """Return the words of a template that it does not mark, each with its line."""
    bare = MARKED.sub(_blank, template)
    bare = re.sub(r"(</?)\{\{.*?\}\}", r"\1b", bare)  # an element whose name is reckoned
    reader = _Reader()
    reader.feed(JINJA.sub(_blank, bare))
    for line, said in reader.said:
        text = said.strip()
        if LETTERS.search(text) and not ATTRIBUTE.match(text) and text not in NO_WORDS:
            yield line, text
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(template)
    marks: set[int] = set()
    for call in tree.find_all(nodes.Call):
        if isinstance(call.node, nodes.Name) and call.node.name in {"_", "gettext", "ngettext"}:
            marks |= {id(it) for it in call.args}
    for it in tree.find_all(nodes.Const):
        words = it.value if isinstance(it.value, str) and id(it) not in marks else ""
        if SENTENCE.match(words) and words not in NO_WORDS:
            yield it.lineno, words


def _blank(found: re.Match[str]) -> str:
    return "\n" * found[0].count("\n")


def bracketing(data: Path) -> str:
    """Put a catalogue into a data folder whose translation of all is ⟦all⟧; give its language."""
    catalogue = polib.pofile(str(TEMPLATE))
    for entry in catalogue:
        if entry.msgid_plural:
            entry.msgstr_plural = {0: f"⟦{entry.msgid}⟧", 1: f"⟦{entry.msgid_plural}⟧"}
        else:
            entry.msgstr = f"⟦{entry.msgid}⟧"
    (data / "locale").mkdir(parents=True, exist_ok=True)
    catalogue.save(str(data / "locale" / f"{BRACKETED}.po"))
    return BRACKETED


def unbracketed(page: str, document: str, beside: tuple[str, ...]) -> list[str]:
    """Return the text of a page outside brackets that is neither in a document nor in `beside`."""
    reader, depth, found = _PageReader(), 0, []
    reader.feed(page)
    for _, text in reader.said:
        outside = ""
        for letter in text:
            depth += (letter == "⟦") - (letter == "⟧")
            outside += letter if depth == 0 and letter != "⟧" else " "
        if outside.strip("¶0123456789 …") in document:
            continue
        for words in beside:
            outside = outside.replace(words, "")
        if LETTERS.search(outside):
            found.append(" ".join(outside.split()))
    return found
