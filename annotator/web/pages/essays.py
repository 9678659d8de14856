"""Essays as commentary: preview, posting, the list of a document, and an essay's page.

Between preview and posting the essay is in the form; nothing is stored until it is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast, get_args

from flask import Response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import allowed
from annotator.errors import AnnotatorError
from annotator.quotations import Budget, Kind
from annotator.quotations.essay import essay_parts
from annotator.services.editions import editions
from annotator.services.essays import essays, proposals, quotation_report
from annotator.services.essays.proposals import EssaySubmission, Proposal, Proposed
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import form, go_to, page, pages, show

MOST_LISTED = 40  # consecutive paragraphs of a comment, or of those left out
# The actions of the buttons on a paragraph, or on the comment that begins there.
ARRANGED: dict[str, Callable[[str, int], str]] = {
    "split": essay_parts.split,
    "join": essay_parts.joined,
    "skip": essay_parts.skipped,
    "drop": essay_parts.dropped,
    "later": partial(essay_parts.shifted, shift=1),
    "earlier": partial(essay_parts.shifted, shift=-1),
}


@page("/d/<document:slug>/essays")
def list_essays(rows: Session, slug: str) -> str:
    """List the essays on a document."""
    loaded = editions.newest(rows, slug)
    return render_template("essays.html", loaded=loaded, found=essays.listed(rows, slug))


@pages.post("/d/<document:slug>/essays/preview")
def preview_essay(slug: str) -> Response:
    """Show the preview of an essay as comments, with its author's choices."""
    return _preview(slug, _written(), None)


@pages.post("/d/<document:slug>/essays")
def post_essay(slug: str) -> AnyResponse:
    """Post an essay's comments."""
    written, budget = _written(), Budget(quotation_report.MOST_SECONDS)  # for posting and showing
    try:
        with site().db.transaction() as rows:
            done = essays.publish(rows, viewer(), slug, written, site().config.limits, budget)
    except AnnotatorError as error:
        return _preview(slug, written, error, budget)
    return go_to("essay", essay_id=done.id, added=done.added, changed=done.changed,
                 removed=done.removed)  # fmt: skip


@page("/essays/<essay_id>")
def essay(rows: Session, essay_id: str) -> str:
    """Show an essay and its comments."""
    shown, annotations = essays.with_comments(rows, essay_id, viewer())
    loaded = editions.newest(rows, shown.document)
    own = allowed(viewer(), "essay.remove", essays.living(rows, essay_id).author_id)
    done = {key: request.args.get(key, type=int) for key in ("added", "changed", "removed")}
    return render_template("essay.html", essay=shown, annotations=annotations, loaded=loaded,
                           own=own,
                           done=done if own and None not in done.values() else None)  # fmt: skip


@form("/essays/<essay_id>/remove")
def remove_essay(rows: Session, essay_id: str) -> AnyResponse:
    """Remove one's own essay with its comments."""
    document = essays.document_of(rows, essay_id)
    essays.remove(rows, viewer(), essay_id)
    return go_to("list_essays", slug=document)


def _preview(
    slug: str, written: EssaySubmission, error: AnnotatorError | None, budget: Budget | None = None
) -> Response:
    proposal: Proposal | None = None
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
        try:
            proposal = proposals.propose(rows, slug, written, site().config.limits, budget)
        except AnnotatorError as fault:
            error = error or fault
    if proposal:
        written = replace(written, title=written.title or proposal.title, layout=proposal.layout)
    return show("essay_preview.html", error, loaded=loaded, written=written, found=proposal,
                runs=list(_runs(proposal)) if proposal else [], most=MOST_LISTED)  # fmt: skip


def _runs(proposal: Proposal) -> Iterator[tuple[Proposed | None, Sequence[int]]]:
    """Yield the comments of an essay and, with None, the paragraphs that are not posted."""
    at = 0
    for comment in proposal.comments:
        first, last = comment.paragraphs[0], comment.paragraphs[-1]
        if at < first:
            yield None, range(at, first)
        yield comment, range(first, last + 1)
        at = last + 1
    if at < len(proposal.layout):
        yield None, range(at, len(proposal.layout))


def _written() -> EssaySubmission:
    sent = request.form
    kind, layout = sent.get("kind", ""), sent.get("layout", "")
    deed, _, number = sent.get("arrange", "").partition("-")
    if deed in ARRANGED and number.isdecimal() and len(number) < 6 and int(number) < len(layout):
        layout = ARRANGED[deed](layout, int(number))
    return EssaySubmission(
        sent.get("essay", "").replace("\r\n", "\n"),
        cast(Kind, kind) if kind in get_args(Kind) else "markdown",
        sent.get("title", ""), sent.get("source_url", ""), sent.get("edition") or None, layout,
        # `pick-3` chooses the place of quotation 3
        {int(at): pick for key in sent if (at := key.removeprefix("pick-")) != key
         and at.isdecimal() and len(at) < 5 and (pick := sent.get(key, type=int)) is not None},
    )  # fmt: skip
