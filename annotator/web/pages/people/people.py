"""One person's commentary, newest first."""

from __future__ import annotations

from dataclasses import replace

from flask import redirect, request, url_for
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import names
from annotator.errors import AnnotatorError, NotFound
from annotator.schemas.annotations import Annotations
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader, listings, suggestions
from annotator.services.annotations.filters import Filter
from annotator.services.reading import full_text
from annotator.services.revisions import revision_report
from annotator.web.http.site import site, viewer
from annotator.web.pages import filter_bar
from annotator.web.pages.blueprint import address_of, page, show
from annotator.web.pages.filter_bar import FilterBar

FIELDS = tuple(name for name in filter_bar.EVERYWHERE if name != "author")


@page("/people/<path:name>")
def person(rows: Session, name: str) -> AnyResponse:
    """Show a person's commentary; redirect a former name to the current one."""
    account = accounts.named(rows, name)
    if account.name != name:
        moved = redirect(url_for("pages.person", name=account.name), 301)
        moved.headers["Cache-Control"] = "no-cache"  # a name can be taken back
        return moved
    first = listings.first(rows, Filter(author=name), "oldest", 1)
    total = listings.count(rows, Filter(author=name))
    fields, fault = filter_bar.given(FIELDS), None
    narrow = Filter()
    try:
        narrow = full_text.with_hits(rows, site().engine, filter_bar.read(fields))
        narrow = replace(narrow, author=name)
        listed = listings.page(rows, narrow, "newest", request.args.get("cursor"))
    except AnnotatorError as error:
        fault = error
        listed = Annotations(total=0, items=[], next=None)
    elsewhere = accounts.account_elsewhere(rows, account.id)
    if elsewhere and not total:
        raise NotFound(f"There is no account named {name}.")  # all of it waits for review
    own = viewer().account == account.id
    decided = suggestions.decided(rows, account.id) if own else []
    revised = revision_report.awaiting_word(rows, account.id) if own else []

    at = address_of("person", name=name, **fields)
    return show(
        "person.html",
        fault,
        name=name,
        at=at,
        total=total,
        filter=FilterBar(fields, at, {}, FIELDS, error=fault),
        joined=account.created,
        first=first[0].created if first else account.created,
        elsewhere=elsewhere,
        former=names.is_former(name),
        found=listed,
        comments=annotation_loader.with_answered(rows, listed.items),
        revised=revised,
        decided=annotation_loader.read(rows, decided),
    )
