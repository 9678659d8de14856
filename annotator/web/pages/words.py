"""What the pages say where no template does: the names of provisions and counts of remarks."""

from __future__ import annotations

from datetime import timedelta

from annotator.documents.parsed import Provision

BEGINNING = "the beginning"
READ_ONLY = "This site is read-only just now: everything can be read, and nothing new is taken."
VERDICTS = {
    "same": "Unchanged", "edited": "Edited", "moved": "Moved", "split": "Split in parts",
    "merged": "Merged", "new": "New", "retired": "Gone", "exact": "Unchanged", "lost": "Lost",
}  # fmt: skip

# What a quotation in an essay is, by its verdict.
QUOTATIONS = {
    "verbatim": "verbatim", "altered_marked": "altered and marked",
    "altered_unmarked": "altered, unmarked", "joined_unmarked": "joined without a mark",
    "other_edition": "only in another edition", "ambiguous": "ambiguous",
    "not_found": "not found",
}  # fmt: skip
ABOUT_QUOTATIONS = {
    "verbatim": "The words stand in the document as they are quoted.",
    "altered_marked": "The words differ, and the essay shows where.",
    "altered_unmarked": "The words differ, and the essay does not show it.",
    "joined_unmarked": "Words from different places stand together as if they followed each other.",
    "other_edition": "The edition asked about does not have these words; another one has.",
    "ambiguous": "The words stand in several places, and the essay does not tell which is meant.",
    "not_found": "Nothing in any edition is like these words. They may quote something else.",
}
# What became of a page elsewhere that mentions a document.
MENTIONS = {
    "queued": "It waits to be looked at.",
    "waiting": "The page links here. It waits for a moderator.",
    "shown": "It is shown.",
    "hidden": "A moderator has decided not to show it.",
    "refused": "It was refused.",
    "gone": "The page is gone, or links here no more; its mention was removed.",
}
DECIDED_MENTIONS = {"shown": "Shown", "hidden": "Refused", "waiting": "Waits again",
                    "queued": "Waits again", "refused": "Refused"}  # fmt: skip
ESSAYS = {"markdown": "Markdown", "html": "HTML", "text": "Plain text"}
# What was done, by the section of the account page that says so.
DONE = {
    "name": ("name", "Your name was changed."),
    "password": ("password", "Your password was changed, and you were signed out everywhere else."),
    "email": ("email", "Your address was changed."),
    "letter": ("email", "A letter is on its way; open the link in it within an hour."),
    "openid": ("openid", "That was changed."),
    "sessions": ("sessions", "You were signed out there."),
    "tokens": ("tokens", "The token was revoked."),
}

CITATIONS = {
    "address": "Address of this edition", "sentence": "In a sentence", "markdown": "Markdown",
    "bibtex": "BibTeX", "csl_json": "CSL-JSON", "text_fragment": "Link to the publisher’s own page",
}  # fmt: skip

DOWNLOADS = {
    "html": "A page to read offline (HTML)", "markdown": "Text with notes (Markdown)",
    "csv": "A table (CSV)", "native": "JSON", "jsonl": "JSON, one a line",
    "w3c": "Web Annotations (JSON-LD)",
}  # fmt: skip

ACTS = {
    "approve": "Left to stand", "hide": "Hidden", "restore": "Restored",
    "ask": "Asked to reword", "warn": "Warned", "remove-version": "A version removed",
    "suspend": "Suspended", "ban": "Banned", "reinstate": "Reinstated",
    "undo": "Undone", "grant": "Appeal granted", "uphold": "Appeal refused",
    "delay": "More time needed for an appeal",
}  # fmt: skip
GROUNDS = {
    "abuse": "attacks a person instead of what they wrote",
    "contempt": "treats people as worth less for what they are",
    "threats": "threatens harm, or urges others to it",
    "private-information": "reveals what somebody keeps private",
    "false-quotation": "quotes what the edition does not say",
    "impersonation": "is posted under the name of another",
    "advertising": "is there to sell something, or is posted in many places",
    "off-the-text": "has nothing to do with the document",
    "unlawful-matter": "is forbidden by law; say by which",
}
TOLD = {
    "author": "About you or a remark of yours:", "flagger": "About a remark that you flagged:",
    "appellant": "About your appeal:",
}  # fmt: skip
APPEALABLE = {
    "author": ("hide", "warn", "remove-version", "suspend", "ban", "grant"),
    "flagger": ("approve",), "appellant": (),
}  # fmt: skip
CASES = {
    "appeal": "Appeals", "flag": "Flagged", "held": "Waiting to be shown",
    "reworded": "Changed since they were hidden", "new": "First remarks of new people",
}  # fmt: skip

FEEDS = {
    "commentary": "New commentary: {}", "person": "New commentary by {}",
    "tag": "New commentary tagged {}", "search": "New commentary found by {}",
    "changes": "Passages whose text has changed: {}", "moderation": "Moderation on {}",
}  # fmt: skip

ANOTHER_REPLY = "another reply"
SORTS = {
    "place": "place in the text", "recent": "newest first", "replied": "most replied",
}  # fmt: skip


def remarks(count: int) -> str:
    """Count remarks: "no remarks", "1 remark", "3 remarks"."""
    return f"{count or 'no':,} remark{'' if count == 1 else 's'}" if count else "no remarks"


def lasted(time: timedelta) -> str:
    """Say how long something lasted: "3 days", "less than an hour"."""
    hours = int(time.total_seconds() // 3600)
    for many, one in ((hours // 24, "day"), (hours, "hour")):
        if many:
            return f"{many:,} {one}{'' if many == 1 else 's'}"
    return "less than an hour"


def provision(it: Provision) -> str:
    """Name a provision within its section, or a section: "paragraph 6", "section Being honest"."""
    if it.kind == "section":
        return f"section {title(it)}"
    kinds = {"item": "list item", "quote": "quotation", "code": "example", "row": "table row"}
    return f"{kinds.get(it.kind, 'paragraph')} {it.number}"


def title(section: Provision) -> str:
    """Give a section's title; the text before the first heading has none of its own."""
    return section.attributes.get("title") or BEGINNING


def lost(count: int) -> str:
    """Say that remarks stand here whose words do not: "1 remark on words no longer here"."""
    return f"{remarks(count)} on words no longer here"


def control(it: Provision, count: int, gone: int = 0) -> str:
    """Name the control beside a provision: what is there, or the offer to comment.

    `gone` remarks of them were made on words that the edition no longer has.
    """
    name = provision(it)
    if not count:
        return f"Comment on {name}"
    told = f" ({lost(gone)})" if gone else ""
    return f"{remarks(count)} on {name}{told}"


def authority(level: str) -> str:
    """Say whose word a section is."""
    return f"Authority: {level}"


def feed(kind: str, of: str) -> str:
    """Name a feed, by what it has and of whom or what."""
    return FEEDS[kind].format(of)


def mention_queued(address: str) -> str:
    """Tell whoever sent a mention what happens to it."""
    return f"The mention waits to be looked at. What becomes of it: {address}\n"


def said(author: str, on: str) -> str:
    """Name a remark."""
    return f"{author} on {on}"


def replied(author: str, on: str) -> str:
    """Name a reply."""
    return f"{author} replied on {on}"
