"""Refuse characters that no canonical text can hold, before anything is done with them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from annotator.errors import SourceFault

# Tab and line breaks are white space; every other control, and half a surrogate pair, is a fault.
FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")

# Sorting n combining characters takes n² steps, so more of them on one letter are refused;
# Unicode's stream-safe format allows 30.
MOST_COMBINING = 100
_NO_LATIN = re.compile(f"[^\0-\u02ff]{{{MOST_COMBINING + 1}}}")


def check_characters(text: str) -> None:
    """Raise `SourceFault` where `text` holds what no canonical text can: controls, surrogates."""
    fault = FORBIDDEN.search(text)
    if fault:
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} holds the character U+{ord(fault.group()):04X}, which cannot be shown: "
            "remove it, or save the file as UTF-8 text, and add it again."
        )


def check_combining(text: str) -> None:
    """Raise `SourceFault` where more than `MOST_COMBINING` combining characters stand in a row."""
    if _NO_LATIN.search(text) and (fault := _combining_run().search(text)):
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} stacks more than {MOST_COMBINING} accents on one letter: "
            "remove them and add the file again."
        )


@cache
def _combining_run() -> re.Pattern[str]:
    """Match a run of combining characters that is too long; built for the first text to need it."""
    ranges: list[list[int]] = []
    for code in range(0x300, 0x1F000):
        if unicodedata.combining(chr(code)):
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
    characters = "".join(f"{chr(first)}-{chr(last)}" for first, last in ranges)
    return re.compile(f"[{characters}]{{{MOST_COMBINING + 1}}}")
