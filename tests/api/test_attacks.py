"""Requests made from the API's description, fitting it and not: none is answered with 5xx."""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import response_schema_conformance

from tests.api.conftest import Script
from tests.conftest import Site

EXAMPLES = 12
FINE = {200, 201, 204, 300, 304}
TOLD = {400, 401, 403, 404, 405, 406, 409, 410, 412, 413, 415, 422, 428, 429}


def operations(script: Script) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", script.client.application)
    return [found.ok() for found in schema.get_all_operations()]


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_no_request_is_answered_with_5xx_and_answers_are_as_described(
    script: Script, small_site: Site, mode: schemathesis.GenerationMode
) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="A heron.")
    real = {"slug": "garden", "label": "2026-03-01", "ident": made["id"], "pid": made["pid"]}
    found = operations(script)
    answered = Counter[str]()
    for operation in found:

        @given(case=operation.as_strategy(generation_mode=mode), known=st.booleans())
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def attack(case: Any, known: bool) -> None:
            if known:  # what is there is attacked as well, and not only what is not
                case.path_parameters = {
                    name: real.get(name, value) for name, value in case.path_parameters.items()
                }
            answer = case.call(headers={**script.headers, "Accept-Encoding": "identity"})
            answered[case.operation.label] += 1
            assert answer.status_code in FINE | TOLD, (case.as_curl_command(), answer.text)
            case.validate_response(answer, checks=[not_a_server_error, response_schema_conformance])

        with suppress(Unsatisfiable):  # what takes nothing cannot be given what does not fit
            attack()
    assert len(answered) >= 14
    assert answered.total() > EXAMPLES * 12
    assert small_site.parts.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
