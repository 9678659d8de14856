"""Names and email addresses: validation, and the key that look-alike names share.

Two names look alike if their skeletons (Unicode Technical Standard 39) are equal ignoring case:
`Ian`, `ian`, `lan` and `1an` are one name, and so are `Tom` and the same with a Cyrillic T. Accents
and punctuation distinguish names. `docs/decisions/names.md` gives the reasons and the deviations.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache

from annotator.errors import Unacceptable

SHORTEST, LONGEST = 2, 40
PUNCTUATION = frozenset(" .-_'’")
FORMER = "A former member"  # the account that takes over the commentary of deleted accounts
FORMER_NAMES = frozenset({FORMER, FORMER[2:]})
RESERVED = frozenset(
    {"admin", "administrator", "moderator", "annotator", "system", "anonymous", "nobody",
     "former member", "a member", "deleted"}
)  # fmt: skip
# Letters and marks that show nothing: fillers, joiners, variation selectors (UTS 39, section 3.1).
INVISIBLE = frozenset(
    {0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180B, 0x180C, 0x180D, 0x180F, 0x2D7F, 0x3164, 0xFFA0,
     0x1107F, 0x16FE4, *range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)}
)  # fmt: skip
MAX_MARKS = 3  # on one letter; more of them cover the lines around
LETTERS_AND_DIGITS = ("L", "M", "N")
MAX_KEY = 240
MARK = "\u200e"  # the table writes it around letters that run from right to left
MAX_EMAIL = 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
ANY_CASE = str.maketrans({"i": "l"})  # I and l look alike, and i is a small I


def checked_name(name: str) -> str:
    """Return the name as it is stored: NFC, trimmed, single spaces. Raises Unacceptable."""
    name = " ".join(unicodedata.normalize("NFC", name).split())
    longest = max(len(name), len(unicodedata.normalize("NFKC", name)))  # ligatures of many letters
    if not SHORTEST <= len(name) <= longest <= LONGEST:
        raise Unacceptable(f"Choose a name of {SHORTEST} to {LONGEST} characters.", field="name")
    for char in name:
        visible = ord(char) not in INVISIBLE and unicodedata.category(char)[0] in LETTERS_AND_DIGITS
        if char not in PUNCTUATION and not visible:
            message = f"A name cannot contain {char!a}. Use letters, digits, spaces and . - _ '"
            raise Unacceptable(message, field="name")
    decomposed = unicodedata.normalize("NFD", name)
    marks = "".join("m" if unicodedata.category(c) in {"Mn", "Me"} else " " for c in decomposed)
    if "m" * (MAX_MARKS + 1) in marks or unicodedata.category(name[0])[0] == "M":
        raise Unacceptable(f"Use at most {MAX_MARKS} marks on a letter of a name.", field="name")
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        raise Unacceptable("A name needs at least one letter. Add one.", field="name")
    return name


def checked_email(email: str) -> str:
    """Return an email address trimmed. Raises Unacceptable if it is not valid."""
    email = email.strip()
    if len(email) > MAX_EMAIL or not EMAIL.fullmatch(email):
        raise Unacceptable("This is not an email address. Correct or remove it.", field="email")
    return email


@lru_cache(maxsize=2048)  # the authors of a file, who come again and again
def name_key(name: str) -> str:
    """Return the key that names share if they look alike or differ only in case."""
    composed = unicodedata.normalize("NFKC", name.replace("ß", "ss").replace("ẞ", "SS"))
    table = _prototypes()
    skeleton = "".join(table.get(char, char) for char in unicodedata.normalize("NFD", composed))
    folded = unicodedata.normalize("NFD", skeleton.casefold())
    return folded.translate(ANY_CASE)[:MAX_KEY]


def reserved(name: str) -> bool:
    """Return whether a name looks like one of the site's own."""
    return _letters(name) in _letters_of(RESERVED)


def is_former(name: str) -> bool:
    """Return whether a name is, or looks like, that of the deleted accounts."""
    return _letters(name) in _letters_of(FORMER_NAMES)


@cache
def _letters_of(words: frozenset[str]) -> frozenset[str]:
    return frozenset(map(_letters, words))


@lru_cache(maxsize=2048)
def _letters(name: str) -> str:
    """Return a name's key without accents and punctuation, which reserved names ignore."""
    return "".join(c for c in name_key(name) if unicodedata.category(c)[0] in ("L", "N"))


@cache
def _prototypes() -> dict[str, str]:
    """Return the prototype of each confusable character (UTS 39).

    The packaged table lists pairs in both directions; characters with one prototype are grouped
    again. The pair `m` and `rn` is left out: Amo and Arno would be one name.
    """
    from confusable_homoglyphs import confusables  # reads a large table

    alike: dict[str, set[str]] = {}
    prototypes: dict[str, str] = {}
    for entry, confusable in confusables.confusables_data.items():
        char = entry.strip(MARK)
        for other in (each["c"].strip(MARK) for each in confusable):
            if len(char) == 1 and len(other) == 1:
                alike.setdefault(char, {char}).add(other)
            elif len(char) == 1 and not char.isascii():
                prototypes[char] = other.replace("rn", "m")
    for prototype in sorted(alike, key=lambda each: -len(alike[each])):
        plain = sorted(
            alike[prototype], key=lambda letter: (letter.isdigit(), letter.isupper(), letter)
        )
        chosen = next(filter(str.isascii, plain), plain[0])
        for char in alike[prototype]:
            prototypes.setdefault(char, chosen)
    return prototypes
