"""Reject unsupported formats, recognised by a file's name or beginning.

For a format that another program can convert to Markdown, HTML or plain text, the error shows the
command.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from annotator.errors import SourceFault

# How much of a file is looked at.
BEGINNING = 8_000
# Formats whose files are told by their first bytes, whatever they are called.
_ANY_NAME = frozenset({"PDF", "RTF", "a Word document", "an OpenDocument text", "an EPUB",
                       "an old Word document", "a ZIP archive"})  # fmt: skip
# Names that say what a file is; its beginning is not looked at for anything else.
_READ = frozenset({".md", ".markdown", ".html", ".htm", ".xhtml"})
PANDOC = "pandoc {name} -f {pandoc} -t gfm -o {stem}.md"


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
