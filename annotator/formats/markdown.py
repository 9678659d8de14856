"""A commentary edition in Markdown: the text, with comments and their addresses as footnotes.

pandoc reads every block back (`-f gfm`, `-f markdown`, `-f commonmark_x`): the text is escaped,
comments are rewritten in syntax that all three support, and the footnotes are at the end of each
document, outside of any list or quotation.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from tempfile import SpooledTemporaryFile

from annotator.documents.parsed import Block, Parsed
from annotator.documents.words import Columns
from annotator.formats.files.envelope import Envelope
from annotator.formats.passages import Thread, ThreadedBlock, by_edition, unnamed, verdict
from annotator.markup import portable
from annotator.markup.portable import indented
from annotator.schemas.annotations import AnnotationValue, stamp

INDENT = "    "
QUOTED = "> "
MAX_QUOTE = 200
KEPT_IN_MEMORY = 1_000_000  # characters of footnotes; more of them wait in a temporary file
PIECE = 100_000


def write(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield the edition piece by piece, one document after the other."""
    for edition, passages in by_edition(annotations, envelope):
        source = f", from <{portable.address(edition.source_url)}>" if edition.source_url else ""
        yield (
            f"# {_shown(edition.title)}\n\n"
            f"Edition {_shown(edition.label)}, sha256 `{edition.sha256}`{source}.\n\n"
            f"Commentary from <{envelope.address}/d/{edition.document}>, "
            f"under {_shown(envelope.licence)}.\n"
        )
        text = _Text(edition.parsed)
        with SpooledTemporaryFile(KEPT_IN_MEMORY, "w+", encoding="utf-8", newline="") as notes:
            for passage in passages:
                yield text.passage(passage)
                notes.writelines(_note(thread, envelope) for thread in passage.threads)
            yield text.end_row() + "\n"
            notes.seek(0)
            yield from iter(lambda: notes.read(PIECE), "")


def _shown(text: str) -> str:
    return portable.inline(" ".join(text.split()), typography=True)


class _Text:
    """The words of one edition, with the lists, quotations and tables around them.

    `_open` has the holders of the last block, outermost first, each with the beginning of its
    lines. An item is open where its own words were written: under one that was left out, a narrowed
    file begins at the margin. Each block begins with the empty line before it.
    """

    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._open: dict[str, str] = {}
        self._row: dict[int, str] = {}
        self._row_ends: Block | None = None
        self._table: str | None = ""
        self._columns = Columns(parsed)

    def passage(self, passage: ThreadedBlock) -> str:
        marks = "".join(f"[^{thread.number}]" for thread in passage.threads)
        block = passage.block
        if block is None:
            return f"\nOn the document as a whole:{marks}\n"
        text = self._parsed.text[block.start : block.end]
        if block.kind == "cell":
            return self._cell(block, portable.escaped(text, typography=True) + marks)
        return self.end_row() + self._put(block, self._words(block, text, marks))

    def _words(self, block: Block, text: str, marks: str) -> str:
        provision = self._parsed.provisions[block.provision]
        if block.kind == "code":
            written = portable.code_block(text, provision.attributes.get("language", ""))
            if provision.kind == "item" and str(block.provision) not in self._open:
                written = f"{portable.NOTHING}\n\n{written}"
            return f"{written}\n\n{marks}" if marks else written
        level = min((provision.level or 1) + 1, 6) if block.kind == "heading" else 0
        signs = f"{'#' * level} " if level else ""
        return f"{signs}{portable.escaped(text, typography=True)}{marks}"

    def _put(self, block: Block, words: str) -> str:
        """Return the lines of a block within its holders, after an empty one."""
        around = dict(self._around(block))
        still_open = {}
        for name, before in self._open.items():
            if name not in around:
                break
            still_open[name] = before
        first = "".join(still_open.values())
        empty = first.rstrip()
        self._open = still_open
        for name, sign in around.items():
            if sign and name not in still_open:
                still_open[name] = sign if sign == QUOTED else " " * len(sign)
                first += sign
        before = "".join(still_open.values())
        return f"{empty}\n{first}{indented(words, before)[len(before) :]}\n"

    def _around(self, block: Block) -> Iterator[tuple[str, str]]:
        """Yield the quotations and list items around a block, outermost first, with their signs.

        An item has a sign if the block is its own words, and "" otherwise.
        """
        for index in reversed([*self._parsed.and_ancestors(block.provision)]):
            provision = self._parsed.provisions[index]
            groups = provision.attributes.get("group", "").split()
            yield from ((group, QUOTED) for group in groups if group.startswith("q"))
            if provision.kind == "item":
                sign = portable.marker(provision.attributes.get("marker", "-"))
                yield str(index), sign if index == block.provision else ""

    def _cell(self, block: Block, words: str) -> str:
        other = self._row_ends is not None and self._row_ends.provision != block.provision
        ended = self.end_row() if other else ""
        _, column, _ = self._columns.place(block)
        self._row[column] = words
        self._row_ends = block
        return ended

    def end_row(self) -> str:
        """Return the row of the collected cells; the first row of a table with its header."""
        block, cells = self._row_ends, self._row
        if block is None:
            self._table = ""
            return ""
        self._row, self._row_ends = {}, None
        provision = self._parsed.provisions[block.provision]
        table, _, width = self._columns.place(block)
        numbers = range(1, width + 1)
        line = portable.table_row([cells.get(number, "") for number in numbers])
        if table == self._table:
            return "".join(self._open.values()) + line + "\n"
        self._table = table
        rule, nothing = (portable.table_row([words for _ in numbers]) for words in ("---", ""))
        headed = provision.attributes.get("header") == "yes"
        return self._put(block, "\n".join([line, rule] if headed else [nothing, rule, line]))


def _note(thread: Thread, envelope: Envelope) -> str:
    head = thread.head
    address = head.targets[0].address if head.targets else f"{head.document}@{head.edition}"
    quoted = " ".join((head.targets[0].exact or "").split()) if head.targets else ""
    if len(quoted) > MAX_QUOTE:
        quoted = quoted[:MAX_QUOTE].rsplit(" ", 1)[0] + " …"
    on = f" on “{_shown(quoted)}”" if quoted else ""
    paragraphs = [
        f"{_by(head)}{on} ({portable.code(address)}){verdict(head)}",
        _body(head, envelope),
        *(
            indented(f"{_by(reply)} answers:\n\n{_body(reply, envelope)}".rstrip(), QUOTED)
            for reply in thread.replies
        ),
    ]
    shown = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"[^{thread.number}]: {indented(shown, INDENT).lstrip()}\n\n"


def _by(annotation: AnnotationValue) -> str:
    if not annotation.shown:
        return unnamed(annotation)
    tags = f", tagged {', '.join(map(_shown, annotation.tags))}" if annotation.tags else ""
    by = f"**{_shown(annotation.author)}**, {stamp(annotation.created)[:10]}{tags}"
    if annotation.essay is None:
        return by
    url = annotation.essay.source_url
    link = f" <{portable.address(url)}>" if url else ""
    return f"{by}, from the essay “{_shown(annotation.essay.title)}”{link}"


def _body(annotation: AnnotationValue, envelope: Envelope) -> str:
    if not annotation.shown:
        return ""
    suggested = annotation.suggestion and f"Suggests: {_shown(annotation.suggestion.critic)}"
    if annotation.body is None:
        return suggested or "Highlighted, without a comment."
    body = portable.rewritten(annotation.body, f"{envelope.address}/a/{annotation.id}")
    return f"{suggested}\n\n{body}" if suggested else body
