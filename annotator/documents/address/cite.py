"""Cite a range of an edition: the tightest address that says exactly that range.

A whole provision is cited by its number, whole sentences by theirs, other words by quoting them.
What `cite` writes, `locate` finds again at the very same offsets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain

from annotator.documents.address.locate import HEADING, find_words, locate
from annotator.documents.address.notation import ELLIPSIS, Address, AddressWords, Place, words_of
from annotator.documents.canonical import fold
from annotator.documents.parsed import Parsed
from annotator.documents.sentences import Span, sentences_within
from annotator.errors import Unacceptable

# Words that are quoted whole; of more, so many are shown at each end.
LONGEST_QUOTATION = 12
_SHOWN = (5, 8, 12, 20)
# Words that show where a range of several provisions begins and ends.
_EDGE = (4, 8, 16, 32)


def address_of(parsed: Parsed, slug: str, edition: str | None, start: int, end: int) -> Address:
    """Return the address of `text[start:end]` (code points) in the document `slug`.

    White space at the ends of the range is not cited. Where the words alone cannot say which of
    several equal places is meant, their sentences are named, and then their count. A range that no
    words can say exactly (it begins inside a row of dashes, say) is cited by what is around it.
    Raises `Unacceptable` where the range lies outside the text or holds no words.
    """
    start, end = _trimmed(parsed, start, end)
    around = whole = Address(slug, edition)
    closest = len(parsed.text) + 1
    for candidate in chain(
        _candidates(parsed, whole, start, end), _around(parsed, whole, start, end)
    ):
        found = locate(parsed, candidate)
        if found.status != "found" or found.start > start or found.end < end:
            continue
        if (found.start, found.end) == (start, end):
            return candidate
        if found.end - found.start < closest:
            closest, around = found.end - found.start, candidate
    return around


def _trimmed(parsed: Parsed, start: int, end: int) -> Span:
    if not 0 <= start < end <= len(parsed.text):
        raise Unacceptable(
            f"The range {start} to {end} lies outside the text, which ends at {len(parsed.text)}.",
            field="target",
        )
    words = parsed.text[start:end]
    start, end = end - len(words.lstrip()), start + len(words.rstrip())
    if start >= end:
        raise Unacceptable("The range holds no words; select some.", field="target")
    return start, end


def _candidates(parsed: Parsed, pinned: Address, start: int, end: int) -> Iterator[Address]:
    """Return addresses that may say the range, the best first."""
    inner = parsed.innermost(start, end)
    if (start, end) == (0, len(parsed.text)):
        yield pinned
    if inner is None:
        yield _range(parsed, pinned, start, end)
    elif parsed.provisions[inner].level is not None:
        yield from _section(parsed, pinned, inner, start, end)
        yield _range(parsed, pinned, start, end)
    else:
        inner = _widened(parsed, inner, start, end)
        place = _whole(parsed, inner)
        if (start, end) == (parsed.provisions[inner].start, parsed.provisions[inner].end):
            yield replace(pinned, start=place)
        yield from _several(parsed, pinned, start, end)
        for narrowed in _narrowed(parsed, place, inner, start, end):
            yield replace(pinned, start=narrowed)


def _several(parsed: Parsed, pinned: Address, start: int, end: int) -> Iterator[Address]:
    """Return a range of whole items inside one list item, if the range is one."""
    address = _range(parsed, pinned, start, end)
    places = [place for place in (address.start, address.end) if place is not None]
    partial = any(place.sentences or place.words for place in places)
    if not partial and len({place.number for place in places}) > 1:
        yield address


def _around(parsed: Parsed, pinned: Address, start: int, end: int) -> Iterator[Address]:
    """Return addresses of whole provisions that hold the range."""
    inner = parsed.innermost(start, end)
    if inner is not None and parsed.provisions[inner].level is None:
        yield replace(pinned, start=_whole(parsed, inner))
    first, last = parsed.innermost(start, start + 1), parsed.innermost(end - 1, end)
    if first is not None and last is not None and first != last:
        yield replace(pinned, start=_whole(parsed, first), end=_whole(parsed, last))


def _whole(parsed: Parsed, provision: int) -> Place:
    """Return the place of a whole provision; of a section, of its heading alone."""
    return Place((parsed.slug(provision),), parsed.provisions[provision].number or HEADING)


def _section(
    parsed: Parsed, pinned: Address, section: int, start: int, end: int
) -> Iterator[Address]:
    found = parsed.provisions[section]
    place = Place((parsed.slug(section),))
    if (start, end) == (found.start, found.end):
        yield replace(pinned, start=place)
    title_end = found.start + len(found.attributes.get("title", ""))
    if end <= title_end:
        heading = replace(place, number=HEADING)
        yield replace(pinned, start=heading)
        for words in _quotations(parsed.text, found.start, title_end, start, end):
            yield replace(pinned, start=replace(heading, words=words))


def _narrowed(
    parsed: Parsed, place: Place, provision: int, start: int, end: int
) -> Iterator[Place]:
    """Return the sentences, then the words, of one provision."""
    whole = parsed.provisions[provision]
    sentences = sentences_within(parsed, whole.start, whole.end)
    around = [i for i, (first, last) in enumerate(sentences) if last > start and first < end]
    numbers = (around[0] + 1, around[-1] + 1) if around else None
    if numbers and (sentences[around[0]][0], sentences[around[-1]][1]) == (start, end):
        yield replace(place, sentences=numbers)
    for words in _quotations(parsed.text, whole.start, whole.end, start, end):
        if words.nth is None:
            yield replace(place, words=words)
    if numbers:
        scope = sentences[around[0]][0], sentences[around[-1]][1]
        for words in _quotations(parsed.text, *scope, start, end):
            yield replace(place, sentences=numbers, words=words)
    for words in _quotations(parsed.text, whole.start, whole.end, start, end):
        yield replace(place, words=words)


def _quotations(text: str, first: int, last: int, start: int, end: int) -> Iterator[AddressWords]:
    """Quote `text[start:end]`, which stands within `text[first:last]`, long words shortened."""
    quoted = fold(text[start:end])
    words = quoted.split(" ")
    shortened = [
        " ".join([*words[:shown], ELLIPSIS, *words[-shown:]])
        for shown in _SHOWN
        if len(words) > LONGEST_QUOTATION and len(words) > 2 * shown
    ]
    for quotation in map(words_of, [*shortened, quoted]):
        spans = find_words(text[first:last], quotation)
        wanted = (start - first, end - first)
        if wanted in spans:
            yield quotation if len(spans) == 1 else replace(quotation, nth=spans.index(wanted) + 1)


def _range(parsed: Parsed, pinned: Address, start: int, end: int) -> Address:
    """Cite a range of several provisions by its two edges."""
    first = _edge(parsed, start, end, at_start=True)
    last = _edge(parsed, start, end, at_start=False)
    same_section = first.path == last.path
    # After a sentence a bare number would be a sentence, so the section is named again.
    bare = same_section and (first.sentences is None or last.sentences is not None)
    return replace(pinned, start=first, end=replace(last, path=()) if bare else last)


def _edge(parsed: Parsed, start: int, end: int, *, at_start: bool) -> Place:
    """Return the place that begins, or ends, exactly where the range does."""
    at = start if at_start else end
    provision = parsed.innermost(at, at + 1) if at_start else parsed.innermost(at - 1, at)
    provision = _widened(parsed, provision or 0, start, end)
    whole = parsed.provisions[provision]
    is_heading = whole.level is not None
    place = _whole(parsed, provision)
    scope = whole.start, whole.end
    if is_heading:
        scope = whole.start, whole.start + len(whole.attributes.get("title", ""))
    if at == (scope[0] if at_start else scope[1]):
        return place
    for number, span in enumerate(sentences_within(parsed, *scope), 1):
        if not is_heading and at == span[0 if at_start else 1]:
            return replace(place, sentences=(number, number))
    return replace(place, words=_edge_words(parsed.text, *scope, at, at_start=at_start))


def _edge_words(
    text: str, first: int, last: int, at: int, *, at_start: bool
) -> AddressWords | None:
    """Quote the few words of a provision with which a range begins, or ends."""
    words = (text[at:last] if at_start else text[first:at]).split()
    for shown in _EDGE:
        quoted = " ".join(words[:shown] if at_start else words[-shown:])
        spans = find_words(text[first:last], words_of(quoted))
        edges = [first + span[0 if at_start else 1] for span in spans]
        if edges.count(at) == 1 and (len(edges) == 1 or shown >= len(words)):
            return words_of(quoted, None if len(edges) == 1 else edges.index(at) + 1)
    return words_of(quoted, edges.index(at) + 1) if at in edges else None


def _widened(parsed: Parsed, provision: int, start: int, end: int) -> int:
    """Give the outermost provision, short of a section, that lies within the range as this one."""
    inner = parsed.provisions[provision]
    parent = inner.parent
    while parent is not None and parsed.provisions[parent].level is None:
        outer = parsed.provisions[parent]
        if not (start <= outer.start and outer.end <= end):
            break
        provision, parent = parent, outer.parent
    return provision
