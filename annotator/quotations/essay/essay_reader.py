"""Read an essay's words: Markdown, HTML or plain text."""

from __future__ import annotations

from annotator.quotations.budget import Budget
from annotator.quotations.essay import prose_html, prose_markdown, prose_plain
from annotator.quotations.essay.prose import Prose
from annotator.quotations.quotation import Kind

# What a reader of lines takes 0.2 s for; a book of 90,000 words in lines of 70 has 8,000.
MOST_LINES = 20_000


def read(essay: str, kind: Kind, budget: Budget | None = None) -> Prose:
    """Read an essay into prose that knows where in the source each character stands.

    Raises Unacceptable where the `budget` is used up.
    """
    lines = essay.count("\n") + essay.count("\r") + 1
    if budget is not None and lines > MOST_LINES:
        budget.refuse(f"It has {lines:,} lines")
    if kind == "markdown":
        return prose_markdown.read(essay, budget or Budget())
    return prose_html.read(essay) if kind == "html" else prose_plain.read(essay)
