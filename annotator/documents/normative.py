"""Find the provisions that declare themselves not part of the document proper.

A preface and acknowledgements are in the text and can be commented on, but are not rules of the
document. Nothing is inferred from the subject of a passage: only a heading that names such a part,
or words that say so, make a section informative.
"""

from __future__ import annotations

import re

from annotator.documents.parsed import Parsed

HEADINGS = re.compile(
    r"(?:preface|foreword|acknowledge?ments?|about this (?:document|page|version|edition)|"
    r"change ?log|colophon|editor(?:s|[’']s)? note|publisher(?:s|[’']s)? note)",
    re.IGNORECASE,
)
WORDS = re.compile(
    r"\b(?:is|are|form) (?:itself |themselves )?not (?:itself |themselves )?(?:a )?part of "
    r"(?:the|this) (?:document|constitution|charter|specification|spec|text)\b",
    re.IGNORECASE,
)


def informative(parsed: Parsed) -> frozenset[int]:
    """Return the indexes of the provisions outside the document proper, with all inside them."""
    indexes: set[int] = set()
    for index, provision in enumerate(parsed.provisions):
        inside = provision.parent in indexes
        named = HEADINGS.fullmatch(provision.attributes.get("title", "").strip())
        if inside or named or (provision.kind == "section" and _says_so(parsed, index)):
            indexes.add(index)
    return frozenset(indexes)


def _says_so(parsed: Parsed, section: int) -> bool:
    """Return whether the first paragraph of a section's own text says so."""
    first = next(
        (item for item in parsed.provisions[section + 1 :] if item.kind != "section"), None
    )
    if first is None or first.section != section or first.unit != 1:
        return False
    return bool(WORDS.search(parsed.text[first.start : first.end]))
