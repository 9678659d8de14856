"""Locate the target of an address in one edition.

Nothing is guessed: several matches are ambiguous, and what cannot be found exactly is answered with
the nearest thing around it that can, and a note of what was missed.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from urllib.parse import unquote

from rapidfuzz import fuzz, process

from annotator.documents.address.convention import Convention
from annotator.documents.address.notation import ELLIPSIS, Address, AddressWords, Place
from annotator.documents.folding import fold_words, folded
from annotator.documents.parsed import Parsed, Span, sentences_within
from annotator.documents.provisions import slug_of

HEADING = "0"

# The least similarity, of 100, of names suggested for an unknown section.
_LIKE_ENOUGH = 80
_MAX_CANDIDATES = 20

Status = Literal["found", "walked_up", "ambiguous", "not_found"]


@dataclass(frozen=True, slots=True)
class Located:
    """The target of an address.

    `found` has the span (code points) and the innermost provision that contains it, None for the
    whole document. `walked_up` has those of the nearest thing around the target, and `missed` is a
    message about what was not found. `ambiguous` has the possible spans as `candidates`.
    `not_found` has `missed`, the `nearest` place that can be cited instead, and the spans of
    sections with a similar name as `candidates`.
    """

    status: Status
    start: int = 0
    end: int = 0
    provision: int | None = None
    candidates: tuple[Span, ...] = ()
    missed: tuple[str, ...] = ()
    nearest: Place | None = None


def locate(
    parsed: Parsed,
    address: Address,
    *,
    provision: int | None = None,
    convention: Convention | None = None,
) -> Located:
    """Return the span of an address in `parsed`; `provision` is the index of its pid there.

    An address in the convention's form is counted by `convention`, or without it by our rules.
    """
    if convention is not None and address.counted_by_convention and address.start.number:
        counted = _counted(parsed, address, convention)
        if counted is not None:
            return counted
    if provision is not None:
        return _inside(parsed, provision, address.start)
    if address.pid:
        return Located("not_found", missed=(f"No provision has the pid {address.pid}.",))
    if not address.start.path:
        return Located("found", 0, len(parsed.text))
    start = _place(parsed, address.start)
    if address.end is None or start.status in ("ambiguous", "not_found"):
        return start
    end_place = address.end
    if not end_place.path and start.provision is not None:
        end_place = replace(end_place, path=(parsed.slug(start.provision),))
    return _joined(parsed, start, _place(parsed, end_place))


def find_sections(parsed: Parsed, path: Sequence[str]) -> tuple[int, ...]:
    """Return the sections that match the end of a heading path, in the order of the text.

    Each name is a slug, a source's anchor with or without `#`, or a heading's words, compared with
    quotes, dashes and case folded. An exact slug takes precedence.
    """
    exact = parsed.numbered.get((path[-1].removeprefix("#"), ""))
    if exact is not None and (len(path) == 1 or _fits(parsed, exact, path)):
        return (exact,)
    sections = (i for i, provision in enumerate(parsed.provisions) if provision.level is not None)
    return tuple(i for i in sections if _fits(parsed, i, path))


def linked_section(parsed: Parsed, target: str) -> int | None:
    """Return the one section that a link inside the document leads to, by its mark's `#target`."""
    name = unquote(target.removeprefix("#"))
    sections = find_sections(parsed, (name,)) if target.startswith("#") and name else ()
    return sections[0] if len(sections) == 1 else None


def find_words(text: str, words: AddressWords) -> list[Span]:
    """Return the spans of the words in `text`: exact ones, or with typography folded."""
    spans = _find(words, lambda part: _exact_spans(text, part))
    if spans:
        return spans
    folded_text = folded(text)
    return _find(words, lambda part: list(folded_text.spans(fold_words(part))))


def _find(words: AddressWords, spans: Callable[[str], list[Span]]) -> list[Span]:
    if words.last is None:
        return spans(words.first)
    literal = spans(f"{words.first} {ELLIPSIS} {words.last}")
    if literal:
        return literal
    lasts = spans(words.last)
    pairs = []
    for start, middle in spans(words.first):
        place = bisect_left(lasts, (middle, 0))
        if place < len(lasts):
            pairs.append((start, lasts[place][1]))
    return pairs


def _exact_spans(text: str, words: str) -> list[Span]:
    spans: list[Span] = []
    if '"' in text or "  " in text or not text.isprintable():  # what `_exactly` is for
        pattern, at = re.compile(_exactly(words)), 0
        while match := pattern.search(text, at):
            spans.append(match.span())
            at = match.start() + 1
        return spans
    at = text.find(words)
    while at >= 0:
        spans.append((at, at + len(words)))
        at = text.find(words, at + 1)
    return spans


def _exactly(words: str) -> str:
    """Return the pattern of words in an address: spaces match line feeds, ” matches a quote."""
    return re.escape(words).replace(r"\ ", r"\s+").replace("”", '[”"]')


def _fits(parsed: Parsed, section: int, path: Sequence[str]) -> bool:
    """Return whether the section and its ancestors have the names of the path, from its end on."""
    around = [*parsed.and_ancestors(section)]
    return len(path) <= len(around) and all(
        _is_named(parsed, place, name) for place, name in zip(around, reversed(path), strict=False)
    )


def _is_named(parsed: Parsed, section: int, name: str) -> bool:
    provision = parsed.provisions[section]
    names = [provision.slug or "", provision.attributes.get("anchor", "")]
    if not name.startswith("#"):
        title = provision.attributes.get("title", "")
        names += [title, slug_of(title) if title else ""]
    folded_names = {fold_words(name.removeprefix("#"))}
    if any(map(str.isalnum, name)):
        folded_names.add(slug_of(name))
    return any(each and fold_words(each) in folded_names for each in names)


def _place(parsed: Parsed, place: Place) -> Located:
    sections = find_sections(parsed, place.path)
    if not sections:
        return _no_section(parsed, place.path)
    if len(sections) > 1:
        return Located("ambiguous", candidates=_spans(parsed, sections))
    section = sections[0]
    if not place.number:
        return _inside(parsed, section, place)
    if place.number == HEADING:
        start, end = parsed.provisions[section].start, parsed.heading_end(section)
        return _narrowed(parsed, Located("found", start, end, section), place)
    provision = parsed.numbered.get((parsed.slug(section), place.number))
    if provision is None:
        return _no_number(parsed, section, place.number)
    return _inside(parsed, provision, place)


def _counted(parsed: Parsed, address: Address, convention: Convention) -> Located | None:
    """Return blocks and sentences by the convention's count; None if it cannot be applied."""
    start, end = address.start, address.end or address.start
    if not (start.number.isdecimal() and end.number.isdecimal()) or start.number == HEADING:
        return None
    sections = convention.named(start.path)
    if len(sections) != 1:
        ours = find_sections(parsed, start.path)
        sections = convention.around(parsed, ours[0]) if len(ours) == 1 else []
    if len(sections) != 1:
        return None
    name, blocks = start.path[-1], convention.blocks(sections[0])
    first, last = int(start.number), int(end.number)
    if not 0 < first <= last <= len(blocks):
        cited = f"¶{first}" if first == last else f"¶{first} to ¶{last}"
        missed = f"There is no {cited} in “{name}”, which has {len(blocks) or 'none'}."
        near = convention.words(blocks[-1]) if blocks else None
        return _without_words(parsed, missed, near)
    edges: list[int] = []
    unknown: list[str] = []
    for number, place, edge in ((first, start, 0), (last, end, 1)):
        span = blocks[number - 1]
        sentences = convention.sentences(span) if place.sentences else []
        at = place.sentences[edge] if place.sentences else 0
        if 0 < at <= len(sentences):
            span = sentences[at - 1]
        elif sentences:
            unknown.append(f"There is no sentence {at} in it, which has {len(sentences)}.")
        edges.append(span[edge])
    if edges[0] >= edges[1]:
        return Located("not_found", missed=("The range ends before it begins.",))
    text_span = convention.words((edges[0], edges[1]))
    if text_span is None:
        return _without_words(parsed, f"¶{first} of “{name}” contains no words of the text.", None)
    located = _at(parsed, *text_span)
    if unknown:
        located = replace(located, status="walked_up", missed=tuple(dict.fromkeys(unknown)))
    return located if start.words is None else _words(parsed, located, start.words)


def _without_words(parsed: Parsed, missed: str, near: Span | None) -> Located:
    provision = parsed.innermost(*near) if near else None
    if provision is None:
        return Located("not_found", missed=(missed,))
    nearest = Place((parsed.slug(provision),), parsed.provisions[provision].number)
    return Located("not_found", provision=provision, missed=(missed,), nearest=nearest)


def _no_section(parsed: Parsed, path: Sequence[str]) -> Located:
    sections = {i: p for i, p in enumerate(parsed.provisions) if p.level is not None}
    name = fold_words(path[-1].removeprefix("#"))
    like: dict[int, float] = {}
    for names in (
        {i: fold_words(p.attributes.get("title", "")) for i, p in sections.items()},
        {i: fold_words(p.slug or "") for i, p in sections.items()},
    ):
        similar = process.extract(name, names, scorer=fuzz.ratio, score_cutoff=_LIKE_ENOUGH)
        like |= {i: max(score, like.get(i, 0)) for _, score, i in similar}
    best = sorted(like, key=lambda i: (-like[i], i))
    return Located(
        "not_found",
        candidates=_spans(parsed, best[:_MAX_CANDIDATES]),
        missed=(f"There is no section “{' > '.join(path)[:200]}”.",),
    )


def _no_number(parsed: Parsed, section: int, number: str) -> Located:
    slug = parsed.slug(section)
    numbers = [written for of, written in parsed.numbered if of == slug and written]

    def distance(written: str) -> tuple[int, ...]:  # by unit, then by nested item, then by part
        return tuple(abs(a - b) for a, b in zip(_key(written), _key(number), strict=True))

    nearest = min(numbers, key=distance, default="")
    last = max((int(written) for written in numbers if written.isdecimal()), default=0)
    return Located(
        "not_found",
        provision=section,
        missed=(f"There is no ¶{number} in “{slug}”, which has {last or 'none'}.",),
        nearest=Place((slug,), nearest),
    )


def _key(number: str) -> tuple[int, int, int]:
    whole, _, part = number.partition("p")
    unit, _, nested = whole.partition(".")
    return int(unit), int(nested or 0), int(part or 0)


def _inside(parsed: Parsed, provision: int, place: Place) -> Located:
    whole = parsed.provisions[provision]
    return _narrowed(parsed, Located("found", whole.start, whole.end, provision), place)


def _narrowed(parsed: Parsed, whole: Located, place: Place) -> Located:
    """Narrow a provision to its sentences and words; return the whole if they are missing."""
    located = whole
    if place.sentences is not None:
        located = _sentences(parsed, whole, place.sentences)
    if place.words is None:
        return located
    within = _words(parsed, located, place.words)
    if within.status == "walked_up" and located is not whole:
        elsewhere = _words(parsed, whole, place.words)
        if elsewhere.status == "found":
            missed = ("The words are in another sentence than the one cited.",)
            return replace(elsewhere, status="walked_up", missed=located.missed + missed)
    return within


def _sentences(parsed: Parsed, whole: Located, span: Span) -> Located:
    sentences = sentences_within(parsed, whole.start, whole.end)
    first, last = span
    if not 0 < first <= last <= len(sentences):
        cited = str(first) if first == last else f"{first} to {last}"
        missed = f"There is no sentence {cited} in it, which has {len(sentences) or 'none'}."
        return replace(whole, status="walked_up", missed=(missed,))
    return _at(parsed, sentences[first - 1][0], sentences[last - 1][1])


def _words(parsed: Parsed, scope: Located, words: AddressWords) -> Located:
    spans = [
        (scope.start + start, scope.start + end)
        for start, end in find_words(parsed.text[scope.start : scope.end], words)
    ]
    if words.nth is not None:
        spans = spans[words.nth - 1 : words.nth] if words.nth > 0 else []
    if len(spans) > 1:
        return Located("ambiguous", candidates=tuple(spans[:_MAX_CANDIDATES]))
    if not spans:
        shown = words.first if words.last is None else f"{words.first} {ELLIPSIS} {words.last}"
        missed = (*scope.missed, f"It does not contain the words “{shown[:200]}”.")
        return replace(scope, status="walked_up", missed=missed)
    return replace(_at(parsed, *spans[0]), status=scope.status, missed=scope.missed)


def _joined(parsed: Parsed, start: Located, end: Located) -> Located:
    if end.status in ("ambiguous", "not_found"):
        return end
    if start.start >= end.end:
        return Located("not_found", missed=("The range ends before it begins.",))
    status: Status = "walked_up" if "walked_up" in (start.status, end.status) else "found"
    joined = _at(parsed, start.start, end.end)
    return replace(joined, status=status, missed=start.missed + end.missed)


def _at(parsed: Parsed, start: int, end: int) -> Located:
    return Located("found", start, end, parsed.innermost(start, end))


def _spans(parsed: Parsed, provisions: Iterable[int]) -> tuple[Span, ...]:
    return tuple((parsed.provisions[at].start, parsed.provisions[at].end) for at in provisions)
