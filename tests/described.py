"""Every answer of the API is held to its description, whatever test asked for it."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask, Response, request

from annotator.config import Config
from annotator.web.api import openapi
from annotator.web.api.operations import OPERATIONS

UNEXPECTED = 500
OPERATION_OF = {f"api.{it.name}": it for it in OPERATIONS}
described = cache(lambda: openapi.description(Config()))


@cache
def validator(path: str, method: str, status: int) -> Any:
    """Return what checks the answers of an operation with a status."""
    from jsonschema import Draft202012Validator  # after `quick.leave_out_grammars`

    responses = described()["paths"][path][method]["responses"]
    schema = next(iter(responses[str(status)]["content"].values()))["schema"]
    return Draft202012Validator({"components": described()["components"], **schema})


def hold_answers_to_description(app: Flask) -> None:
    """Fail a request, with status 500, whose answer is not as `/api/openapi.json` says."""

    @app.after_request
    def check(answer: Response) -> Response:
        found = OPERATION_OF.get(request.endpoint or "")
        if not (found and answer.is_json) or answer.status_code == UNEXPECTED:
            return answer
        if "Content-Encoding" in answer.headers:  # kept, and seen when it was made
            return answer
        checked = validator(found.path, found.method, answer.status_code)
        if found.name != "export" or answer.status_code != 200:
            checked.validate(answer.get_json())
        return answer
