"""Answers to programs have a name (`ETag`), and are not sent again to who has them: 304.

A view that knows better what its answer depends on names it itself. What is streamed has no name,
and what is for nobody to keep has none either.
"""

from __future__ import annotations

from flask import Flask, Response, g, request

FOR_PROGRAMS = ("/api/", "/w3c/")


def register(app: Flask) -> None:
    """Name answers before they are compressed: call after `packing.register`."""
    app.after_request(_name)


def _name(answer: Response) -> Response:
    readable = request.method in {"GET", "HEAD"} and answer.status_code == 200
    kept = not answer.is_streamed and not answer.cache_control.no_store
    if not (readable and kept and request.path.startswith(FOR_PROGRAMS)):
        return answer
    if answer.get_etag()[0] is None:
        answer.add_etag(weak=True)  # packed or not, it says the same
    if not g.viewer.known:
        answer.headers.setdefault("Cache-Control", "no-cache")
    answer.make_conditional(request)
    return answer
