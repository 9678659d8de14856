"""The names that a comment mentions: `@name`, or `@"Two words"`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from annotator.errors import Unacceptable
from annotator.markup.renderer import parse

MAX_MENTIONS = 10  # in a comment; more are ignored
MENTION = re.compile(
    r"(?<![\w@/.+-])@(?:[\"“](?P<quoted>[^\"“”\n]{2,40})[\"”]|(?P<name>[\w.’'-]{2,40}))"
)
POSSESSIVE = re.compile("[’']s$")


def mentions(markdown: str) -> list[str]:
    """Return the distinct mentioned names in order, except those in code, quotations and links."""
    if "@" not in markdown:
        return []
    try:
        found = dict.fromkeys(_names(markdown))
    except Unacceptable:  # too many table cells: it is shown as its source
        return []
    return list(found)[:MAX_MENTIONS]


def _names(markdown: str) -> Iterator[str]:
    quoted = 0
    for token in parse(markdown):
        quoted += (token.type == "blockquote_open") - (token.type == "blockquote_close")
        linked = 0
        for child in (token.children or ()) if not quoted else ():
            linked += (child.type == "link_open") - (child.type == "link_close")
            if child.type == "text" and not linked:
                for match in MENTION.finditer(child.content):
                    yield match["quoted"] or POSSESSIVE.sub("", match["name"].rstrip(".’'-"))
