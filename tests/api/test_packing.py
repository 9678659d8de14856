"""Which coding an answer has: what a request gives the weight 0 is never sent."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    ("asked", "coding"),
    [
        (None, None), ("", None), ("gzip", "gzip"), ("GZIP", "gzip"), ("gzip;q=0.001", "gzip"),
        ("gzip;q=0", None), ("gzip;q=0.0", None), ("gzip; q=0", None), ("gzip;q=0, *", None),
        ("*", "gzip"), ("*;q=0", None), ("*;q=0, gzip", "gzip"), ("identity", None),
        ("identity;q=0", None), ("identity;q=0, gzip;q=0.5", "gzip"), ("identity;q=0, *", "gzip"),
        ("identity;q=1, gzip;q=0.5", None), ("identity;q=0.5, gzip;q=1", "gzip"),
        ("identity;q=0.5, gzip;q=0.5", "gzip"), ("br, zstd, deflate", None), ("br;q=1, gzip;q=0.2",
        "gzip"), ("gzip;q=0, identity;q=0, *;q=0", None), (",,;q=1, gzip;q", "gzip"),
        ("gzip;q=nan", None), ("br, *;q=0", None),
    ],
)  # fmt: skip
def test_an_answer_has_the_coding_that_the_request_takes(
    client: FlaskClient, asked: str | None, coding: str | None
) -> None:
    plain = client.get("/d/garden").data
    assert len(plain) > 2_000
    headers = {} if asked is None else {"Accept-Encoding": asked}
    answer = client.get("/d/garden", headers=headers)
    assert answer.status_code == 200
    assert answer.headers.get("Content-Encoding") == coding
    assert "accept-encoding" in answer.headers["Vary"].lower()
    data = gzip.decompress(answer.data) if coding else answer.data
    assert data.startswith(b"<!doctype html>")
