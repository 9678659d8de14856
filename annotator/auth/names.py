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
# Letters and marks that show nothing: fillers, joiners, variation selectors (UTS 39, section 3.1).
INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2D7F, 0x3164, 0xFFA0,
     0x1107F, 0x16FE4, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)  # fmt: skip
MOST_MARKS = 3  # on one letter; more of them cover what stands around
LETTERS_AND_DIGITS = ("L", "M", "N")
ALIKE = {"1": "l", "i": "l", "ı": "l", "0": "o"}
PAIRS = {"rn": "m", "vv": "w", "cl": "d"}


def checked_name(name: str) -> str:
    """Give the name as it is stored: NFC, trimmed, single spaces. Raises Unacceptable."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    longest = max(len(name), len(unicodedata.normalize("NFKC", name)))  # one may stand for a phrase
    if not SHORTEST <= len(name) <= longest <= LONGEST:
        raise Unacceptable(f"A name has {SHORTEST} to {LONGEST} characters.", field="name")
    bad = next((c for c in name if not _fine(c)), None)
    if bad:
        raise Unacceptable(
            f"A name is made of letters, digits, spaces and . - _ '; {bad!a} is none of them.",
            field="name",
        )
    if _too_many_marks(name):
        raise Unacceptable(f"A letter has at most {MOST_MARKS} marks.", field="name")
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        raise Unacceptable("A name has at least one letter.", field="name")
    return name


def _fine(char: str) -> bool:
    visible = ord(char) not in INVISIBLE
    return char in PUNCTUATION or (visible and unicodedata.category(char)[0] in LETTERS_AND_DIGITS)


def _too_many_marks(name: str) -> bool:
    marks = 0
    for char in unicodedata.normalize("NFD", name):
        marks = marks + 1 if unicodedata.category(char) in {"Mn", "Me"} else 0
        if marks > MOST_MARKS:
            return True
    return unicodedata.category(name[0])[0] == "M"


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
