"""Read an essay's words: Markdown, HTML or plain text."""

from __future__ import annotations

from annotator.anchoring.quotations import prose_html, prose_markdown, prose_plain
from annotator.anchoring.quotations.prose import Prose
from annotator.anchoring.quotations.quotation import Kind

_READERS = {
    "markdown": prose_markdown.read,
    "html": prose_html.read,
    "text": prose_plain.read,
}


def read(essay: str, kind: Kind) -> Prose:
    """Read an essay into prose that knows where in the source each character stands."""
    return _READERS[kind](essay)
