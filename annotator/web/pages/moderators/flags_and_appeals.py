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
from annotator.web.pages.blueprint import form, go_to, page, pages, show


@page("/a/<ident>/flag")
def flag(rows: Session, ident: str, error: AnnotatorError | None = None) -> Response:
    """Show the form to report a comment."""
    require(viewer(), "flag.create")
    complaints.flaggable(rows, viewer(), ident)
    comment = listings.get(rows, ident, viewer=viewer())
    return show("flag.html", error, annotation=comment, form=request.form)


@form("/a/<ident>/flag", flag)
def post_flag(rows: Session, ident: str) -> AnyResponse:
    """Report a comment."""
    sent = request.form
    complaints.flag(rows, viewer(), ident, sent.get("rule", ""), sent.get("words", ""))
    return go_to("news", _anchor="_asked")


@page("/a/<ident>/appeal")
def appeal_about(rows: Session, ident: str) -> AnyResponse:
    """Redirect to the form to appeal the decision on a comment."""
    if not viewer().known:
        raise NotSignedIn("Sign in to appeal.")
    return redirect(url_for("pages.appeal", act=complaints.act_about(rows, viewer(), ident)))


@pages.app_template_global()
def may_appeal(act: int) -> bool:
    """Return whether the viewer can still appeal a decision."""
    with suppress(AnnotatorError), site().db.reading() as rows:
        complaints.appealable(rows, viewer(), act)
        return True
    return False


@page("/moderation/log/<int(max=2147483647):act>/appeal")
def appeal(rows: Session, act: int, error: AnnotatorError | None = None) -> Response:
    """Show the form to appeal a decision."""
    complaints.appealable(rows, viewer(), act)
    return show("appeal.html", error, entry=moderation_log.get(rows, act), form=request.form)


@form("/moderation/log/<int(max=2147483647):act>/appeal", appeal)
def post_appeal(rows: Session, act: int) -> AnyResponse:
    """Send an appeal."""
    complaints.appeal(rows, viewer(), act, request.form.get("words", ""))
    return go_to("news", _anchor="_asked")


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


@page("/webmention/<mention_id>")
def mention(rows: Session, mention_id: str) -> Response:
    """Show the state of a mention."""
    return show("mention.html", private=True, it=mentions.get(rows, mention_id))


@page("/d/<document:slug>/mentions")
def list_mentions(rows: Session, slug: str) -> str:
    """List the pages on other sites that mention a document."""
    loaded = editions.newest(rows, slug)
    listed = mentions.of_document(rows, loaded.document_id)
    return render_template("mentions.html", loaded=loaded, found=listed)


@page("/moderation/mentions")
def mentions_queue(rows: Session, error: AnnotatorError | None = None) -> Response:
    """Show the mentions waiting for review, and recent decisions."""
    require(viewer(), "moderate")
    return show("mentions_queue.html", error, private=True, waiting=mentions.waiting(rows),
                decided=mentions.decided(rows), form=request.form,
                done=request.args.get("done", ""))  # fmt: skip


@form("/moderation/mentions/<mention_id>", mentions_queue, but=(NotAllowed, NotFound))
def decide_mention(rows: Session, mention_id: str) -> AnyResponse:
    """Approve or refuse a mention, or undo that."""
    sent, by = request.form, actions.moderator(viewer())
    mentions.decide(rows, by.name, mention_id, sent.get("act", ""), sent.get("reason", ""),
                    sent.get("state"))  # fmt: skip
    return go_to("mentions_queue", done=mention_id)
