"""Reject characters that no canonical text can contain, before anything is parsed."""

from __future__ import annotations

import re
import unicodedata

from annotator.errors import SourceFault

# Tab and line breaks are white space; every other control, and half a surrogate pair, is a fault.
FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# Sorting n combining characters takes n² steps, so more of them on one letter are refused;
# Unicode's stream-safe format allows 30.
MOST_COMBINING = 100
_NO_LATIN = re.compile(f"[^\0-\u02ff]{{{MOST_COMBINING + 1},}}")


def check_characters(text: str) -> None:
    """Raise `SourceFault` if `text` contains control characters or surrogates."""
    fault = FORBIDDEN.search(text)
    if fault:
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} contains the character U+{ord(fault.group()):04X}, which cannot be "
            f"shown. "
            "Remove it, or save the file as UTF-8 text, and add it again."
        )


def check_combining(text: str) -> None:
    """Raise `SourceFault` for more than `MOST_COMBINING` combining characters in a row."""
    for stretch in _NO_LATIN.finditer(text):
        stacked = 0
        for at, character in enumerate(stretch[0], stretch.start()):
            stacked = stacked + 1 if unicodedata.combining(character) else 0
            if stacked > MOST_COMBINING:
                line = text.count("\n", 0, at) + 1
                raise SourceFault(
                    f"Line {line} stacks more than {MOST_COMBINING} accents on one letter. "
                    "Remove them and add the file again."
                )
