"""Feeds: new commentary on the site, a document, a provision, by a person, with a tag, for a query.

Also passages that a revision changed, and moderators' decisions. Each is available as Atom and JSON
Feed, and its page links to both.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from flask import Response, make_response, render_template, request, url_for
from markupsafe import Markup
from sqlalchemy.orm import Session

from annotator import markup
from annotator.documents.parsed import Parsed
from annotator.errors import Malformed
from annotator.formats import feeds
from annotator.formats.feeds import Feed, Item
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.answers import AnswerLine
from annotator.schemas.moderation import LogEntry
from annotator.search.query import condition
from annotator.services.accounts import accounts
from annotator.services.annotations import listings
from annotator.services.annotations.annotation_loader import in_threads
from annotator.services.annotations.filters import Filter
from annotator.services.answers import answers
from annotator.services.editions import editions
from annotator.services.following import email_text, news, sender
from annotator.services.following.news import NewsItem
from annotator.services.moderation import moderation_log
from annotator.services.reading import full_text
from annotator.services.revisions import edition_pairs
from annotator.services.revisions.edition_pairs import EditionDiff
from annotator.web.http.site import address, site
from annotator.web.pages import words
from annotator.web.pages.blueprint import page

MOST = 50
TITLE = 80  # characters of a comment in its title
FORM = "<any(atom,json):form>"


@page(f"/feeds/commentary.{FORM}")
def feed_of_site(rows: Session, form: str) -> Response:
    """Return the newest commentary on everything."""
    title = words.feed("commentary", site().config.site.name)
    return _commentary(rows, form, title, url_for("pages.home"))


@page(f"/feeds/d/<slug>.{FORM}")
def feed_of_document(rows: Session, slug: str, form: str) -> Response:
    """Return the newest commentary on a document."""
    title = words.feed("commentary", editions.newest(rows, slug).title)
    return _commentary(rows, form, title, url_for("pages.document", name=slug), document=slug)


@page(f"/feeds/d/<slug>/p/<pid>.{FORM}")
def feed_of_provision(rows: Session, slug: str, pid: str, form: str) -> Response:
    """Return the newest commentary on a provision, in the newest edition that has it."""
    loaded = editions.holding(rows, slug, pid)
    name = words.provision(loaded.parsed.provisions[loaded.ordinals[pid]])
    title = words.feed("commentary", f"{loaded.title}, {name}")
    page = url_for("pages.provision", slug=slug, pid=pid)
    return _commentary(rows, form, title, page,
                       document=slug, edition=loaded.label, provision=pid)  # fmt: skip


@page(f"/feeds/people/<path:name>.{FORM}")
def feed_of_person(rows: Session, name: str, form: str) -> Response:
    """Return the newest commentary by a person, under whichever name."""
    name = accounts.named(rows, name).name
    page = url_for("pages.person", name=name)
    return _commentary(rows, form, words.feed("person", name), page, author=name)


@page(f"/feeds/tags/<path:tag>.{FORM}")
def feed_of_tag(rows: Session, tag: str, form: str) -> Response:
    """Return the newest commentary with a tag."""
    page = url_for("pages.search", q=condition("tag", tag))
    return _commentary(rows, form, words.feed("tag", tag), page, tag=tag)


@page(f"/feeds/search.{FORM}")
def feed_of_search(rows: Session, form: str) -> Response:
    """Return the newest commentary that a query finds, in one document if it is named."""
    query, slug = request.args.get("q", "").strip(), request.args.get("document") or None
    if not query:
        raise Malformed(f"Enter words to search for: {request.path}?q=words", field="q")
    page = url_for("pages.search", q=query, document=slug)
    return _commentary(rows, form, words.feed("search", query), page,
                       document=slug, q=query)  # fmt: skip


@page(f"/feeds/d/<slug>/changes.{FORM}")
def feed_of_changes(rows: Session, slug: str, form: str) -> Response:
    """Return the passages of a document that revisions changed, those of the newest first."""
    newest = editions.newest(rows, slug)
    revisions = edition_pairs.revisions(rows, slug)
    items = islice(chain.from_iterable(map(_changes, revisions)), 2 * MOST)
    page = url_for("pages.document", name=slug)
    return _answer(form, words.feed("changes", newest.title), page, items)


@page(f"/feeds/d/<slug>/answers.{FORM}")
def feed_of_answers(rows: Session, slug: str, form: str) -> Response:
    """Return the newest answers of a document's publisher."""
    title = words.feed("answers", editions.newest(rows, slug).title)
    listed = answers.page(rows, editions.document(rows, slug), "published", limit=MOST)
    page = url_for("pages.account_of_answers", slug=slug)
    return _answer(form, title, page, (_answered(each, address() + page) for each in listed.items))


@page(f"/feeds/moderation.{FORM}")
def feed_of_moderation(rows: Session, form: str) -> Response:
    """Return the newest decisions of moderators."""
    entries = moderation_log.page(rows, limit=MOST)
    title = words.feed("moderation", site().config.site.name)
    return _answer(form, title, url_for("pages.log"), map(_decision, entries.items))


@page(f"/feeds/mine/<key>.{FORM}")
def own_feed(rows: Session, key: str, form: str) -> Response:
    """Return the news of the account that has this key."""
    found = news.page(rows, sender.feed_owner(rows, key)).items
    items = [_news(item) for item in found]
    answer = _answer(
        form, words.feed("news", site().config.site.name), url_for("pages.news"), items
    )
    answer.headers["Cache-Control"], answer.headers["X-Robots-Tag"] = "no-store", "noindex"
    return answer


def _news(item: NewsItem) -> Item:
    base, of, edition, row = address(), item.annotation, item.edition, item.row
    title, path, body, author = words.decision_headline(), "", "", site().config.site.name
    if of is not None:
        title = words.comment_headline(row.kind, [of.author], email_text.place(of))
        path, author = url_for("pages.annotation", ident=of.id), of.author
        body = markup.absolute_links(of.html or "", base + path)
    elif edition is not None:
        labels = f"{item.before}..{edition.label}"
        title = words.edition_headline(row, edition)
        path = url_for("pages.diff", slug=edition.slug, labels=labels)
        if row.kind == "changed":
            path = url_for("pages.revision_report", slug=edition.slug, labels=labels, own="yes")
    else:
        path = url_for("pages.log_entry", act=row.act_id)
    return Item(id=f"{base}/news#news-{row.id}", link=base + path, title=title, author=author,
                published=row.created, updated=row.created, html=body)  # fmt: skip


def _commentary(rows: Session, form: str, title: str, page: str, **narrow: Any) -> Response:
    chosen = Filter(**narrow)
    if chosen.q:
        newest = full_text.page(rows, site().engine, chosen, "newest", limit=MOST).items
    else:
        newest = listings.first(rows, chosen, "newest", MOST)
    shown = in_threads(rows, [item for item in newest if item.shown])
    return _answer(form, title, page, [_annotation(rows, item) for item in shown])


def _annotation(rows: Session, annotation: AnnotationValue) -> Item:
    base = address()
    link = base + url_for("pages.annotation", ident=annotation.id)
    html = markup.absolute_links(annotation.html or "", link)
    place, beginning = _place(rows, annotation), _beginning(annotation)
    parent = annotation.in_reply_to
    named = words.replied_on(place) if parent else place
    return Item(
        id=link, link=base + url_for("pages.place", ident=annotation.id),
        title=f"{named}: {beginning}" if beginning else named,
        author=annotation.author, published=annotation.created, updated=annotation.modified,
        tags=annotation.tags,
        html=render_template(
            "feed_item.html", it=annotation, base=base, body=html, place=place
        ).strip(),
        answers=base + url_for("pages.annotation", ident=parent) if parent else "",
    )  # fmt: skip


def _place(rows: Session, annotation: AnnotationValue) -> str:
    """Name the place of a thread: "Being honest ¶ 6", or the document."""
    head = annotation.head or annotation
    at = head.placements[0] if head.placements else None
    loaded = editions.labelled(rows, annotation.document, at.edition if at else None)
    if at is None or at.pid is None:
        return loaded.title
    return words.place(loaded.parsed, loaded.ordinals[at.pid])


def _beginning(annotation: AnnotationValue) -> str:
    """Return the first words of a comment; those of the text in quotation marks for a highlight."""
    if annotation.html:
        return words.shortened(Markup(annotation.html).striptags(), TITLE)  # noqa: S704  it is cleaned already
    exact = " ".join((annotation.targets[0].exact or "").split()) if annotation.targets else ""
    return f"“{words.shortened(exact, TITLE)}”" if exact else ""


def _changes(diff: EditionDiff) -> Iterator[Item]:
    old, new = diff.old, diff.new
    page = address() + url_for("pages.diff", slug=new.slug, labels=f"{old.label}..{new.label}")
    when = datetime.fromisoformat(new.captured).replace(tzinfo=UTC)
    for row in diff.rows:
        view = row.new or row.old
        if view is None:
            continue
        link = f"{page}#{row.anchor}"
        parsed: Parsed = (new if row.new else old).parsed
        verdict = words.translated(words.VERDICTS[row.verdict])
        title = f"{verdict}: {words.place(parsed, view.ordinal)}"
        html = render_template("feed_change.html", pieces=row.pieces).strip()
        yield Item(link, link, title, new.title, when, when, html=html)


def _answered(each: AnswerLine, page: str) -> Item:
    link, when = f"{page}#answer-{each.id}", each.published or each.created
    title = (
        f"{words.translated(words.OUTCOMES[each.outcome])}: {words.counted(each.total, 'comment')}"
    )
    html = markup.absolute_links(each.html or "", page)
    return Item(link, link, title, each.by, when, when, html=html)


def _decision(entry: LogEntry) -> Item:
    link, about = f"{address()}{entry.log}", entry.account or entry.annotation
    title = words.translated(words.ACTS[entry.act])
    return Item(link, link, f"{title}: {about}" if about else title, entry.by, entry.created,
                entry.created, f"{entry.reason} ({entry.place})")  # fmt: skip


def _answer(form: str, title: str, page: str, items: Iterable[Item]) -> Response:
    """Return a feed, or 304 to a reader that has it."""
    base, query = address(), request.query_string.decode()
    own = base + request.path + (f"?{query}" if query else "")
    feed = Feed(own, base + page, title, tuple(items), site().config.site.licence, base + "/")
    answer = make_response(feeds.write(feed, form))
    answer.mimetype = feeds.MIMETYPES[form]
    answer.last_modified = feed.updated
    answer.headers["Cache-Control"] = "public, no-cache"
    answer.add_etag()
    answer.make_conditional(request)
    return answer
