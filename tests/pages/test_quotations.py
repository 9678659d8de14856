"""The page that checks an essay's quotations: without an account, without scripts, safely."""

from __future__ import annotations

import io
import re

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.helpers.visitor import forge

PAGE = "/d/garden/quotations"
HOSTILE = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg onload=alert(1)>',
    "</textarea><script>alert(1)</script>",
    "{{ config }}",
)


def check(client: FlaskClient, **form: object) -> TestResponse:
    return forge(client, PAGE, **form)


def test_a_pasted_essay_is_reported_with_difference_place_and_correction(
    client: FlaskClient,
) -> None:
    page = check(
        client, essay="So “the north gate is barred at dusk, the other two are never locked”."
    )
    assert page.status_code == 200
    assert "<del>barred</del><ins>locked</ins>" in page.text
    assert "Altered, unmarked" in page.text
    assert re.search(r'<a href="/d/garden@2026-03-01/paths-and-gates/1[^"]*">', page.text)
    assert "“The north gate is locked at dusk, the other two are never locked” Rules" in page.text


def test_a_file_goes_before_what_is_pasted_and_tells_its_kind(client: FlaskClient) -> None:
    essay = b"<blockquote>keep to the paths in the <em>wet</em> months</blockquote>"
    page = check(client, essay="Nothing.", file=(io.BytesIO(essay), "essay.html"))
    assert "1 quotation" in page.text
    assert "Verbatim" in page.text


@pytest.mark.parametrize(
    ("form", "status"),
    [
        ({"essay": " \n"}, 422),
        ({"essay": "x" * 500_001}, 413),
        ({"essay": "“one two three” " * 1001}, 413),
        ({"file": (b"\0" * 40, "essay.md")}, 422),
        ({"file": (b"x" * 2_000_001, "essay.md")}, 413),
        ({"essay": "“a b c”", "edition": "1999-01-01"}, 404),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(
    client: FlaskClient, form: dict[str, object], status: int
) -> None:
    sent = {
        key: (io.BytesIO(it[0]), it[1]) if isinstance(it, tuple) else it for key, it in form.items()
    }
    answer = check(client, **sent)
    assert answer.status_code == status
    assert 'class="error"' in answer.text or "too large" in answer.text


@pytest.mark.parametrize("kind", ["markdown", "html", "text"])
def test_hostile_essays_are_shown_as_words(client: FlaskClient, kind: str) -> None:
    essay = " ".join(f"“They say {it} here”" for it in HOSTILE)
    page = check(client, essay=essay, kind=kind).text
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<svg onload" not in page


def test_a_document_that_is_not_here_is_404(client: FlaskClient) -> None:
    assert client.get("/d/nowhere/quotations").status_code == 404


def test_the_api_answers_the_same_to_anybody(client: FlaskClient) -> None:
    answer = client.post(
        "/api/documents/garden/quotations", json={"essay": "“keep to the paths in”"}
    )
    (quotation,) = answer.get_json()["quotations"]
    assert quotation["verdict"] == "verbatim"
    assert quotation["matches"][0]["address"].startswith("garden@2026-03-01/")
    wrong = client.post("/api/documents/garden/quotations", json={"essay": "a", "format": "pdf"})
    assert wrong.status_code == 400
