"""The API described as OpenAPI 3.1, from its operations and the shapes that they take and give."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from annotator import __version__, formats
from annotator.config import Config
from annotator.schemas.base import JSON
from annotator.schemas.errors import Error
from annotator.schemas.queries import MAY_BE_EMPTY
from annotator.web.api.operations import BYTES, FILE, OPERATIONS, PLAIN, Operation

References = dict[Any, JSON]
SHAPES = "#/components/schemas/"
WHY = {
    400: "It cannot be read: broken JSON, an unknown field or parameter, a wrong type.",
    401: "No token, or one that is unknown, revoked or ended.",
    403: "Not with this token, not to what is another's, or not while suspended.",
    404: "There is nothing under that name.",
    409: "It does not fit what is there, or somebody else was faster; `code` says which.",
    410: "It was here; it was deleted, or a moderator has hidden it.",
    411: "The length of the body was not said.",
    412: "It was changed since you read it; nothing was done.",
    413: "More than the site takes at once.",
    414: "The address is longer than the site takes.",
    415: "The body is not said to be application/json.",
    422: "Understood, and not acceptable: empty, too long, out of range, not one of the values.",
    429: "Too often; `Retry-After` says how many seconds to wait.",
    503: "Not just now: the database is busy, or the site takes nothing new.",
}
HEADERS: JSON = {
    "X-Request-Id": ("What the site's log knows this request by.", {"type": "string"}),
    "ETag": ("The name of this answer; send it as `If-None-Match`.", {"type": "string"}),
    "Location": ("Where it is.", {"type": "string"}),
    "Retry-After": ("How many seconds to wait.", {"type": "string", "pattern": "^[0-9]+$"}),
}
PARAMETERS: JSON = {
    "If-None-Match": ("Names (`ETag`) of answers that you have; 304 if it is still one of them.",
                      {"type": "string"}),
    "If-Match": ("The `ETag` of what you read; 412 if it was changed since.", {"type": "string"}),
    "Idempotency-Key": ("A text of your own; the same sent again within a day is stored once.",
                        {"type": "string", "minLength": 1, "maxLength": 100}),
}  # fmt: skip
SCOPES = "A token has scopes; the one that is needed stands in the list."
SECURITY: JSON = {
    "token": {"type": "http", "scheme": "bearer", "description": f"An API token. {SCOPES}"},
    "form": {"type": "apiKey", "in": "header", "name": "X-CSRFToken",
             "description": "A browser that is signed in sends this beside its cookie."},
}  # fmt: skip


def description(config: Config) -> JSON:
    """Describe every operation of the site that has these settings."""
    schemas, references = _schemas()
    paths: JSON = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(
            operation, schemas, references
        )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": config.site.name,
            "version": __version__,
            "description": "Public commentary on documents; see /api/ for worked examples.",
        },
        "servers": [{"url": config.site.address or "/"}],
        "paths": paths,
        "components": {"schemas": schemas, "securitySchemes": SECURITY},
    }


class Described(BaseModel):
    """A description of the API, such as this one."""

    openapi: Literal["3.1.0"]


@cache
def _schemas() -> tuple[JSON, References]:
    """Return the schema of every shape by its name, and how each type is referred to."""
    sent = {it for each in OPERATIONS for it in (each.query, each.body) if it}
    given = {it for each in OPERATIONS for it in each.gives.values() if not isinstance(it, str)}
    types = [(it, "validation", TypeAdapter(it)) for it in sent]
    types += [(it, "serialization", TypeAdapter(it)) for it in {Error, *given} - {None}]
    found, made = TypeAdapter.json_schemas(types, ref_template=f"{SHAPES}{{model}}")  # type: ignore[arg-type]
    references = {kind: _plain(schema) for (kind, _), schema in found.items()}
    schemas = {name.removesuffix("Value"): _plain(it) for name, it in made["$defs"].items()}
    return dict(sorted(schemas.items())), references


def _plain(schema: Any) -> Any:
    """Leave out the titles that pydantic makes of names, and defaults that only say "nothing".

    A shape is named without `Value`, which tells it from the table of that name.
    """
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema.removesuffix("Value") if str(schema).startswith(SHAPES) else schema
    return {
        key: _plain(value) for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value in (None, "", 0, [], ()))
    }  # fmt: skip


def _operation(operation: Operation, schemas: JSON, references: References) -> JSON:
    described: JSON = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation, schemas),
        "responses": _responses(operation, references),
        "security": _security(operation),
    }
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


def _security(operation: Operation) -> list[JSON]:
    if operation.scope:
        return [{"token": [operation.scope]}, {"form": []}]
    return [{}, {"token": ["read"]}]


def _parameters(operation: Operation, schemas: JSON) -> list[JSON]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    string = {"type": "string"}
    parameters: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": string} for name in names
    ]
    if operation.query is not None:
        shape = schemas[operation.query.__name__]
        for name, schema in shape["properties"].items():
            parameters.append(_query(name, schema, name in shape.get("required", ())))
    headers = {"If-None-Match": operation.conditional, "If-Match": operation.versioned,
               "Idempotency-Key": operation.keyed}  # fmt: skip
    for name, taken in headers.items():
        if taken:
            said, schema = PARAMETERS[name]
            parameters.append({"name": name, "in": "header", "description": said, "schema": schema})
    return parameters


def _query(name: str, schema: JSON, required: bool) -> JSON:
    """Describe a parameter; one that is left out is no null, so nothing here may be one."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    said = {key: schema[key] for key in schema if key != "anyOf"}
    said |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    description = said.pop("description", "")
    if said.get("type") == "string" and "enum" not in said and name not in MAY_BE_EMPTY:
        said["minLength"] = 1
    return {"name": name, "in": "query", "required": required, "description": description,
            "schema": said}  # fmt: skip


def _responses(operation: Operation, references: References) -> JSON:
    responses: JSON = {}
    for status, given in operation.gives.items():
        responses[str(status)] = {
            "description": operation.summary if status == 200 else HTTPStatus(status).phrase,
            "headers": _headers(operation, status),
            **({"content": _content(given, references)} if given is not None else {}),
        }
    if operation.conditional:
        responses["304"] = {"description": "It is as you have it.",
                            "headers": _headers(operation, 304)}  # fmt: skip
    for status in operation.every_refusal:
        responses[str(status)] = _refusal(
            status, [references[it] for it in (operation.gives.get(status), Error) if it]
        )
    return dict(sorted(responses.items()))


def _refusal(status: int, schemas: list[JSON]) -> JSON:
    """Describe a refusal; what has one status may be an answer too, as 404 of `resolve` is."""
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    names = ["X-Request-Id", *(["Retry-After"] if status in {429, 503} else [])]
    return {
        "description": WHY[status],
        "headers": {name: _header(name) for name in names},
        "content": {"application/json": {"schema": schema}},
    }


def _headers(operation: Operation, status: int) -> JSON:
    names = ["X-Request-Id"]
    if status in {200, 304} and (operation.conditional or operation.versioned):
        names.append("ETag")
    if operation.keyed:
        names += ["ETag", "Location"]
    return {name: _header(name) for name in dict.fromkeys(names)}


def _header(name: str) -> JSON:
    said, schema = HEADERS[name]
    return {"description": said, "required": True, "schema": schema}


def _content(given: Any, references: References) -> JSON:
    if given == PLAIN:
        return {"text/plain": {"schema": {"type": "string"}}}
    if given == BYTES:
        return {BYTES: {"schema": {"type": "string", "format": "binary"}}}
    if given == FILE:
        return _files()
    return {"application/json": {"schema": references[given]}}


def _files() -> JSON:
    """Describe each format's kind of file, text first.

    A client that is made from this description reads every answer as the first kind that it knows,
    and any of these files is a text.
    """
    content: JSON = {}
    for name, made in formats.FORMATS.items():
        kind = made.mimetype.partition(";")[0]
        shape = {} if kind.endswith(("/json", "+json")) else {"type": "string"}
        content[kind] = {"schema": {**shape, "description": f"With `format={name}`."}}
    return dict(sorted(content.items(), key=lambda it: not it[0].startswith("text/")))
