"""Emails of news from the command line, and what an account follows."""

from __future__ import annotations

import json

import pytest

from tests.cli.conftest import Command


def test_a_site_without_email_says_so_and_counts_none(garden: Command) -> None:
    counts = json.loads(garden("letters", "status", "--json").stdout)
    assert counts == {"waiting": 0, "due": 0, "sent": 0, "failed": 0}
    assert "mail.host" in garden("letters", "send", status=1).output
    assert "0 emails not sent." in garden("letters", "failed").output


def test_what_an_account_follows_is_listed_for_who_runs_the_site_and_that_is_logged(
    garden: Command, caplog: pytest.LogCaptureFixture
) -> None:
    assert json.loads(garden("user", "follows", "Ada", "--json").stdout) == []
    assert "listed what account" in caplog.text
    garden("user", "follows", "Nobody", status=1)
