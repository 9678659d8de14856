"""HTML in the bodies of W3C annotations is cleaned in bounded time."""

from __future__ import annotations

import io
import json
import time

import pytest

from annotator.formats.files import reading
from annotator.schemas.annotations import Unreadable
from tests.api.conftest import Script
from tests.api.test_w3c_writing import post, refused, said


@pytest.mark.parametrize(
    "html",
    ["<ul><li>" * 1_001, "<td>x" * 1_001, "<TH >" * 1_001, "x" * 20_001, "<a><p>" * 3_000,
     "</b>" * 2_001,
     f"<a {' '.join(f'a{number}' for number in range(60_000))}>x</a>"],
    ids=lambda html: html[:8],
)  # fmt: skip
@pytest.mark.parametrize("parts", [1, 2])
def test_too_much_html_is_refused_before_it_is_cleaned(
    script: Script, html: str, parts: int
) -> None:
    middle = len(html) // parts
    body = [{"type": "TextualBody", "value": each, "format": "text/html"}
            for each in (html[:middle], html[middle:]) if each]  # fmt: skip
    begun = time.process_time()
    assert "At most 20,000 characters" in refused(post(script, said(body=body)), 422, "body")
    assert time.process_time() - begun < 0.5
    data = json.dumps(said(body=body, id="https://x.example/1")).encode()
    (unread,) = reading.read(io.BytesIO(data))
    assert isinstance(unread, Unreadable)
    assert "At most 20,000 characters" in unread.why
