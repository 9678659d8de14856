"""The viewer's news, with reports and comments that only the viewer and moderators can read."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import groupby

from flask import Response, current_app, redirect, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, NotSignedIn
from annotator.schemas.charter import KINDS
from annotator.schemas.following import FollowValue
from annotator.schemas.moderation import LogEntry
from annotator.services.annotations import annotation_loader, listings
from annotator.services.editions import editions
from annotator.services.following import email_text, follows, sender
from annotator.services.following import news as viewers_news
from annotator.services.following.news import NewsItem
from annotator.services.moderation import moderation_log
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import form, go_to, page, pages, show
from annotator.web.pages.people.sign_in import next_page


@dataclass(frozen=True)
class NewsGroup:
    """News of one kind, thread and day, newest first."""

    items: Sequence[NewsItem]

    @property
    def kind(self) -> str:
        """Return their kind."""
        return self.items[0].row.kind

    @property
    def first(self) -> NewsItem:
        """Return the newest."""
        return self.items[0]

    @property
    def authors(self) -> list[str]:
        """Return the distinct authors of the annotations."""
        return list(dict.fromkeys(it.annotation.author for it in self.items if it.annotation))

    @property
    def read(self) -> bool:
        """Return whether all of it is read."""
        return all(it.row.read for it in self.items)

    def appealable(self, entry: LogEntry) -> bool:
        """Return whether the viewer may appeal the act that it is of."""
        return KINDS[entry.act].appealed_by == self.first.row.told_as and not entry.undone_by


def grouped(found: Sequence[NewsItem]) -> list[NewsGroup]:
    """Group news by day, thread and kind, each group where its newest is."""

    def key(item: NewsItem) -> tuple[object, ...]:
        thread = item.annotation.thread if item.annotation else item.row.id
        return item.row.created.date(), item.row.kind, thread

    order = {key(item): -place for place, item in enumerate(reversed(found))}
    ordered = sorted(found, key=lambda item: order[key(item)])
    return [NewsGroup(list(group)) for _, group in groupby(ordered, key)]


@page("/news")
def news(rows: Session) -> Response:
    """Show the viewer's news, reports and appeals, and withheld comments."""
    if not viewer().known:
        raise NotSignedIn("Sign in to see your news.")
    found = viewers_news.page(rows, viewer(), request.args.get("cursor"))
    acts = [item.row.act_id for item in found.items if item.row.act_id]
    return show("news.html", private=True, groups=grouped(found.items), next=found.next,
                place_of=email_text.place, entries=moderation_log.get_many(rows, acts),
                asked=moderation_log.flags_and_appeals(rows, viewer()),
                held=listings.withheld(rows, viewer()))  # fmt: skip


@form("/news/read", shown=False)
def read_news(rows: Session) -> AnyResponse:
    """Mark some of the viewer's news as read, or all of it."""
    ids = [int(ident) for ident in request.form.getlist("news") if ident.isdecimal()]
    viewers_news.mark_read(rows, viewer(), ids if "news" in request.form else None)
    return go_to("news")


@form("/news/mute", shown=False)
def mute(rows: Session) -> AnyResponse:
    """Mute a thread or person, or end that."""
    kind, key, do = _sent()
    follows.mute(rows, viewer(), kind, key, on=do != "end")
    return redirect(next_page("/news"), 303)


@page("/following")
def following(rows: Session) -> Response:
    """List what the viewer follows and mutes."""
    found, muted = follows.of_viewer(rows, viewer()), follows.muted(rows, viewer())
    threads = [key for kind, key in (*((it.kind, it.key) for it in found), *muted)
               if kind == "thread"]  # fmt: skip
    heads = annotation_loader.read(rows, threads, viewer=viewer())
    slugs = {it.document for it in found if it.document}
    return show("following.html", private=True, follows=found, muted=muted,
                place_of=email_text.place, heads={it.id: it for it in heads},
                loaded_of={slug: editions.newest(rows, slug) for slug in slugs})  # fmt: skip


@form("/following", shown=False)
def follow(rows: Session) -> AnyResponse:
    """Follow something, only its new threads, or unfollow it."""
    kind, key, do = _sent()
    if do == "end":
        follows.end(rows, viewer(), kind, key)
    else:
        follows.follow(rows, viewer(), kind, key, heads=do == "heads")
    return redirect(next_page("/following"), 303)


def _sent() -> tuple[str, ...]:
    return tuple(request.form.get(name, "") for name in ("kind", "key", "do"))


@pages.app_template_global()
def followed(kind: str, key: str) -> FollowValue | None:
    """Return the viewer's follow of something, or None."""
    with suppress(AnnotatorError), site().db.reading() as rows:
        return follows.present(rows, viewer(), kind, key)
    return None


@pages.get("/unsubscribe/<token>")
def unsubscribe(token: str) -> Response:
    """Show the button to stop emails, so that link scanners do not unsubscribe anybody."""
    return show("unsubscribe.html", private=True, token=token, ended=None)


@pages.post("/unsubscribe/<token>")
def post_unsubscribe(token: str) -> Response:
    """End emails at one click, as RFC 8058 has it: without signing in, once or again."""
    with site().db.transaction(shown=False) as rows:
        ended = sender.unsubscribe(rows, current_app.config["SECRET_KEY"], token)
    return show("unsubscribe.html", private=True, token=token, ended=ended)
