"""Decide whether a few words that the document contains are quoted from it or occur by chance.

The words' weight decides: common words count for nothing, and the others for more the rarer they
are in the document. Words of little weight count if a longer quotation nearby is from the same
part, or if the essay says that they are the document's; words that a person says need more weight.

One or two words are a quotation only if the essay says so; a term that the document also uses is
none. Two words count if the document has them once and a quotation nearby is from the same part;
one word if the essay points at it and a quotation nearby contains it; either if an address behind
them cites a passage that contains them once.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import log
from typing import Literal

from annotator.documents.folding import word_stream
from annotator.quotations.editorial_marks import ADDED_EMPHASIS, MarkedWords
from annotator.quotations.essay.candidates import QuotationCandidate
from annotator.quotations.essay.essay_reader import Prose, ProseBlock
from annotator.quotations.index import Index

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
# Words; longer matches are never coincidences.
LONG = 7
# The weight is the sum, over the words, of the natural logarithm of how much rarer each is than
# possible in a document of MAX_FREQUENCY words. The minimum weight: of five words or more, of
# fewer, and of either if a person says them.
MAX_FREQUENCY = 30_000
OF_FIVE, OF_THREE, SAID_FIVE, SAID_THREE = 12.0, 16.5, 27.0, 32.0
# The minimum if the essay names the document, or a quotation next to them is from nearby; if it is
# named near them, for five words or in their table; if a person says them in spite of that; and for
# altered words.
OF_NAMED, NAMED_NEAR, SAID_BESIDE, ALTERED = 7.0, 9.0, 16.5, 20.0
# Code points of a paragraph, and cells on either side, in which the document may be named.
NAME_DISTANCE = 500
MAX_CELLS = 8
# The distance of words that describe a quotation, in code points.
MARGIN = 10
# Code points before and after a quotation in which its speaker is searched.
BEFORE, AFTER = 80, 60
Span = tuple[int, int]
Speaker = Literal["person", "author", "document", "nobody"]

_SENTENCE = re.compile(r"[.!?…]['’”\")\]]*\s")
_PERSON = re.compile(
    r"\b(?:(?P<author>i|my|me)|he|she|his|her|him|child(?:ren)?|mrs?|ms|(?:(?:wo)?m[ae]n"
    r"|(?:grand)?(?:mother|father|son|daughter)|brother|sister|wife|husband|uncle|aunt|cousin"
    r"|friend|neighbou?r|teacher|student|colleague|boss|judge|lawyer|witness|doctor|nurse|client"
    r"|priest|parent)s?)\b",
    re.IGNORECASE,
)
# The speaker may follow the quotation. A document "says" or "must"; it never "said".
_SPOKEN = re.compile(
    r"\W{0,6}(?!(?:and|but|or|that|to|which|who)\b)(?:\w+\W+){0,3}?(?:said|says|asked|asks|added"
    r"|adds|replied|replies|answered|answers|cried|shouted|sang|sings|whispered|muttered|sagte"
    r"|fragte|rief|disait|demanda)\b",
    re.IGNORECASE,
)
_PAST_SPEECH = re.compile(r"\b(?:said|replied|answered)\b", re.IGNORECASE)
_DOCUMENT = re.compile(
    r"\b(?:do[ck]ument\w*|constitu[tc]i\w+|costituzion[ei]|konstytucj\w*|verfassung\w*|grundgesetz"
    r"|spec|charter|charte|charta|satzung|statut\w*|règlement|reglamento|regolamento|authors?"
    r"|auteurs?|autor\w*|verfasser\w*|anthropic|openai|passage|clause"
    r"|(?:the|this|its|der|le|el|il|de) te[xk]t\w*|(?:the|these) (?:rules|guidelines|policy|law)"
    r"|(?:it|they)(?: \w+)? (?:says?|writes?|calls?|asks?|wants?|hopes?|speaks?|adds?)"
    r"|(?:it|they) (?:may|must|shall|should))\b"
    r"|конституци|устав|документ|宪法|憲法|憲章|章程|规范|規範|文档|文件|文書|原文",
    re.IGNORECASE,
)
# The distance of places that a paragraph and its neighbours, or a term there, quote, in code
# points.
SAME_PART = 5000
# The distance for quotations of one paragraph, or two significant words there.
SAME_CHAPTER = 12_000
_POINTING = 48
_POINTED = re.compile(
    r"(?:\b(?:words?|terms?|adjectives?|adverbs?|verbs?|nouns?|qualifiers?|modifiers?|hedges?"
    r"|wort|wörter|begriff|ausdruck|mots?|termes?|palabras?|parol[ae]|słow[oa])\b"
    r"(?:,? (?:is|are|was|here|like|such as|as|by|in|before|after|above|below|on))*"
    r"|\b(?:(?:notes?|noted|notice[sd]?|mark|mind|pause[sd]? (?:after|at|on|over))"
    r"(?: (?:the|its|that|this))?|that|the (?:little|small|single"
    r"|lone|bare|tiny|final|last|first|new|one|short|adverb|careful)))"
    r"[\s,–—-]*[“”„‟«»‹›‘’‚‛\"'*_(]*\Z",
    re.IGNORECASE,
)


def weight(index: Index, written: MarkedWords) -> float:
    """Return the weight of words in an edition: the sum over the rare ones."""
    rare = (word.forms for word in written.words if word.forms[0] not in COMMON)
    return sum(log(MAX_FREQUENCY / (1 + index.count(forms))) for forms in rare)


def is_worth(
    index: Index,
    written: MarkedWords,
    speaker: Speaker,
    *,
    altered: bool,
    supported: bool,
    named: bool = False,
) -> bool:
    """Return whether words are a quotation, given their speaker in the essay.

    `supported`: a nearby quotation is from the same part, or the place is cited; `named`: the
    document is named near them.
    """
    if len(written.words) >= LONG:
        return True
    few = len(written.words) < 5
    if speaker == "document" or (speaker == "nobody" and supported):
        least = OF_NAMED
    elif named:
        least = NAMED_NEAR
    elif speaker == "person":
        least = SAID_BESIDE if supported else SAID_THREE if few else SAID_FIVE
    else:
        least = OF_THREE if few else OF_FIVE
    return weight(index, written) >= (max(least, ALTERED) if altered else least)


def speaker(text: str, start: int, end: int, block: ProseBlock) -> Speaker:
    """Return who the essay names as saying a quotation, nearest before it or directly after it.

    The `author` is the essay's, who says "I".
    """
    before = text[max(block.start, start - BEFORE) : start]
    note = ADDED_EMPHASIS.match(text, end, block.end)
    end = note.end() if note else end
    behind = _SENTENCE.split(text[end : min(block.end, end + AFTER)])[0]
    if _SPOKEN.match(behind):
        return "document" if _DOCUMENT.search(behind) else "person"
    sentence = _SENTENCE.split(before)[-1]
    person, document = (
        max(pattern.finditer(sentence), key=re.Match.end, default=None)
        for pattern in (_PERSON, _DOCUMENT)
    )
    if person is None and document is None:
        return "person" if _PAST_SPEECH.search(sentence) else "nobody"
    if person is None or (document is not None and document.end() > person.end()):
        return "document"
    return "author" if person["author"] else "person"


def is_named_near(prose: Prose, start: int, end: int) -> bool:
    """Return whether the document is named near `[start, end)` of the prose.

    Near is the same paragraph or the one before; in a table, the same row or the first one.
    """
    number = prose.block_number(start)
    block = prose.blocks[number]
    around = [
        (max(block.start, start - NAME_DISTANCE), start),
        (end, min(block.end, end + NAME_DISTANCE)),
    ]
    before = number
    if block.row:
        (low, high), (before, last) = (
            prose.rows.get(row, (0, 0)) for row in (block.row, block.head)
        )
        numbers = {*range(max(low, number - MAX_CELLS), min(high, number + MAX_CELLS)),
                   *range(before, min(last, before + MAX_CELLS))} - {number}  # fmt: skip
        around += [(prose.blocks[cell].start, prose.blocks[cell].end) for cell in numbers]
    if before and prose.blocks[before - 1].kind != "code":
        previous = prose.blocks[before - 1]
        around.append((max(previous.start, previous.end - NAME_DISTANCE), previous.end))
    return any(_DOCUMENT.search(prose.text, *span) for span in around)


def is_near(span: tuple[int, int], spans: Sequence[tuple[int, int]], reach: int) -> bool:
    """Return whether a span begins within `reach` code points of one of the `spans`' starts."""
    return any(abs(start - span[0]) <= reach for start, _ in spans)


def holds(quoted: tuple[int, int], span: tuple[int, int]) -> bool:
    """Return whether a quotation contains a span, or is directly next to it."""
    return quoted[0] - MARGIN <= span[0] and span[1] <= quoted[1] + MARGIN


def place_short(
    text: str,
    candidate: QuotationCandidate,
    index: Index,
    same_paragraph: Sequence[Span],
    around: Sequence[Span],
    cited: Span | None,
    block: ProseBlock,
) -> Span | None:
    """Return the span that a candidate's words are quoted from, or None if they are a term.

    `same_paragraph` are the spans of the edition that the quotations of its paragraph have, the
    nearest in the essay first; `around` has those of the paragraphs before and after, too. `cited`
    is the span cited directly after it, `block` its paragraph.
    """
    words = word_stream(text[candidate.start : candidate.end]).words
    is_telling = (
        bool(around)
        and len(words) == 2
        and not COMMON.intersection(words)
        and speaker(text, candidate.start, candidate.end, block) != "person"
    )
    pointed = _POINTED.search(text, max(candidate.start - _POINTING, 0), candidate.start)
    if cited is None and not pointed and not is_telling:
        return None
    places = index.occurrences([(word,) for word in words])
    spans = [index.span(at, at + len(words)) for at in places]
    if cited is not None:
        return _containing(spans, [cited])
    if is_telling and len(spans) == 1:
        span = spans[0]
        near = is_near(span, same_paragraph, SAME_CHAPTER) or is_near(span, around, SAME_PART)
        return span if near else None
    return _containing(spans, same_paragraph) if pointed else None


def _containing(spans: Sequence[Span], quoted_spans: Sequence[Span]) -> Span | None:
    """Return the span that occurs exactly once in one of the quoted spans."""
    contained = ([span for span in spans if holds(quoted, span)] for quoted in quoted_spans)
    return next((inside[0] for inside in contained if len(inside) == 1), None)
