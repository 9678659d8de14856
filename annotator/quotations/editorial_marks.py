"""A quotation as it is written: its words, and the alterations that its author marked.

Brackets are unwrapped: `[W]e` is "we", `train[ing]` may be "train" or any word that begins so, and
a phrase in brackets replaces words of the document. An ellipsis replaces omitted words. Footnote
marks and notes such as `[sic]` are not words.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Literal

from annotator.documents.folding import word_stream
from annotator.quotations.quotation import Quotation, Verdict
from annotator.relocation.diff import DiffPiece, word_diff

GapKind = Literal["omitted", "inserted"]

_DOTS = r"(?:…|\.{3,}|(?:\.\s){2,}\.)(?:\s?\.(?!\w))?"
_SIGN = re.compile(
    rf"(?P<omitted>[\[(<]\s*+(?:{_DOTS}|snip|omitted|omission)?\s*+[\])>]|{_DOTS})"
    r"|(?P<note>\[\s*+\^?(?:\d{1,4}|[*†‡§]|note \d+|fn\.? ?\d+|citation needed)\s*+\])"
    r"|(?P<comment>[\[(]\s*+(?:sic|recte|(?:my |our )?(?:emphas[ie]s|italics|bold)"
    r"(?: (?:added|mine|ours|in (?:the )?original|supplied))?)[.!]?\s*+[\])])"
    r"|(?P<bracket>\[(?P<inner>[^\[\]]{1,300})\])",
    re.IGNORECASE,
)
# A hyphenated word at the end of a line, or at a former end of a line.
LINE_END_HYPHEN = re.compile(r"\w?[-\u2010\u00ad¬]\s+")
_OWNER = re.compile(r"['’]s\b")
_REST = re.compile(r"[\w'’]*")
# A note after a quotation about added emphasis: in brackets, or after a comma or a dash.
_EMPHASIS = (
    r"(?:emphas[ie]s|italics|bold(?:face|ing)?|underlin\w+|hervorheb\w+|kursiv\w*|soulign\w+"
    r"|italiques?|cursivas?|énfasis|subrayado|corsiv[oi]|enfasi|grifos?|itálicos?|nadruk|cursivering"
    r"|fremhæv\w+|uthev\w+|podkreśl\w+|wyróżn\w+|выдел\w+|курсив\w*|强调|強調|粗体|粗體|下線|傍点)"
)
_NO_BRACKET = r"[^()\[\]（）【】]"
ADDED_EMPHASIS = re.compile(
    rf"\W{{0,4}}(?:[\[(（【](?:{_NO_BRACKET}{{0,60}}[;,.] )?{_NO_BRACKET}{{0,20}}?{_EMPHASIS}"
    rf"{_NO_BRACKET}{{0,40}}[\])）】]|[,;–—-] ?(?:with )?(?:my |our )?{_EMPHASIS}"
    r"(?: (?:is |are |was )?(?:added|mine|ours|my own|supplied))?(?=\W|\Z))",
    re.IGNORECASE,
)
# Verdicts of faithful quotations: verbatim, or with marked alterations.
FAITHFUL: frozenset[Verdict] = frozenset({"verbatim", "altered_marked"})
# The verdicts, those that need a correction first.
PROBLEMS_FIRST: Sequence[Verdict] = (
    "altered_unmarked", "joined_unmarked", "not_found", "other_edition", "ambiguous",
    "altered_marked", "verbatim",
)  # fmt: skip
LEFT_OUT = " […] "
_INNER = str.maketrans("“”", "‘’")
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Word:
    """One word: the forms it may have in the document, and its place in the essay's prose.

    An `open` word matches any word that begins with its first form.
    """

    forms: tuple[str, ...]
    start: int
    end: int
    open: bool = False


@dataclass(frozen=True, slots=True)
class MarkedWords:
    """The words of `text[start:end]`; `gaps` has each marked gap by the number of the next word.

    A gap before word 0 or after the last is an ellipsis or a bracket at the edge. `marked`: a word
    is altered with a mark, or there is a note such as `[sic]`.
    """

    text: str = field(compare=False, repr=False)
    start: int
    end: int
    words: tuple[Word, ...]
    gaps: dict[int, GapKind] = field(default_factory=dict)
    marked: bool = False

    def segments(self) -> list[tuple[int, int]]:
        """Return the runs of words `[first, last)` between gaps."""
        cuts = sorted({0, len(self.words), *self.gaps})
        return [(a, b) for a, b in pairwise(cuts) if a < b]


def literal(text: str, start: int, end: int) -> MarkedWords:
    """Read the words as written; brackets and dots are punctuation."""
    stream = word_stream(text[start:end])
    words = (
        Word((word,), start + a, start + b)
        for word, a, b in zip(stream.words, stream.starts, stream.ends, strict=True)
    )
    return MarkedWords(text, start, end, tuple(words))


def rejoined(written: MarkedWords, vocabularies: Sequence[Container[str]]) -> MarkedWords:
    """Join the words that a hyphen divides at the end of a line.

    Only a word that one of the `vocabularies` has is joined; otherwise the hyphen is its own.
    """
    words: list[Word] = []
    gaps: dict[int, GapKind] = {}
    for number, word in enumerate(written.words):
        if number in written.gaps:
            gaps[len(words)] = written.gaps[number]
        elif words and LINE_END_HYPHEN.fullmatch(written.text, words[-1].end - 1, word.start):
            forms = tuple(a + b for a in words[-1].forms for b in word.forms)
            if any(form in vocabulary for form in forms for vocabulary in vocabularies):
                words[-1] = Word(forms, words[-1].start, word.end, word.open)
                continue
        words.append(word)
    if len(written.words) in written.gaps:
        gaps[len(words)] = written.gaps[len(written.words)]
    return replace(written, words=tuple(words), gaps=gaps)


def has_signs(text: str, start: int, end: int) -> bool:
    """Return whether the words contain a sign that may mark an alteration."""
    return _SIGN.search(text, start, end) is not None


def unwrap(text: str, start: int, end: int) -> MarkedWords:
    """Read the words, brackets unwrapped and ellipses as gaps."""
    reader = _Unwrapping(text)
    place = start
    for sign in _SIGN.finditer(text, start, end):
        reader.plain(place, sign.start())
        reader.sign(sign, end)
        place = max(sign.end(), reader.place)
    reader.plain(place, end)
    return MarkedWords(text, start, end, tuple(reader.words), reader.gaps, reader.marked)


class _Unwrapping:
    def __init__(self, text: str) -> None:
        self.words: list[Word] = []
        self.gaps: dict[int, GapKind] = {}
        self.marked = False
        self.place = 0
        self._text = text

    def plain(self, start: int, end: int) -> None:
        self.words += literal(self._text, start, end).words if start < end else ()

    def sign(self, sign: re.Match[str], end: int) -> None:
        if sign["omitted"] and self._ends_word(sign):  # empty brackets, as in `judge[]`
            self.words[-1] = replace(self.words[-1], open=True)
            self.marked = True
        elif sign["omitted"]:
            self.gaps[len(self.words)] = "omitted"
        elif sign["comment"]:
            self.marked = True
        elif sign["bracket"]:
            self._bracket(sign, end)

    def _ends_word(self, sign: re.Match[str]) -> bool:
        empty = not sign["omitted"][1:-1].strip() and sign["omitted"][0] == "["
        return empty and bool(self.words) and self.words[-1].end == sign.start()

    def _bracket(self, sign: re.Match[str], end: int) -> None:
        inner = sign["inner"]
        before = self._text[sign.start() - 1].isalnum() and sign.start() > 0
        after = sign.end() < end and self._text[sign.end()].isalnum()
        if (before or after) and inner.replace("'", "").replace("’", "").isalpha():
            self._joined(sign, end, before=before)
            self.marked = True
        else:
            self.gaps[len(self.words)] = "inserted"
            owner = _OWNER.match(self._text, sign.end(), end)
            self.place = owner.end() if owner else 0

    def _joined(self, sign: re.Match[str], end: int, *, before: bool) -> None:
        """Read letters in brackets as part of the adjacent word."""
        stem = self.words.pop() if before and self.words else None
        rest = _REST.match(self._text, sign.end(), end)
        tail = rest.group() if rest else ""
        self.place = sign.end() + len(tail)
        start = stem.start if stem else sign.start()
        head = stem.forms[0] if stem else ""
        forms = [head + sign["inner"] + tail]
        if len(sign["inner"]) > 1 or (stem and not tail):
            forms.insert(0, head + tail)
        folded = tuple(word for form in forms for word in word_stream(form).words[:1])
        self.words.append(Word(folded, start, self.place, open=bool(stem and not tail)))


def corrected(quotation: Quotation) -> str:
    """Return the quotation as it should be printed, in quotation marks; "" if it has no match.

    A correct one, or one that marks its alterations, is unchanged; any other becomes the document's
    own words, with an ellipsis between matches.
    """
    if not quotation.matches:
        return ""
    if quotation.verdict in FAITHFUL and not LINE_END_HYPHEN.search(quotation.words):
        words = quotation.words
    else:
        words = LEFT_OUT.join(match.exact for match in quotation.matches)
    return f"“{_folded(words).translate(_INNER)}”"


def differences(quotation: Quotation) -> list[DiffPiece]:
    """Compare the essay's words with the document's, from the former to the latter.

    Marked alterations and differences in case or marks alone count as the same.
    """
    words = _folded(quotation.words)
    if quotation.verdict in FAITHFUL:
        return [DiffPiece("same", words)]
    exact = LEFT_OUT.join(match.exact for match in quotation.matches)
    return list(_unmarked(word_diff(words, _folded(exact))))


def _unmarked(pieces: Sequence[DiffPiece]) -> Iterator[DiffPiece]:
    """Yield the pieces, a marked alteration such as `[e]ngage` for "engage" as the same."""
    merged = -1
    for number, piece in enumerate(pieces):
        after = pieces[number + 1] if number + 1 < len(pieces) else None
        if number == merged:
            continue
        pair = after is not None and (piece.change, after.change) == ("struck", "added")
        if pair and after is not None and _matches(piece.text, after.text):
            merged = number + 1
            yield DiffPiece("same", piece.text)
        else:
            yield piece


def _matches(written: str, exact: str) -> bool:
    bare, words = unwrap(written, 0, len(written)).words, word_stream(exact).words
    return len(bare) == len(words) and all(
        exact_word in word.forms for word, exact_word in zip(bare, words, strict=True)
    )


def _folded(words: str) -> str:
    return _SPACE.sub(" ", words).replace("\u00ad", "").strip()
