"""Webmentions: the endpoint, the list of a document, and their moderation."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import require
from annotator.errors import AnnotatorError, NotAllowed, NotFound
from annotator.services.editions import editions
from annotator.services.moderation import actions
from annotator.services.webmention import mentions
from annotator.web.http.site import address, site, viewer
from annotator.web.pages.blueprint import pages, show


@pages.post("/webmention")
def post_mention() -> AnyResponse:
    """Queue a mention; `Location` is the page of its state, as the Recommendation asks."""
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


@pages.get("/d/<slug>/mentions")
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
