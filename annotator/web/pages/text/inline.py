"""The words of one block as HTML, with its marks; the block's text content stays exactly the words.

Pure. Only a link's target comes from the source's markup, and only where its scheme is harmless.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import NamedTuple

from markupsafe import escape

from annotator.documents.parsed import Block, Mark

SCHEMES = ("https://", "http://", "mailto:")
TAGS = ("em", "strong", "code", "sup", "sub", "del", "ins", "q")
BREAK = " <br>"
CITED = '<mark class="cited">'


class _Tagged(NamedTuple):
    """A stretch of the text and its tags; `begin` is BREAK for a line break, which has no end."""

    start: int
    end: int
    begin: str
    close: str


def words(
    text: str,
    block: Block,
    link_to: Callable[[str], str | None],
    cited: tuple[int, int] | None = None,
    notes: Sequence[tuple[int, str]] = (),
) -> str:
    """Return the HTML of `text[block.start:block.end]`, with the words of the range `cited` marked.

    `link_to` turns the anchor of a link within the document into an address, or None where there
    is no such place. Marks nest or are disjoint; one that crosses another is cut off with it.
    `notes` are pieces of HTML with the offsets that they follow.
    """
    tagged = [_Tagged(mark.start, mark.end, *_tags(mark, link_to)) for mark in block.marks
              if mark.kind != "break" or text[mark.start : mark.end] == " "]  # fmt: skip
    # The words come first: a break is shown only in the place of its space.
    if cited is not None:
        tagged = _with_cited(tagged, max(cited[0], block.start), min(cited[1], block.end))
    tagged = sorted([*(_Tagged(at, at, html, "") for at, html in notes), *tagged],
                    key=lambda tag: (tag.start, tag.start != tag.end))  # fmt: skip
    out: list[str] = []
    open_marks: list[tuple[int, str]] = []  # where each ends, and the tag that ends it
    at = block.start
    for start, end, begin, close in tagged:
        at = _close_until(start, open_marks, out, text, at)
        out += (str(escape(text[at:start])), begin)
        at = start
        if begin == BREAK:
            at += 1
            continue
        limit = open_marks[-1][0] if open_marks else block.end
        open_marks.append((min(end, limit), close))
    at = _close_until(block.end, open_marks, out, text, at)
    out.append(str(escape(text[at : block.end])))
    return "".join(out)


def _with_cited(tagged: Sequence[_Tagged], start: int, end: int) -> list[_Tagged]:
    """Mark a range inside all other tags: it is cut wherever one of them begins or ends."""
    breaks = {tag.start for tag in tagged if tag.begin == BREAK}
    edges = {start, end, *(at for tag in tagged for at in (tag.start, tag.end) if start < at < end)}
    cuts = sorted(edges) if start < end else []
    added = [_Tagged(first, last, CITED, "</mark>")
             for first, last in pairwise(cuts) if first not in breaks]  # fmt: skip
    return sorted([*tagged, *added], key=lambda tag: (tag.start, -tag.end))


def _close_until(
    limit: int, open_marks: list[tuple[int, str]], out: list[str], text: str, at: int
) -> int:
    while open_marks and open_marks[-1][0] <= limit:
        end, tag = open_marks.pop()
        out.append(str(escape(text[at:end])) + tag)
        at = max(at, end)
    return at


def _tags(mark: Mark, link_to: Callable[[str], str | None]) -> tuple[str, str]:
    if mark.kind == "break":
        return BREAK, ""
    if mark.kind in TAGS:
        return f"<{mark.kind}>", f"</{mark.kind}>"
    if mark.value.startswith("#"):
        href = link_to(mark.value[1:])
        return (f'<a href="{escape(href)}">', "</a>") if href else ("", "")
    if mark.value.lower().startswith(SCHEMES):
        return f'<a href="{escape(mark.value)}" rel="noopener">', "</a>"
    return "", ""
