"""Parse the bytes of a source file into an edition; reject what cannot be read.

Files of other formats are refused with advice, and bytes are decoded by the encoding they name.
"""

from __future__ import annotations

import codecs
import re
import shlex
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Final

from annotator.documents.origins import with_line_feeds
from annotator.documents.parsed import Parsed
from annotator.documents.provisions import build
from annotator.documents.readers import html, markdown, plain
from annotator.documents.readers.document_head import strip_head
from annotator.documents.words import Leaf, Open, Source, Step
from annotator.errors import SourceFault

# Bytes at the start of a file that are checked for its format.
BEGINNING = 8_000
# Formats recognized by their first bytes, with any file name.
_ANY_NAME = frozenset({"PDF", "RTF", "a Word document", "an OpenDocument text", "an EPUB",
                       "an old Word document", "a ZIP archive"})  # fmt: skip
# File extensions that determine the format.
_READ = frozenset({".md", ".markdown", ".html", ".htm", ".xhtml"})
PANDOC = "pandoc {name} -f {pandoc} -t gfm -o {stem}.md"
# Tab and line breaks are white space; every other control, and half a surrogate pair, is a fault.
FORBIDDEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]")
# Sorting n combining characters takes n² steps, so more of them on one letter are refused;
# Unicode's stream-safe format allows 30.
MAX_COMBINING = 100
_NO_LATIN = re.compile(f"[^\0-\u02ff]{{{MAX_COMBINING + 1},}}")
# The maximum size of a source, in bytes; a book of a million words has about 6 MB.
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
# Possessive, since backtracking over comments takes exponential time.
_HTML_START = re.compile(
    r"\s*+(?:<!--.*?-->\s*+)*+<(?:!doctype\s++html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_HTML_HEADING = re.compile(r"\s*<h[1-6]\b[^<>]*>", re.IGNORECASE)  # of a part of a page
_MARKDOWN_HEADING = re.compile(r"^ {0,3}#{1,6}[ \t]+\S", re.MULTILINE)
_CHARSET = re.compile(rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w.:-]{1,40})""", re.IGNORECASE)
_CHARSET_WITHIN = 1024
# Python also has encodings that are not character sets of pages, and slow.
_KNOWN_CHARSETS = re.compile(r"utf-8|ascii|iso8859-\d+|cp125\d|koi8-[ru]|gbk?|gb18030|big5|euc_\w+")


@dataclass(frozen=True)
class _Format:
    """An unsupported format; `way` is the command that converts it."""

    name: str
    suffixes: str = ""
    begins: str = r"(?!)"
    pandoc: str = ""
    way: str = PANDOC


_FORMATS = (
    _Format("PDF", ".pdf", r"%PDF-", way="pdftotext -layout {name} {stem}.txt"),
    _Format("a Word document", ".docx", r"PK\x03\x04[\s\S]*word/", "docx"),
    _Format("an OpenDocument text", ".odt", r"PK\x03\x04[\s\S]*opendocument\.text", "odt"),
    _Format("an EPUB", ".epub", r"PK\x03\x04[\s\S]*epub\+zip", "epub"),
    _Format("a ZIP archive", ".zip", r"PK\x03\x04", way="unzip {name}"),
    _Format("an old Word document", ".doc", r"\xd0\xcf\x11\xe0",
            way="soffice --headless --convert-to docx {name}"),
    _Format("RTF", ".rtf", r"\{\\rtf", "rtf"),
    _Format("reStructuredText", ".rst .rest",
            r"(?m:^\.\. +(?:[\w:-]+::|_[^:\n]+:(?=\s|$)))", "rst"),
    _Format("AsciiDoc", ".adoc .asciidoc .asc",
            r"(?://[^\n]*\n|:[\w-]+:[^\n]*\n|\[[^\n]*\]\n|\s)*={1,6} +\S(?!.*=\n)",
            way="asciidoctor -o {stem}.html {name}"),
    _Format("Bikeshed", ".bs", r"[\s\S]*?<pre class=[\"']?metadata",
            way="bikeshed spec {name} {stem}.html"),
    _Format("LaTeX", ".tex .latex .ltx",
            r"(?m:^\s*\\(?:documentclass|documentstyle|usepackage|begin\{document\}|(?:sub)*section\{))",
            "latex"),
    _Format("Org", ".org", r"(?m:^[ \t]*(?:#\+[A-Za-z_]+:|:PROPERTIES:\s*$))", "org"),
    _Format("Textile", ".textile", r"\s*h[1-6]\. \S", "textile"),
    _Format("MediaWiki's markup", ".wiki .mediawiki", r"(?m:^==+ ?[^=\n]+==+\s*$)", "mediawiki"),
    _Format("Typst", ".typ", r"\s*#(?:set|import|show) ", "typst"),
    _Format("a manual page", ".man .troff .roff .ms", r"(?:\.\\\"[^\n]*\n)*\.(?:TH|Dd|TL) ", "man"),
    _Format("a notebook", ".ipynb", r"\s*\{\s*\"cells\"", "ipynb"),
    _Format("JSON", ".json", r"\s*(?:\{\s*\"|\[\s*(?:\"|\[?\s*\{\s*\"|\[\s*[\"\d]))",
            way="jq -r .. {name} > {stem}.txt"),
    _Format("an RFC's XML", "", r"\s*(?:<\?xml[\s\S]*?)?<rfc\b", way="xml2rfc --text {name}"),
    _Format("DocBook", ".docbook .dbk", r"\s*<[^>]*\sxmlns=[\"']http://docbook\.org", "docbook"),
    _Format("XML", ".xml .tei .akn .fb2",
            r"\s*(?:<\?xml(?![\s\S]*<(?:html|body)\b)|<(?!html\b)[\w:.-]+\s[^<>]*?xmlns\b)",
            way="xmllint --xpath 'string(/)' {name} > {stem}.txt"),
    _Format("a saved email or web archive", ".eml .mbox .mht .mhtml .msg",
            r"(?:[\w-]+: [^\n]*\n(?:[ \t][^\n]*\n)*)*MIME-Version:",
            way="munpack {name}"),
    _Format("YAML", ".yaml .yml", way="yq -r .. {name} > {stem}.txt"),
    _Format("a table", ".csv .tsv", way="pandoc {name} -f csv -t gfm -o {stem}.md"),
    _Format("Texinfo", ".texi .texinfo .txi", r"\\input texinfo",
            way="makeinfo --html --no-split -o {stem}.html {name}"),
    _Format("a Quarto or R Markdown file", ".qmd .rmd", way="quarto render {name} --to gfm"),
    _Format("an e-book", ".mobi .azw .azw3 .djvu", way="ebook-convert {name} {stem}.txt"),
)  # fmt: skip


def refuse_other_formats(data: bytes, name: str) -> None:
    """Raise `SourceFault` for an unsupported format, with the command that converts it."""
    path = PurePosixPath(name)
    suffix = path.suffix.lower()
    beginning = data[:BEGINNING].decode("latin-1").removeprefix("\xef\xbb\xbf")
    for form in _FORMATS:
        by_name = suffix in form.suffixes.split()
        looked_at = suffix not in _READ or form.name in _ANY_NAME
        looks = re.search if form.begins.startswith("(?m:") else re.match
        if by_name or (looked_at and looks(form.begins, beginning)):
            file, stem = shlex.quote(path.name), shlex.quote(path.stem)
            way = form.way.format(name=file, stem=stem, pandoc=form.pandoc)
            raise SourceFault(
                f"It is {form.name}, which cannot be read. Run `{way}` and add the result."
            )


def check_characters(text: str) -> None:
    """Raise `SourceFault` if `text` contains control characters or surrogates."""
    fault = FORBIDDEN.search(text)
    if fault:
        line = text.count("\n", 0, fault.start()) + 1
        raise SourceFault(
            f"Line {line} contains the character U+{ord(fault.group()):04X}, which cannot be "
            "shown. Remove it, or save the file as UTF-8 text, and add it again."
        )


def check_combining(text: str) -> None:
    """Raise `SourceFault` for more than `MAX_COMBINING` combining characters in a row."""
    for stretch in _NO_LATIN.finditer(text):
        stacked = 0
        for at, character in enumerate(stretch[0], stretch.start()):
            stacked = stacked + 1 if unicodedata.combining(character) else 0
            if stacked > MAX_COMBINING:
                line = text.count("\n", 0, at) + 1
                raise SourceFault(
                    f"Line {line} stacks more than {MAX_COMBINING} accents on one letter. "
                    "Remove them and add the file again."
                )


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
    lines, origins = with_line_feeds(text)
    source = reader(lines)
    title, steps, head = strip_head(source.steps)
    parsed = build(steps, title=title or source.title, metadata=source.metadata)
    blocks = parsed.origins
    for step in (*source.origins, *([origins] if "\r\n" in text else [])):
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
    """Raise SourceFault for bytes that are not text in a supported character set."""
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
