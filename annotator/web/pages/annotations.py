"""A comment's own page, and the forms to answer, change and delete it."""

from __future__ import annotations

from dataclasses import replace

from flask import Response, redirect, render_template, request, url_for
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
from annotator.web.pages.blueprint import fragment, pages, show
from annotator.web.pages.forms import AnnotationForm
from annotator.web.pages.people import sign_in


@pages.get("/a/<ident>")
def annotation(ident: str) -> Response:
    """Show a comment in its thread, or the placeholder of a deleted one."""
    with site().db.reading() as rows:
        return _page(rows, ident)


@pages.get("/a/<ident>/reply")
def reply(ident: str) -> Response:
    """Show the thread with the form to answer in view."""
    with site().db.reading() as rows:
        return _page(rows, ident, AnnotationForm())


@pages.post("/a/<ident>/reply")
def post_reply(ident: str) -> AnyResponse:
    """Post a reply."""
    form = forms.annotation_form()
    draft = Draft(body=form.body, in_reply_to=ident, motivation="replying")
    try:
        if form.preview:
            return _again(ident, forms.previewed(form, site().config.limits))
        return to_annotation(sign_in.post(draft, form.key))
    except AnnotatorError as error:
        return _again(ident, form, error)


@pages.get("/a/<ident>/edit")
def edit(ident: str) -> Response:
    """Show the form to change one's own comment."""
    with site().db.reading() as rows:
        annotation = own(rows, ident, "annotation.edit")
    form = AnnotationForm(
        annotation.body or "", ", ".join(annotation.tags), edits=str(annotation.edits)
    )
    return show("edit.html", annotation=annotation, form=form)


@pages.post("/a/<ident>/edit")
def post_edit(ident: str) -> AnyResponse:
    """Change one's own comment."""
    form = forms.annotation_form()
    error: AnnotatorError | None = None
    with site().db.reading() as rows:
        comment = own(rows, ident, "annotation.edit")
    try:
        if form.preview:
            form = forms.previewed(form, site().config.limits)
        else:
            with site().db.transaction() as rows:
                _check_unchanged(rows, ident, form)
                commentary.edit(rows, viewer(), ident, body=form.body, tags=form.tag_list,
                                 limits=site().config.limits)  # fmt: skip
            return to_annotation(ident)
    except Stale as fault:
        error = fault
        with site().db.reading() as rows:
            comment = listings.get(rows, ident, viewer=viewer())
        form = replace(form, edits=str(comment.edits))
    except AnnotatorError as fault:
        error = fault
    return show("edit.html", error, annotation=comment, form=form)


def _check_unchanged(rows: Session, ident: str, form: AnnotationForm) -> None:
    """Raise Stale if the comment was edited since the form was rendered."""
    commentary.changeable(rows, viewer(), "annotation.edit", ident)
    if form.edits and form.edits != str(commentary.edits(rows, ident)):
        raise Stale(
            "This comment was changed in another window while you were editing. The current "
            "version is below yours; to replace it, save again."
        )


@pages.get("/a/<ident>/delete")
def delete(ident: str) -> str:
    """Show the form that confirms the deletion of one's own comment."""
    with site().db.reading() as rows:
        comment = own(rows, ident, "annotation.delete")
    return render_template("delete.html", annotation=comment)


@pages.post("/a/<ident>/delete")
def post_delete(ident: str) -> AnyResponse:
    """Delete one's own comment."""
    with site().db.transaction() as rows:
        comment = listings.get(rows, ident, viewer=viewer())
        commentary.delete(rows, viewer(), ident)
    pid = comment.targets[0].pid if comment.targets else None
    if pid is None or fragment():
        return to_annotation(ident)
    return redirect(url_for("pages.provision", slug=comment.document, pid=pid, deleted=ident), 303)


@pages.post("/a/<ident>/restore")
def post_restore(ident: str) -> AnyResponse:
    """Undo deleting one's own comment."""
    with site().db.transaction() as rows:
        commentary.restore(rows, viewer(), ident)
    return to_annotation(ident)


def to_annotation(ident: str) -> AnyResponse:
    """Redirect to a comment's page; scripts get it in the edition that they name."""
    edition = request.values.get("edition") if fragment() else None
    return redirect(url_for("pages.annotation", ident=ident, edition=edition), 303)


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


def _again(ident: str, form: AnnotationForm, error: AnnotatorError | None = None) -> Response:
    with site().db.reading() as rows:
        return _page(rows, ident, form, error)


def _page(
    rows: Session,
    ident: str,
    form: AnnotationForm | None = None,
    error: AnnotatorError | None = None,
) -> Response:
    edition = request.args.get("edition")
    comment = listings.get(rows, ident, edition, viewer())
    thread = listings.thread(rows, ident, edition, viewer())
    page = show(
        "annotation.html", error, annotation=comment, thread=thread,
        loaded=editions.newest(rows, comment.document),
        form=forms.again(form or AnnotationForm(), error), answering=form is not None,
        restorable=comment.deleted and commentary.restorable(rows, viewer(), ident),
        versions=listings.versions(rows, ident) if comment.edits else [],
        agreeing=suggestions.agreeing(rows, [thread[0].id]).get(thread[0].id)
        if thread[0].agreements else (),
        private=not all(item.shown or item.veiled for item in thread),
    )  # fmt: skip
    if (comment.deleted or comment.veiled) and error is None:
        page.status_code = 410
    return page
