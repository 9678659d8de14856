"""Cite a range of an edition: the tightest address of exactly that range.

A whole provision is cited by its number, whole sentences by theirs, other words by quoting them.
`locate` finds what `address_of` returns at the very same offsets.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from annotator.documents.address.locate import HEADING, find_words, locate
from annotator.documents.address.notation import ELLIPSIS, Address, AddressWords, Place, words_of
from annotator.documents.parsed import Parsed, sentences_within
from annotator.errors import Unacceptable

# Words that are quoted in full; of more, one of these numbers is shown at each end.
LONGEST_QUOTATION = 12
_SHOWN = (5, 8, 12, 20)
# Words quoted at the ends of a range of several provisions.
_EDGE = (4, 8, 16, 32)


def address_of(parsed: Parsed, slug: str, edition: str | None, start: int, end: int) -> Address:
    """Return the address of `text[start:end]` (code points) in the document `slug`.

    White space at the ends of the range is not cited. If the words are ambiguous, their sentences
    are named, and then their count. A range that no words can cite exactly (it begins inside a row
    of dashes, say) gets the address of a larger range around it. Raises `Unacceptable` if the range
    is outside the text or has no words.
    """
    if not 0 <= start < end <= len(parsed.text):
        raise Unacceptable(
            f"The range {start} to {end} lies outside the text, which ends at {len(parsed.text)}.",
            field="target",
        )
    words = parsed.text[start:end]
    start, end = end - len(words.lstrip()), start + len(words.rstrip())
    if start >= end:
        raise Unacceptable("The range contains no words. Select some.", field="target")
    closest = pinned = Address(slug, edition)
    if (start, end) == (0, len(parsed.text)):
        return pinned
    inner = parsed.innermost(start, end)
    if inner is not None and parsed.provisions[inner].level is None:
        inner = _widened(parsed, inner, start, end)
        exact = _within(parsed, pinned, inner, start, end)
        if exact is not None:
            return exact
    size = len(parsed.text) + 1
    for candidate in _candidates(parsed, pinned, inner, start, end):
        located = locate(parsed, candidate)
        if located.status != "found" or located.start > start or located.end < end:
            continue
        if (located.start, located.end) == (start, end):
            return candidate
        if located.end - located.start < size:
            closest, size = candidate, located.end - located.start
    return closest


def _within(
    parsed: Parsed, pinned: Address, provision: int, start: int, end: int
) -> Address | None:
    """Return the exact address of a part of one provision that is no section, if there is one."""
    whole, place = parsed.provisions[provision], _whole(parsed, provision)
    if (start, end) == (whole.start, whole.end):
        return replace(pinned, start=place)
    following = parsed.provisions[provision + 1 : provision + 2]
    if following and following[0].parent == provision:
        first = _widened(parsed, parsed.innermost(start, start + 1) or 0, start, end)
        last = _widened(parsed, parsed.innermost(end - 1, end) or 0, start, end)
        edges = parsed.provisions[first].start, parsed.provisions[last].end
        if first != last and edges == (start, end):  # whole items inside a list item
            end_place = replace(_whole(parsed, last), path=())
            return replace(pinned, start=_whole(parsed, first), end=end_place)
    span = cited_span = whole.start, whole.end
    cited = place
    sentences = sentences_within(parsed, *span)
    around = [i for i, (first, last) in enumerate(sentences) if last > start and first < end]
    if around:
        cited = replace(place, sentences=(around[0] + 1, around[-1] + 1))
        cited_span = sentences[around[0]][0], sentences[around[-1]][1]
        if cited_span == (start, end):
            return replace(pinned, start=cited)
    for scope, within, counted in (
        (place, span, False), (cited, cited_span, True), (place, span, True)
    ):  # fmt: skip
        for words in _quotations(parsed.text, *within, start, end):
            if counted or words.nth is None:
                return replace(pinned, start=replace(scope, words=words))
    return None


def _candidates(
    parsed: Parsed, pinned: Address, inner: int | None, start: int, end: int
) -> Iterator[Address]:
    """Yield addresses that may cite a range, the best first, then some that contain it."""
    if inner is not None and parsed.provisions[inner].level is None:
        yield replace(pinned, start=_whole(parsed, inner))
    else:
        if inner is not None:
            yield from _section(parsed, pinned, inner, start, end)
        yield _range(parsed, pinned, start, end)
    first, last = parsed.innermost(start, start + 1), parsed.innermost(end - 1, end)
    if first is not None and last is not None and first != last:
        yield replace(pinned, start=_whole(parsed, first), end=_whole(parsed, last))


def _whole(parsed: Parsed, provision: int) -> Place:
    """Return the place of a whole provision; for a section, that of its heading only."""
    return Place((parsed.slug(provision),), parsed.provisions[provision].number or HEADING)


def _section(
    parsed: Parsed, pinned: Address, section: int, start: int, end: int
) -> Iterator[Address]:
    provision = parsed.provisions[section]
    place = Place((parsed.slug(section),))
    if (start, end) == (provision.start, provision.end):
        yield replace(pinned, start=place)
    title_end = parsed.heading_end(section)
    if end <= title_end:
        heading = replace(place, number=HEADING)
        yield replace(pinned, start=heading)
        for words in _quotations(parsed.text, provision.start, title_end, start, end):
            yield replace(pinned, start=replace(heading, words=words))


def _quotations(text: str, first: int, last: int, start: int, end: int) -> Iterator[AddressWords]:
    """Yield quotations of `text[start:end]`, within `text[first:last]`, shortened ones first."""
    words = text[start:end].split()
    shortened = [
        [*words[:shown], ELLIPSIS, *words[-shown:]]
        for shown in _SHOWN
        if len(words) > LONGEST_QUOTATION and len(words) > 2 * shown
    ]
    for quoted in (*shortened, words):
        quotation = words_of(" ".join(quoted))
        spans = find_words(text[first:last], quotation)
        span = (start - first, end - first)
        if span in spans:
            yield quotation if len(spans) == 1 else replace(quotation, nth=spans.index(span) + 1)


def _range(parsed: Parsed, pinned: Address, start: int, end: int) -> Address:
    """Return the address of a range of several provisions, by its two ends."""
    first = _edge(parsed, start, end, at_start=True)
    last = _edge(parsed, start, end, at_start=False)
    same_section = first.path == last.path
    # After a sentence a bare number would be a sentence, so the section is named again.
    bare = same_section and (first.sentences is None or last.sentences is not None)
    return replace(pinned, start=first, end=replace(last, path=()) if bare else last)


def _edge(parsed: Parsed, start: int, end: int, *, at_start: bool) -> Place:
    """Return the place with exactly the start, or end, of the range."""
    at = start if at_start else end
    provision = parsed.innermost(at, at + 1) if at_start else parsed.innermost(at - 1, at)
    provision = _widened(parsed, provision or 0, start, end)
    whole = parsed.provisions[provision]
    is_heading = whole.level is not None
    place = _whole(parsed, provision)
    scope = whole.start, whole.end
    if is_heading:
        scope = whole.start, parsed.heading_end(provision)
    if at == (scope[0] if at_start else scope[1]):
        return place
    for number, span in enumerate(sentences_within(parsed, *scope), 1):
        if not is_heading and at == span[0 if at_start else 1]:
            return replace(place, sentences=(number, number))
    return replace(place, words=_edge_words(parsed.text, *scope, at, at_start=at_start))


def _edge_words(
    text: str, first: int, last: int, at: int, *, at_start: bool
) -> AddressWords | None:
    """Return the few words of a provision with which a range begins, or ends."""
    words = (text[at:last] if at_start else text[first:at]).split()
    for shown in _EDGE:
        quoted = " ".join(words[:shown] if at_start else words[-shown:])
        spans = find_words(text[first:last], words_of(quoted))
        edges = [first + span[0 if at_start else 1] for span in spans]
        if edges.count(at) == 1 and (len(edges) == 1 or shown >= len(words)):
            return words_of(quoted, None if len(edges) == 1 else edges.index(at) + 1)
    return words_of(quoted, edges.index(at) + 1) if at in edges else None


def _widened(parsed: Parsed, provision: int, start: int, end: int) -> int:
    """Return the outermost provision in the range, below its section, that contains this one."""
    while (at := parsed.provisions[provision].parent) is not None:
        outer = parsed.provisions[at]
        if outer.level is not None or not (start <= outer.start and outer.end <= end):
            break
        provision = at
    return provision
