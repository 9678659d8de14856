"""Judging where spans were placed, by means that share nothing with the relocator.

A placement is judged `fine`; `wrong`: on other words; `missed`: unchanged words were not given
where they stand; `loose`: words that stood outside were taken in; `short`: words that are left were
left out; or `unjudged`, where the judge cannot tell.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from annotator.documents import Parsed
from annotator.relocation.relocate import Relocated
from benchmarks.revisions import Range, Revision

# Characters on each side of a span that delimit it, if they are unique in both editions.
FENCE = 60
# Characters from which words that are unique in both editions identify themselves.
KNOWN = 12
TYPEWRITER = str.maketrans("“”‘’‐‑‒–—", "\"\"''-----", "\u00ad\u200b\u2060\ufeff")

Judge = Callable[[Range, Relocated], str]


def known(old: Parsed, revision: Revision) -> Judge:
    """Judge by the origin of each character of a made-up revision."""
    places: dict[int, list[int]] = {}
    for place, origin in enumerate(revision.origin):
        places.setdefault(origin, []).append(place)

    def judge(span: Range, got: Relocated) -> str:
        visible = [at for at in range(*span) if not old.text[at].isspace()]
        left = [place for at in visible for place in places.get(at, ())]
        if not left:
            return "fine" if got.start is None else "wrong"
        low, high = min(left), max(left) + 1
        if revision.new.text[low:high] == old.text[slice(*span)]:
            return _unchanged((low, high), got)
        if got.start is None or got.end is None:
            return "fine"
        return _placed(span, (got.start, got.end), left, revision)

    return judge


def _placed(span: Range, got: Range, left: list[int], revision: Revision) -> str:
    inside = [place for place in left if got[0] <= place < got[1]]
    if not inside:
        return "wrong"
    strange = any(
        revision.origin[place] >= 0 and not span[0] <= revision.origin[place] < span[1]
        for place in range(*got)
    )
    # A split span has other words between; one side of it is a good answer.
    torn = max(left) - min(left) > 2 * (span[1] - span[0]) + FENCE
    if strange and not torn:
        return "loose"
    return "fine" if torn or len(inside) == len(left) else "short"


def fenced(old: Parsed, new: Parsed) -> Judge:
    """Judge a real revision by the unique text around a span, which fences in its place."""
    fence = fences(old, new)

    def judge(span: Range, got: Relocated) -> str:
        words = old.text[slice(*span)]
        if (found := fence(span)) is None:
            return "unjudged"
        low, high = found
        if (at := new.text.find(words, low, high)) >= 0:
            return _unchanged((at, at + len(words)), got)
        if got.score == 1.0 and len(words) >= KNOWN and _once(words, old.text, new.text):
            return "fine"
        if got.verdict == "exact" and got.start is not None:
            retyped = _typed(new.text[got.start : got.end]) == _typed(words)
            in_place = low <= got.start and (got.end or 0) <= high
            return "fine" if retyped and in_place else "wrong"
        return _edited(_common(words, new.text, low, high), (low, high), got)

    return judge


def fences(old: Parsed, new: Parsed, reach: int = 0) -> Callable[[Range], Range | None]:
    """Return what gives the range of the new text between the unique text around a span.

    Where the text beside the span is not in either edition once, the nearest that is counts, up to
    `reach` characters away.
    """
    before, after = _windows(old.text), _windows(new.text)

    def unique(at: int) -> int | None:
        """Return the position in the new text of the window that begins at an offset."""
        window = old.text[at : at + FENCE]
        return after[window] if before.get(window, -1) >= 0 <= after.get(window, -1) else None

    def fence(span: Range) -> Range | None:
        left = (
            at for step in range(reach + 1) if (at := unique(span[0] - FENCE - step)) is not None
        )
        right = (at for step in range(reach + 1) if (at := unique(span[1] + step)) is not None)
        low, high = next(left, None), next(right, None)
        if low is None or high is None:
            return None
        low += FENCE
        longest = 3 * (span[1] - span[0]) + FENCE + 2 * reach
        return (low, high) if low <= high <= low + longest else None

    return fence


def _typed(text: str) -> str:
    """Return words without typography, whose changes do not count."""
    return re.sub("-+", "-", "".join(text.translate(TYPEWRITER).split()))


def _windows(text: str) -> dict[str, int]:
    """Return the position of each run of FENCE characters, -1 for one that is not unique."""
    places: dict[str, int] = {}
    for at in range(len(text) - FENCE + 1):
        window = text[at : at + FENCE]
        places[window] = -1 if window in places else at
    return places


def _once(words: str, *texts: str) -> bool:
    return all(text.count(words) == 1 for text in texts)


def _common(words: str, text: str, low: int, high: int) -> Range:
    """Narrow a fenced range to the first and the last word that also stood in the old words."""
    had = set(re.findall(r"\w+", words))
    kept = [match for match in re.finditer(r"\w+", text[low:high]) if match.group() in had]
    return (low + kept[0].start(), low + kept[-1].end()) if kept else (high, low)


def _unchanged(truth: Range, got: Relocated) -> str:
    if (got.start, got.end) == truth:
        return "fine" if got.verdict in ("exact", "moved") else "missed"
    if got.start is None or got.end is None or (got.start < truth[1] and truth[0] < got.end):
        return "missed"
    return "wrong"


def _edited(kept: Range, fence: Range, got: Relocated) -> str:
    if got.start is None or got.end is None:
        return "fine"
    if got.end <= fence[0] or fence[1] <= got.start:
        return "wrong"
    if got.start < fence[0] or fence[1] < got.end:
        return "loose"
    return "short" if kept[0] < got.start or got.end < kept[1] else "fine"
