"""Who may keep an answer, and what answers to programs are called (`ETag`), to be spared by a 304.

Every answer says in `Cache-Control` who may keep it: a cache that several people share only what
was asked without a cookie or a token, and gave none.

A view that knows better what its answer depends on names it itself. What is streamed has no name,
and what is for nobody to keep has none either.
"""

from __future__ import annotations

from flask import Flask, Response, request, session

FOR_PROGRAMS = ("/api/", "/w3c/")


def register(app: Flask) -> None:
    """Name answers before they are compressed: call after `packing.register`."""
    app.after_request(_name)


def keep_apart(app: Flask) -> None:
    """Say of every answer who may keep it; call before what else looks at answers, to come last."""
    app.after_request(_say_who_may_keep)


def _say_who_may_keep(answer: Response) -> Response:
    said = bool(answer.cache_control)
    personal = {"Cookie", "Authorization"} & set(request.headers.keys()) or session.modified
    if personal and not answer.cache_control.no_store:
        answer.cache_control.public = False
        answer.cache_control.private = True
    if not said:
        answer.cache_control.no_cache = True
    answer.vary.add("Cookie")
    if request.path.startswith(FOR_PROGRAMS):
        answer.vary.add("Authorization")
    return answer


def _name(answer: Response) -> Response:
    readable = request.method in {"GET", "HEAD"} and answer.status_code == 200
    kept = not answer.is_streamed and not answer.cache_control.no_store
    if not (readable and kept and request.path.startswith(FOR_PROGRAMS)):
        return answer
    if answer.get_etag()[0] is None:
        answer.add_etag(weak=True)  # packed or not, it says the same
    answer.make_conditional(request)
    return answer
