"""Turn text into search terms: one analysis for every engine and every query.

A term is a word folded (`fold`) and cut to its English stem (`derivations`); the form is the word
before it is cut, which is what `prefix*` matches. All apostrophes are one, and so are all dashes
(they divide words: long-term is the two words long and term); case and diacritics are ignored. No
word is too common to be found. Scripts that put no spaces between words have a term for each
character, and so do emoji, so that any run of them is found as a phrase. The signs of such names as
C++, C# and .NET are terms too: C++ is the terms c and ++, so C finds it, and it does not find C.
The index of a term in the list is its position in the text: a phrase is terms at consecutive
positions.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain, groupby
from typing import NamedTuple

from annotator.search.derivations import stem as english_stem

# Increase it whenever texts have other terms or records another revision; indexes are then rebuilt.
VERSION = 3
MAX_TERM = 64  # code points; longer runs are not words, and are cut alike in texts and queries
MAX_TERMS = 65_535  # in one text; the rest is not indexed

QUOTES = '"“”„‟«»＂❝❞〝〞〟'  # delimit phrases, in any mixture
APOSTROPHES = "'’‘‚‛ʼ＇′`´"  # within a word they are all one
DASHES = "-‐‑‒–—―−﹘﹣－"

# Combining marks that belong to the letter before, and that `\w` does not match.
_MARKED_BLOCKS = (
    range(0x300, 0x3100),
    range(0xA66F, 0xABF0),
    range(0xFB1E, 0xFE30),
    range(0x101FD, 0x12000),
    range(0x16AF0, 0x17000),
    range(0x1BC00, 0x1F000),
)


def _marks() -> str:
    """Return all marks as ranges of a character class, which compile faster than single ones."""
    codes = [code for code in chain(*_MARKED_BLOCKS) if unicodedata.category(chr(code))[0] == "M"]
    runs = [list(run) for _, run in groupby(enumerate(codes), lambda pair: pair[1] - pair[0])]
    return "".join(f"{chr(run[0][1])}-{chr(run[-1][1])}" for run in runs)


_INVISIBLE = "\u00ad\u200c\u200d\u2060\ufeff"  # soft hyphen and joiners, within words
_UNSPACED = (  # Thai to Tibetan, Burmese, Khmer; kana, Han, Hangul; the halfwidth and rarer ones
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u318f\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua980-\ua9df\uac00-\ud7a3\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
_EMOJI = "\u2600-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff"
_JOINED = f"{_marks()}{_INVISIBLE}"

_LETTER = rf"(?:(?![{_UNSPACED}{_EMOJI}])[^\W_])"
_PLAIN = r"""[A-Za-z0-9]+(?=[\s.,:;!?()"“”/*-]|$)"""  # redundant, but four times as fast
_WORD = re.compile(
    rf"{_PLAIN}|[{_UNSPACED}][{_JOINED}\uff9e\uff9f]*|[{_EMOJI}]"
    rf"|{_LETTER}(?:{_LETTER}|[{_JOINED}])*(?:[{APOSTROPHES}]{_LETTER}(?:{_LETTER}|[{_JOINED}])*)*"
    r"|(?<=[A-Za-z])(?:\+\+(?![^\W\d]|\+)|[+#](?![\w+#]))|(?<![\w.])\.(?=[A-Za-z]{2})"
)
_SIGNS = frozenset({"+", "++", "#", "."})
_UNSPACED_CHARACTER = re.compile(f"[{_UNSPACED}{_EMOJI}]")
_APOSTROPHE = re.compile(f"[{APOSTROPHES}]")
_ENGLISH = re.compile(r"(?=...)[a-z]+(?:'[a-z]+)?")  # other words are their own stem
_DIACRITIC = re.compile(
    "[\u0300-\u036f\u0483-\u0487\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u1ab0-\u1aff"
    f"\u1dc0-\u1dff\u20d0-\u20ff\ufe00-\ufe0f\ufe20-\ufe2f\U000e0100-\U000e01ef{_INVISIBLE}]"
)
_LETTERS = str.maketrans(  # letters that have a stroke, not a mark, and so do not come apart
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe"}
)
_MARKS = str.maketrans(
    dict.fromkeys(QUOTES, '"') | dict.fromkeys(APOSTROPHES, "'") | dict.fromkeys(DASHES, "-")
)


class AnalysedTerm(NamedTuple):
    """A term and its place: offsets in the text as passed, in code points, end exclusive."""

    term: str
    form: str
    start: int
    end: int


def fold(text: str) -> str:
    """Return `text` for comparison: compatibility forms, case, marks and typography folded."""
    text = unicodedata.normalize("NFKD", text.translate(_MARKS)).casefold()
    text = _DIACRITIC.sub("", unicodedata.normalize("NFKD", text)).translate(_LETTERS)
    return unicodedata.normalize("NFKC", text).translate(_MARKS)


@lru_cache(maxsize=65_536)
def fold_value(value: str) -> str:
    """Return a name, tag or slug for comparison: folded, printable, single spaces."""
    printable = "".join(c if c.isprintable() else " " for c in value)
    return " ".join(fold(printable).split())


@lru_cache(maxsize=65_536)
def fold_slug(value: str) -> str:
    """Return a section's slug or heading for comparison: the same for both."""
    return "-".join(form for form in forms(_APOSTROPHE.sub("", value)) if form not in _SIGNS)


@lru_cache(maxsize=65_536)
def _analyse(word: str) -> tuple[tuple[str, str], ...]:
    """Return (term, form) of a match of `_WORD`; folding may divide it, or leave nothing."""
    if word in _SIGNS:
        return ((word, word),)
    cut = (form[:MAX_TERM] for form in _WORD.findall(fold(word)))
    return tuple((english_stem(form) if _ENGLISH.fullmatch(form) else form, form) for form in cut)


def tokens(text: str) -> list[AnalysedTerm]:
    """Return every term of `text` with its form and place, in order."""
    return [
        AnalysedTerm(term, form, match.start(), match.end())
        for match in _WORD.finditer(text)
        for term, form in _analyse(match.group())
    ]


def pairs(text: str) -> list[tuple[str, str]]:
    """Return (term, form) for every term of `text`, in order; faster than `tokens`."""
    analysed = [*chain.from_iterable(map(_analyse, _WORD.findall(text)))]
    return analysed[:MAX_TERMS] if len(analysed) > MAX_TERMS else analysed


quote_pairs = lru_cache(maxsize=1_024)(pairs)  # many comments quote the same provision


def terms(text: str) -> list[str]:
    """Return the terms of `text`, in order."""
    return [term for term, _ in pairs(text)]


def forms(text: str) -> list[str]:
    """Return the words of `text` folded and not stemmed, in order."""
    return [form for _, form in pairs(text)]


def fold_field(field: str, value: str) -> str:
    """Return a value of a query's value field for comparison."""
    return fold_slug(value) if field == "section" else fold_value(value)


def is_whole(form: str) -> bool:
    """Return whether no form extends this one: a sign, emoji, or character of unspaced scripts."""
    return form in _SIGNS or (len(form) == 1 and _UNSPACED_CHARACTER.match(form) is not None)
