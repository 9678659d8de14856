"""Which provisions say of themselves that they are not part of the document proper.

A preface and acknowledgements stand in the text and can be commented on; who counts the document's
own rules wants to leave them out. Nothing is inferred from what a passage is about: only a heading
that names such a part, or words that say so, make a section informative.
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
    """Name the provisions, by index, that are no part of the document, and all inside them."""
    found: set[int] = set()
    for index, provision in enumerate(parsed.provisions):
        inside = provision.parent in found
        named = HEADINGS.fullmatch(provision.attributes.get("title", "").strip())
        if inside or named or (provision.kind == "section" and _says_so(parsed, index)):
            found.add(index)
    return frozenset(found)


def _says_so(parsed: Parsed, section: int) -> bool:
    """Look for the words in the first paragraph of a section's own text."""
    first = next(
        (item for item in parsed.provisions[section + 1 :] if item.kind != "section"), None
    )
    if first is None or first.section != section or first.unit != 1:
        return False
    return bool(WORDS.search(parsed.text[first.start : first.end]))
