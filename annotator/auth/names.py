"""Names: what one may be, and the key under which look-alikes are the same.

After Unicode Technical Standard 39 (confusables), over letters without case and accents: `Ian`,
`ian`, `lan` and `1an` are one name, and so are `Tom` and the same in Cyrillic letters.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from confusable_homoglyphs import confusables

from annotator.errors import Unacceptable

SHORTEST, LONGEST = 2, 40
PUNCTUATION = frozenset(" .-_'’")
FORMER = "A former member"  # whose the commentary is that people left behind
RESERVED = frozenset(
    {"admin", "administrator", "moderator", "annotator", "system", "anonymous", "nobody",
     "former member", "a member", "deleted"}
)  # fmt: skip
LETTERS_AND_DIGITS = ("L", "M", "N")
ALIKE = {"1": "l", "i": "l", "ı": "l", "0": "o"}
PAIRS = {"rn": "m", "vv": "w", "cl": "d"}


def checked_name(name: str) -> str:
    """Give the name as it is stored: NFC, trimmed, single spaces. Raises Unacceptable."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not SHORTEST <= len(name) <= LONGEST:
        raise Unacceptable(f"A name has {SHORTEST} to {LONGEST} characters.", field="name")
    bad = next((c for c in name if not _fine(c)), None)
    if bad:
        raise Unacceptable(
            f"A name is made of letters, digits, spaces and . - _ '; {bad!a} is none of them.",
            field="name",
        )
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        raise Unacceptable("A name has at least one letter.", field="name")
    return name


def _fine(char: str) -> bool:
    return char in PUNCTUATION or unicodedata.category(char)[0] in LETTERS_AND_DIGITS


def name_key(name: str) -> str:
    """Fold a name so that two names that look alike, or differ in case, get the same key."""
    latin = "".join(_looks_like(char) for char in unicodedata.normalize("NFKC", name))
    folded = "".join(ALIKE.get(char, char) for char in _bare(latin))
    for pair, single in PAIRS.items():
        folded = folded.replace(pair, single)
    return folded


def reserved(name: str) -> bool:
    """Tell whether a name would make its bearer look like the site itself."""
    return name_key(name) in {name_key(word) for word in RESERVED}


def is_former(name: str) -> bool:
    """Tell whether a name is, or could be taken for, the one that stands for all who have left."""
    return name_key(name) in {name_key(FORMER), name_key(FORMER[2:])}


def _bare(text: str) -> str:
    """Letters and digits only: no case, no accents, no separators."""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    return "".join(c for c in plain.casefold() if unicodedata.category(c)[0] in ("L", "N"))


@lru_cache(maxsize=4096)
def _looks_like(char: str) -> str:
    """Give the ASCII letter that `char`, as it is written, can be taken for, or `char` itself."""
    likes = [like["c"] for like in confusables.confusables_data.get(char, ())]
    return char if char.isascii() else next((x for x in likes if len(x) == 1 and x.isascii()), char)
