"""The description of the API is honest: it names all there is, closely, and nothing that is not."""

from __future__ import annotations

import ast
from typing import Any

import openapi_spec_validator
import pytest
from flask import Flask, jsonify
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from annotator import errors
from annotator.auth.permissions import TABLE
from annotator.schemas.base import Fault
from annotator.web.api.operations import OPERATIONS
from tests.api.conftest import Script
from tests.conftest import ROOT

NOT_DESCRIBED = {"/api/"}  # the page for people


@pytest.fixture
def described(client: FlaskClient) -> dict[str, Any]:
    """The description as programs get it."""
    found: dict[str, Any] = client.get("/api/openapi.json").get_json()
    return found


def test_every_route_of_the_api_is_an_operation_and_every_operation_a_route(
    client: FlaskClient,
) -> None:
    routes = {
        (method.lower(), str(rule).replace("<", "{").replace(">", "}"), rule.endpoint.split(".")[1])
        for rule in client.application.url_map.iter_rules()
        if str(rule).startswith("/api/") and str(rule) not in NOT_DESCRIBED
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert {(it.method, it.path, it.name) for it in OPERATIONS} == routes


def test_every_object_is_closed_and_every_name_leads_somewhere(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    loose = [
        name
        for name, schema in schemas.items()
        if schema.get("type") == "object" and schema.get("additionalProperties") is not False
    ]
    assert loose == ["Described"]  # OpenAPI has a schema of its own
    names: set[str] = set()

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "$ref" in value:
                names.add(value["$ref"].removeprefix("#/components/schemas/"))
            for item in value.values():
                walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(described)
    assert names <= schemas.keys()


def test_it_is_openapi_3_1(described: dict[str, Any]) -> None:
    openapi_spec_validator.validate(described, cls=openapi_spec_validator.OpenAPIV31SpecValidator)


def test_every_parameter_says_what_it_is(described: dict[str, Any]) -> None:
    silent = [
        (path, parameter["name"])
        for path, methods in described["paths"].items()
        for operation in methods.values()
        for parameter in operation["parameters"]
        if parameter["in"] != "path" and not parameter.get("description")
    ]
    assert silent == []


def test_scopes_are_those_of_the_table_of_permissions(described: dict[str, Any]) -> None:
    for operation in OPERATIONS:
        security = described["paths"][operation.path][operation.method]["security"]
        scope = TABLE[operation.act].scope if operation.act else "read"
        assert {"token": [scope]} in security
        assert ({} in security) == (not operation.act)


def test_no_error_tells_more_than_is_described() -> None:
    """But for what only the command line tells: of settings, of ledgers, of what was fetched."""
    told = set()
    for path in (ROOT / "annotator").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _is_error(node.func):
                told |= {each.arg for each in node.keywords if each.arg}
    assert len(told) > 15
    assert told - Fault.model_fields.keys() == {"answered", "faults", "line"}


def _is_error(called: ast.expr) -> bool:
    found = getattr(errors, called.id, None) if isinstance(called, ast.Name) else None
    return isinstance(found, type) and issubclass(found, errors.AnnotatorError)


def test_a_whole_annotation_has_every_field(script: Script, described: dict[str, Any]) -> None:
    """In lists an annotation may be a part of one, so that there nothing would be missed."""
    made = script.post(target={"exact": "keep quiet"}, body="Fine.", tags=["a"])
    schemas = {"$ref": "#/components/schemas/Annotation", "components": described["components"]}
    check = Draft202012Validator(schemas)
    check.validate(made)
    for item in script("GET", "/api/annotations").get_json()["items"]:
        check.validate(made | item)
    for field in made:
        assert not check.is_valid({key: made[key] for key in made if key != field})


def test_an_answer_that_is_not_as_described_fails_the_test_that_asked(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(app.view_functions, "api.list_documents", lambda: jsonify({"total": "1"}))
    assert app.test_client().get("/api/documents").status_code == 500
