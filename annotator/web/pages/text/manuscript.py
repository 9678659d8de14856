"""An edition's text, or one provision of it, as HTML whose blocks carry their offsets. Pure.

Each element with `data-start` is one block: its text content is `text[start:end]` and nothing else
(the block invariant), so that the browser can convert a selection to offsets. One line feed is
between two blocks, so the text content of the whole is the canonical text and nothing else: other
programs quote what they find there. Numbers, counts and titles of boxes are attributes, which the
style sheet draws. Only a link's target comes from the source's markup, and only where its scheme is
harmless.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple
from urllib.parse import quote

from markupsafe import escape

from annotator.documents.address.locate import linked_section
from annotator.documents.parsed import Block, Mark, Parsed, ParsedProvision
from annotator.documents.words import Columns
from annotator.web.pages import words

MAX_HEADING_DEPTH = 6
# Characters with a strong direction.
BEGINNING = 1_000
STRONG = re.compile("(?P<rtl>[\u05d0-\u07ff\u0800-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])|[^\\W\\d_]")
SCHEMES = ("https://", "http://", "mailto:")
TAGS = ("em", "strong", "code", "sup", "sub", "del", "ins", "q")
BREAK = " <br>"
LONG = 400_000  # code points: a longer text is served in parts
LINE = 70  # code points of a line, to estimate the height of a part
PART = 40_000  # code points of a part, where its sections and paragraphs allow
CITED = '<mark class="cited">'


@dataclass(frozen=True)
class Manuscript:
    """The input to render an edition's text.

    `base` is the edition's address, `/d/SLUG@LABEL`; `counts` are comments by provision ordinal,
    and `lost` those of them on words that were removed. The range `cited` is marked. `notes` are
    pieces of HTML with the offsets that they follow, in order; `after` is the HTML after a
    section's own text, by the section's ordinal. The ranges `left_out`, some of the `parts`, are
    rendered as links, which the scripts replace by the parts.
    """

    parsed: Parsed
    pids: tuple[str, ...]
    counts: Mapping[int, int]
    base: str
    lost: Mapping[int, int] = field(default_factory=dict)
    cited: tuple[int, int] | None = None
    notes: Sequence[tuple[int, str]] = ()
    after: Mapping[int, str] = field(default_factory=dict)
    left_out: Sequence[tuple[int, int]] = ()


@dataclass(frozen=True)
class RenderedText:
    """The HTML of a text in pieces; `controls` has the piece with the count of each provision."""

    pieces: Sequence[str]
    controls: Mapping[int, int]

    @property
    def html(self) -> str:
        """The whole HTML."""
        return "".join(self.pieces)

    def recounted(self, source: Manuscript, before: Manuscript) -> RenderedText:
        """Return the text with the counts of `source`; it has those of `before`."""
        pieces = list(self.pieces)
        for ordinal, at in self.controls.items():
            if (source.counts.get(ordinal), source.lost.get(ordinal)) != (
                before.counts.get(ordinal), before.lost.get(ordinal)
            ):  # fmt: skip
                pieces[at] = _control(source, ordinal, source.parsed.provisions[ordinal])
        return RenderedText(pieces, self.controls)


def render_whole(source: Manuscript) -> RenderedText:
    """Render the whole text."""
    return _render(source, 0, 0, len(source.parsed.text), whole=True)


def render(source: Manuscript, ordinal: int | None = None) -> str:
    """Render the whole text, or only the provision `ordinal` and what it contains."""
    if ordinal is None:
        return render_whole(source).html
    it = source.parsed.provisions[ordinal]
    return _render(source, ordinal, it.start, it.end, whole=False).html


def render_part(source: Manuscript, start: int, end: int) -> str:
    """Render one of the `parts` of a text as in the whole text."""
    provisions, blocks = source.parsed.provisions, source.parsed.blocks
    block = blocks[bisect_left(blocks, start, key=lambda block: block.start)]
    around = provisions[block.provision].section  # it contains the part, and can begin with it
    lowest = 0 if around is None else around + 1
    first = bisect_left(provisions, start, lo=lowest, key=lambda it: it.start)
    return _render(source, first, start, end, whole=True).html


def _render(source: Manuscript, first: int, start: int, end: int, *, whole: bool) -> RenderedText:
    parsed = source.parsed
    last = bisect_right(parsed.provisions, end, key=lambda provision: provision.start)
    writer = _Writer(source, _containers(source, first, last), whole, blocks=int(whole and start))
    left_out = dict(source.left_out)
    section: int | None = None
    for block in parsed.blocks:
        if start <= block.start and block.end <= end:
            if block.start in left_out:
                start = left_out[block.start]
                writer.leave_out(block, start)
                continue
            before, section = section, section_of(parsed, block.provision)
            if section != before:
                writer.leave(before)
            writer.write(block)
    writer.leave(section)
    writer.turn_to([])
    return RenderedText(writer.out, writer.controls)


def parts(source: Manuscript) -> list[tuple[int, int]]:
    """Divide a text into ranges of whole sections or paragraphs, of some `PART` code points each.

    The sections and paragraphs of a part are in one section. The heading of a section that is
    longer than a part is between parts.
    """
    parsed, blocks = source.parsed, source.parsed.blocks
    around = _containers(source, 0, len(parsed.provisions))
    found: list[tuple[int, int]] = []
    before: tuple[int, int | None] = (0, None)  # the next block and the section of the last part
    at = 0
    while at < len(blocks):
        first, it = blocks[at], parsed.provisions[blocks[at].provision]
        after = at + 1
        if it.kind == "section":
            after = bisect_left(blocks, it.end, lo=after, key=lambda block: block.start)
            if it.end - it.start > PART:
                at += 1
                continue
        else:
            while after < len(blocks) and _together(around, blocks[after - 1], blocks[after]):
                after += 1
        start = first.start
        if found and before == (at, it.section) and blocks[after - 1].end - found[-1][0] <= PART:
            start = found.pop()[0]
        found.append((start, blocks[after - 1].end))
        at, before = after, (after, it.section)
    return found


def _together(around: Mapping[int | None, list[_Container]], one: Block, other: Block) -> bool:
    """Return whether two neighbouring blocks are in one list, table, quotation or box."""
    both = zip(around[one.provision], around[other.provision], strict=False)
    return any(old.key == new.key for old, new in both if old.key[0] != "section")


def section_of(parsed: Parsed, ordinal: int) -> int | None:
    """Return the section that a provision belongs to; a section belongs to itself."""
    provision = parsed.provisions[ordinal]
    return ordinal if provision.kind == "section" else provision.section


class _Container(NamedTuple):
    """An element around provisions, identified by `key`."""

    key: tuple[str, int]
    begin: str
    end: str


def _containers(source: Manuscript, first: int, last: int) -> dict[int | None, list[_Container]]:
    """List the containers around each provision from `first` to before `last`, outermost first.

    Those around the first are left out.
    """
    containers: dict[int | None, list[_Container]] = {}
    lists: dict[int, int] = {}  # item -> the first of its list
    last_child: dict[int | None, int] = {}
    pids = frozenset(source.pids)
    for ordinal in range(first, last):
        provision = source.parsed.provisions[ordinal]
        around = list(containers.get(provision.parent, ()))
        for name in provision.attributes.get("group", "").split():
            if all(each.key != (name[0], int(name[1:])) for each in around):
                around.append(_Container((name[0], int(name[1:])), *_group(name[0], provision)))
        number = number_of(provision)
        if provision.kind == "section":
            # Its slug is an id unless a pid, which has the older claim, is the same.
            ident = f' id="{escape(provision.slug)}"' if provision.slug not in pids else ""
            around.append(_Container(("section", ordinal), f"<section{ident}>", "</section>"))
        elif provision.kind == "item":
            before = last_child.get(provision.parent, -1)
            goes_on = before in lists and _continues(source.parsed.provisions[before], provision)
            lists[ordinal] = lists[before] if goes_on else ordinal
            tag, value = ("ul", "") if number is None else ("ol", f' value="{number}"')
            around.append(_Container(("list", lists[ordinal]), f"<{tag}>", f"</{tag}>"))
            around.append(_Container(("item", ordinal), f"<li{value}>", "</li>"))
        elif provision.kind == "row":
            around.append(_Container(("row", ordinal), "<tr>", "</tr>"))
        last_child[provision.parent] = ordinal
        containers[ordinal] = around
    return containers


def _group(kind: str, provision: ParsedProvision) -> tuple[str, str]:
    """Render the start and end tags of a quotation, a table or a box."""
    if kind == "q":
        return "<blockquote>", "</blockquote>"
    if kind == "t":
        return '<div class="wide"><table>', "</table></div>"
    box = provision.attributes.get("admonition", "")
    title = escape(provision.attributes.get("admonition_title") or box.capitalize())
    attributes = f'role="note" aria-label="{title}" data-kind="{escape(box)}"'
    return f'<div class="box" {attributes}>', "</div>"


def number_of(item: ParsedProvision) -> int | None:
    """Return the number of an ordered list's item."""
    marker = item.attributes.get("marker", "").rstrip(".)")
    return int(marker) if marker.isdecimal() and len(marker) < 10 else None


def _continues(before: ParsedProvision, item: ParsedProvision) -> bool:
    """Return whether two neighbouring items are of one list: numbered in sequence or not."""
    if before.attributes.get("group") != item.attributes.get("group"):
        return False
    old, new = number_of(before), number_of(item)
    return (old is None and new is None) or (old is not None and new is not None and new > old)


@dataclass
class _Writer:
    """The HTML so far and its open elements."""

    source: Manuscript
    containers: Mapping[int | None, list[_Container]]
    whole: bool
    out: list[str] = field(default_factory=list)
    stack: list[_Container] = field(default_factory=list)
    controls: dict[int, int] = field(default_factory=dict)
    blocks: int = 0

    @cached_property
    def columns(self) -> Columns:
        """The columns of the tables."""
        return Columns(self.source.parsed)

    @cached_property
    def direction(self) -> str:
        """The direction of the whole text."""
        return _direction(self.source.parsed.text[:BEGINNING])

    def leave(self, section: int | None) -> None:
        """Render the part that follows a section's own text."""
        if section is not None and section in self.containers and section in self.source.after:
            self.turn_to(self.containers[section])
            self.out.append(self.source.after[section])

    def turn_to(self, around: list[_Container]) -> None:
        """Close and open containers until the open ones are `around`."""
        both = list(zip(self.stack, around, strict=False))
        common = next((at for at, (old, new) in enumerate(both) if old.key != new.key), len(both))
        self.out += [each.end for each in reversed(self.stack[common:])]
        self.out += [each.begin for each in around[common:]]
        self.stack = around

    def leave_out(self, block: Block, end: int) -> None:
        """Render a link in place of the part from `block` to the offset `end`."""
        source, parsed = self.source, self.source.parsed
        it = parsed.provisions[block.provision]
        self.turn_to(self.containers[it.section] if it.section is not None else [])
        pid = source.pids[block.provision]
        self.out.append(
            f'<a class="part drawn" href="{source.base}?whole=yes#{pid}" '
            f'data-start="{block.start}" data-pid="{pid}" '
            f'data-lines="{(end - block.start) // LINE}" '
            f'aria-label="{escape(words.part(it))}"></a>'
        )
        self.blocks += 1

    def write(self, block: Block) -> None:
        """Render a block and, before the first of a provision, the link to its page.

        A block has its language and direction if the source names them or they are not the text's.
        """
        source, ordinal = self.source, block.provision
        parsed, provision = source.parsed, source.parsed.provisions[ordinal]
        self.turn_to(self.containers[ordinal])
        begin, end = "\n" if self.blocks else "", ""
        attributes = f' data-start="{block.start}"'
        first = ordinal not in self.controls
        if first:
            attributes = f' id="{source.pids[ordinal]}"{attributes}'
        self.blocks += 1
        if "lang" in provision.attributes:
            attributes += f' lang="{escape(provision.attributes["lang"])}"'
        direction = provision.attributes.get("dir") or _direction(
            parsed.text[block.start : block.end]
        )
        if direction and direction != self.direction:
            attributes += f' dir="{escape(direction)}"'
        notes = source.notes and source.notes[
            slice(*(bisect_right(source.notes, at, key=lambda note: note[0])
                    for at in (block.start, block.end)))
        ]  # fmt: skip
        body = block_html(parsed.text, block, self.link_to, source.cited, notes)
        match block.kind:
            case "heading":
                tag = f"h{min((provision.level or 1) + 1, MAX_HEADING_DEPTH)}"
                html = f"<{tag}{attributes}>{body}</{tag}>"
                if level := provision.attributes.get("authority"):
                    html += (
                        f'<p class="authority" data-said="{escape(words.authority(level))}"></p>'
                    )
            case "code":
                html = f'<pre tabindex="0"><code{attributes}>{body}</code></pre>'
            case "cell":
                html = f"<div{attributes}>{body}</div>"
                cell, end = self.cell(block, header="header" in provision.attributes)
                begin = cell + begin
            case _:
                html = f"<p{attributes}>{body}</p>"
        self.out.append(begin)
        if first:
            self.controls[ordinal] = len(self.out)
            self.out.append(_control(source, ordinal, provision))
        self.out.append(html + end)

    def cell(self, block: Block, *, header: bool) -> tuple[str, str]:
        """Render the tags around the words of a table's cell, with the empty cells next to it."""
        tag, scope = ("th", ' scope="col"') if header else ("td", "")
        before, after = self.columns.empty_around(block)
        empty = f"<{tag}{scope}></{tag}>"
        return f"{empty * before}<{tag}{scope}>", f"</{tag}>{empty * after}"

    def link_to(self, anchor: str) -> str | None:
        """Return the address of a linked section: on this page, or on the edition's."""
        section = linked_section(self.source.parsed, f"#{anchor}")
        slug = None if section is None else self.source.parsed.provisions[section].slug
        return f"{'' if self.whole else self.source.base}#{quote(slug, safe='')}" if slug else None


def _direction(text: str) -> str:
    """Return the direction of the first letter that has one, else an empty string."""
    match = STRONG.search(text)
    return "" if match is None else "rtl" if match["rtl"] else "ltr"


def _control(source: Manuscript, ordinal: int, provision: ParsedProvision) -> str:
    count, lost = source.counts.get(ordinal, 0), source.lost.get(ordinal, 0)
    href = f"{source.base}/{quote(source.parsed.slug(ordinal), safe='')}"
    number = f"/{provision.number}" if provision.kind != "section" else ""
    unit = f' data-unit="{provision.number}"' if provision.number else ""
    gone = f' data-lost="{lost}" title="{escape(words.lost(lost))}"' if lost else ""
    badge = f'<b data-count="{count:,}"></b>' if count else ""
    name = words.provision(provision)
    return (
        f'<a class="n" href="{href}{number}"{unit}{gone} '
        f'data-name="{escape(name)}" '
        f'aria-label="{escape(words.control(name, count, lost))}">{badge}</a>'
    )


class _Tagged(NamedTuple):
    """A stretch of the text and its tags; `begin` is BREAK for a line break, which has no end."""

    start: int
    end: int
    begin: str
    close: str


def block_html(
    text: str,
    block: Block,
    link_to: Callable[[str], str | None],
    cited: tuple[int, int] | None = None,
    notes: Sequence[tuple[int, str]] = (),
) -> str:
    """Render `text[block.start:block.end]` as HTML, with the range `cited` marked.

    Its text content stays exactly the words. `link_to` turns the anchor of a link within the
    document into an address, or None if there is no such place. Marks nest or are disjoint; one
    that crosses another is cut off with it. `notes` are pieces of HTML with the offsets that they
    follow.
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
    for start, end, begin, close in (*tagged, _Tagged(block.end, block.end, "", "")):
        while open_marks and open_marks[-1][0] <= start:
            closed, tag = open_marks.pop()
            out.append(str(escape(text[at:closed])) + tag)
            at = max(at, closed)
        out += (str(escape(text[at:start])), begin)
        at = start
        if begin == BREAK:
            at += 1
        else:
            limit = open_marks[-1][0] if open_marks else block.end
            open_marks.append((min(end, limit), close))
    return "".join(out)


def _with_cited(tagged: Sequence[_Tagged], start: int, end: int) -> list[_Tagged]:
    """Mark a range inside all other tags, splitting it where one of them begins or ends."""
    breaks = {tag.start for tag in tagged if tag.begin == BREAK}
    edges = {start, end, *(at for tag in tagged for at in (tag.start, tag.end) if start < at < end)}
    cuts = sorted(edges) if start < end else []
    added = [_Tagged(first, last, CITED, "</mark>")
             for first, last in pairwise(cuts) if first not in breaks]  # fmt: skip
    return sorted([*tagged, *added], key=lambda tag: (tag.start, -tag.end))


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
