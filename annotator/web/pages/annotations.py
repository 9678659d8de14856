"""A comment's own page, and the forms to answer, change and delete it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import allowed
from annotator.errors import AnnotatorError, Gone, NotAllowed, NotSignedIn, Stale
from annotator.schemas.annotations import AnnotationValue, Draft
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations import listings, suggestions
from annotator.services.editions import editions
from annotator.web.http.site import site, viewer
from annotator.web.pages import forms
from annotator.web.pages.blueprint import form, fragment, go_to, page, show
from annotator.web.pages.forms import AnnotationForm
from annotator.web.pages.people import sign_in


@page("/a/<ident>")
def annotation(rows: Session, ident: str) -> Response:
    """Show a comment in its thread, or the placeholder of a deleted one."""
    return _page(rows, ident)


@page("/a/<ident>/reply")
def reply(rows: Session, ident: str, error: AnnotatorError | None = None) -> Response:
    """Show the thread with the form to answer in view."""
    return _page(rows, ident, error, answering=True)


@form("/a/<ident>/reply", reply)
def post_reply(ident: str) -> AnyResponse:
    """Post a reply."""
    sent = forms.annotation_form()
    if sent.preview:
        return reply(ident=ident)
    draft = Draft(body=sent.body, in_reply_to=ident, motivation="replying")
    return to_annotation(sign_in.post(draft, sent.key))


@page("/a/<ident>/edit")
def edit(rows: Session, ident: str, error: AnnotatorError | None = None) -> Response:
    """Show the form to change one's own comment."""
    comment = own(rows, ident, "annotation.edit")
    present = AnnotationForm(comment.body or "", ", ".join(comment.tags), edits=str(comment.edits))
    entered = forms.shown(error) if request.method == "POST" else present
    if isinstance(error, Stale):
        entered = replace(entered, edits=present.edits)
    return show("edit.html", error, annotation=comment, form=entered)


@form("/a/<ident>/edit", edit)
def post_edit(ident: str) -> AnyResponse:
    """Change one's own comment."""
    sent = forms.annotation_form()
    if sent.preview:
        return edit(ident=ident)
    with site().db.transaction() as rows:
        commentary.changeable(rows, viewer(), "annotation.edit", ident)
        if sent.edits and sent.edits != str(commentary.edits(rows, ident)):
            raise Stale(
                "This comment was changed in another window while you were editing. The current "
                "version is below yours; to replace it, save again."
            )
        commentary.edit(rows, viewer(), ident, body=sent.body, tags=sent.tag_list,
                        limits=site().config.limits)  # fmt: skip
    return to_annotation(ident)


@page("/a/<ident>/delete")
def delete(rows: Session, ident: str) -> str:
    """Show the form that confirms the deletion of one's own comment."""
    return render_template("delete.html", annotation=own(rows, ident, "annotation.delete"))


@form("/a/<ident>/delete")
def post_delete(rows: Session, ident: str) -> AnyResponse:
    """Delete one's own comment."""
    comment = listings.get(rows, ident, viewer=viewer())
    commentary.delete(rows, viewer(), ident)
    pid = comment.targets[0].pid if comment.targets else None
    if pid is None or fragment():
        return to_annotation(ident)
    return go_to("provision", slug=comment.document, pid=pid, deleted=ident)


@form("/a/<ident>/restore")
def post_restore(rows: Session, ident: str) -> AnyResponse:
    """Undo deleting one's own comment."""
    commentary.restore(rows, viewer(), ident)
    return to_annotation(ident)


def to_annotation(ident: str) -> AnyResponse:
    """Redirect to a comment's page; scripts get it in the edition that they name."""
    edition = request.values.get("edition") if fragment() else None
    return go_to("annotation", ident=ident, edition=edition)


def own(rows: Session, ident: str, act: str) -> AnnotationValue:
    """Return a comment that the viewer may change. Raises Gone, NotSignedIn, NotAllowed."""
    comment = listings.get(rows, ident, viewer=viewer())
    if comment.deleted:
        raise Gone("This comment has been deleted.")
    if not viewer().known:
        raise NotSignedIn("Sign in to change your comment.")
    if not allowed(viewer(), act, commentary.owner_of(rows, ident).id):
        raise NotAllowed("Only its author can change a comment.")
    return comment


def _page(
    rows: Session, ident: str, error: AnnotatorError | None = None, *, answering: bool = False
) -> Response:
    edition = request.args.get("edition")
    comment = listings.get(rows, ident, edition, viewer())
    thread = listings.thread(rows, ident, edition, viewer())
    page = show(
        "annotation.html", error, annotation=comment, thread=thread,
        loaded=editions.newest(rows, comment.document),
        form=forms.shown(error), answering=answering,
        restorable=comment.deleted and commentary.restorable(rows, viewer(), ident),
        versions=listings.versions(rows, ident) if comment.edits else [],
        agreeing=suggestions.agreeing(rows, [thread[0].id]).get(thread[0].id)
        if thread[0].agreements else (),
        private=not all(item.shown or item.veiled for item in thread),
    )  # fmt: skip
    if (comment.deleted or comment.veiled) and error is None:
        page.status_code = 410
    return page
