"""The OpenAPI 3.1 description of the API, from its operations and their schemas."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter

from annotator import __version__, formats
from annotator.config import Config
from annotator.schemas.base import JSON, NO_NUL, Error
from annotator.schemas.queries import MAY_BE_EMPTY
from annotator.web.api.operations import BYTES, FILE, OPERATIONS, PLAIN, Operation

References = dict[Any, JSON]
SHAPES = "#/components/schemas/"
WHY = {
    400: "Invalid request: broken JSON, an unknown field or parameter, a wrong type.",
    401: "No token, or one that is unknown, revoked or expired.",
    403: "Not allowed with this token, on another's content, or while suspended.",
    404: "Not found.",
    409: "Conflict with the current state or another request; `code` says which.",
    410: "It was deleted, or a moderator has hidden it.",
    411: "The header Content-Length is missing.",
    412: "It has changed since you read it; nothing was done.",
    413: "The request is too large.",
    414: "The address is too long.",
    415: "The Content-Type is not application/json.",
    422: "Invalid value: empty, too long, out of range, not one of the values.",
    429: "Too many requests; `Retry-After` is the number of seconds to wait.",
    503: "Temporarily unavailable: the database is busy, or the site is read-only.",
}
HEADERS: JSON = {
    "X-Request-Id": ("The id of the request in the site's log.", {"type": "string"}),
    "ETag": ("The version of this answer; send it as `If-None-Match`.", {"type": "string"}),
    "Location": ("The address of the created or requested object.", {"type": "string"}),
    "Retry-After": ("The number of seconds to wait.", {"type": "string", "pattern": "^[0-9]+$"}),
}
PARAMETERS: JSON = {
    "If-None-Match": ("The `ETag`s of answers that you have; 304 if one is still current.",
                      {"type": "string"}),
    "If-Match": ("The `ETag` of what you read; 412 if it has changed since.", {"type": "string"}),
    "Idempotency-Key": ("A string of your choice; a repeated request within a day is stored once.",
                        {"type": "string", "minLength": 1, "maxLength": 100}),
}  # fmt: skip
SCOPES = "A token has scopes; the list has the required one."
SECURITY: JSON = {
    "token": {"type": "http", "scheme": "bearer", "description": f"An API token. {SCOPES}"},
    "form": {"type": "apiKey", "in": "header", "name": "X-CSRFToken",
             "description": "A signed-in browser sends this with its cookie."},
}  # fmt: skip


def description(config: Config) -> JSON:
    """Describe every operation of a site with these settings."""
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
    """An OpenAPI document, such as this one."""

    openapi: Literal["3.1.0"]


@cache
def _schemas() -> tuple[JSON, References]:
    """Return every schema by its name, and the reference to each type."""
    sent = {shape for each in OPERATIONS for shape in (each.query, each.body) if shape}
    answers = {
        shape for each in OPERATIONS for shape in each.gives.values() if not isinstance(shape, str)
    }
    types = [(shape, "validation", TypeAdapter(shape)) for shape in sent]
    types += [(shape, "serialization", TypeAdapter(shape)) for shape in {Error, *answers} - {None}]
    refs, document = TypeAdapter.json_schemas(types, ref_template=f"{SHAPES}{{model}}")  # type: ignore[arg-type]
    references = {kind: _plain(schema) for (kind, _), schema in refs.items()}
    schemas = {
        name.removesuffix("Value"): _plain(shape) for name, shape in document["$defs"].items()
    }
    return dict(sorted(schemas.items())), references


def _plain(schema: Any) -> Any:
    """Remove pydantic's titles, the defaults that are null, and what every text is without.

    The names of schemas lose `Value`, which only distinguishes them from tables.
    """
    if isinstance(schema, list):
        return [_plain(item) for item in schema]
    if not isinstance(schema, dict):
        return schema.removesuffix("Value") if str(schema).startswith(SHAPES) else schema
    return {
        key: _plain(value) for key, value in schema.items()
        if not (key == "title" and isinstance(value, str))
        and not (key == "default" and value in (None, "", 0, [], ()))
        and value != NO_NUL
    }  # fmt: skip


def _operation(operation: Operation, schemas: JSON, references: References) -> JSON:
    described: JSON = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation, schemas),
        "responses": _responses(operation, references),
        "security": [{"token": [operation.scope]}, {"form": []}]
        if operation.scope
        else [{}, {"token": ["read"]}],
    }
    if operation.body is not None:
        content = {"application/json": {"schema": references[operation.body]}}
        described["requestBody"] = {"required": True, "content": content}
    return described


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
    for name, applies in headers.items():
        if applies:
            description, schema = PARAMETERS[name]
            parameters.append(
                {"name": name, "in": "header", "description": description, "schema": schema}
            )
    return parameters


def _query(name: str, schema: JSON, required: bool) -> JSON:
    """Describe a parameter, without null: a parameter is left out instead."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    types = {key: schema[key] for key in schema if key != "anyOf"}
    types |= kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}
    description = types.pop("description", "")
    if types.get("type") == "string" and "enum" not in types and name not in MAY_BE_EMPTY:
        types["minLength"] = 1
    return {"name": name, "in": "query", "required": required, "description": description,
            "schema": types}  # fmt: skip


def _responses(operation: Operation, references: References) -> JSON:
    responses: JSON = {}
    for status, answer in operation.gives.items():
        responses[str(status)] = {
            "description": operation.summary if status == 200 else HTTPStatus(status).phrase,
            "headers": _headers(operation, status),
            **({"content": _content(answer, references)} if answer is not None else {}),
        }
    if operation.conditional:
        responses["304"] = {"description": "Not modified.",
                            "headers": _headers(operation, 304)}  # fmt: skip
    for status in operation.every_refusal:
        responses[str(status)] = _refusal(
            status, [references[shape] for shape in (operation.gives.get(status), Error) if shape]
        )
    return dict(sorted(responses.items()))


def _refusal(status: int, schemas: list[JSON]) -> JSON:
    """Describe an error; a status can also be an answer, as 404 of `resolve` is."""
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
    description, schema = HEADERS[name]
    return {"description": description, "required": True, "schema": schema}


def _content(answer: Any, references: References) -> JSON:
    if answer == PLAIN:
        return {"text/plain": {"schema": {"type": "string"}}}
    if answer == BYTES:
        return {BYTES: {"schema": {"type": "string", "format": "binary"}}}
    if answer == FILE:
        return _files()
    return {"application/json": {"schema": references[answer]}}


def _files() -> JSON:
    """Describe the media type of each format, text first.

    A generated client reads every answer as the first type that it knows, and any of these files
    is text.
    """
    content: JSON = {}
    for name, file_format in formats.FORMATS.items():
        kind = file_format.mimetype.partition(";")[0]
        shape = {} if kind.endswith(("/json", "+json")) else {"type": "string"}
        content[kind] = {"schema": {**shape, "description": f"With `format={name}`."}}
    return dict(sorted(content.items(), key=lambda entry: not entry[0].startswith("text/")))
