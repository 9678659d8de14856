"""What makes a function an operation of the API: its address, what it takes, answers and refuses.

A view's parameters `query` and `body` are shapes of `schemas`: they are read and checked before it
is called. What it returns is written as JSON. The same signature, the first line of the docstring
and the table of permissions are what `openapi` describes, so that nothing is said twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection
from functools import wraps
from typing import Any, NamedTuple, get_args, get_origin, get_type_hints

from flask import Blueprint, Response, make_response, request
from pydantic import ValidationError
from sqlalchemy.orm import Session
from werkzeug.exceptions import BadRequest

from annotator.auth.permissions import TABLE, require
from annotator.errors import Gone, Hidden, Malformed, Stale
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.base import JSON, Answer, Page, S, Shape
from annotator.schemas.queries import LISTS, MAY_BE_EMPTY, LimitQuery
from annotator.services.annotations.annotations import edits
from annotator.web.http.site import site, viewer

api = Blueprint("api", __name__)
PLAIN, FILE, BYTES = "text/plain", "file", "application/octet-stream"


class Operation(NamedTuple):
    """One thing the API does.

    `name` is the view's. `gives` maps the statuses of success to a type, a kind of file, or None
    for an answer without a body. `act` is the row of the table of permissions that it needs, empty
    where anybody may. `refuses` are the statuses of refusals of its own; `every_refusal` adds those
    that many share. `keyed` takes an `Idempotency-Key`, `versioned` an `If-Match`.
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
        """The scope that a token needs; empty where no token is needed."""
        return TABLE[self.act].scope if self.act else ""

    @property
    def conditional(self) -> bool:
        """Return whether the answer has a name that `If-None-Match` may send back."""
        nameless = FILE in self.gives.values() or self.scope == "moderate"
        return self.method == "get" and not nameless

    @property
    def every_refusal(self) -> list[int]:
        """List the statuses from 400 on: its own, and those that all of its kind share."""
        found = {400, 401, 414, 429, 503, *self.refuses}
        if self.method != "get":
            found |= {411, 413}
        if self.body is not None:
            found |= {415}
        if self.act:
            found |= {403}
            found |= {409} if self.method != "get" else set()
        if self.versioned:
            found |= {412}
        return sorted(found)


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
    """Make a view an operation; see `Operation`.

    A view returns what is answered; or a tuple of that, a status and perhaps headers, as in Flask;
    or a whole response, of which `gives` says what is in it.
    """

    def register(view: Callable[..., Any]) -> Callable[..., Any]:
        hints = get_type_hints(view)
        given = gives or hints["return"]
        if get_origin(given) is tuple:
            given = get_args(given)[0]
        described = Operation(
            view.__name__,
            method.lower(),
            path.replace("<", "{").replace(">", "}"),
            (view.__doc__ or "").partition("\n")[0].rstrip("."),
            dict.fromkeys(statuses, None if given is type(None) else given),
            refuses,
            hints.get("query"),
            hints.get("body"),
            act,
            keyed,
            versioned,
        )

        secret = described.scope == "moderate" and method == "GET"

        @wraps(view)
        def answer(**named: Any) -> Response:
            fields = None
            if described.query is not None:
                named["query"] = query(described.query)
                fields = getattr(named["query"], "fields", None)
            if described.body is not None:
                if act == "moderate":
                    require(viewer(), act)  # before anything is said of the body
                named["body"] = _checked(described.body, sent())
            returned = view(**named)
            value, *more = returned if isinstance(returned, tuple) else (returned, statuses[0])
            response = make_response(json_response(value, fields), *more)
            if secret:
                response.headers["Cache-Control"] = "no-store"
            return response

        OPERATIONS.append(described)
        api.add_url_rule(path, view.__name__, answer, methods=[method])
        return view

    return register


def json_response(
    value: Answer | Response | None, fields: Collection[str] | None = None
) -> Response:
    """Return a view's answer as JSON; of each annotation in it only `fields`, unless that is None.

    Raises Gone and Hidden for an annotation that the viewer may not read.
    """
    if isinstance(value, Response):
        return value
    if value is None:
        return Response()
    include: Any = fields
    if fields is not None and isinstance(value, Page):
        include = {"total": True, "next": True, "items": {"__all__": fields}}
    if isinstance(value, AnnotationValue):
        require_readable(value)
    context = {"licence": site().config.site.licence}
    text = value.model_dump_json(context=context, include=include)
    response = Response(f"{text}\n", mimetype="application/json")
    return versioned(response, value) if isinstance(value, AnnotationValue) else response


def versioned(response: Response, annotation: AnnotationValue) -> Response:
    """Name a response by the version of the annotation, and by what it looks like."""
    seen = hashlib.sha256(response.get_data()).hexdigest()[:16]
    response.set_etag(f"{annotation.id}.{annotation.edits}-{seen}")
    if not annotation.shown:
        response.headers["Cache-Control"] = "no-store"
    return response


def require_readable(annotation: AnnotationValue) -> None:
    """Raise Gone or Hidden where the viewer may not read an annotation."""
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
    """Raise Stale unless the annotation is still the one that `If-Match` names, if it is sent.

    Call after `annotations.changeable`: whoever may not change it learns nothing of its edits.
    """
    if not request.if_match:
        return
    present = f"{ident}.{edits(session, ident)}"
    # After the version stands what its answer looked like, and what Flask-Compress made of that.
    named = {tag.partition(":")[0].rpartition("-")[0] for tag in request.if_match.as_set()}
    if not (request.if_match.star_tag or present in named):
        raise Stale("This was changed since you read it. Nothing was done; read it again.")


def sent() -> JSON:
    """Read the request's JSON body, whatever is in it. Raises Malformed."""
    try:
        value = request.get_json()
    except (BadRequest, RecursionError) as error:
        if isinstance(error, BadRequest) and error.code != 400:
            raise
        raise Malformed("The body is no valid JSON; send one object.") from error
    if not isinstance(value, dict):
        raise Malformed("The body must be one JSON object.")
    return value


def query(shape: type[S]) -> S:
    """Read the request's query. Raises Malformed with the parameter.

    Words to search for may be empty, which asks for nothing; every other parameter has a value.
    Only lists may be repeated: `fields=id&fields=author` is `fields=id,author`. A `limit` is at
    most the site's.
    """
    given: JSON = {}
    for key, values in request.args.lists():
        if len(values) > 1 and key not in LISTS:
            raise Malformed(f"{key} is given twice.", field=key)
        if not all(values) and key not in MAY_BE_EMPTY:
            raise Malformed(f"{key} has no value; give one, or leave it out.", field=key)
        if values[0]:
            given[key] = ",".join(values)
    asked = _checked(shape, given)
    if isinstance(asked, LimitQuery):
        limit = min(asked.limit, site().config.limits.page)
        return asked.model_copy(update={"limit": limit})
    return asked


def _checked(shape: type[S], value: JSON) -> S:
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        steps = [f"[{it}]" if isinstance(it, int) else f".{it}" for it in first["loc"]]
        field = "".join(steps).removeprefix(".") or "body"  # `targets[0].start`
        if first["type"] == "extra_forbidden":
            fields = ", ".join(one.alias or name for name, one in shape.model_fields.items())
            message = f"{field} is not known here; there are: {fields}."
        else:
            message = f"{field}: {first['msg'].removeprefix('Value error, ')}."
        raise Malformed(message, field=field) from None
