"""Reports and appeals: the forms and their outcomes."""

from __future__ import annotations

from contextlib import suppress

from flask import Response, make_response, redirect, render_template, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import require
from annotator.errors import AnnotatorError, NotAllowed, NotFound, NotSignedIn
from annotator.services.annotations import listings
from annotator.services.editions import editions
from annotator.services.moderation import actions, complaints, moderation_log
from annotator.services.webmention import mentions
from annotator.web.http.site import address, site, viewer
from annotator.web.pages.blueprint import pages, show


@pages.get("/a/<ident>/flag")
def flag(ident: str) -> Response:
    """Show the form to report a comment."""
    with site().db.reading() as rows:
        require(viewer(), "flag.create")
        complaints.flaggable(rows, viewer(), ident)
        return _flag_form(rows, ident)


@pages.post("/a/<ident>/flag")
def post_flag(ident: str) -> AnyResponse:
    """Report a comment."""
    rule, words = request.form.get("rule", ""), request.form.get("words", "")
    try:
        with site().db.transaction() as rows:
            complaints.flag(rows, viewer(), ident, rule, words)
    except AnnotatorError as error:
        if error.field is None:
            raise
        with site().db.reading() as rows:
            return _flag_form(rows, ident, error)
    return redirect(url_for("pages.news", _anchor="_asked"), 303)


def _flag_form(rows: Session, ident: str, error: AnnotatorError | None = None) -> Response:
    comment = listings.get(rows, ident, viewer=viewer())
    return show("flag.html", error, annotation=comment, form=request.form)


@pages.get("/a/<ident>/appeal")
def appeal_about(ident: str) -> AnyResponse:
    """Redirect to the form to appeal the decision on a comment."""
    with site().db.reading() as rows:
        if not viewer().known:
            raise NotSignedIn("Sign in to appeal.")
        act = complaints.act_about(rows, viewer(), ident)
    return redirect(url_for("pages.appeal", act=act), 302)


@pages.app_template_global()
def may_appeal(act: int) -> bool:
    """Return whether the viewer can still appeal a decision."""
    with suppress(AnnotatorError), site().db.reading() as rows:
        complaints.appealable(rows, viewer(), act)
        return True
    return False


@pages.get("/moderation/log/<int(max=2147483647):act>/appeal")
def appeal(act: int) -> Response:
    """Show the form to appeal a decision."""
    with site().db.reading() as rows:
        complaints.appealable(rows, viewer(), act)
        return _appeal_form(rows, act)


@pages.post("/moderation/log/<int(max=2147483647):act>/appeal")
def post_appeal(act: int) -> AnyResponse:
    """Send an appeal."""
    try:
        with site().db.transaction() as rows:
            complaints.appeal(rows, viewer(), act, request.form.get("words", ""))
    except AnnotatorError as error:
        if error.field != "words":
            raise
        with site().db.reading() as rows:
            return _appeal_form(rows, act, error)
    return redirect(url_for("pages.news", _anchor="_asked"), 303)


def _appeal_form(rows: Session, act: int, error: AnnotatorError | None = None) -> Response:
    return show("appeal.html", error, entry=moderation_log.get(rows, act), form=request.form)


@pages.post("/webmention")
def post_mention() -> AnyResponse:
    """Queue a mention; `Location` is the page of its state, as the Recommendation requires."""
    if not site().config.webmention.receive:
        raise NotFound("This site does not accept webmentions.")
    sent = request.form
    with site().db.transaction() as rows:
        ident = mentions.receive(
            rows, sent.get("source", "").strip(), sent.get("target", "").strip(), address()
        )
    place = url_for("pages.mention", mention_id=ident)
    answer = make_response(
        f"The mention is waiting for a moderator. Its status: {address()}{place}\n", 201
    )
    answer.mimetype = "text/plain"
    answer.headers["Location"] = place
    return answer


@pages.get("/webmention/<mention_id>")
def mention(mention_id: str) -> Response:
    """Show the state of a mention."""
    with site().db.reading() as rows:
        return show("mention.html", private=True, it=mentions.get(rows, mention_id))


@pages.get("/d/<document:slug>/mentions")
def list_mentions(slug: str) -> str:
    """List the pages on other sites that mention a document."""
    with site().db.reading() as rows:
        loaded = editions.newest(rows, slug)
        listed = mentions.of_document(rows, loaded.document_id)
        return render_template("mentions.html", loaded=loaded, found=listed)


@pages.get("/moderation/mentions")
def mentions_queue() -> Response:
    """Show the mentions waiting for review, and recent decisions."""
    return _queue()


@pages.post("/moderation/mentions/<mention_id>")
def decide_mention(mention_id: str) -> AnyResponse:
    """Approve or refuse a mention, or undo that."""
    require(viewer(), "moderate")
    sent = request.form
    try:
        with site().db.transaction() as rows:
            by = actions.moderator(viewer())
            mentions.decide(rows, by.name, mention_id, sent.get("act", ""),
                            sent.get("reason", ""), sent.get("state"))  # fmt: skip
    except (NotAllowed, NotFound):
        raise
    except AnnotatorError as error:
        return _queue(error)
    return redirect(url_for("pages.mentions_queue", done=mention_id), 303)


def _queue(error: AnnotatorError | None = None) -> Response:
    require(viewer(), "moderate")
    with site().db.reading() as rows:
        return show("mentions_queue.html", error, private=True, waiting=mentions.waiting(rows),
                    decided=mentions.decided(rows), form=request.form,
                    done=request.args.get("done", ""))  # fmt: skip
