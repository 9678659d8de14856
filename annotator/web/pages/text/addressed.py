"""Addresses within a document: the provision, a redirect, or a choice.

`services.addressing` resolves an address; this module turns the result into HTTP.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote

from flask import Response, make_response, redirect, render_template
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.documents.address import notation
from annotator.errors import Malformed, NotFound
from annotator.schemas.documents import Resolution
from annotator.services.addressing import address_lookup, resolver
from annotator.services.editions.editions import Loaded

UNQUOTED = "/@~:+,;=!$&'()*"  # what a path may hold as it is, after RFC 3986


@dataclass(frozen=True)
class AddressedPassage:
    """A provision, its `cited` range (None for all of it), and notes for the reader."""

    ordinal: int
    cited: tuple[int, int] | None = None
    notes: tuple[str, ...] = ()


def path_of(address: str) -> str:
    """Return the path of an address on this site."""
    return f"/d/{quote(address, safe=UNQUOTED)}"


def find(rows: Session, loaded: Loaded, name: str, place: str) -> AddressedPassage | AnyResponse:
    """Find `place` in an edition, which the request calls `name`: a provision or a response.

    A section's former or later name is answered with its present address (301), several of a name
    with all of them (300), and nothing with what comes nearest (404). Raises NotFound.
    """
    section, _, number = place.partition("/")
    exact = loaded.parsed.numbered.get((section, number))
    if exact is not None:
        return AddressedPassage(exact)
    answer = _resolved(rows, f"{loaded.slug}@{loaded.label}/{place}")
    if answer.address is None or answer.pid is None:
        return choices(loaded, answer)
    present = notation.read(answer.address).start.path
    if answer.status == "same" and present and present[-1] != section:
        pinned = f"{loaded.slug}@{loaded.label}"
        moved = redirect(path_of(name + answer.address.removeprefix(pinned)), 301)
        moved.headers["Cache-Control"] = "no-cache"  # the next revision may rename it again
        return moved
    ordinal = loaded.ordinals[answer.pid]
    provision, span = loaded.parsed.provisions[ordinal], (answer.start or 0, answer.end or 0)
    whole = span == (provision.start, provision.end) or answer.walked_up
    return AddressedPassage(ordinal, None if whole else span, tuple(answer.notes))


def living(rows: Session, slug: str, pid: str) -> AnyResponse:
    """Redirect from a pid, in an edition or with words of it, to its address.

    Raises NotFound.
    """
    answer = _resolved(rows, f"{slug}/p/{pid}")
    if answer.address is None:
        loaded = address_lookup.edition_of(rows, notation.read(f"{slug}/p/{pid}"))
        return choices(loaded, answer)
    return redirect(path_of(answer.address), 302)


def choices(loaded: Loaded, answer: Resolution) -> Response:
    """Show the provisions that an address may mean, or the closest ones."""
    several = answer.status == "ambiguous"
    offered = answer.candidates
    notes = [note for note in answer.notes if not any(each.address in note for each in offered)]
    page = render_template("address_choices.html", loaded=loaded, notes=notes, offered=offered,
                           several=several and len(offered) > 1)  # fmt: skip
    return make_response(page, 300 if several else 404)


def _resolved(rows: Session, cited: str) -> Resolution:
    try:
        return resolver.resolve(rows, cited)
    except Malformed as error:
        raise NotFound(f"{cited[:200]} is not an address of a provision.") from error
