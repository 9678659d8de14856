"""Error handling: every error becomes a status and JSON, or a page.

Unexpected errors are logged with the request's id and shown without internals.
"""

from __future__ import annotations

import logging
from http import HTTPStatus

from flask import Flask, Response, g, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.datastructures import MIMEAccept
from werkzeug.exceptions import HTTPException, SecurityError

from annotator import errors
from annotator.errors import AnnotatorError
from annotator.web.http.site import site
from annotator.web.http.translation import ENGLISH

STATUS: dict[type[AnnotatorError], int] = {
    errors.Malformed: 400,
    errors.NotSignedIn: 401,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Gone: 410,
    errors.Stale: 412,
    errors.TooLarge: 413,
    errors.Unacceptable: 422,
    errors.RateLimited: 429,
    errors.Unavailable: 503,
}
CODES = {
    400: "malformed",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    411: "length_required",
    414: "address_too_long",
    415: "wrong_content_type",
}
WORDS = {
    404: "There is nothing at this address.",
    405: "This address does not support that method.",
    411: "Send the length of the body in Content-Length.",
    413: "The request is too large. Send less at once.",
    414: "This address is too long. Send less in it.",
    415: "Send JSON, with Content-Type: application/json.",
}
JSON_PREFIXES = ("/api/", "/hypothesis/", "/w3c/", "/health/")
FOR_SENDERS = "/webmention"  # where programs send to and browsers hardly come
log = logging.getLogger(__name__)


def register(app: Flask) -> None:
    """Register handlers for our errors, HTTP errors and unexpected ones."""
    app.register_error_handler(AnnotatorError, _of_the_product)
    app.register_error_handler(CSRFError, _expired_form)
    app.register_error_handler(HTTPException, of_http)
    app.register_error_handler(Exception, _unexpected)


def status_of(error: AnnotatorError) -> int:
    """Return the HTTP status that fits an error."""
    return next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 400)


def _of_the_product(error: AnnotatorError) -> Response:
    answer = _answer(status_of(error), error.code, error.message, error.field, error.details)
    set_status(answer, error)
    return answer


def set_status(answer: Response, error: AnnotatorError) -> None:
    """Set the status of an answer to an error, and when to try again."""
    answer.status_code = status_of(error)
    if isinstance(error, errors.Unavailable):
        log.warning("unavailable: %s (request %s)", error.__cause__ or error, g.request_id)
    if isinstance(error, errors.Unavailable | errors.RateLimited):
        answer.headers["Retry-After"] = str(error.details.get("retry_after", 5))


def _expired_form(error: CSRFError) -> Response:
    return _answer(
        400,
        "form_expired",
        "This form has expired or was not made for you. Go back, reload the page and send it "
        f"again; what you wrote is still there. ({error.description})",
    )


def of_http(error: HTTPException) -> Response:
    """Answer an error of HTTP itself, such as an address that nothing is at."""
    if isinstance(error, SecurityError):  # an unknown host; no page has its name
        words = "This site does not answer to that host name; see site.address and server.hosts."
        if wants_json(request.path, request.accept_mimetypes):
            return _answer(400, "unknown_host", words)
        return Response(f"{words}\n", 400, mimetype="text/plain")
    status = error.code or 500
    code = CODES.get(status, HTTPStatus(status).name.lower())
    answer = _answer(status, code, WORDS.get(status, error.description or error.name))
    for name, value in error.get_headers():
        if name in {"Allow", "Location", "Retry-After"}:
            answer.headers[name] = value
    return answer


def _unexpected(error: Exception) -> Response:
    log.error("request %s: %s %s", g.request_id, request.method, request.path, exc_info=error)
    return _answer(
        500,
        "unexpected",
        f"Something went wrong on the server. It was logged as {g.request_id}. "
        "Nothing was changed; try again.",
    )


def wants_json(path: str, accepted: MIMEAccept) -> bool:
    """Return whether to send an error as JSON: always in APIs, otherwise as `Accept` says."""
    if f"{path}/".startswith(JSON_PREFIXES):
        return True
    if path == FOR_SENDERS:
        return "text/html" not in accepted.values()
    return accepted["application/json"] > accepted["text/html"]


def _answer(
    status: int, code: str, message: str, field: str | None = None,
    details: dict[str, object] | None = None,
) -> Response:  # fmt: skip
    if not wants_json(request.path, request.accept_mimetypes):
        page = render_template(
            "error.html", status=status, code=code, message=message, request_id=g.request_id
        )
        answer = make_response(page, status)
        answer.vary.add("Accept")
        return answer
    # In the site's language if requested, as the site's scripts do.
    language = site().language
    tag = request.accept_languages.best_match([ENGLISH.tag, language.tag], ENGLISH.tag)
    if tag != ENGLISH.tag:
        message = language.words.gettext(message)
    body: dict[str, object] = {"code": code, "message": message}
    if field is not None:
        body["field"] = field
    shape: dict[str, object] = {"error": {**(details or {}), **body, "request_id": g.request_id}}
    if request.path.startswith("/hypothesis/"):
        shape |= {"status": "failure", "reason": message}
    answer = jsonify(shape)
    answer.status_code = status
    answer.vary.update(("Accept", "Accept-Language"))
    return answer
