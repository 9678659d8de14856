"""Error classes, independent of HTTP and the command line.

A message names the place, the trouble and the next step. `code` is for programs; `details` are
added to the answer. The web and the command line map errors to a status.
"""

from __future__ import annotations


class AnnotatorError(Exception):
    """The base class of all errors with a message for people.

    `field` names the invalid part of the input, such as `target.exact`.
    """

    code = "error"

    def __init_subclass__(cls, code: str) -> None:
        """Set the code of an error class."""
        cls.code = code

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


class Malformed(AnnotatorError, code="malformed"):
    """The input cannot be parsed: broken JSON, a wrong type, an unknown field."""


class Unacceptable(AnnotatorError, code="unacceptable"):
    """The input is well-formed but not acceptable: too long, empty, out of range."""


class TooLarge(AnnotatorError, code="too_large"):
    """The input is larger than the site accepts."""


class NotSignedIn(AnnotatorError, code="not_signed_in"):
    """The action needs a signed-in account."""


class NotAllowed(AnnotatorError, code="not_allowed"):
    """The account has no permission."""


class NotFound(AnnotatorError, code="not_found"):
    """There is no such resource."""


class Gone(AnnotatorError, code="gone"):
    """The resource has been deleted."""


class Hidden(Gone, code="hidden"):
    """A moderator has hidden the resource; `details["log"]` is the log entry."""


class Conflict(AnnotatorError, code="conflict"):
    """The input contradicts what is stored."""


class PostedAlready(Conflict, code="posted_already"):
    """Another annotation was posted with this key; `details["annotation"]` is its id."""


class Stale(AnnotatorError, code="stale"):
    """The resource has changed since it was read."""


class Repeated(Conflict, code="duplicate"):
    """The author has already posted the same; `details["annotation"]` is its id."""


class QuoteMismatch(Conflict, code="quote_mismatch"):
    """The quoted words are not at their offsets; `details["found"]` are the words there."""


class QuoteAmbiguous(Conflict, code="quote_ambiguous"):
    """The quoted words are in several places; `details["candidates"]` are their offsets."""


class SourceFault(Unacceptable, code="source_fault"):
    """A source file cannot become an edition: empty, binary, wrongly encoded, too large."""


class BackupFault(Unacceptable, code="backup_fault"):
    """A file cannot be restored: it is not a backup, is damaged, or is from a newer program."""


class ConfigFault(AnnotatorError, code="config_fault"):
    """The configuration has faults; the message lists every one with its key."""


class RateLimited(AnnotatorError, code="rate_limited"):
    """Too many requests; `details["retry_after"]` is the number of seconds to wait."""


class Unavailable(AnnotatorError, code="unavailable"):
    """The site cannot do this now: the database is locked or the disk is full."""


class ReadOnly(Unavailable, code="read_only"):
    """The site is read-only."""
