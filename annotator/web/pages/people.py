"""One person's commentary, newest first."""

from __future__ import annotations

from flask import render_template, request

from annotator.services import accounts, differences, listing
from annotator.services.listing import Filter
from annotator.web.pages.blueprint import pages
from annotator.web.site import site, viewer


@pages.get("/people/<path:name>")
def person(name: str) -> str:
    """Show what somebody has said."""
    with site().db.reading() as rows:
        account = accounts.named(rows, name)
        found = listing.page(rows, Filter(author=name), "newest", request.args.get("cursor"))
        own = viewer().account == account.id
        revised = differences.awaiting_word(rows, account.id) if own else []
        return render_template(
            "person.html", name=name, since=account.created, found=found, revised=revised
        )
