"""The API described as OpenAPI 3.1, from the same shapes that check requests."""

from __future__ import annotations

from typing import Any

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

# path, method, summary, body, query, status of success, what success answers
OPERATIONS: tuple[
    tuple[str, str, str, type[shapes.Shape] | None, type[shapes.Shape] | None, str, str | None], ...
] = (
    ("/api/annotations", "get", "A page of commentary", None, shapes.ListQuery, "200", "List"),
    (
        "/api/annotations",
        "post",
        "Store an annotation",
        shapes.AnnotationShape,
        None,
        "201",
        "Annotation",
    ),
    (
        "/api/annotations/{ident}",
        "get",
        "One annotation",
        None,
        shapes.EditionQuery,
        "200",
        "Annotation",
    ),
    (
        "/api/annotations/{ident}",
        "patch",
        "Change one's own",
        shapes.ChangeShape,
        None,
        "200",
        "Annotation",
    ),
    ("/api/annotations/{ident}", "delete", "Delete one's own", None, None, "204", None),
    ("/api/annotations/{ident}/versions", "get", "Earlier versions", None, None, "200", "List"),
    ("/api/documents", "get", "Every document", None, None, "200", "List"),
    ("/api/documents/{slug}", "get", "A document and its editions", None, None, "200", "Object"),
    (
        "/api/documents/{slug}/editions/{label}",
        "get",
        "An edition and its provisions",
        None,
        None,
        "200",
        "Object",
    ),
    (
        "/api/documents/{slug}/editions/{label}/text",
        "get",
        "The canonical text",
        None,
        None,
        "200",
        "Text",
    ),
    (
        "/api/provisions/{slug}/{pid}/annotations",
        "get",
        "All commentary on a provision",
        None,
        shapes.ProvisionQuery,
        "200",
        "List",
    ),
    ("/api/search", "get", "Full-text search", None, shapes.SearchQuery, "200", "List"),
    ("/api/export", "get", "All commentary in one file", None, shapes.ExportQuery, "200", "File"),
    ("/api/preview", "post", "Render Markdown", shapes.PreviewShape, None, "200", "Object"),
)


def description(address: str) -> JSON:
    """Describe every operation; `address` is the site's public one, or empty."""
    used = {shape for row in OPERATIONS for shape in row[3:5] if shape is not None}
    _, made = models_json_schema(
        [(shape, "validation") for shape in sorted(used, key=lambda x: x.__name__)],
        ref_template="#/components/schemas/{model}",
    )
    paths: JSON = {}
    for path, method, *rest in OPERATIONS:
        paths.setdefault(path, {})[method] = _operation(path, made["$defs"], *rest)
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


def _operation(
    path: str,
    schemas: JSON,
    summary: str,
    body: type[shapes.Shape] | None,
    query: type[shapes.Shape] | None,
    status: str,
    answer: str | None,
) -> JSON:
    names = [part[1:-1] for part in path.split("/") if part.startswith("{")]
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in names
    ]
    if query is not None:
        fields = schemas[query.__name__]["properties"]
        parameters += [
            {"name": name, "in": "query", "schema": schema} for name, schema in fields.items()
        ]
    operation: JSON = {
        "summary": summary,
        "parameters": parameters,
        "responses": {
            status: _answer(summary, answer),
            "default": _answer("What went wrong", "Error"),
        },
    }
    if body is not None:
        schema = {"$ref": f"#/components/schemas/{body.__name__}"}
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": schema}},
        }
    if status in {"201", "204"} or body in {shapes.ChangeShape}:
        operation["security"] = [{"token": []}]
    return operation


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
