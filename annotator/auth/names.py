"""Names and email addresses: what one may be, and the key under which look-alikes are the same.

Two names look alike where their skeletons after Unicode Technical Standard 39 are the same in some
case: `Ian`, `ian`, `lan` and `1an` are one name, and so are `Tom` and the same with a Cyrillic T.
Accents and punctuation tell names apart. `docs/decisions/names.md` says why, and what differs.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

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
LONGEST_KEY = 240
MARK = "\u200e"  # the table writes it around letters that run from right to left
LONGEST_EMAIL = 254
ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(rf"{ATOM}(?:\.{ATOM})*@{LABEL}(?:\.{LABEL})*")
ANY_CASE = str.maketrans({"i": "l"})  # since I and l look alike, and i is I in small


def checked_name(name: str) -> str:
    """Return the name as it is stored: NFC, trimmed, single spaces. Raises Unacceptable."""
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
    decomposed = unicodedata.normalize("NFD", name)
    marks = "".join("m" if unicodedata.category(c) in {"Mn", "Me"} else " " for c in decomposed)
    if "m" * (MOST_MARKS + 1) in marks or unicodedata.category(name[0])[0] == "M":
        raise Unacceptable(f"A letter has at most {MOST_MARKS} marks.", field="name")
    if not any(unicodedata.category(c)[0] == "L" for c in name):
        raise Unacceptable("A name has at least one letter.", field="name")
    return name


def _fine(char: str) -> bool:
    visible = ord(char) not in INVISIBLE
    return char in PUNCTUATION or (visible and unicodedata.category(char)[0] in LETTERS_AND_DIGITS)


def checked_email(email: str) -> str:
    """Return the address trimmed. Raises Unacceptable for what no email could be sent to."""
    email = email.strip()
    if len(email) > LONGEST_EMAIL or not EMAIL.fullmatch(email):
        raise Unacceptable("This is not an e-mail address; it can be left out.", field="email")
    return email


def name_key(name: str) -> str:
    """Fold a name so that two names that look alike, or differ in case, get the same key."""
    written = unicodedata.normalize("NFKC", name.replace("ß", "ss").replace("ẞ", "SS"))
    table = _prototypes()
    seen = "".join(table.get(char, char) for char in unicodedata.normalize("NFD", written))
    folded = unicodedata.normalize("NFD", seen.casefold())
    return folded.translate(ANY_CASE)[:LONGEST_KEY]


def reserved(name: str) -> bool:
    """Return whether a name would make its bearer look like the site itself."""
    return _letters(name) in {_letters(word) for word in RESERVED}


def is_former(name: str) -> bool:
    """Tell whether a name is, or could be taken for, the one that stands for all who have left."""
    return _letters(name) in {_letters(FORMER), _letters(FORMER[2:])}


def _letters(name: str) -> str:
    """Return the letters and digits of a name's key: the site's own names are kept more widely."""
    return "".join(c for c in name_key(name) if unicodedata.category(c)[0] in ("L", "N"))


@cache
def _prototypes() -> dict[str, str]:
    """Return what each character is taken for, after the table of UTS 39.

    The packaged table names both sides of each pair, so those that stand for one prototype are
    brought together again. Its one pair that takes an everyday letter for two, `m` for `rn`, is
    left out: it would keep Amo from a site where Arno is.
    """
    from confusable_homoglyphs import confusables  # reads a large table

    alike: dict[str, set[str]] = {}
    found: dict[str, str] = {}
    for written, others in confusables.confusables_data.items():
        char = written.strip(MARK)
        for other in (each["c"].strip(MARK) for each in others):
            if len(char) == 1 and len(other) == 1:
                alike.setdefault(char, {char}).add(other)
            elif len(char) == 1 and not char.isascii():
                found[char] = other.replace("rn", "m")
    for prototype in sorted(alike, key=lambda each: -len(alike[each])):
        plain = sorted(alike[prototype], key=lambda it: (it.isdigit(), it.isupper(), it))
        chosen = next(filter(str.isascii, plain), plain[0])
        for char in alike[prototype]:
            found.setdefault(char, chosen)
    return found
