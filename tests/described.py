"""Every answer of the API is held to its description, whatever test asked for it."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from jsonschema import Draft202012Validator

from annotator.config import Config
from annotator.web.api import openapi
from annotator.web.api.operations import OPERATIONS

UNEXPECTED = 500


def hold_answers_to_description(app: Flask) -> None:
    """Fail a request, with status 500, whose answer is not as `/api/openapi.json` says."""
    described = openapi.description(Config())
    operations = {f"api.{it.name}": it for it in OPERATIONS}
    components = {"components": described["components"]}
    checks: dict[tuple[str, int], Any] = {}

    @app.after_request
    def check(answer: Response) -> Response:
        found = operations.get(request.endpoint or "")
        if not (found and answer.is_json) or answer.status_code == UNEXPECTED:
            return answer
        if "Content-Encoding" in answer.headers:  # kept, and seen when it was made
            return answer
        key = (found.name, answer.status_code)
        if key not in checks:
            responses = described["paths"][found.path][found.method]["responses"]
            content = responses[str(answer.status_code)]["content"]
            schema = next(iter(content.values()))["schema"]
            checks[key] = Draft202012Validator(components | schema)
        if found.name != "export" or answer.status_code != 200:
            checks[key].validate(answer.get_json())
        return answer
