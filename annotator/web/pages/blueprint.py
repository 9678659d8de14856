"""The blueprint of the pages, the globals of its templates, and static files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext, suppress
from functools import cache, lru_cache, partial, wraps
from inspect import signature
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode, urlsplit

from flask import (
    Blueprint,
    Response,
    after_this_request,
    g,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
    url_for,
)
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.routing import BaseConverter
from werkzeug.wrappers import Response as AnyResponse

from annotator.auth.permissions import NOBODY
from annotator.db import Cache
from annotator.errors import AnnotatorError, NotSignedIn, Unavailable
from annotator.formats import csv
from annotator.relocation.diff import word_diff
from annotator.schemas import charter
from annotator.schemas.annotations import AnnotationValue, stamp
from annotator.schemas.summaries import DocumentLine
from annotator.search.query import condition
from annotator.services.annotations import suggestions
from annotator.services.editions import editions
from annotator.services.following import news
from annotator.services.reading import reading_page
from annotator.services.revisions import revision_report
from annotator.web.http.assets import (
    INLINE_ICON,
    INLINE_SHEET,
    INLINE_THEME,
    SHEETS,
    STATIC,
    script,
    sheet,
)
from annotator.web.http.caching import keep_packed
from annotator.web.http.errors import set_status
from annotator.web.http.hooks import read_only
from annotator.web.http.site import site
from annotator.web.pages import words

A_YEAR = 365 * 24 * 3600
FRAGMENT = "X-Fragment"
UNQUOTED = "/@~:+,;=!$&'()*"  # characters that a path may contain unescaped (RFC 3986)
DOCUMENTS = 12  # listed on the page "not found"
MOST_COMMENTS = 1_000  # of some 10 kB each, with what identifies them
kept_comments = Cache(MOST_COMMENTS)

pages = Blueprint("pages", __name__, template_folder="../templates")


class DocumentName(BaseConverter):
    """A document's slug, and no `SLUG@LABEL`: a section of an edition may be called "comments"."""

    regex = "[^@]+"


R = TypeVar("R")
View = Callable[..., R]


def page(rule: str, endpoint: str | None = None) -> Callable[[View[R]], View[R]]:
    """Register a page, whose function is given a session to read with.

    What it registers is called without the session; a form shows the page again in this way.
    """

    def register(view: View[R]) -> View[R]:
        @wraps(view)
        def answer(**named: Any) -> R:
            with site().db.reading() as rows:
                return view(rows, **named)

        pages.add_url_rule(rule, endpoint, cast(View[str], answer), methods=["GET"])
        return answer

    return register


def form(
    rule: str,
    again: View[Any] | None = None,
    *,
    but: tuple[type[AnnotatorError], ...] = (),
    shown: bool = True,
) -> Callable[[View[AnyResponse]], View[AnyResponse]]:
    """Register a form; its function is given a transaction if it has the parameter `rows`.

    Where it is refused, the page `again` is shown with the error, except for the errors `but`.
    `shown` is that of the transaction.
    """

    def register(view: View[AnyResponse]) -> View[AnyResponse]:
        writes = "rows" in signature(view).parameters
        known = signature(again).parameters if again else {}

        @wraps(view)
        def answer(**named: Any) -> AnyResponse:
            try:
                with site().db.transaction(shown=shown) if writes else nullcontext() as rows:
                    done = view(rows, **named) if writes else view(**named)
            except AnnotatorError as error:
                if again is None or isinstance(error, but):
                    raise
                named = {name: value for name, value in named.items() if name in known}
                return cast(AnyResponse, again(**named, error=error))
            return done

        pages.add_url_rule(rule, view_func=answer, methods=["POST"])
        return answer

    return register


def address_of(page: str, **kept: Any) -> Callable[..., str]:
    """Return the function of a page's address with other arguments than it has, or without."""
    return partial(url_for, f"pages.{page}", **kept)


def go_to(page: str, **values: Any) -> AnyResponse:
    """Send the browser from a form to a page."""
    return redirect(url_for(f"pages.{page}", **values), 303)


def path_of(address: str) -> str:
    """Return the path of the address of a provision."""
    return f"/d/{quote(address, safe=UNQUOTED)}"


FILTERS: dict[str, Callable[..., Any]] = {
    "day": words.day, "exact": words.exact, "translated": words.translated,
    "shorten": words.shortened, "stamp": stamp,
    "path": path_of, "condition": lambda value, field: condition(field, value),
    "groupby_run": lambda items, name: [list(run) for _, run in groupby(items, attrgetter(name))],
    "dict_by": lambda items, name: {getattr(item, name): item for item in items},
    "sentence": lambda text: text[:1].upper() + text[1:], "host": lambda url: urlsplit(url).netloc,
}  # fmt: skip
for name, function in FILTERS.items():
    pages.add_app_template_filter(function, name)
for function in (word_diff, revision_report.change_of, read_only):
    pages.add_app_template_global(function)


@pages.app_context_processor
def _everywhere() -> dict[str, Any]:
    """Return the variables of every template, error pages included."""
    config = site().config
    return {"viewer": g.get("viewer", NOBODY), "site": config.site, "limits": config.limits,
            "receives_mentions": config.webmention.receive, "words": words,
            "assets": path_for("pages.static_file", edition=version(), name=""),
            "charter": charter, "depths": reading_page.DEEPEST,
            "theme_script": INLINE_THEME, "reading_sheet": INLINE_SHEET,
            "icon": INLINE_ICON}  # fmt: skip


def show(
    template: str, error: AnnotatorError | None = None, *, private: bool = False, **context: Any
) -> Response:
    """Return a page with the status of its `error`; a `private` one is not cached.

    Raises NotSignedIn instead if no form on the page signs in.
    """
    if isinstance(error, NotSignedIn) and not private:
        raise error
    answer = make_response(render_template(template, error=error, **context))
    if error:
        set_status(answer, error)
    if private:
        answer.headers["Cache-Control"] = "no-store"
    return answer


def spreadsheet(name: str, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Response:
    """Return a table to be downloaded as a CSV file."""
    answer = Response(csv.table(columns, rows), mimetype="text/csv")
    answer.headers.set("Content-Disposition", "attachment", filename=f"{name}.csv")
    return answer


@pages.app_template_global("url_for")
def path_for(endpoint: str, **values: Any) -> str:
    """Return the path of an address, as Flask's `url_for` does in three times the time."""
    return _path_for(request.root_path, endpoint, *values.items())


@lru_cache(4096)
def _path_for(_root: str, endpoint: str, *values: tuple[str, Any]) -> str:
    return url_for(endpoint, **dict(values))


@pages.app_template_global()
def fragment() -> bool:
    """Return whether a script of the site requests a page without its frame."""
    after_this_request(_vary)
    return FRAGMENT in request.headers


@pages.app_template_global()
def frame() -> str:
    """Return the base template of a page: the whole page or a fragment."""
    return "fragment.html" if fragment() else "base.html"


def _vary(answer: Response) -> Response:
    answer.vary.add(FRAGMENT)
    return answer


@pages.app_template_global()
def answered_by(
    reply: AnnotationValue, listed: Sequence[AnnotationValue]
) -> AnnotationValue | None:
    """Return the reply that `reply` answers, if listed; None for a reply to the thread's head."""
    parents = (item for item in listed if item.id == reply.in_reply_to and item.in_reply_to)
    return next(parents, None)


@pages.app_template_global()
def kept(
    macro: Callable[..., str],
    annotation: AnnotationValue,
    level: str,
    newest: bool,
    answered: AnnotationValue | None,
) -> str:
    """Return a comment of a list as the template's macro renders it.

    What everybody sees of a public comment is kept in the process: rendering 50 of them takes most
    of the time of a page.
    """
    key = (annotation, level, newest, answered, request.root_path, site().language.state)
    public = annotation.shown and not g.viewer.known
    found = kept_comments.get(key) if public else None
    if found is None:
        found = macro(annotation, level, newest=newest, answered=answered)
        if public:
            kept_comments[key] = found
    return found


@pages.app_template_global()
def agrees(ident: str) -> bool:
    """Return whether the viewer agrees with a suggestion."""
    if "agreed" not in g:
        with site().db.reading() as rows:
            g.agreed = suggestions.agreed(rows, g.viewer)
    return ident in g.agreed


@pages.app_template_global()
def unread() -> int:
    """Count the viewer's unread news."""
    who = g.get("viewer", NOBODY)
    if not who.known:
        return 0
    with suppress(Unavailable), site().db.reading() as rows:
        return news.unread(rows, who)
    return 0


@pages.app_template_global()
def all_documents() -> list[DocumentLine]:
    """List the documents for error pages; empty while the database cannot be read."""
    with suppress(AnnotatorError, SQLAlchemyError), site().db.reading() as rows:
        return editions.summaries(rows)[:DOCUMENTS]
    return []


@pages.app_template_global()
def current_path() -> str:
    """Return the address of this page, for returning after signing in."""
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return quote(request.path) + (query if request.method == "GET" else "")


def version() -> str:
    """Return a digest of the static files, so that browsers can cache them permanently."""
    return _version(site().language.state)


@cache
def _version(spoken: str) -> str:
    digest = hashlib.sha256(spoken.encode())
    for path in sorted(STATIC.rglob("*.*")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


@pages.get("/assets/<edition>/<path:name>")
def static_file(edition: str, name: str) -> Response:
    """Return a static file; with its digest in the address it never changes."""
    present, stems = edition == version(), SHEETS.get(name)
    path = f"css/{stems[0]}.css" if stems else name
    answer = send_from_directory(STATIC, path, max_age=A_YEAR if present else 0)
    answer.direct_passthrough = False
    data = answer.get_data()  # streams are not compressed
    if name.endswith(".js"):
        data = script(name.removeprefix("js/")).encode()
    elif name.endswith(".css"):
        data = sheet(*(stems or (name.removeprefix("css/").removesuffix(".css"),))).encode()
    answer.set_data(data)
    if present:
        keep_packed(f"{edition}/{name}")
        answer.headers["Cache-Control"] = f"public, max-age={A_YEAR}, immutable"
    return answer


@pages.app_template_filter("in_place")
def _in_place(annotation: AnnotationValue) -> str:
    """Return the address of the text with a comment open in context."""
    at = annotation.placements[0] if annotation.placements else None
    if at is None:  # a reply has the place of its thread
        return path_for("pages.place", ident=annotation.id)
    text = path_for("pages.document", name=f"{annotation.document}@{at.edition}")
    return f"{text}?{urlencode({'remark': annotation.id})}{f'#{at.pid}' if at.pid else ''}"
