"""List what a piece of HTML contains beyond the policy, with a parser of its own.

This is no sanitizer. It shares only the allow-list with the two sanitizers, so it notices what both
let through (`annotator check`).
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from urllib.parse import urlsplit

from annotator.markup.policy import ATTRIBUTES, LINK_REL, SCHEMES, TAGS

SHOWN = 60
BARE = re.compile(rf"(?:[^<]++|</?(?:{'|'.join(sorted(TAGS))})>)*+")  # without any attribute


def forbidden(html: str) -> list[str]:
    """Return every element, attribute and address in `html` that the policy does not allow."""
    if BARE.fullmatch(html):
        return []
    walk = _HtmlInspector()
    try:
        walk.feed(html)
        walk.close()
    except AssertionError:  # what html.parser raises where it gives up
        walk.found.append("a declaration that no parser reads")
    return walk.found


class _HtmlInspector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            self.found.append(f"the element {tag[:SHOWN]}")
            return
        for name, value in attrs:
            if tag == "a" and name == "rel" and value == LINK_REL:
                continue
            if name not in ATTRIBUTES.get(tag, ()):
                self.found.append(f"the attribute {name[:SHOWN]} of {tag}")
            elif name == "href" and _scheme(value or "") not in {*SCHEMES, ""}:
                self.found.append(f"the address {(value or '')[:SHOWN]!r}")

    def handle_endtag(self, tag: str) -> None:
        if tag not in TAGS:
            self.found.append(f"the end of {tag[:SHOWN]}")

    def handle_comment(self, data: str) -> None:
        self.found.append(f"the comment {data[:SHOWN]!r}")

    def handle_decl(self, decl: str) -> None:
        self.found.append(f"the declaration {decl[:SHOWN]!r}")

    def unknown_decl(self, data: str) -> None:
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        self.found.append(f"the instruction {data[:SHOWN]!r}")


def _scheme(address: str) -> str:
    """Return the scheme as browsers read it: they ignore control characters and white space."""
    bare = "".join(char for char in address if char > " " and char != "\x7f")
    try:
        return urlsplit(bare).scheme.lower()
    except ValueError:
        return "?"
