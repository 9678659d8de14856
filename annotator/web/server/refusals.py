"""Answers of the server itself, before any view: JSON for programs, a page for people."""

from __future__ import annotations

import json
import secrets
from http import HTTPStatus

from markupsafe import escape
from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header

from annotator.web.http.errors import wants_json
from annotator.web.http.hooks import HEADERS

# Status: code, message. The codes are those of `docs/api.md`.
WORDS: dict[int, tuple[str, str]] = {
    400: ("malformed", "This is not a valid HTTP request. Send one Host and one Content-Length."),
    408: ("too_slow", "The request did not arrive in time. Send it again on a faster connection."),
    411: ("length_required", "Send the length of the body with Content-Length."),
    413: ("too_large", "The body is larger than this site accepts."),
    414: ("address_too_long", "The address is longer than this site accepts (8 KB)."),
    429: ("rate_limited", "Your network has too many unfinished requests. Finish some first."),
    431: ("head_too_large", "The headers are larger than this site accepts (64 fields, 16 KB)."),
    500: ("unexpected", "Something went wrong. Nothing was changed; try again."),
    501: ("not_implemented", "This site does not support that Transfer-Encoding."),
    503: ("unavailable", "The site is too busy. Nothing was changed; try again in a few seconds."),
}
RETRY_AFTER_SECONDS = 5


class Refusal:
    """An error of a request, as waitress passes it on."""

    def __init__(self, status: int) -> None:
        self.code = status


def answer(status: int, path: str, accept: str) -> tuple[str, list[tuple[str, str]], bytes]:
    """Return status line, headers and body for a refused request, with its `Accept` header."""
    status = status if status in WORDS else int(HTTPStatus.BAD_REQUEST)
    code, message = WORDS[status]
    phrase, ident = HTTPStatus(status).phrase, secrets.token_hex(6)
    if wants_json(path.partition("?")[0], parse_accept_header(accept, MIMEAccept)):
        kind = "application/json"
        body = json.dumps({"error": {"code": code, "message": message, "request_id": ident}})
    else:
        kind = "text/html; charset=utf-8"
        body = (
            f'<!doctype html>\n<html lang="en">\n<meta charset="utf-8">\n<title>{phrase}</title>\n'
            f"<h1>{phrase}</h1>\n<p>{escape(message)}</p>\n<p>Request {ident}</p>\n</html>\n"
        )
    headers = [("Content-Type", kind), ("X-Request-Id", ident), ("Cache-Control", "no-store"),
               ("Vary", "Accept")]  # fmt: skip
    if status in {408, 429, 503}:
        headers.append(("Retry-After", str(RETRY_AFTER_SECONDS)))
    return f"{status} {phrase}", [*headers, *HEADERS.items()], body.encode()


def whole(status: int, path: str, accept: str) -> bytes:
    """Return the bytes of a refusal that closes the connection."""
    line, headers, body = answer(status, path, accept)
    more = [*headers, ("Content-Length", str(len(body))), ("Connection", "close")]
    head = "".join(f"{name}: {value}\r\n" for name, value in more)
    return f"HTTP/1.1 {line}\r\n{head}\r\n".encode("latin-1") + body
