"""Are few words that stand in the document quoted from it, or does anybody say them by chance?

What decides is how much the words say: common words count for nothing, and of the others each for
more the rarer it is in the document. Words that say little count where a longer quotation beside
them is from near there, or where the essay names the document; words that somebody in the essay
says must say more.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log

from annotator.anchoring.quotations.index import Index
from annotator.anchoring.quotations.written import Written

COMMON = frozenset(
    {"a", "an", "and", "are", "as", "at", "be", "been", "but", "by", "can", "could", "did", "do"}
    | {"does", "each", "every", "few", "for", "from", "had", "has", "have", "he", "her", "his"}
    | {"how", "i", "if", "in", "into", "is", "it", "its", "just", "may", "me", "more", "most"}
    | {"much", "must", "my", "no", "nor", "not", "of", "on", "one", "only", "or", "our", "out"}
    | {"own", "same", "shall", "she", "should", "so", "some", "such", "than", "that", "the"}
    | {"their", "them", "then", "there", "these", "they", "this", "those", "to", "too", "two"}
    | {"us", "very", "was", "we", "were", "what", "when", "which", "who", "why", "will", "with"}
    | {"would", "you", "your"}
)
# Longer quotations are never said by chance.
LONG = 7
# The least weight of five words and more, of fewer, and of either where a person says them. It is
# a sum of natural logarithms, for each word of how often it might stand there and does not.
MOST_OFTEN = 30_000
OF_FIVE, OF_THREE, SAID_FIVE, SAID_THREE = 12.0, 16.5, 27.0, 24.0
# The least weight where the essay names the document, and that of altered words.
OF_NAMED, ALTERED = 7.0, 20.0
# The least weight of a few words that a person says, beside a quotation from near there.
SAID_BESIDE = 12.0
# So much of what precedes a quotation tells who says it.
BEFORE = 80
_SENTENCE = re.compile(r"[.!?…]['’”\")\]]*\s")
_PERSON = re.compile(
    r"\b(?:he|she|i|you|my|his|her|him|me|your|(?:wo)?m[ae]n|(?:grand)?(?:mother|father|son|daughter)"
    r"|brother|sister|wife|husband|uncle|aunt|cousin|friend|neighbou?r|teacher|student|colleague"
    r"|boss|judge|lawyer|witness|doctor|nurse|client|priest)s?\b",
    re.IGNORECASE,
)
_DOCUMENT = re.compile(
    r"\b(?:do[ck]ument\w*|constitu[tc]i\w+|costituzione|konstytucj\w*|verfassung\w*|spec|charter"
    r"|charte|charta|authors?|auteurs?|autor\w*|verfasser\w*|anthropic|openai|passage|clause)\b",
    re.IGNORECASE,
)


def weight(index: Index, written: Written) -> float:
    """Tell how much the words say, in an edition."""
    rare = (word.forms for word in written.words if word.forms[0] not in COMMON)
    return sum(log(MOST_OFTEN / (1 + index.count(forms))) for forms in rare)


def is_worth(index: Index, written: Written, before: str, *, altered: bool) -> bool:
    """Tell whether words are quoted, where nothing beside them tells; `before` is what precedes."""
    if len(written.words) >= LONG:
        return True
    few = len(written.words) < 5
    said = _sentence(before)
    if _PERSON.search(said):
        least = SAID_THREE if few else SAID_FIVE
    elif _DOCUMENT.search(said):
        least = OF_NAMED
    else:
        least = OF_THREE if few else OF_FIVE
    return weight(index, written) >= (max(least, ALTERED) if altered else least)


def is_worth_beside(index: Index, written: Written, before: str) -> bool:
    """Tell whether words are quoted, where a quotation beside them is from near there."""
    if len(written.words) >= 5 or not _PERSON.search(_sentence(before)):
        return True
    return weight(index, written) >= SAID_BESIDE


def _sentence(before: str) -> str:
    return _SENTENCE.split(before)[-1]


def is_near(span: tuple[int, int], others: Sequence[tuple[int, int]], reach: int) -> bool:
    """Tell whether a span begins within `reach` code points of where one of the others does."""
    return any(abs(start - span[0]) <= reach for start, _ in others)
