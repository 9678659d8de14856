"""Requests made from the API's description, fitting it and not: each is answered as described.

No answer is a 5xx, its status is one that the description names, and its body, headers and content
type are as the description says. Nothing in the description is loose: see test_openapi.py.
"""

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
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.conftest import Script
from tests.conftest import Site

EXAMPLES = 8
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]


def operations(script: Script) -> list[Any]:
    schema = schemathesis.openapi.from_wsgi("/api/openapi.json", script.client.application)
    schema.validate()
    return [found.ok() for found in schema.get_all_operations()]


def make_known(case: Any, real: dict[str, str]) -> None:
    """Put what is there in place of what is not, so that more than the first check is reached."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: real[name] for name in place if name in real})


@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode))
def test_every_answer_to_whatever_request_is_as_described(
    script: Script, small_site: Site, mode: schemathesis.GenerationMode
) -> None:
    made = script.post(target={"exact": "keep quiet"}, body="A heron.")
    small_site.person("Mia", role="moderator")
    moderator = small_site.token("Mia", scopes=("read", "write", "moderate"))
    people = [{}, script.headers, {"Authorization": f"Bearer {moderator}"}]
    real = {
        "slug": "garden", "document": "garden", "label": "2026-03-01", "edition": "2026-03-01",
        "ident": made["id"], "in_reply_to": made["id"], "annotation": made["id"],
        "thread": made["id"], "pid": made["pid"], "provision": made["pid"], "author": "Ada",
        "account": "Ada", "entry": "1", "cite": "garden@2026-03-01/purpose/1",
    }  # fmt: skip
    answered = Counter[str]()
    for operation in operations(script):

        @given(
            case=operation.as_strategy(generation_mode=mode),
            known=st.booleans(),
            who=st.sampled_from(people),
        )
        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        def attack(case: Any, known: bool, who: dict[str, str]) -> None:
            if known:
                make_known(case, real)
            answer = case.call(headers={**who, "Accept-Encoding": "identity"})
            answered[case.operation.label] += 1
            case.validate_response(answer, checks=CHECKS)

        with suppress(Unsatisfiable):  # what takes nothing cannot be given what does not fit
            attack()
    assert len(answered) >= 14
    assert answered.total() > EXAMPLES * 12
    assert small_site.parts.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
