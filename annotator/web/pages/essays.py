"""Essays as commentary: what one would become, posting it, the list of a document, and one essay.

Between the two steps the essay travels in the form; nothing is kept until it is posted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import cast, get_args

from flask import Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import allowed
from annotator.errors import AnnotatorError
from annotator.quotations import Budget, Kind
from annotator.quotations.essay import essay_parts
from annotator.services.editions import editions
from annotator.services.essays import essays, proposals, quotation_report
from annotator.services.essays.proposals import EssaySubmission, Proposal, Proposed
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import pages, show

MOST_LISTED = 40  # paragraphs in a row of a comment, or of what is left out
# What the buttons do with the paragraph that they name, or with the comment that begins there.
ARRANGED: dict[str, Callable[[str, int], str]] = {
    "split": essay_parts.split,
    "join": essay_parts.joined,
    "skip": essay_parts.skipped,
    "drop": essay_parts.dropped,
    "later": partial(essay_parts.shifted, shift=1),
    "earlier": partial(essay_parts.shifted, shift=-1),
}


@pages.get("/d/<slug>/essays")
def list_essays(slug: str) -> str:
    """List the essays on a document."""
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
        found = essays.listed(rows, slug)
    return render_template("essays.html", loaded=loaded, found=found)


@pages.post("/d/<slug>/essays/preview")
def preview_essay(slug: str) -> Response:
    """Show what an essay would become, as its author has chosen so far."""
    return _preview(slug, _written(), None)


@pages.post("/d/<slug>/essays")
def post_essay(slug: str) -> AnyResponse:
    """Post an essay's comments."""
    written, budget = _written(), Budget(quotation_report.MOST_SECONDS)  # for posting and showing
    try:
        with site().db.transaction() as rows:
            done = essays.publish(rows, viewer(), slug, written, site().config.limits, budget)
    except AnnotatorError as error:
        return _preview(slug, written, error, budget)
    site().indexer.wake()
    page = url_for("pages.essay", essay_id=done.id, added=done.added, changed=done.changed,
                   removed=done.removed)  # fmt: skip
    return redirect(page, 303)


@pages.get("/essays/<essay_id>")
def essay(essay_id: str) -> str:
    """Show an essay: whose it is, and what it says of which passage."""
    with site().db.reading() as rows:
        found, annotations = essays.one(rows, essay_id, viewer())
        loaded = editions.newest(rows, found.document)
        own = allowed(viewer(), "essay.remove", essays.living(rows, essay_id).author_id)
    done = {key: request.args.get(key, type=int) for key in ("added", "changed", "removed")}
    return render_template("essay.html", essay=found, annotations=annotations, loaded=loaded,
                           own=own,
                           done=done if own and None not in done.values() else None)  # fmt: skip


@pages.post("/essays/<essay_id>/remove")
def remove_essay(essay_id: str) -> AnyResponse:
    """Remove one's own essay with its comments."""
    with site().db.transaction() as rows:
        document = essays.document_of(rows, essay_id)
        essays.remove(rows, viewer(), essay_id)
    site().indexer.wake()
    return redirect(url_for("pages.list_essays", slug=document), 303)


def _preview(
    slug: str, written: EssaySubmission, error: AnnotatorError | None, budget: Budget | None = None
) -> Response:
    found: Proposal | None = None
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
        try:
            found = proposals.propose(rows, slug, written, site().config.limits, budget)
        except AnnotatorError as fault:
            error = error or fault
    if found:
        written = replace(written, title=written.title or found.title, layout=found.layout)
    return show("essay_preview.html", error, loaded=loaded, written=written, found=found,
                runs=list(_runs(found)) if found else [], most=MOST_LISTED)  # fmt: skip


def _runs(found: Proposal) -> Iterator[tuple[Proposed | None, Sequence[int]]]:
    """Yield the comments of an essay and, with None, the paragraphs between that are left out."""
    at = 0
    for it in found.comments:
        first, last = it.paragraphs[0], it.paragraphs[-1]
        if at < first:
            yield None, range(at, first)
        yield it, range(first, last + 1)
        at = last + 1
    if at < len(found.layout):
        yield None, range(at, len(found.layout))


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
