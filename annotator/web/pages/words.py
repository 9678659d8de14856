"""What the pages say where no template does: the names of provisions and counts of comments.

It is English here; `_`, in templates and below, says it in the site's language.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from annotator.documents.parsed import Parsed, ParsedProvision
from annotator.documents.provisions import FOOTNOTES
from annotator.quotations.quotation import VERDICT_WORDS
from annotator.web.http.site import language


def _(message: str, **places: object) -> str:
    """Return a message in the site's language, with what stands in its places."""
    return language().words.gettext(message) % places


class Table(dict[str, str]):
    """Words by what they are for, in English; `_` says them in the site's language."""


VERDICTS = Table({
    "same": "Unchanged", "edited": "Edited", "moved": "Moved", "split": "Split in parts",
    "merged": "Merged", "new": "New", "retired": "Gone", "exact": "Unchanged", "lost": "Lost",
})  # fmt: skip

# What a quotation in an essay is, by its verdict.
QUOTATIONS = Table(VERDICT_WORDS)
ABOUT_QUOTATIONS = Table({
    "verbatim": "The words stand in the document as they are quoted.",
    "altered_marked": "The words differ, and the essay shows where.",
    "altered_unmarked": "The words differ, and the essay does not show it.",
    "joined_unmarked": "Words from different places stand together as if they followed each other.",
    "other_edition": "The edition asked about does not have these words; another one has.",
    "ambiguous": "The words stand in several places, and the essay does not tell which is meant.",
    "not_found": "Nothing in any edition is like these words. They may quote something else.",
})  # fmt: skip
# What became of a page elsewhere that mentions a document.
MENTIONS = Table(
    {
        "queued": "It waits to be looked at.",
        "waiting": "The page links here. It waits for a moderator.",
        "shown": "It is shown.",
        "hidden": "A moderator has decided not to show it.",
        "refused": "It was refused.",
        "gone": "The page is gone, or links here no more; its mention was removed.",
    }
)
DECIDED_MENTIONS = Table({"shown": "Shown", "hidden": "Refused", "waiting": "Waits again",
                    "queued": "Waits again", "refused": "Refused"})  # fmt: skip
ESSAYS = Table({"markdown": "Markdown", "html": "HTML", "text": "Plain text"})
# What was done, and the section of the account page that says so.
DONE = Table({
    "name": "Your name was changed.",
    "password": "Your password was changed, and you were signed out everywhere else.",
    "email": "Your address was changed.",
    "letter": "A letter is on its way; open the link in it within an hour.",
    "openid": "That was changed.",
    "sessions": "You were signed out there.",
    "tokens": "The token was revoked.",
})  # fmt: skip
DONE_AT = {"letter": "email"}  # elsewhere the section is called as what was done
ROLES = Table({"member": "member", "moderator": "moderator", "administrator": "administrator"})
SCOPES = Table({"read": "read", "write": "write", "moderate": "moderate"})
BASES = Table({"confirmed": "confirmed by its author", "restated": "restated by its author"})

CITATIONS = Table({
    "address": "Address of this edition", "sentence": "In a sentence", "markdown": "Markdown",
    "bibtex": "BibTeX", "csl_json": "CSL-JSON", "text_fragment": "Link to the publisher’s own page",
})  # fmt: skip

DOWNLOADS = Table({
    "html": "A page to read offline (HTML)", "markdown": "Text with notes (Markdown)",
    "csv": "A table (CSV)", "native": "JSON", "jsonl": "JSON, one a line",
    "w3c": "Web Annotations (JSON-LD)",
})  # fmt: skip

ACTS = Table({
    "approve": "Left to stand", "hide": "Hidden", "restore": "Restored",
    "ask": "Asked to reword", "warn": "Warned", "remove-version": "A version removed",
    "suspend": "Suspended", "ban": "Banned", "reinstate": "Reinstated",
    "undo": "Undone", "grant": "Appeal granted", "uphold": "Appeal refused",
    "delay": "More time needed for an appeal",
})  # fmt: skip
ACT_BUTTONS = Table({
    "approve": "Keep", "hide": "Hide", "restore": "Restore", "ask": "Ask to reword", "warn": "Warn",
})  # fmt: skip
GROUNDS = Table(
    {
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
)
TOLD = Table({
    "author": "About you or a comment of yours:", "flagger": "About a comment that you flagged:",
    "appellant": "About your appeal:",
})  # fmt: skip
CASES = Table({
    "appeal": "Appeals", "flag": "Flagged", "held": "Waiting to be shown",
    "reworded": "Changed since they were hidden", "new": "First comments of new people",
})  # fmt: skip

FEEDS = Table({
    "commentary": "New commentary: %(of)s", "person": "New commentary by %(of)s",
    "tag": "New commentary tagged %(of)s", "search": "New commentary found by %(of)s",
    "changes": "Passages whose text has changed: %(of)s", "moderation": "Moderation on %(of)s",
})  # fmt: skip

SORTS = Table({
    "place": "place in the text", "recent": "newest first", "replied": "most replied",
})  # fmt: skip


# What the reading page and the moderators' queue do for a key, and the usual key of each act.
TEXT_ACTS = Table({
    "next": "Next paragraph", "previous": "Previous paragraph",
    "nextCommented": "Next paragraph with comments",
    "previousCommented": "Previous paragraph with comments",
    "comment": "Comment on this paragraph", "conversation": "Read the comments on this paragraph",
    "contents": "Contents", "map": "Discussion map", "filter": "Filter comments",
    "unread": "Next unread comment", "search": "Search", "keys": "Keyboard shortcuts",
})  # fmt: skip
QUEUE_ACTS = Table({
    "nextCase": "Next case", "previousCase": "Previous case", "approve": "Keep, or show",
    "hide": "Hide", "restore": "Restore", "ask": "Ask to reword", "warn": "Warn",
    "grant": "Grant the appeal", "uphold": "Uphold the decision", "delay": "Extend the deadline",
    "account": "Account and versions", "suspend": "Suspend the account",
    "ban": "Ban the account", "reinstate": "Reinstate the account", "keys": "Keyboard shortcuts",
})  # fmt: skip
KEYS = {
    "next": "j", "previous": "k", "nextCommented": "n", "previousCommented": "p", "comment": "c",
    "conversation": "o", "unread": "u", "contents": "t", "map": "h", "filter": "f", "search": "/",
    "nextCase": "j", "previousCase": "k", "approve": "a", "hide": "h", "restore": "r", "ask": "w",
    "warn": "n", "grant": "g", "uphold": "u", "delay": "d", "account": "o", "suspend": "s",
    "ban": "b", "reinstate": "i", "keys": "?",
}  # fmt: skip


# One, several, none.
COUNTED = {
    "comment": ("%(many)s comment", "%(many)s comments", "no comments"),
    "reply": ("%(many)s reply", "%(many)s replies", "no replies"),
    "notice": ("%(many)s notice", "%(many)s notices", "no notices"),
    "edition": ("%(many)s edition", "%(many)s editions", "no editions"),
    "essay": ("%(many)s essay", "%(many)s essays", "no essays"),
    "mention": (
        "%(many)s mention elsewhere", "%(many)s mentions elsewhere", "no mentions elsewhere",
    ),
    "version": (
        "%(many)s earlier version", "%(many)s earlier versions", "no earlier versions",
    ),
    "person": ("%(many)s person", "%(many)s people", "no people"),
    "passage": ("%(many)s passage", "%(many)s passages", "no passages"),
    "quotation": ("%(many)s quotation", "%(many)s quotations", "no quotations"),
    "paragraph": ("%(many)s paragraph", "%(many)s paragraphs", "no paragraphs"),
    "part": ("%(many)s part", "%(many)s parts", "no parts"),
    "decision": ("%(many)s decision", "%(many)s decisions", "no decisions"),
    "result": ("%(many)s result", "%(many)s results", "no results"),
    "word": ("%(many)s word", "%(many)s words", "no words"),
    "day": ("%(many)s day", "%(many)s days", "no days"),
    "hour": ("%(many)s hour", "%(many)s hours", "no hours"),
}  # fmt: skip
MONTHS = Table({
    "1": "January", "2": "February", "3": "March", "4": "April", "5": "May", "6": "June",
    "7": "July", "8": "August", "9": "September", "10": "October", "11": "November",
    "12": "December",
})  # fmt: skip
KINDS = Table({
    "paragraph": "paragraph %(number)s", "item": "list item %(number)s",
    "quote": "quotation %(number)s", "code": "example %(number)s", "row": "table row %(number)s",
})  # fmt: skip


def number(many: int) -> str:
    """Write a number."""
    return f"{many:,}"


def counted(many: int, what: str) -> str:
    """Count what COUNTED has: "no comments", "1 comment", "3,000 comments"."""
    one, more, none = COUNTED[what]
    if not many:
        return _(none)
    return language().words.ngettext(one, more, many) % {"many": number(many)}


def day(moment: datetime) -> str:
    """Write a day: "3 March 2026"."""
    month = _(MONTHS[str(moment.month)])
    return _("%(day)s %(month)s %(year)s", day=moment.day, month=month, year=moment.year)


def translated(message: str) -> str:
    """Return what an error says in the site's language, where nothing stands in it but words."""
    return language().words.gettext(message) if message else message


def read_only() -> str:
    """Say that nothing new is taken."""
    return _("This site is read-only just now: everything can be read, and nothing new is taken.")


def lasted(time: timedelta) -> str:
    """Say how long something lasted: "3 days", "less than an hour"."""
    hours = int(time.total_seconds() // 3600)
    for many, what in ((hours // 24, "day"), (hours, "hour")):
        if many:
            return counted(many, what)
    return _("less than an hour")


def scopes(written: str) -> list[str]:
    """Say what a token may."""
    return [_(SCOPES[scope]) if scope in SCOPES else scope for scope in written.split()]


def provision(it: ParsedProvision) -> str:
    """Name a provision within its section, or a section: "paragraph 6", "section Being honest"."""
    if it.kind == "section":
        return _("section %(title)s", title=title(it))
    return _(KINDS.get(it.kind, "paragraph %(number)s"), number=it.number)


def unnamed(slug: str | None) -> str:
    """Name a section without a heading: the footnotes, or the text before the first heading."""
    return _("Footnotes") if slug == FOOTNOTES else _("the beginning")


def title(section: ParsedProvision) -> str:
    """Return a section's title, or a name for one that has none."""
    return section.attributes.get("title") or unnamed(section.slug)


def lost(count: int) -> str:
    """Say that comments stand here whose words do not: "1 comment on words no longer here"."""
    return _("%(comments)s on words no longer here", comments=counted(count, "comment"))


def control(name: str, count: int, gone: int = 0) -> str:
    """Name the control beside the provision `name`: what is there, or the offer to comment.

    `gone` comments of them were made on words that the edition no longer has.
    """
    if not count:
        return _("Comment on %(name)s", name=name)
    told = f" ({lost(gone)})" if gone else ""
    return _("%(counted)s on %(name)s", counted=counted(count, "comment"), name=name) + told


def note(number: int) -> str:
    """Name the mark in the text that leads to a note."""
    return _("Note %(number)s", number=number)


def authority(level: str) -> str:
    """Say whose word a section is."""
    return _("Authority: %(level)s", level=level)


def feed(kind: str, of: str) -> str:
    """Name a feed, by what it has and of whom or what."""
    return _(FEEDS[kind], of=of)


def place(parsed: Parsed, ordinal: int) -> str:
    """Name a provision as people cite it: "Being honest ¶ 6", a section by its title."""
    section = parsed.section_title(ordinal) or unnamed(parsed.slug(ordinal))
    written = parsed.provisions[ordinal].number
    return f"{section} ¶ {written}" if written else section


def replied_on(named: str) -> str:
    """Name a reply by the place of its thread."""
    return _("Reply on %(place)s", place=named)


def shortened(text: str, most: int = 280) -> str:
    """Cut a text at the end of a word, with a sign that it goes on."""
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(None, 1)[0]} …"
