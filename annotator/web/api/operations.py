"""Operations of the API: a function's address, parameters, answers and errors.

A view's parameters `query` and `body` are classes of `schemas`, parsed and checked before it is
called. What it returns becomes JSON. `openapi` describes the operation from the same signature, the
first line of the docstring and the permission table.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from functools import partial, wraps
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from flask import Blueprint, Response, make_response, request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from annotator.auth.permissions import TABLE, require
from annotator.errors import Gone, Hidden, Malformed, Stale
from annotator.schemas.annotations import Annotations, AnnotationValue
from annotator.schemas.base import JSON, Answer, Page, S, Shape
from annotator.schemas.queries import LISTS, MAY_BE_EMPTY, LimitQuery, Results
from annotator.services.annotations.annotations import edits
from annotator.web.http.site import site, viewer

api = Blueprint("api", __name__)
PRIVATE = ("moderate", "answer")  # scopes of responses that must not be cached
PLAIN, FILE, BYTES = "text/plain", "file", "application/octet-stream"


class Operation(NamedTuple):
    """An operation of the API.

    `name` is the view's. `gives` maps the statuses of success to a type, a kind of file, or None
    for an answer without a body. `act` is the row of the permission table that it needs, empty if
    everyone may. `refuses` are its own error statuses; `every_refusal` adds the shared ones.
    `keyed` takes an `Idempotency-Key`, `versioned` an `If-Match`.
    """

    name: str
    method: str
    path: str
    summary: str
    gives: dict[int, Any]
    refuses: tuple[int, ...]
    query: type[Shape] | None
    body: type[Shape] | None
    act: str
    keyed: bool
    versioned: bool

    @property
    def scope(self) -> str:
        """The scope that a token needs; empty if no token is needed."""
        return TABLE[self.act].scope if self.act else ""

    @property
    def conditional(self) -> bool:
        """Return whether the answer has an ETag."""
        nameless = FILE in self.gives.values() or self.scope in PRIVATE
        return self.method == "get" and not nameless

    @property
    def every_refusal(self) -> list[int]:
        """List the statuses from 400 on: its own and those of its kind."""
        statuses = {400, 401, 414, 429, 503, *self.refuses}
        if self.method != "get":
            statuses |= {411, 413}
        if self.body is not None:
            statuses |= {415}
        if self.act:
            statuses |= {403}
            statuses |= {409} if self.method != "get" else set()
        if self.versioned:
            statuses |= {412}
        return sorted(statuses)


OPERATIONS: list[Operation] = []


def operation(
    method: str,
    path: str,
    *,
    statuses: tuple[int, ...] = (200,),
    gives: Any = None,
    refuses: tuple[int, ...] = (),
    act: str = "",
    keyed: bool = False,
    versioned: bool = False,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Register a view as an operation; see `Operation`.

    A view with the parameter `session` is given one: to read for GET, else a transaction. It
    returns a value, a tuple of a value, a status and optional headers, as in Flask, or a whole
    response, whose content `gives` describes.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(view)
        result = gives or hints["return"]
        if get_origin(result) is tuple:
            result = get_args(result)[0]
        described = Operation(
            view.__name__,
            method.lower(),
            path.replace("<", "{").replace(">", "}"),
            (view.__doc__ or "").partition("\n")[0].rstrip("."),
            dict.fromkeys(statuses, None if result is type(None) else result),
            refuses,
            hints.get("query"),
            hints.get("body"),
            act,
            keyed,
            versioned,
        )
        call = partial(_in_session, view, method) if "session" in hints else view

        @wraps(view)
        def answer(**named: Any) -> Response:
            fields = None
            if described.query is not None:
                named["query"] = query(described.query)
                fields = getattr(named["query"], "fields", None)
            if described.body is not None:
                if act == "moderate":
                    require(viewer(), act)  # before the body is validated
                named["body"] = _checked(described.body, sent())
            returned = call(**named)
            value, *more = returned if isinstance(returned, tuple) else (returned, statuses[0])
            response = make_response(json_response(value, fields), *more)
            if described.scope in PRIVATE and method == "GET":
                response.headers["Cache-Control"] = "no-store"
            return response

        OPERATIONS.append(described)
        api.add_url_rule(path, view.__name__, answer, methods=[method])
        return view

    return register


def _in_session(view: Callable[..., Any], method: str, **named: Any) -> Any:
    """Call a view with a session to read, or with a transaction."""
    db = site().db
    with db.reading() if method == "GET" else db.transaction() as session:
        return view(session, **named)


def json_response(
    value: Answer | Response | None, fields: Collection[str] | None = None
) -> Response:
    """Return a view's answer as JSON; of an annotation or each item only `fields`, unless None.

    Raises Gone and Hidden for an annotation that the viewer may not read.
    """
    if isinstance(value, Response):
        return value
    if value is None:
        return Response()
    include: Any = fields
    exclude: Any = None
    if isinstance(value, Page):
        others = dict.fromkeys(type(value).model_fields, True)
        include = others | {"items": {"__all__": fields}} if fields else None
        if isinstance(value, Annotations | Results) and not fields:
            exclude = {"items": {at: item.repetitions() for at, item in enumerate(value.items)}}
    if isinstance(value, AnnotationValue):
        require_readable(value)
    context = {"licence": site().config.site.licence}
    text = value.model_dump_json(context=context, include=include, exclude=exclude)
    response = Response(f"{text}\n", mimetype="application/json")
    return versioned(response, value) if isinstance(value, AnnotationValue) else response


def versioned(response: Response, annotation: AnnotationValue) -> Response:
    """Set a response's ETag, from the annotation's version and the representation."""
    seen = hashlib.sha256(response.get_data()).hexdigest()[:16]
    response.set_etag(f"{annotation.id}.{annotation.edits}-{seen}")
    if not annotation.shown:
        response.headers["Cache-Control"] = "no-store"
    return response


def require_readable(annotation: AnnotationValue) -> None:
    """Raise Gone or Hidden if the viewer may not read an annotation."""
    if annotation.deleted:
        raise Gone(
            "This annotation has been deleted; its replies are in its thread.",
            thread=annotation.thread,
        )
    hidden = annotation.hidden
    if hidden and annotation.veiled:
        raise Hidden(
            f"A moderator has hidden this annotation, under {hidden.cited}; the log says why.",
            thread=annotation.thread,
            **hidden.to_json(),
        )


def require_version(session: Session, ident: str) -> None:
    """Raise Stale if `If-Match` is sent and does not match the annotation.

    Call after `annotations.changeable`, so that others learn nothing about its edits.
    """
    if not request.if_match:
        return
    present = f"{ident}.{edits(session, ident)}"
    # After the version the ETag has the representation, and the suffix of Flask-Compress.
    named = {tag.partition(":")[0].rpartition("-")[0] for tag in request.if_match.as_set()}
    if not (request.if_match.star_tag or present in named):
        raise Stale("This has changed since you read it. Nothing was changed; read it again.")


def sent() -> JSON:
    """Return the request's JSON body. Raises Malformed."""
    try:
        value = request.get_json()
    except (BadRequest, RecursionError) as error:
        if isinstance(error, BadRequest) and error.code != 400:
            raise
        raise Malformed("The body is not valid JSON; send one object.") from error
    if not isinstance(value, dict):
        raise Malformed("The body must be one JSON object.")
    return value


def query(shape: type[S]) -> S:
    """Read the request's query. Raises Malformed with the parameter.

    The query `q` may be empty; every other parameter needs a value.
    Only lists may be repeated: `fields=id&fields=author` is `fields=id,author`. A `limit` is at
    most the site's.
    """
    parameters: JSON = {}
    for key, values in request.args.lists():
        if len(values) > 1 and key not in LISTS:
            raise Malformed(f"{key} is given twice.", field=key)
        if not all(values) and key not in MAY_BE_EMPTY:
            raise Malformed(f"{key} has no value; give one, or leave it out.", field=key)
        if values[0]:
            parameters[key] = ",".join(values)
    checked = _checked(shape, parameters)
    if isinstance(checked, LimitQuery):
        limit = min(checked.limit, site().config.limits.page)
        return checked.model_copy(update={"limit": limit})
    return checked


def _checked(shape: type[S], value: JSON) -> S:
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        steps = [f"[{step}]" if isinstance(step, int) else f".{step}" for step in first["loc"]]
        field = "".join(steps).removeprefix(".") or "body"  # `targets[0].start`
        if first["type"] == "extra_forbidden":
            fields = ", ".join(info.alias or name for name, info in shape.model_fields.items())
            message = f"{field} is unknown; known fields: {fields}."
        elif first["type"] in {"string_pattern_mismatch", "string_unicode"}:
            message = f"{field}: it contains a NUL or half a surrogate pair."
        else:
            message = f"{field}: {first['msg'].removeprefix('Value error, ')}."
        raise Malformed(message, field=field) from None
