"""The comment form: its fields, and the range of the words that it quotes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace

from flask import request

from annotator import markup
from annotator.errors import AnnotatorError, PostedAlready, Unacceptable
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import ForeignQuotation
from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import drafts
from annotator.services.editions.editions import Loaded
from annotator.web.http.site import site


@dataclass(frozen=True)
class AnnotationForm:
    """A comment as entered in a form. With `preview` it is shown as `html`, not posted.

    `key` is the form's own, so that sending it twice posts one comment. `edits` is how often the
    comment had been edited when the form to change it was made. Scripts send the position of the
    words `exact`: `start` and `end`, in code points.
    """

    body: str = ""
    tags: str = ""
    quote: str = ""
    preview: bool = False
    key: str = ""
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
    """Parse the comment form of the request."""
    sent = request.form
    return AnnotationForm(
        sent.get("body", ""), sent.get("tags", ""), sent.get("quote", ""),
        sent.get("do") == "preview", sent.get("key", ""), sent.get("edits", ""),
        exact=sent.get("exact", "").replace("\r\n", "\n"),
        start=sent.get("start", type=int), end=sent.get("end", type=int),
    )  # fmt: skip


def shown(error: AnnotatorError | None) -> AnnotationForm:
    """Return the comment form as a page shows it, empty or again because of an error.

    It has a new key unless its own can still be used, and its words as HTML if that is asked for.
    Raises Unacceptable where they cannot be posted.
    """
    form = annotation_form()
    if isinstance(error, PostedAlready) or not form.key:
        form = replace(form, key=new_key())
    if not (form.preview and form.body.strip()) or error:
        return form
    body = drafts.body(form.body, "commenting", site().config.limits)
    return replace(form, html=markup.render(body or ""))


def new_key() -> str:
    """Return a key under which a form is posted once."""
    return secrets.token_urlsafe(12)


def target(loaded: Loaded, ordinal: int, form: AnnotationForm) -> DraftTarget:
    """Return the range that the form names, or that of its quoted words in a provision.

    Without quoted words it is the whole provision.

    Raises Unacceptable if the words are not in it, or more than once.
    """
    provision, quote = loaded.parsed.provisions[ordinal], form.quote
    if form.start is not None and form.end is not None:
        return DraftTarget(start=form.start, end=form.end, exact=form.exact)
    if not quote.strip():
        return DraftTarget(pid=loaded.pids[ordinal])
    text = loaded.parsed.text
    spans = foreign_quotation.find(text, ForeignQuotation(quote.strip()), provision)
    if not spans:
        raise Unacceptable("We could not find those words here. Copy them exactly from the text.",
                           field="quote")  # fmt: skip
    if len(spans) > 1:
        raise Unacceptable(
            f"These words appear here {len(spans)} times; quote a few more around them.",
            field="quote",
        )
    (span,) = spans
    return DraftTarget(start=span.start, end=span.end, exact=text[span.start : span.end])
