"""Messages of the pages outside templates: names of provisions, counts, labels.

They are English; `_`, in templates and below, translates them into the site's language.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from flask import current_app

from annotator.documents.parsed import Parsed, ParsedProvision
from annotator.documents.provisions import FOOTNOTES
from annotator.models import News
from annotator.quotations.quotation import VERDICT_WORDS
from annotator.services.editions.editions import Loaded
from annotator.services.following.news import MAX_COUNTED
from annotator.web.http.translation import ENGLISH, Language


def language() -> Language:
    """Return the site's language; English outside a request."""
    return current_app.extensions["annotator"].language if current_app else ENGLISH


def _(message: str, **places: object) -> str:
    """Return a message in the site's language, with its placeholders filled in."""
    return language().words.gettext(message) % places


class Table(dict[str, str]):
    """A table of English messages; `_` translates them."""


VERDICTS = Table({
    "same": "Unchanged", "edited": "Edited", "moved": "Moved", "split": "Split",
    "merged": "Merged", "new": "New", "retired": "Gone", "exact": "Unchanged", "lost": "Lost",
})  # fmt: skip

# Verdicts on quotations in an essay.
QUOTATIONS = Table(VERDICT_WORDS)
ABOUT_QUOTATIONS = Table({
    "verbatim": "The quotation matches the document exactly.",
    "altered_marked": "The words differ, and the essay marks where.",
    "altered_unmarked": "The words differ, and the essay does not mark it.",
    "joined_unmarked": "Words from different places are joined without a mark.",
    "other_edition": "These words are in another edition, not in the one checked.",
    "ambiguous": "The words appear in several places, and the essay does not say which.",
    "not_found": "No edition has similar words. The quotation may be from another text.",
})  # fmt: skip
# The states of a mention.
MENTIONS = Table(
    {
        "queued": "Waiting to be checked.",
        "waiting": "The page links here. Waiting for a moderator.",
        "shown": "Shown.",
        "hidden": "A moderator decided not to show it.",
        "refused": "Refused.",
        "gone": "The page is gone or no longer links here; the mention was removed.",
    }
)
DECIDED_MENTIONS = Table({"shown": "Shown", "hidden": "Refused", "waiting": "Waiting again",
                    "queued": "Waiting again", "refused": "Refused"})  # fmt: skip
ESSAYS = Table({"markdown": "Markdown", "html": "HTML", "text": "Plain text"})
# Confirmations of the account page, by section.
DONE = Table({
    "name": "Your name was changed.",
    "password": "Your password was changed, and you were signed out everywhere else.",
    "email": "Your email address was changed.",
    "letter": "We sent you an email. Open the link in it within an hour.",
    "openid": "The sign-in was changed.",
    "sessions": "The session was signed out.",
    "tokens": "The token was revoked.",
    "news": "Your choice was saved.",
})  # fmt: skip
DONE_AT = {"letter": "email"}  # the other sections have the key's name
ROLES = Table({"member": "member", "moderator": "moderator", "administrator": "administrator"})
SCOPES = Table({"read": "read", "write": "write", "moderate": "moderate", "answer": "answer"})
BASES = Table(
    {
        "confirmed": "position confirmed by its author",
        "restated": "position updated by its author",
    }
)

CITATIONS = Table({
    "address": "Address of this edition", "sentence": "In a sentence", "markdown": "Markdown",
    "bibtex": "BibTeX", "csl_json": "CSL-JSON", "text_fragment": "Link to the publisher’s own page",
})  # fmt: skip

DOWNLOADS = Table({
    "html": "Offline page (HTML)", "markdown": "Text with notes (Markdown)",
    "csv": "Table (CSV)", "native": "JSON", "jsonl": "JSON Lines",
    "w3c": "Web Annotations (JSON-LD)",
})  # fmt: skip

ACTS = Table({
    "approve": "Kept", "hide": "Hidden", "restore": "Restored",
    "ask": "Asked to reword", "warn": "Warned", "remove-version": "Version removed",
    "suspend": "Suspended", "ban": "Banned", "reinstate": "Reinstated",
    "undo": "Undone", "grant": "Appeal granted", "uphold": "Decision upheld",
    "delay": "Appeal deadline extended",
})  # fmt: skip
ACT_BUTTONS = Table({
    "approve": "Keep", "hide": "Hide", "restore": "Restore", "ask": "Ask to reword", "warn": "Warn",
})  # fmt: skip
GROUNDS = Table(
    {
        "abuse": "attacks a person instead of what they wrote",
        "contempt": "treats people as worth less because of who they are",
        "threats": "threatens harm or urges others to do harm",
        "private-information": "reveals private information about someone",
        "false-quotation": "misquotes the document",
        "impersonation": "is posted under someone else’s name",
        "advertising": "advertises something, or is posted in many places",
        "off-the-text": "has nothing to do with the document",
        "unlawful-matter": "is forbidden by a law that the decision names",
    }
)
TOLD = Table({
    "author": "Your account or comment", "flagger": "A comment that you reported",
    "appellant": "Your appeal",
})  # fmt: skip
HEADLINES = Table({
    "answer": "The publisher answered your comment", "reply": "%(who)s replied to you",
    "mention": "%(who)s mentioned you", "followed": "%(who)s commented",
})  # fmt: skip
UNSUBSCRIBED = Table({
    "thread": "You will get no more news about this thread.",
    "to_me": "You will get no more emails about what concerns you.",
    "followed": "You will get no more emails about what you follow.",
    "all": "You will get no more news emails.",
})  # fmt: skip
NEWS_CLASSES = Table({
    "to_me": "What concerns you: replies, mentions, answers, changed words, decisions",
    "followed": "What you follow",
})  # fmt: skip
WHEN = Table({
    "once": "At once, at most one email an hour", "daily": "Daily, at 07:00 UTC",
    "weekly": "Weekly, on Monday", "never": "Never",
})  # fmt: skip
FOLLOWS = Table({
    "thread": "Thread", "provision": "Passage", "document": "Document", "tag": "Tag",
    "person": "Person", "search": "Search",
})  # fmt: skip
FOLLOW = Table({
    "thread": "Follow this thread", "provision": "Follow this passage",
    "document": "Follow this document", "tag": "Follow this tag", "person": "Follow this person",
    "search": "Follow this search",
})  # fmt: skip
FOLLOWED = Table({
    "thread": "You follow this thread.", "posted": "You posted in this thread.",
    "provision": "You follow this passage or a section that contains it.",
    "document": "You follow this document.", "tag": "You follow this tag.",
    "person": "You follow this person.", "search": "You follow a search that finds it.",
})  # fmt: skip
CASES = Table({
    "appeal": "Appeals", "flag": "Reported", "held": "Waiting for review",
    "reworded": "Edited since they were hidden", "new": "First comments by new members",
})  # fmt: skip

FEEDS = Table({
    "commentary": "New commentary: %(of)s", "person": "New commentary by %(of)s",
    "tag": "New commentary tagged %(of)s", "search": "New commentary matching %(of)s",
    "changes": "Changed passages: %(of)s", "moderation": "Moderation on %(of)s",
    "answers": "Publisher’s answers: %(of)s", "news": "Your news on %(of)s",
})  # fmt: skip

ANNOTATED = Table(
    {
        "comment": "Comments",
        "highlight": "Highlights",
        "reply": "Replies",
        "suggestion": "Suggestions",
    }
)
OUTCOMES = Table({
    "adopted": "Adopted", "adopted_in_part": "Adopted in part", "declined": "Declined",
    "clarified": "Clarified, no change", "noted": "Noted", "out_of_scope": "Out of scope",
})  # fmt: skip
ANSWERS = Table({"any": "Open and answered", "none": "Open", "answered": "Answered", **OUTCOMES})
DESK_ANSWERS = Table({
    "todo": "To be answered", "draft": "Draft answer", "in_text": "In the text now", **ANSWERS,
})  # fmt: skip
# How the text changed where an answer says that it addresses a comment.
CHECKS = Table({
    "changed": "The passage changed in that edition.",
    "same": "The passage is word for word the same.",
    "unknown": "The passage cannot be compared.",
})  # fmt: skip
CONTENT = Table({"yes": "I am satisfied", "no": "I am not satisfied"})
DESK_DONE = Table({
    "draft": "Saved as drafts: %(many)s.", "publish": "Published: %(many)s.",
    "undo": "Unpublished: %(many)s.", "discard": "Drafts deleted: %(many)s.",
    "read": "Marked as read: %(many)s.", "unread": "Marked as unread: %(many)s.",
    "label": "Labelled: %(many)s.", "unlabel": "Label removed: %(many)s.",
    "assign": "Assigned: %(many)s.", "put": "Added to the campaign: %(many)s.",
    "take-out": "Removed from the campaign: %(many)s.", "find": "Found: %(many)s.",
})  # fmt: skip
ADOPTIONS = Table({
    "same": "the edition has these words", "part": "the edition has some of these words",
    "other": "the edition has other words here", "open": "unchanged, still open",
    "gone": "the passage is gone", "already": "the edition already had these words",
})  # fmt: skip
SUGGESTED = Table({
    "patch": "patch", "critic": "CriticMarkup", "pull-request": "text of a pull request",
})  # fmt: skip
FILTERS = Table({
    "author": "Author", "tag": "Tag", "kind": "Kind", "after": "From", "before": "Before",
    "section": "Section", "verdict": "Change", "adoption": "In this edition",
    "answer": "Publisher’s answer", "q": "Words",
    "assigned": "Assigned to", "label": "Label", "unread": "Unread",
    "campaign": "Campaign",
})  # fmt: skip
SORTS = Table({
    "place": "text order", "recent": "newest first", "replied": "most replies",
    "agreements": "most agreements",
})  # fmt: skip


# The keyboard shortcuts of the reading page and of the moderation queue, and their default keys.
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
DESK_ACTS = Table({
    "nextCase": "Next comment", "previousCase": "Previous comment", "select": "Select",
    "answer": "Answer", "label": "Label", "assign": "Assign to me", "keys": "Keyboard shortcuts",
})  # fmt: skip
KEYS = {
    "next": "j", "previous": "k", "nextCommented": "n", "previousCommented": "p", "comment": "c",
    "conversation": "o", "unread": "u", "contents": "t", "map": "h", "filter": "f", "search": "/",
    "nextCase": "j", "previousCase": "k", "approve": "a", "hide": "h", "restore": "r", "ask": "w",
    "warn": "n", "grant": "g", "uphold": "u", "delay": "d", "account": "o", "suspend": "s",
    "ban": "b", "reinstate": "i", "select": "x", "answer": "a", "label": "l", "assign": "s",
    "keys": "?",
}  # fmt: skip


# One, several, none.
COUNTED = {
    "comment": ("%(many)s comment", "%(many)s comments", "no comments"),
    "reply": ("%(many)s reply", "%(many)s replies", "no replies"),
    "campaign": ("%(many)s campaign", "%(many)s campaigns", "no campaigns"),
    "suggestion": ("%(many)s suggestion", "%(many)s suggestions", "no suggestions"),
    "agreement": ("%(many)s person agrees", "%(many)s people agree", "nobody agrees yet"),
    "news": ("%(many)s new", "%(many)s new", "nothing new"),
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
    "1": "Jan", "2": "Feb", "3": "Mar", "4": "Apr", "5": "May", "6": "Jun", "7": "Jul",
    "8": "Aug", "9": "Sep", "10": "Oct", "11": "Nov", "12": "Dec",
})  # fmt: skip
KINDS = Table({
    "paragraph": "paragraph %(number)s", "item": "list item %(number)s",
    "quote": "quotation %(number)s", "code": "example %(number)s", "row": "table row %(number)s",
})  # fmt: skip


def number(many: int) -> str:
    """Format a number: "3,000"."""
    return f"{many:,}"


def counted(many: int, what: str) -> str:
    """Return a number with a noun of COUNTED: "no comments", "1 comment", "3,000 comments"."""
    singular, more, none = COUNTED[what]
    if not many:
        return _(none)
    return language().words.ngettext(singular, more, many) % {"many": number(many)}


def people(names: Sequence[str]) -> str:
    """Name people: "Ada", "Ada and Ben", "Ada and 3 others"."""
    if len(names) > 2:
        return _("%(one)s and %(many)s others", one=names[0], many=number(len(names) - 1))
    return _("%(one)s and %(other)s", one=names[0], other=names[1]) if names[1:] else names[0]


def comment_headline(kind: str, authors: Sequence[str], place: str) -> str:
    """Return the headline of news about a comment: "Ada replied to you on Being honest ¶ 6"."""
    what = _(HEADLINES[kind], who=people(authors))
    return _("%(what)s on %(place)s", what=what, place=place)


def edition_headline(row: News, edition: Loaded) -> str:
    """Return the headline of news about an edition."""
    name = _("Edition %(label)s of %(title)s", label=edition.label, title=edition.title)
    if row.kind == "changed":
        mine = counted(row.of or 0, "comment")
        return _("%(name)s changed the words of %(many)s of your %(mine)s", name=name,
                 many=number(row.changed or 0), mine=mine)  # fmt: skip
    if row.changed:
        passages = counted(row.changed, "passage")
        return _("%(name)s changed %(passages)s that you follow", name=name, passages=passages)
    return _("%(name)s was added", name=name)


def decision_headline() -> str:
    """Return the headline of news about a moderator's decision."""
    return _("A moderator has decided about your comment, report or appeal")


def unread(many: int) -> str:
    """Return the link to unread news, in the header: "3 new", "99+ new"."""
    return counted(many, "news") if many < MAX_COUNTED else _("99+ new")


def desk_done(act: str, many: str) -> str:
    """Return what an act on the desk did, to how many comments."""
    number = int(many) if many.isdecimal() and len(many) < 7 else 0
    noun = counted(number, "campaign" if act == "find" else "comment")
    return _(DESK_DONE[act.removesuffix("-all")], many=noun)


def day(moment: datetime) -> str:
    """Write a day: "3 Mar 2026"."""
    month = _(MONTHS[str(moment.month)])
    return _("%(day)s %(month)s %(year)s", day=moment.day, month=month, year=moment.year)


def exact(moment: datetime) -> str:
    """Write a time to the minute: "3 Mar 2026, 14:05 UTC"."""
    return _("%(day)s, %(clock)s UTC", day=day(moment), clock=f"{moment:%H:%M}")


def translated(message: str) -> str:
    """Return a message without placeholders in the site's language."""
    return language().words.gettext(message) if message else message


def read_only() -> str:
    """Return the note that the site is read-only."""
    return _("This site is read-only at the moment. You can read everything, but not post.")


def lasted(time: timedelta) -> str:
    """Return a duration: "3 days", "less than an hour"."""
    hours = int(time.total_seconds() // 3600)
    for many, what in ((hours // 24, "day"), (hours, "hour")):
        if many:
            return counted(many, what)
    return _("less than an hour")


def scopes(written: str) -> list[str]:
    """Return the names of a token's scopes."""
    return [_(SCOPES[scope]) if scope in SCOPES else scope for scope in written.split()]


def provision(parsed: ParsedProvision) -> str:
    """Name a provision within its section, or a section: "paragraph 6", "section Being honest"."""
    if parsed.kind == "section":
        return _("section %(title)s", title=title(parsed))
    return _(KINDS.get(parsed.kind, "paragraph %(number)s"), number=parsed.number)


def unnamed(slug: str | None) -> str:
    """Name a section without a heading: the footnotes, or the text before the first heading."""
    return _("Footnotes") if slug == FOOTNOTES else _("the beginning")


def title(section: ParsedProvision) -> str:
    """Return a section's title, or a name for one that has none."""
    return section.attributes.get("title") or unnamed(section.slug)


def lost(count: int) -> str:
    """Return "1 comment on words no longer here"."""
    return _("%(comments)s on words no longer here", comments=counted(count, "comment"))


def control(name: str, count: int, gone: int = 0) -> str:
    """Return the label of the comment button of the provision `name`.

    `gone` of them are on words that the edition no longer has.
    """
    if not count:
        return _("Comment on %(name)s", name=name)
    suffix = f" ({lost(gone)})" if gone else ""
    return _("%(counted)s on %(name)s", counted=counted(count, "comment"), name=name) + suffix


def part(first: ParsedProvision) -> str:
    """Name the link in place of a part of the text that is not loaded, by its first provision."""
    return _("Continue with the whole text from %(name)s", name=provision(first))


def note(number: int) -> str:
    """Return the label of a mark in the text that links to a note."""
    return _("Note %(number)s", number=number)


def authority(level: str) -> str:
    """Return the label of a section's authority."""
    return _("Authority: %(level)s", level=level)


def feed(kind: str, of: str) -> str:
    """Return the title of a feed."""
    return _(FEEDS[kind], of=of)


def place(parsed: Parsed, ordinal: int) -> str:
    """Name a provision as people cite it: "Being honest ¶ 6", a section by its title."""
    section = parsed.section_title(ordinal) or unnamed(parsed.slug(ordinal))
    written = parsed.provisions[ordinal].number
    return f"{section} ¶ {written}" if written else section


def replied_on(named: str) -> str:
    """Return the title of a reply in a feed: "Reply on Being honest ¶ 6"."""
    return _("Reply on %(place)s", place=named)


def shortened(text: str, most: int = 280) -> str:
    """Truncate a text at the end of a word, with an ellipsis."""
    if len(text) <= most:
        return text
    return f"{text[:most].rsplit(None, 1)[0]} …"
