"""A commentary edition in Markdown: the text's words, remarks as footnotes with their addresses.

Footnotes are those of GitHub's Markdown and Pandoc. The words of the text are escaped, so that they
read as they stand; remarks are Markdown already and are kept as they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from textwrap import indent

from annotator.documents.parsed import Block, Provision
from annotator.formats.envelope import Edition, Envelope
from annotator.formats.passages import Passage, Thread, walk
from annotator.formats.remark import Remark, stamp

SPECIAL = re.compile(r"([\\`*_\[\]<>#~|])")
LINE_BEGINS = re.compile(r"(?m)^(\s*)([-+]|\d+(?=[.)]))")
FENCE = re.compile(r"`{3,}")
INDENT = "    "
LONGEST_QUOTE = 200


def write(remarks: Iterable[Remark], envelope: Envelope) -> Iterator[str]:
    """Write the edition piece by piece, one document after the other."""
    written = 0
    for (slug, label), group in groupby(remarks, key=lambda each: _shown_in(each, envelope)):
        edition = envelope.editions[slug, label]
        yield _title(edition, envelope)
        before: Block | None = None
        for passage in walk(edition, group, written + 1, gaps=not envelope.narrowed):
            written += len(passage.threads)
            yield _passage(edition, passage, before)
            before = passage.block


def _shown_in(remark: Remark, envelope: Envelope) -> tuple[str, str]:
    return remark.document, envelope.shown[remark.document]


def _title(edition: Edition, envelope: Envelope) -> str:
    lines = [
        f"# {escaped(edition.title)}",
        f"Edition {edition.label}, sha256 `{edition.sha256}`"
        + (f", from <{edition.source_url}>." if edition.source_url else "."),
        f"Commentary from <{envelope.address}/d/{edition.document}>, under {envelope.licence}.",
    ]
    return "\n\n".join(lines) + "\n\n"


def _passage(edition: Edition, passage: Passage, before: Block | None) -> str:
    marks = "".join(f"[^{thread.number}]" for thread in passage.threads)
    notes = "".join(_note(thread) for thread in passage.threads)
    if passage.block is None:
        return f"On the document as a whole:{marks}\n\n{notes}"
    words = _words(edition, passage.block, before)
    apart = "\n\n" if passage.block.kind == "code" and marks else ""
    return f"{words}{apart}{marks}\n\n{notes}"


def _words(edition: Edition, block: Block, before: Block | None) -> str:
    text = edition.parsed.text[block.start : block.end]
    it = edition.parsed.provisions[block.provision]
    if block.kind == "heading":
        return f"{'#' * min((it.level or 1) + 1, 6)} {escaped(text)}"
    if block.kind == "code":
        longest = max(map(len, FENCE.findall(text)), default=2)
        fence = "`" * (longest + 1)
        return f"{fence}{it.attributes.get('language', '')}\n{text}\n{fence}"
    if block.kind == "quote":
        return f"> {escaped(text)}"
    if it.kind == "item":
        depth = _depth(edition, it)
        first = before is None or before.provision != block.provision
        marker = (it.attributes.get("marker") or "-") if first else " "
        return f"{INDENT * depth}{marker} {escaped(text)}"
    return escaped(text)


def _depth(edition: Edition, it: Provision) -> int:
    depth, at = 0, it.parent
    while at is not None and edition.parsed.provisions[at].kind == "item":
        depth, at = depth + 1, edition.parsed.provisions[at].parent
    return depth


def _note(thread: Thread) -> str:
    head = thread.head
    address = head.targets[0].address if head.targets else f"{head.document}@{head.edition}"
    quoted = (head.targets[0].exact or "").replace("\n", " ") if head.targets else ""
    if len(quoted) > LONGEST_QUOTE:
        quoted = quoted[:LONGEST_QUOTE].rsplit(" ", 1)[0] + " …"
    on = f" on “{escaped(quoted)}”" if quoted else ""
    paragraphs = [f"{_by(head)}{on} (`{address}`){_verdict(head)}", _body(head)]
    paragraphs += [indent(f"{_by(reply)} answers:\n\n{_body(reply)}", "> ", lambda _line: True)
                   for reply in thread.replies]  # fmt: skip
    shown = "\n\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"[^{thread.number}]: {indent(shown, INDENT).lstrip()}\n\n"


def _by(remark: Remark) -> str:
    if remark.deleted:
        return "A remark that was deleted"
    if not remark.shown:
        return "A remark that is hidden"
    tags = f", tagged {', '.join(map(escaped, remark.tags))}" if remark.tags else ""
    return f"**{escaped(remark.author)}**, {stamp(remark.created)[:10]}{tags}{_essay(remark)}"


def _essay(remark: Remark) -> str:
    if remark.essay is None:
        return ""
    url = remark.essay.source_url.replace("<", "%3C").replace(">", "%3E")
    return f", from the essay “{escaped(remark.essay.title)}”" + (f" <{url}>" if url else "")


def _body(remark: Remark) -> str:
    if not remark.shown:
        return ""
    return "Highlighted, without a remark." if remark.body is None else remark.body


def _verdict(remark: Remark) -> str:
    verdicts = {at.verdict for at in remark.placements} - {"exact"}
    return f"; in this edition: {', '.join(sorted(verdicts))}" if verdicts else ""


def escaped(text: str) -> str:
    """Write words so that Markdown shows them as they are."""
    plain = SPECIAL.sub(r"\\\1", text)
    return LINE_BEGINS.sub(_guard, plain)


def _guard(found: re.Match[str]) -> str:
    space, sign = found.groups()
    return f"{space}{sign}\\" if sign.isdigit() else f"{space}\\{sign}"
