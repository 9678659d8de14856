"""What a piece of HTML holds that the policy does not know: read by a parser of its own.

Not a sanitizer: nothing is repaired. It shares only the allow-list with the two that are, so that
what both of them let through is noticed (`annotator check`).
"""

from __future__ import annotations

from html.parser import HTMLParser
from urllib.parse import urlsplit

from annotator.markup.policy import ATTRIBUTES, LINK_REL, SCHEMES, TAGS

SHOWN = 60


def forbidden(html: str) -> list[str]:
    """Return every element, attribute and address in `html` that the policy does not allow."""
    walk = _HtmlInspector()
    try:
        walk.feed(html)
        walk.close()
    except AssertionError:  # what html.parser raises where it gives up
        walk.found.append("a declaration that no parser reads")
    return walk.found


class _HtmlInspector(HTMLParser):
    """Reads HTML as a browser would tokenize it, and notes what it should not have met."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Compare an element and its attributes with the policy."""
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
        """Note the end of an element that may not be there."""
        if tag not in TAGS:
            self.found.append(f"the end of {tag[:SHOWN]}")

    def handle_comment(self, data: str) -> None:
        """Note a comment, which no annotation has."""
        self.found.append(f"the comment {data[:SHOWN]!r}")

    def handle_decl(self, decl: str) -> None:
        """Note a declaration."""
        self.found.append(f"the declaration {decl[:SHOWN]!r}")

    def unknown_decl(self, data: str) -> None:
        """Note a declaration of a kind that HTML does not have."""
        self.handle_decl(data)

    def handle_pi(self, data: str) -> None:
        """Note an instruction to a processor."""
        self.found.append(f"the instruction {data[:SHOWN]!r}")


def _scheme(address: str) -> str:
    """Return the scheme as a browser reads it: it passes over controls and white space."""
    bare = "".join(char for char in address if char > " " and char != "\x7f")
    try:
        return urlsplit(bare).scheme.lower()
    except ValueError:
        return "?"
