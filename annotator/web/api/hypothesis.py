"""A read-only API like Hypothesis's, for its client and scripts.

Follows the Hypothesis API, version 1 (`/api/`), with the public group only. Endpoints that are not
listed do not exist: there is no writing and no signing in.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, jsonify, redirect, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from annotator.errors import Gone, Malformed, NotFound
from annotator.formats import hypothesis as dialect
from annotator.schemas.annotations import AnnotationValue, read_stamp
from annotator.search.query import condition
from annotator.services.annotations import listings
from annotator.services.dialects import hypothesis as looking
from annotator.services.dialects.hypothesis import MAX_OFFSET, SORTS, HypothesisQuery, QueryPlace
from annotator.services.editions import editions
from annotator.services.reading import full_text
from annotator.web.http.site import address, site

ROOT = "/hypothesis/api"
hypothesis = Blueprint("hypothesis", __name__, url_prefix=ROOT)
JSON = dict[str, Any]
MAX_ITEMS = 200
USUAL = 20
MAX_VALUES = 50  # of each parameter that may repeat
ROUTES = {
    "annotation.read": ("annotations/:id", "Fetch an annotation"),
    "search": ("search", "Search for annotations"),
    "links": ("links", "Fetch the templates of page addresses"),
    "profile.read": ("profile", "Fetch the profile of the current user, who is anonymous"),
    "profile.groups.read": ("profile/groups", "Fetch the groups of the current user"),
    "groups.read": ("groups", "Fetch the groups in which a page is annotated"),
    "group.read": ("groups/:id", "Fetch a group"),
}


@hypothesis.get("/")
def index() -> Response:
    """List the endpoints."""
    links: JSON = {}
    for name, (path, desc) in ROUTES.items():
        *above, last = name.split(".")
        at = links
        for step in above:
            at = at.setdefault(step, {})
        at[last] = {"method": "GET", "url": f"{address()}{ROOT}/{path}", "desc": desc}
    return jsonify({"links": links})


@hypothesis.get("/links")
def links() -> Response:
    """Return the pages that the client links to."""
    base = address()
    return jsonify({
        "account.settings": f"{base}/account", "forgot-password": f"{base}/recover",
        "groups.new": f"{base}/", "help": f"{base}/",
        "search.tag": f"{base}/search?q=tag:%22:tag%22",
        "oauth.authorize": f"{base}/sign-in", "oauth.revoke": f"{base}/sign-in",
        "signup": f"{base}/sign-up", "user": f"{base}{ROOT}/people/:user",
    })  # fmt: skip


@hypothesis.get("/profile")
def profile() -> Response:
    """Return an anonymous profile; signing in is not supported."""
    return jsonify({
        "userid": None, "authority": dialect.authority(address()), "features": {},
        "preferences": {"show_sidebar_tutorial": False},
        "groups": [{"id": dialect.GROUP, "name": "Public", "public": True}],
    })  # fmt: skip


@hypothesis.get("/people/<user>")
def person(user: str) -> ResponseReturnValue:
    """Redirect from the client's name of a person, `acct:Ann@example.org`, to their page."""
    name = dialect.name_of(user, address())
    if name is None:
        raise NotFound(f"There is no user {user!r} on this site.")
    return redirect(f"/people/{quote(name)}", 303)


@hypothesis.get("/profile/groups")
def profile_groups() -> Response:
    """Return no groups; the client adds the public one from `/groups`."""
    return jsonify([])


@hypothesis.get("/groups")
def groups() -> Response:
    """Return the public group."""
    return jsonify([_group()])


@hypothesis.get(f"/groups/{dialect.GROUP}")
def group() -> Response:
    """Return the public group."""
    return jsonify(_group())


@hypothesis.get("/annotations/<ident>")
def annotation(ident: str) -> Response:
    """Return an annotation on its original words."""
    with site().db.reading() as session:
        annotation = listings.get(session, ident)
        if not annotation.shown:
            raise Gone("This annotation is no longer available.")
        line = looking.references(session, [annotation]).get(ident, [])
        return jsonify(*_written(session, [annotation], {ident: line}, placed=False))


@hypothesis.get("/search")
def search() -> Response:
    """Search as Hypothesis does; see `docs/api.md` for the parameters."""
    with site().db.reading() as session:
        query = _query(session)
        placed = query.places is not None
        results = looking.search(session, query)
        answer: JSON = {
            "total": results.total,
            "rows": _written(session, results.items, results.references, placed=placed),
        }
        if query.heads_only:
            under = looking.replies(session, results.items, query.places)
            answer["replies"] = _written(session, under.items, under.references, placed=placed)
    return jsonify(answer)


def _written(
    session: Session,
    items: Iterable[AnnotationValue],
    references: dict[str, list[str]],
    *,
    placed: bool,
) -> list[JSON]:
    items = list(items)
    needed = {(item.document, item.edition) for item in items}
    needed |= {(item.document, at.edition) for item in items for at in item.placements}
    loaded_editions = {key: editions.labelled(session, *key) for key in needed}
    texts = {key: loaded.parsed.text for key, loaded in loaded_editions.items()}
    titles = {slug: loaded.title for (slug, _), loaded in loaded_editions.items()}
    return [dialect.annotation(item, address(), texts, references.get(item.id, ()), placed=placed)
            | {"document": {"title": [titles[item.document]]}} for item in items]  # fmt: skip


def _query(session: Session) -> HypothesisQuery:
    args = request.args
    sort, order = args.get("sort") or "updated", args.get("order") or "desc"
    if sort not in SORTS:
        raise Malformed(f"sort must be one of {', '.join(SORTS)}.", field="sort")
    if order not in ("asc", "desc"):
        raise Malformed("order must be asc or desc.", field="order")
    authors = [dialect.name_of(user, address()) for user in _values("user")]
    elsewhere = any(group != dialect.GROUP for group in _values("group"))
    return HypothesisQuery(
        places=[] if elsewhere else _places(session),
        authors=[name for name in authors if name] if authors else None,
        tags=_tags(),
        among=_among(session),
        references=_values("references") or None,
        sort=sort,
        descending=order == "desc",
        after=_after(sort),
        offset=_number("offset", 0, MAX_OFFSET),
        limit=_number("limit", USUAL, MAX_ITEMS),
        heads_only=args.get("_separate_replies") in ("true", "1"),
    )


def _tags() -> list[str]:
    """Return the tags of `tag` and of `tags`, which may be a list with commas. Raises Malformed."""
    listed = (tag.strip() for each in _values("tags") for tag in each.split(","))
    tags = list(dict.fromkeys([*_values("tag"), *filter(None, listed)]))
    if len(tags) > MAX_VALUES:
        raise Malformed(
            f"{len(tags)} tags were requested; the limit is {MAX_VALUES}.", field="tags"
        )
    return tags


def _places(session: Session) -> list[QueryPlace] | None:
    uris, patterns = [*_values("uri"), *_values("url")], _values("wildcard_uri")
    parts = _values("uri.parts")
    if not uris and not patterns and not parts:
        return None
    return looking.places(session, address(), uris=uris, patterns=patterns, parts=parts)


def _values(name: str) -> list[str]:
    """Return the values of a parameter that may repeat. Raises Malformed."""
    values = request.args.getlist(name)
    if len(values) > MAX_VALUES:
        raise Malformed(f"{name} is given {len(values)} times; the limit is {MAX_VALUES}.",
                        field=name)  # fmt: skip
    return values


def _among(session: Session) -> tuple[str, ...] | None:
    """Find annotations with all words of `any`, `text` and `quote`; None without words."""
    fields = {"any": "{}", "text": "text:{}", "quote": "quote:{}"}
    conditions = [form.format(condition("x", word).removeprefix("x:"))
              for field, form in fields.items()
              for value in _values(field) for word in value.split()]  # fmt: skip
    if not conditions:
        return None
    return full_text.among(session, site().engine, " ".join(conditions))


def _after(sort: str) -> datetime | str | None:
    value = request.args.get("search_after")
    if not value or sort not in ("created", "updated"):
        return value or None
    try:
        if value.isdecimal() and len(value) > len("9999"):
            return read_stamp(datetime.fromtimestamp(int(value) / 1000).astimezone().isoformat())
        return read_stamp(value)
    except (ValueError, OverflowError, OSError) as error:
        message = "search_after must be a time such as 2026-01-31T12:00:00Z."
        raise Malformed(message, field="search_after") from error


def _number(name: str, usual: int, most: int) -> int:
    value = request.args.get(name)
    if not value:
        return usual
    if not value.isdecimal() or len(value) > len("999999999"):
        raise Malformed(f"{name} must be a number from 0 to {most}.", field=name)
    return min(int(value), most)


def _group() -> JSON:
    """Describe the public group, with organization and scopes if `expand` names them."""
    home, expand = f"{address()}/", request.args.getlist("expand")
    named = {"id": dialect.GROUP, "name": site().config.site.name, "default": True, "logo": None}
    scopes = {"scopes": {"enforced": False, "uri_patterns": []}} if "scopes" in expand else {}
    return scopes | {
        "id": dialect.GROUP, "groupid": None, "name": "Public", "public": True,
        "scoped": False, "type": "open", "links": {"html": home}, "urls": {"group": home},
        "organization": named if "organization" in expand else dialect.GROUP,
    }  # fmt: skip
