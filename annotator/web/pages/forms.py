"""What a form holds, read from the request; and quoted words, found in a provision."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field, replace

from flask import request

from annotator import markup
from annotator.config import Limits
from annotator.errors import AnnotatorError, PostedAlready, Unacceptable
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import ForeignQuotation
from annotator.relocation.selectors import Span
from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import drafts
from annotator.services.editions.editions import Loaded


@dataclass(frozen=True)
class AnnotationForm:
    """A comment as somebody wrote it in a form. `preview` asks only to see it, as `html`.

    `key` is the form's own, so that sending it twice posts one comment. `edits` is how often the
    comment had been edited when the form to change it was made. Scripts know where the words
    `exact` stand: from `start` to `end`, in code points.
    """

    body: str = ""
    tags: str = ""
    quote: str = ""
    preview: bool = False
    key: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    edits: str = ""
    html: str = ""
    exact: str = ""
    start: int | None = None
    end: int | None = None

    @property
    def tag_list(self) -> tuple[str, ...]:
        """The tags, which commas separate."""
        return tuple(tag.strip() for tag in self.tags.split(",") if tag.strip())


def annotation_form() -> AnnotationForm:
    """Read the form that was sent."""
    sent = request.form
    return AnnotationForm(
        sent.get("body", ""), sent.get("tags", ""), sent.get("quote", ""),
        sent.get("do") == "preview", sent.get("key", ""), sent.get("edits", ""),
        exact=sent.get("exact", "").replace("\r\n", "\n"),
        start=sent.get("start", type=int), end=sent.get("end", type=int),
    )  # fmt: skip


def previewed(form: AnnotationForm, limits: Limits) -> AnnotationForm:
    """Return the form with its words as HTML. Raises Unacceptable where they cannot be posted."""
    if not form.body.strip():
        return form
    return replace(form, html=markup.render(drafts.body(form.body, "commenting", limits) or ""))


def again(form: AnnotationForm, error: AnnotatorError | None) -> AnnotationForm:
    """Return the form to be shown again; one that has been posted already gets a key of its own."""
    fresh = isinstance(error, PostedAlready) or not form.key
    return replace(form, key=AnnotationForm().key) if fresh else form


def target(loaded: Loaded, ordinal: int, form: AnnotationForm) -> DraftTarget:
    """Return the range that the form names, else find its quoted words in a provision.

    Without quoted words it is the whole provision.

    Raises Unacceptable where the words do not stand there, or more than once.
    """
    provision, quote = loaded.parsed.provisions[ordinal], form.quote
    if form.start is not None and form.end is not None:
        return DraftTarget(start=form.start, end=form.end, exact=form.exact)
    if not quote.strip():
        return DraftTarget(pid=loaded.pids[ordinal])
    text, within = loaded.parsed.text, Span(provision.start, provision.end)
    found = foreign_quotation.find(text, ForeignQuotation(quote.strip()), within)
    if not found:
        raise Unacceptable("We could not find those words here. Copy them exactly from the text.",
                           field="quote")  # fmt: skip
    if len(found) > 1:
        raise Unacceptable(
            f"These words stand here {len(found)} times; quote a few more around them.",
            field="quote",
        )
    (span,) = found
    return DraftTarget(start=span.start, end=span.end, exact=text[span.start : span.end])
