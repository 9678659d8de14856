"""An edition's text, or one provision of it, as HTML whose blocks carry their offsets. Pure.

Each element with `data-start` is one block: its text content is `text[start:end]` and nothing else
(the block invariant), so that the browser can turn a selection into offsets. One line feed stands
between two blocks, so the text content of the whole is the canonical text and nothing else: other
programs quote what they find there. Numbers, counts and titles of boxes are attributes, which the
style sheet draws. What holds the blocks (sections, lists, quotations, tables, boxes) is decided in
`frames`.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import quote

from markupsafe import escape

from annotator.documents.address import addresses
from annotator.documents.columns import Columns
from annotator.documents.parsed import Block, Parsed, ParsedProvision
from annotator.web.pages import words
from annotator.web.pages.text.frames import Frame, Frames, is_ordered, number_of
from annotator.web.pages.text.inline import words as inline_words

DEEPEST_HEADING = 6
# The characters of a text that tell its direction.
BEGINNING = 1_000
STRONG = re.compile("(?P<rtl>[\u05d0-\u07ff\u0800-\u08ff\ufb1d-\ufdff\ufe70-\ufefc])|[^\\W\\d_]")
BOX = '<div class="box" role="note" aria-label="{0}" data-kind="{1}">'


@dataclass(frozen=True)
class Manuscript:
    """What is needed to write an edition's text.

    `base` is the edition's address, `/d/SLUG@LABEL`; `counts` are comments by provision ordinal,
    and `lost` those of them whose words are gone. The words of the range `cited` are marked.
    `notes` are pieces of HTML with the offsets that they follow, in order; `after` is what stands
    behind a section's own text, by the section's ordinal.
    """

    parsed: Parsed
    pids: tuple[str, ...]
    counts: Mapping[int, int]
    base: str
    lost: Mapping[int, int] = field(default_factory=dict)
    cited: tuple[int, int] | None = None
    notes: Sequence[tuple[int, str]] = ()
    after: Mapping[int, str] = field(default_factory=dict)

    def link(self, ordinal: int) -> str:
        """Return the address of a provision's page."""
        it = self.parsed.provisions[ordinal]
        section = it if it.section is None or it.kind == "section" else self._section(it.section)
        path = f"{self.base}/{quote(section.slug or '', safe='')}"
        return path if it.kind == "section" else f"{path}/{it.number}"

    def _section(self, ordinal: int) -> ParsedProvision:
        return self.parsed.provisions[ordinal]


@dataclass
class _Writer:
    """The HTML so far, and what is open in it."""

    source: Manuscript
    frames: Frames
    columns: Columns
    whole: bool
    out: list[str] = field(default_factory=list)
    stack: list[Frame] = field(default_factory=list)
    begun: set[int] = field(default_factory=set)
    blocks: int = 0

    def link_to(self, anchor: str) -> str | None:
        """Give where a link within the document goes: a section of this page, or the edition's."""
        section = addresses.linked_section(self.source.parsed, f"#{anchor}")
        slug = None if section is None else self.source.parsed.provisions[section].slug
        return f"{'' if self.whole else self.source.base}#{quote(slug, safe='')}" if slug else None


def render(source: Manuscript, ordinal: int | None = None) -> str:
    """Write the whole text, or only the provision `ordinal` with what is in it."""
    provisions = source.parsed.provisions
    it = None if ordinal is None else provisions[ordinal]
    start, end = (0, len(source.parsed.text)) if it is None else (it.start, it.end)
    frames = Frames(provisions, None if it is None else it.parent)
    writer = _Writer(source, frames, Columns(source.parsed), whole=it is None)
    section: int | None = None
    for block in source.parsed.blocks:
        if start <= block.start and block.end <= end:
            before, section = section, section_of(source.parsed, block.provision)
            if section != before:
                _leave(writer, before)
            _turn_to(writer, frames.around(block.provision), block.provision)
            _write(writer, block)
    _leave(writer, section)
    _turn_to(writer, [], -1)
    return "".join(writer.out)


def section_of(parsed: Parsed, ordinal: int) -> int | None:
    """Return the section in whose own text a provision stands; a section stands in its own."""
    it = parsed.provisions[ordinal]
    return ordinal if it.kind == "section" else it.section


def _leave(writer: _Writer, section: int | None) -> None:
    """Write what stands behind a section's own text."""
    if section is not None and section in writer.source.after:
        _turn_to(writer, writer.frames.around(section), section)
        writer.out.append(writer.source.after[section])


def _turn_to(writer: _Writer, frames: list[Frame], ordinal: int) -> None:
    """Close and open containers until those that are open are `frames`."""
    stack, common = writer.stack, 0
    while common < min(len(frames), len(stack)) and frames[common] == stack[common]:
        common += 1
    while len(stack) > common:
        writer.out.append(_end(writer, stack.pop()))
    for frame in frames[common:]:
        writer.out.append(_begin(writer, frame, ordinal))
        stack.append(frame)


def _begin(writer: _Writer, frame: Frame, ordinal: int) -> str:
    """Begin a container; `ordinal` is the first provision in it."""
    it = writer.source.parsed.provisions[frame.ident if frame.made_by_provision else ordinal]
    if frame.kind == "section":
        return _section(writer.source, it)
    if frame.kind == "list":
        return "<ol>" if is_ordered(it) else "<ul>"
    if frame.kind == "item":
        return f'<li value="{number_of(it)}">' if is_ordered(it) else "<li>"
    if frame.kind == "box":
        kind = it.attributes.get("admonition", "")
        title = it.attributes.get("admonition_title") or kind.capitalize()
        return BOX.format(escape(title), escape(kind))
    if frame.kind == "table":
        return '<div class="wide"><table>'
    return "<tr>" if frame.kind == "row" else f"<{frame.kind}>"


def _section(source: Manuscript, it: ParsedProvision) -> str:
    """Begin a section; its slug is an id unless a pid, which has the older claim, is the same."""
    return f'<section id="{escape(it.slug)}">' if it.slug not in source.pids else "<section>"


def _end(writer: _Writer, frame: Frame) -> str:
    if frame.kind == "list":
        return "</ol>" if is_ordered(writer.source.parsed.provisions[frame.ident]) else "</ul>"
    ends = {"item": "</li>", "box": "</div>", "table": "</table></div>", "row": "</tr>"}
    return ends.get(frame.kind, f"</{frame.kind}>")


def _write(writer: _Writer, block: Block) -> None:
    """Write a block and, before the first of a provision, the control that leads to its page."""
    source, ordinal = writer.source, block.provision
    it = source.parsed.provisions[ordinal]
    first = ordinal not in writer.begun
    writer.begun.add(ordinal)
    between = "\n" if writer.blocks else ""
    writer.blocks += 1
    control = between + (_control(source, ordinal, it) if first else "")
    ident = f' id="{source.pids[ordinal]}"' if first else ""
    body = inline_words(source.parsed.text, block, writer.link_to, source.cited,
                        _notes_in(source, block))  # fmt: skip
    attributes = f'{ident} data-start="{block.start}"{_language(source.parsed, block)}'
    match block.kind:
        case "heading":
            tag = f"h{min((it.level or 1) + 1, DEEPEST_HEADING)}"
            html = f"{control}<{tag}{attributes}>{body}</{tag}>{_authority(it)}"
        case "code":
            html = f'{control}<pre tabindex="0"><code{attributes}>{body}</code></pre>'
        case "cell":
            html = _cell(writer, block, f"{control}<div{attributes}>{body}</div>")
        case _:
            html = f"{control}<p{attributes}>{body}</p>"
    writer.out.append(html)


def _language(parsed: Parsed, block: Block) -> str:
    """Name a block's language and direction, where the source does or they are not the text's."""
    said = parsed.provisions[block.provision].attributes
    direction = said.get("dir") or _direction(parsed.text[block.start : block.end])
    language = f' lang="{escape(said["lang"])}"' if "lang" in said else ""
    if direction and direction != _direction(parsed.text[:BEGINNING]):
        return f'{language} dir="{escape(direction)}"'
    return language


def _direction(text: str) -> str:
    """Return the direction of the first letter that has one; empty where there is none."""
    found = STRONG.search(text)
    return "" if found is None else "rtl" if found["rtl"] else "ltr"


def _notes_in(source: Manuscript, block: Block) -> Sequence[tuple[int, str]]:
    first, last = (bisect_right(source.notes, at, key=lambda note: note[0])
                   for at in (block.start, block.end))  # fmt: skip
    return source.notes[first:last]


def _cell(writer: _Writer, block: Block, inner: str) -> str:
    """Write a table's cell with the empty ones beside it."""
    header = writer.source.parsed.provisions[block.provision].attributes.get("header")
    begin, tag = ('th scope="col"', "th") if header else ("td", "td")
    before, after = writer.columns.empty_around(block)
    empty = f"<{begin}></{tag}>" if header else "<td></td>"
    return f"{empty * before}<{begin}>{inner}</{tag}>{empty * after}"


def _authority(it: ParsedProvision) -> str:
    """Show whose word a section is, where its source says so."""
    authority = it.attributes.get("authority")
    return (
        f'<p class="authority" data-said="{escape(words.authority(authority))}"></p>'
        if authority
        else ""
    )


def _control(source: Manuscript, ordinal: int, it: ParsedProvision) -> str:
    count, lost = source.counts.get(ordinal, 0), source.lost.get(ordinal, 0)
    gone = f' data-lost="{lost}" title="{escape(words.lost(lost))}"' if lost else ""
    unit = f' data-unit="{it.number}"' if it.number else ""
    badge = f'<b data-count="{count:,}"></b>' if count else ""
    return (
        f'<a class="n" href="{source.link(ordinal)}"{unit}{gone} '
        f'data-name="{escape(words.provision(it))}" '
        f'aria-label="{escape(words.control(it, count, lost))}">{badge}</a>'
    )
