"""One person's commentary, newest first."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth import names
from annotator.errors import NotFound
from annotator.services.accounts import accounts
from annotator.services.annotations import annotation_loader, listings
from annotator.services.annotations.filters import Filter
from annotator.services.revisions import revision_report
from annotator.web.http.site import site, viewer
from annotator.web.pages.blueprint import pages


@pages.get("/people/<path:name>")
def person(name: str) -> str | AnyResponse:
    """Show a person's commentary; redirect a former name to the current one."""
    with site().db.reading() as rows:
        account = accounts.named(rows, name)
        if account.name != name:
            moved = redirect(url_for("pages.person", name=account.name), 301)
            moved.headers["Cache-Control"] = "no-cache"  # a name can be taken back
            return moved
        first = listings.first(rows, Filter(author=name), "oldest", 1)
        listed = listings.page(rows, Filter(author=name), "newest", request.args.get("cursor"))
        elsewhere = accounts.account_elsewhere(rows, account.id)
        if elsewhere and not listed.total:
            raise NotFound(f"There is no account named {name}.")  # all of it waits for review
        own = viewer().account == account.id
        revised = revision_report.awaiting_word(rows, account.id) if own else []
        return render_template(
            "person.html",
            name=name,
            joined=account.created,
            first=first[0].created if first else account.created,
            elsewhere=elsewhere,
            former=names.is_former(name),
            found=listed,
            comments=annotation_loader.with_answered(rows, listed.items),
            revised=revised,
        )
