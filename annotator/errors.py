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

    def __init_subclass__(cls, code: str) -> None:
        """Set the code of a kind of error."""
        cls.code = code

    def __init__(self, message: str, *, field: str | None = None, **details: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.details = details


class Malformed(AnnotatorError, code="malformed"):
    """The input cannot be read at all: broken JSON, a wrong type, an unknown field."""


class Unacceptable(AnnotatorError, code="unacceptable"):
    """The input was understood and cannot be accepted: too long, empty, out of range."""


class TooLarge(AnnotatorError, code="too_large"):
    """More than the site takes at once."""


class NotSignedIn(AnnotatorError, code="not_signed_in"):
    """Only a known account may do this."""


class NotAllowed(AnnotatorError, code="not_allowed"):
    """The account is known and may not do this."""


class NotFound(AnnotatorError, code="not_found"):
    """There is nothing under that name."""


class Gone(AnnotatorError, code="gone"):
    """It was here and has been deleted."""


class Hidden(Gone, code="hidden"):
    """A moderator has hidden it; `details["log"]` is where the log says why."""


class Conflict(AnnotatorError, code="conflict"):
    """It does not fit what is already there."""


class PostedAlready(Conflict, code="posted_already"):
    """Something else was posted under this key; `details["annotation"]` is its id."""


class Stale(AnnotatorError, code="stale"):
    """It has been changed since it was read, by somebody else or on another page."""


class Repeated(Conflict, code="duplicate"):
    """Its author has said it already; `details["annotation"]` is where."""


class QuoteMismatch(Conflict, code="quote_mismatch"):
    """The quoted words do not stand at their offsets; `details["found"]` is what stands there."""


class QuoteAmbiguous(Conflict, code="quote_ambiguous"):
    """The quoted words stand in several places; `details["candidates"]` are their offsets."""


class SourceFault(Unacceptable, code="source_fault"):
    """A source file cannot become an edition: empty, binary, wrongly encoded, too large."""


class BackupFault(Unacceptable, code="backup_fault"):
    """A file cannot be restored from: it is no backup, is damaged, or is of a newer program."""


class ConfigFault(AnnotatorError, code="config_fault"):
    """The configuration has faults; the message lists every one with its key."""


class RateLimited(AnnotatorError, code="rate_limited"):
    """It has been done too often lately; `details["retry_after"]` is how many seconds to wait."""


class Unavailable(AnnotatorError, code="unavailable"):
    """The site cannot do this just now: the database is locked or the disk is full."""


class ReadOnly(Unavailable, code="read_only"):
    """The site takes nothing new for the present; everything can be read."""
