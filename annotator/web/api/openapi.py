"""The API described as OpenAPI 3.1, from the same shapes that check requests."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic.json_schema import models_json_schema

from annotator import __version__
from annotator.web.api import shapes

JSON = dict[str, Any]
ANNOTATION: JSON = {
    "type": "object",
    "required": ["id", "document", "edition", "author", "body", "targets", "created", "deleted"],
    "properties": {
        "id": {"type": "string"},
        "document": {"type": "string"},
        "edition": {"type": "string"},
        "author": {"type": "string"},
        "body": {"type": ["string", "null"]},
        "targets": {"type": "array", "items": {"type": "object"}},
        "placements": {"type": "array", "items": {"type": "object"}},
        "created": {"type": "string", "format": "date-time"},
        "modified": {"type": "string", "format": "date-time"},
        "deleted": {"type": "boolean"},
    },
}
LIST: JSON = {
    "type": "object",
    "required": ["total", "items", "next"],
    "properties": {
        "total": {"type": "integer"},
        "items": {"type": "array", "items": {"type": "object"}},
        "next": {"type": ["string", "null"]},
    },
}
ERROR: JSON = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["code", "message"],
            "properties": {
                "code": {"type": "string"},
                "message": {"type": "string"},
                "field": {"type": "string"},
            },
        }
    },
}


class Operation(NamedTuple):
    """One thing the API does; `answer` names what success gives, None for nothing."""

    method: str
    path: str
    summary: str
    body: type[shapes.Shape] | None = None
    query: type[shapes.Shape] | None = None
    answer: str | None = "Object"
    status: str = "200"


QUOTATIONS = "/api/documents/{slug}/quotations"
EDITION = "/api/documents/{slug}/editions/{label}"
ONE = "/api/annotations/{ident}"
LOG = "/api/moderation/log"
OF_PROVISION = "/api/provisions/{slug}/{pid}/annotations"
OPERATIONS = (
    Operation("get", "/api/annotations", "A page of commentary", None, shapes.ListQuery, "List"),
    Operation(
        method="post",
        path="/api/annotations",
        summary="Store an annotation",
        body=shapes.AnnotationShape,
        answer="Annotation",
        status="201",
    ),
    Operation("get", ONE, "One annotation", None, shapes.EditionQuery, "Annotation"),
    Operation("patch", ONE, "Change one's own annotation", shapes.ChangeShape, None, "Annotation"),
    Operation("delete", ONE, "Delete one's own annotation", answer=None, status="204"),
    Operation("post", f"{ONE}/restore", "Undo deleting it, within the hour", answer="Annotation"),
    Operation("get", f"{ONE}/versions", "What it said before each edit", answer="List"),
    Operation("get", "/api/documents", "Every document", answer="List"),
    Operation("get", "/api/documents/{slug}", "A document and its editions"),
    Operation("get", EDITION, "An edition and its provisions"),
    Operation("get", f"{EDITION}/text", "The canonical text", answer="Text"),
    Operation("get", f"{EDITION}/commentary", "Where it stands", None, shapes.CommentaryQuery),
    Operation("get", f"{EDITION}/state", "What is new", None, shapes.StateQuery),
    Operation(
        method="get",
        path=OF_PROVISION,
        summary="All commentary on a provision",
        query=shapes.ProvisionQuery,
        answer="List",
    ),
    Operation("get", "/api/search", "Full-text search", None, shapes.SearchQuery, "List"),
    Operation("get", "/api/tags", "The tags in use", None, shapes.TagsQuery, "List"),
    Operation("get", "/api/export", "All in one file", None, shapes.ExportQuery, "File"),
    Operation("get", "/api/resolve", "What an address points to", None, shapes.ResolveQuery),
    Operation("get", "/api/cite", "A range cited in every form", None, shapes.CiteQuery),
    Operation("post", "/api/preview", "Render Markdown", shapes.PreviewShape),
    Operation("post", QUOTATIONS, "Are an essay's quotations right?", shapes.EssayShape),
    Operation("post", f"{ONE}/flags", "Ask that it be hidden", shapes.FlagShape, status="201"),
    Operation("get", LOG, "The log of moderation", None, shapes.LogQuery, "List"),
    Operation("get", f"{LOG}/{{entry}}", "An entry of the log"),
    Operation("get", "/api/moderation/counts", "What was hidden, by quarter", answer="List"),
    Operation("post", f"{LOG}/{{entry}}/appeals", "Appeal", shapes.AppealShape, status="201"),
    Operation(
        method="get",
        path="/api/moderation/queue",
        summary="What waits for a moderator",
        query=shapes.QueueQuery,
        answer="List",
    ),
    Operation(
        method="get",
        path="/api/moderation/selection",
        summary="What one act on many would be upon",
        query=shapes.SelectionQuery,
        answer="List",
    ),
    Operation(
        method="post",
        path="/api/moderation/acts",
        summary="Decide, as a moderator",
        body=shapes.ActShape,
        answer="List",
        status="201",
    ),
)


def description(address: str) -> JSON:
    """Describe every operation; `address` is the site's public one, or empty."""
    used = {shape for row in OPERATIONS for shape in (row.body, row.query) if shape is not None}
    _, made = models_json_schema(
        [(shape, "validation") for shape in sorted(used, key=lambda x: x.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    paths: JSON = {}
    for operation in OPERATIONS:
        described = _operation(operation, made["$defs"])
        paths.setdefault(operation.path, {})[operation.method] = described
    return {
        "openapi": "3.1.0",
        "info": {"title": "annotator", "version": __version__},
        "servers": [{"url": address or "/"}],
        "paths": paths,
        "components": {
            "schemas": {**made["$defs"], "Annotation": ANNOTATION, "List": LIST, "Error": ERROR},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(operation: Operation, schemas: JSON) -> JSON:
    described: JSON = {
        "summary": operation.summary,
        "parameters": _parameters(operation, schemas),
        "responses": {
            operation.status: _answer(operation.summary, operation.answer),
            "default": _answer("What went wrong", "Error"),
        },
    }
    if operation.body is not None:
        schema = {"$ref": f"#/components/schemas/{operation.body.__name__}"}
        content = {"application/json": {"schema": schema}}
        described["requestBody"] = {"required": True, "content": content}
    if operation.method != "get" and operation.body is not shapes.PreviewShape:
        described["security"] = [{"token": []}]
    return described


def _parameters(operation: Operation, schemas: JSON) -> list[JSON]:
    names = [part[1:-1] for part in operation.path.split("/") if part.startswith("{")]
    string = {"type": "string"}
    parameters: list[JSON] = [
        {"name": name, "in": "path", "required": True, "schema": string} for name in names
    ]
    if operation.query is not None:
        fields = schemas[operation.query.__name__]["properties"]
        parameters += [
            {"name": name, "in": "query", "schema": schema} for name, schema in fields.items()
        ]
    return parameters


def _answer(summary: str, answer: str | None) -> JSON:
    kinds: dict[str, JSON] = {
        "Text": {"text/plain": {"schema": {"type": "string"}}},
        "File": {"application/json": {}, "application/jsonl": {}},
        "Object": {"application/json": {"schema": {"type": "object"}}},
    }
    if answer is None:
        return {"description": summary}
    reference = {"schema": {"$ref": f"#/components/schemas/{answer}"}}
    return {"description": summary, "content": kinds.get(answer, {"application/json": reference})}
