"""HTTP parsing: complete requests of bounded size, with only one meaning."""

from __future__ import annotations

import json
import secrets
import time
from http import HTTPStatus

from markupsafe import escape
from waitress.parser import HTTPRequestParser, ParsingError
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
LINE_BYTES = 8_190
HEAD_BYTES = 16_384
FIELDS = 64
VERSIONS = {"1.0", "1.1"}


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


class Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress has no types
    """waitress's parser, refusing requests that two programs could parse differently."""

    target = "/"  # the target as sent, if known
    accept = ""  # the Accept header, if known
    arrived = 0.0  # when the last byte came, by the monotonic clock
    _looked = False

    def received(self, data: bytes) -> int:
        """Parse bytes; return how many of them belong to this request."""
        begun = self.header_plus
        consumed: int = super().received(data)
        if not self._looked and (self.headers_finished or self.error) and not self.empty:
            self._looked = True
            self._look((begun + data[:consumed]).lstrip())
        if self.completed:
            self.arrived = time.monotonic()
        return consumed

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the head. Raises ParsingError if it is invalid, endless numbers included."""
        try:
            super().parse_header(header_plus)
        except ValueError as error:
            raise ParsingError("Address or length is invalid") from error

    def _look(self, head: bytes) -> None:
        """Check a head that was read, or was too long to read."""
        line, _, rest = head.partition(b"\r\n\r\n")[0].partition(b"\r\n")
        words = line.split(b" ", 2)
        self.target = words[1].decode("latin-1") if len(words) > 1 else "/"
        fields = [field.partition(b":") for field in rest.split(b"\r\n")]
        accepts = [
            value.decode("latin-1") for name, _, value in fields if name.lower() == b"accept"
        ]
        self.accept = ",".join(accepts)
        fault = self._fault(line, [name.lower() for name, colon, _ in fields if colon])
        if fault:
            self.error = Refusal(fault)
        if self.error:
            self.completed, self.expect_continue = True, False

    def _fault(self, line: bytes, names: list[bytes]) -> int | None:
        if len(line) > LINE_BYTES:
            return 414
        if self.error:
            return int(self.error.code)
        if len(names) > FIELDS:
            return 431
        if b"transfer-encoding" in names:
            # The body's length must be known before it is read; with a length besides, two programs
            # could cut the stream at different places.
            return 400 if b"content-length" in names else 411
        hosts = names.count(b"host")
        if self.version not in VERSIONS or hosts > 1 or (self.version == "1.1" and not hosts):
            return 400
        return None
