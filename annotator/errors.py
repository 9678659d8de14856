"""What can go wrong, in the product's words; this module knows no HTTP and no command line.

Each error names the place, the trouble and the next step in its message. `code` is what programs
read; `details` go into the answer beside it. The web and the command line decide on a status.
"""

from __future__ import annotations


class AnnotatorError(Exception):
    """The root of every error that a person may be shown.

    `field` names the part of the input that is at fault, such as `target.exact`.
    """

    code = "error"

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


class Malformed(AnnotatorError):
    """The input cannot be read at all: broken JSON, a wrong type, an unknown field."""

    code = "malformed"


class Unacceptable(AnnotatorError):
    """The input was understood and cannot be accepted: too long, empty, out of range."""

    code = "unacceptable"


class TooLarge(AnnotatorError):
    """More than the site takes at once."""

    code = "too_large"


class NotSignedIn(AnnotatorError):
    """Only a known account may do this."""

    code = "not_signed_in"


class NotAllowed(AnnotatorError):
    """The account is known and may not do this."""

    code = "not_allowed"


class NotFound(AnnotatorError):
    """There is nothing under that name."""

    code = "not_found"


class Gone(AnnotatorError):
    """It was here and has been deleted."""

    code = "gone"


class Hidden(Gone):
    """A moderator has hidden it; `details["log"]` is where the log says why."""

    code = "hidden"


class Conflict(AnnotatorError):
    """It does not fit what is already there."""

    code = "conflict"


class PostedAlready(Conflict):
    """Something else was posted under this key; `details["annotation"]` is its id."""

    code = "posted_already"


class Stale(AnnotatorError):
    """It has been changed since it was read, by somebody else or on another page."""

    code = "stale"


class Repeated(Conflict):
    """Its author has said it already; `details["annotation"]` is where."""

    code = "duplicate"


class QuoteMismatch(Conflict):
    """The quoted words do not stand at their offsets; `details["found"]` is what stands there."""

    code = "quote_mismatch"


class QuoteAmbiguous(Conflict):
    """The quoted words stand in several places; `details["candidates"]` are their offsets."""

    code = "quote_ambiguous"


class SourceFault(Unacceptable):
    """A source file cannot become an edition: empty, binary, wrongly encoded, too large."""

    code = "source_fault"


class BackupFault(Unacceptable):
    """A file cannot be restored from: it is no backup, is damaged, or is of a newer program."""

    code = "backup_fault"


class ConfigFault(AnnotatorError):
    """The configuration has faults; the message lists every one with its key."""

    code = "config_fault"


class RateLimited(AnnotatorError):
    """It has been done too often lately; `details["retry_after"]` is how many seconds to wait."""

    code = "rate_limited"


class Unavailable(AnnotatorError):
    """The site cannot do this just now: the database is locked or the disk is full."""

    code = "unavailable"


class ReadOnly(Unavailable):
    """The site takes nothing new for the present; everything can be read."""

    code = "read_only"
