"""What a form holds, read from the request; and quoted words, found in a provision."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field, replace

from flask import request

from annotator import markup
from annotator.config import Limits
from annotator.errors import AnnotatorError, PostedAlready, Unacceptable
from annotator.formats.remark import DraftTarget
from annotator.services import drafts
from annotator.services.editions import Loaded

# What people type for what the text has; one character for one, so that places stay the same.
ALIKE = str.maketrans("‘’‚‛′“”„‟″‐‑‒–—―−", "'''''\"\"\"\"\"-------")


@dataclass(frozen=True)
class RemarkForm:
    """A comment as somebody wrote it in a form. `preview` asks only to see it, as `html`.

    `key` is the form's own, so that sending it twice posts one remark. `edits` is how often the
    remark had been edited when the form to change it was made.
    """

    body: str = ""
    tags: str = ""
    quote: str = ""
    preview: bool = False
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    edits: str = ""
    html: str = ""

    @property
    def tag_list(self) -> tuple[str, ...]:
        """The tags, which commas separate."""
        return tuple(tag.strip() for tag in self.tags.split(",") if tag.strip())


def remark_form() -> RemarkForm:
    """Read the form that was sent."""
    sent = request.form
    return RemarkForm(sent.get("body", ""), sent.get("tags", ""), sent.get("quote", ""),
                      sent.get("do") == "preview", sent.get("key", ""),
                      sent.get("edits", ""))  # fmt: skip


def previewed(form: RemarkForm, limits: Limits) -> RemarkForm:
    """Return the form with its words as HTML. Raises Unacceptable where they are too much."""
    if not form.body.strip():
        return form
    return replace(form, html=markup.render(drafts.body(form.body, "commenting", limits) or ""))


def again(form: RemarkForm, error: AnnotatorError | None) -> RemarkForm:
    """Give the form to be shown again; one that has been posted already gets a key of its own."""
    fresh = isinstance(error, PostedAlready) or not form.key
    return replace(form, key=RemarkForm().key) if fresh else form


def target(loaded: Loaded, ordinal: int, quote: str) -> DraftTarget:
    """Find the quoted words in a provision; the whole provision where none are quoted.

    White space, quotation marks and dashes may be typed as a keyboard has them. Raises
    Unacceptable where the words do not stand there, or more than once.
    """
    provision = loaded.parsed.provisions[ordinal]
    if not quote.strip():
        return DraftTarget(pid=loaded.pids[ordinal])
    pattern = r"\s+".join(re.escape(word) for word in quote.translate(ALIKE).split())
    text = loaded.parsed.text[provision.start : provision.end].translate(ALIKE)
    found = list(re.finditer(pattern, text))
    if not found:
        raise Unacceptable("These words do not stand here; copy them from the text as they are.",
                           field="quote")  # fmt: skip
    if len(found) > 1:
        raise Unacceptable(
            f"These words stand here {len(found)} times; quote a few more around them.",
            field="quote",
        )
    start, end = (provision.start + place for place in found[0].span())
    return DraftTarget(start=start, end=end, exact=loaded.parsed.text[start:end])
