"""Following over the API: what the viewer follows, and the viewer's news."""

from __future__ import annotations

from annotator.schemas.following import (
    Follows,
    FollowShape,
    NewsItems,
    NewsQuery,
    ReadShape,
    UnfollowQuery,
    Unread,
)
from annotator.services.following import follows, news
from annotator.web.api.operations import operation
from annotator.web.http.site import site, viewer


@operation("GET", "/api/follows", act="follow.own")
def list_follows() -> Follows:
    """Return everything that the viewer follows, newest first."""
    with site().db.reading() as session:
        items = follows.of_viewer(session, viewer())
    return Follows(total=len(items), items=items)


@operation("POST", "/api/follows", statuses=(201,), refuses=(404, 422), act="follow.own")
def create_follow(body: FollowShape) -> Follows:
    """Follow something; if a passage is no longer in the text, follow its successors."""
    with site().db.transaction(shown=False) as session:
        items = follows.follow(session, viewer(), body.kind, body.key, heads=body.heads)
    return Follows(total=len(items), items=items)


@operation("DELETE", "/api/follows", statuses=(204,), refuses=(404, 422), act="follow.own")
def delete_follow(query: UnfollowQuery) -> tuple[None, int]:
    """Unfollow something."""
    with site().db.transaction(shown=False) as session:
        follows.end(session, viewer(), query.kind, query.key)
    return None, 204


@operation("GET", "/api/news", refuses=(422,), act="news.see_own")
def list_news(query: NewsQuery) -> NewsItems:
    """Return a page of the viewer's news, newest first."""
    with site().db.reading() as session:
        found = news.page(session, viewer(), query.cursor, query.limit,
                          since=query.since, cls=query.cls, counted=True)  # fmt: skip
    return NewsItems(
        total=found.total, items=[news.value(it) for it in found.items], next=found.next
    )


@operation("POST", "/api/news/read", act="news.mark_own")
def mark_news(body: ReadShape) -> Unread:
    """Mark the viewer's news as read."""
    with site().db.transaction(shown=False) as session:
        news.mark_read(session, viewer(), body.ids)
        return Unread(unread=news.unread(session, viewer()))
