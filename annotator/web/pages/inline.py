"""The words of one block as HTML, with its marks; the block's text content stays exactly the words.

Pure. Only a link's target comes from the source's markup, and only where its scheme is harmless.
"""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import escape

from annotator.documents.parsed import Block, Mark

SCHEMES = ("https://", "http://", "mailto:")
TAGS = {"em": "em", "strong": "strong", "code": "code"}


def words(text: str, block: Block, link_to: Callable[[str], str | None]) -> str:
    """Give the HTML of `text[block.start:block.end]`.

    `link_to` turns the anchor of a link within the document into an address, or None where there
    is no such place. Marks nest or are disjoint; one that crosses another is cut off with it.
    """
    if not block.marks:
        return str(escape(text[block.start : block.end]))
    out: list[str] = []
    open_marks: list[tuple[int, str]] = []  # where each ends, and the tag that ends it
    at = block.start
    for mark in block.marks:
        if mark.kind == "break" and text[mark.start : mark.end] != " ":
            continue  # the words come first: a break is shown only in the place of its space
        at = _close_until(mark.start, open_marks, out, text, at)
        out.append(str(escape(text[at : mark.start])))
        at = mark.start
        if mark.kind == "break":
            out.append(" <br>")
            at += 1
            continue
        begin, end = _tags(mark, link_to)
        out.append(begin)
        limit = open_marks[-1][0] if open_marks else block.end
        open_marks.append((min(mark.end, limit), end))
    at = _close_until(block.end, open_marks, out, text, at)
    out.append(str(escape(text[at : block.end])))
    return "".join(out)


def _close_until(
    limit: int, open_marks: list[tuple[int, str]], out: list[str], text: str, at: int
) -> int:
    while open_marks and open_marks[-1][0] <= limit:
        end, tag = open_marks.pop()
        out.append(str(escape(text[at:end])) + tag)
        at = max(at, end)
    return at


def _tags(mark: Mark, link_to: Callable[[str], str | None]) -> tuple[str, str]:
    if mark.kind in TAGS:
        return f"<{TAGS[mark.kind]}>", f"</{TAGS[mark.kind]}>"
    if mark.value.startswith("#"):
        href = link_to(mark.value[1:])
        return (f'<a href="{escape(href)}">', "</a>") if href else ("", "")
    if mark.value.lower().startswith(SCHEMES):
        return f'<a href="{escape(mark.value)}" rel="noopener">', "</a>"
    return "", ""
