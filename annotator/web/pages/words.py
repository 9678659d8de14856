"""What the pages say where no template does: the names of provisions and counts of remarks."""

from __future__ import annotations

from annotator.documents.parsed import Provision

BEGINNING = "the beginning"
VERDICTS = {
    "same": "Unchanged", "edited": "Edited", "moved": "Moved", "split": "Split in parts",
    "merged": "Merged", "new": "New", "retired": "Gone", "exact": "Unchanged", "lost": "Lost",
}  # fmt: skip


def remarks(count: int) -> str:
    """Count remarks: "no remarks", "1 remark", "3 remarks"."""
    return f"{count or 'no':,} remark{'' if count == 1 else 's'}" if count else "no remarks"


def provision(it: Provision) -> str:
    """Name a provision within its section, or a section: "paragraph 6", "section Being honest"."""
    if it.kind == "section":
        return f"section {title(it)}"
    kinds = {"item": "list item", "quote": "quotation", "code": "example", "row": "table row"}
    return f"{kinds.get(it.kind, 'paragraph')} {it.number}"


def title(section: Provision) -> str:
    """Give a section's title; the text before the first heading has none of its own."""
    return section.attributes.get("title") or BEGINNING


def control(it: Provision, count: int) -> str:
    """Name the control beside a provision: what it opens, or "paragraph 6" where nothing is yet."""
    name = provision(it)
    return f"{remarks(count)} on {name}" if count else name[0].upper() + name[1:]


def authority(level: str) -> str:
    """Say whose word a section is."""
    return f"Authority: {level}"
