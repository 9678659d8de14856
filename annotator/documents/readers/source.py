"""Parse the bytes of a source file into an edition; reject what cannot be read."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from annotator.documents.origins import edited
from annotator.documents.parsed import Parsed
from annotator.documents.provisions import build
from annotator.documents.readers import html, markdown, plain
from annotator.documents.readers.characters import check_characters, check_combining
from annotator.documents.readers.document_head import strip_head
from annotator.documents.readers.other_formats import refuse_other_formats
from annotator.documents.stream import Leaf, Open, Source, Step
from annotator.errors import SourceFault

# The largest source that is read, in bytes; a book of a million words has about 6 MB.
LARGEST_SOURCE = 20_000_000

Reader = Callable[[str], Source]

_MEDIA_TYPES: Final[Mapping[Reader, str]] = {
    markdown.read: "text/markdown",
    html.read: "text/html",
    plain.read: "text/plain",
}
_READERS: Final[Mapping[str, Reader]] = {
    ".md": markdown.read,
    ".markdown": markdown.read,
    ".html": html.read,
    ".htm": html.read,
    ".xhtml": html.read,
    ".txt": plain.read,
    ".text": plain.read,
}
# A comment ends where the first `-->` is, and nowhere else: tried in every way, thirty would do.
_HTML_START = re.compile(
    r"\s*+(?:<!--.*?-->\s*+)*+<(?:!doctype\s++html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HTML_HEADING = re.compile(r"\s*<h[1-6]\b[^<>]*>", re.IGNORECASE)  # of a part of a page
_MARKDOWN_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_CHARSET_WITHIN = 1024
# Python knows encodings besides that are no character sets of pages, and slow.
_KNOWN_CHARSETS = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gbk?|gb18030|big5|euc_\w+")


def parse(data: bytes, *, name: str) -> Parsed:
    """Read a source file called `name` (its suffix chooses the reader) into an edition.

    Raises `SourceFault` where `data` is empty, binary, not UTF-8 text, larger than
    `LARGEST_SOURCE`, nested too deeply, or has no heading under which anything could be addressed.
    """
    if len(data) > LARGEST_SOURCE:
        raise SourceFault(
            f"{name} has more than {LARGEST_SOURCE:,} bytes, the most that are read. "
            "Add the document's text alone, or divide it."
        )
    try:
        refuse_other_formats(data, name)
        return _parse(data, name)
    except SourceFault as fault:
        raise SourceFault(f"{name}: {fault.message}", field="source") from fault


def _parse(data: bytes, name: str) -> Parsed:
    text = decode(data, name)
    check_characters(text)
    check_combining(text)
    reader = _READERS.get(PurePosixPath(name).suffix.lower())
    if reader in (None, plain.read):
        is_markdown = reader is None and _MARKDOWN_HEADING.search(text)
        is_html = is_page(text) or (not is_markdown and _HTML_HEADING.match(text))
        reader = html.read if is_html else markdown.read if is_markdown else plain.read
    breaks = [(*match.span(), "\n") for match in re.finditer("\r\n", text)]
    lines, origins = edited(text, breaks)
    source = reader(lines.replace("\r", "\n"))
    title, steps, head = strip_head(source.steps)
    parsed = build(steps, title=title or source.title, metadata=source.metadata)
    blocks = parsed.origins
    for step in (*source.origins, *([origins] if breaks else [])):
        blocks = tuple(tuple(step.trace(runs)) for runs in blocks)
    left_out = (*head, *_lost_attributes(steps, parsed), *source.left_out)
    parsed = replace(parsed, left_out=left_out, origins=blocks,
                     media_type=_MEDIA_TYPES[reader])  # fmt: skip
    check_characters(parsed.text)
    if not any(provision.level for provision in parsed.provisions):
        raise SourceFault(
            "The text has no heading, so nothing in it can be addressed. Add at least one, such "
            "as a first line `# Title`."
        )
    return parsed


def _lost_attributes(steps: Sequence[Step], parsed: Parsed) -> Iterator[str]:
    """Yield admonition titles and alt texts that no provision has."""
    values = (value for each in parsed.provisions for value in each.attributes.values())
    attribute_lines = {line for value in values for line in value.split("\n")}
    for step in steps:
        title = step.attributes.get("admonition_title") if isinstance(step, Open) else None
        for words in step.words.alts if isinstance(step, Leaf) else [title]:
            if words and words not in attribute_lines:
                yield words


def is_page(text: str) -> bool:
    """Return whether a text begins like an HTML page."""
    return _HTML_START.match(text) is not None


def refuse_binary(data: bytes) -> None:
    """Raise SourceFault for bytes that are no text in a supported character set."""
    if b"\0" in data:
        raise SourceFault(
            "The file is binary, not text. Save it as Markdown, HTML or plain text, and try again."
        )


def decode(data: bytes, name: str) -> str:
    """Decode a source file; its suffix distinguishes pages from other text.

    A byte order mark is removed. Raises `SourceFault` if it is empty, binary or not text in the
    character set that it declares.
    """
    if not data.strip():
        raise SourceFault("The file is empty. Check that it was saved and is the one you mean.")
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise SourceFault("The file is UTF-16. Save it as UTF-8 and try again.")
    refuse_binary(data)
    suffix = PurePosixPath(name).suffix.lower()
    may_be_html = _READERS.get(suffix, html.read) is html.read
    encoding = _declared_charset(data) if may_be_html else "utf-8"
    try:
        return data.removeprefix(codecs.BOM_UTF8).decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SourceFault(
            f"Line {line} is not {encoding.upper()} text (byte {error.start}). "
            "Save the file as UTF-8 and try again."
        ) from error


def decode_page(page: bytes, charset: str = "") -> str:
    """Decode a web page as far as possible; `charset` is the one its server declares."""
    encoding = _known_charset(charset) if charset else _declared_charset(page)
    return page.removeprefix(codecs.BOM_UTF8).decode(encoding, "replace")


def _declared_charset(page: bytes) -> str:
    """Return the declared character set of a page, or UTF-8 without a supported one."""
    declared = None if page.startswith(codecs.BOM_UTF8) else _CHARSET.search(page[:_CHARSET_WITHIN])
    return _known_charset(declared[1].decode("ascii") if declared else "utf-8")


def _known_charset(charset: str) -> str:
    """Return the codec of a character set; as in browsers, Latin 1 is read as Windows 1252."""
    try:
        name = codecs.lookup(charset).name
    except (LookupError, ValueError):
        name = "utf-8"
    if not _KNOWN_CHARSETS.fullmatch(name):
        return "utf-8"
    return "cp1252" if name in ("iso8859-1", "ascii") else name
