"""What language a document is said to be in, so that browsers can read it aloud."""

from __future__ import annotations

import pytest

from annotator.services.editions import editions
from tests.conftest import SAMPLES, Site


@pytest.mark.parametrize(
    ("data", "name", "language"),
    [
        (b"# Rules\n\nThe gate is open.\n", "text.md", "en"),
        ((SAMPLES / "scripts.md").read_bytes(), "text.md", "und"),
        (b"<html lang='de-AT'><h1>Regeln</h1><p>Das Tor ist offen.</p>", "text.html", "de-AT"),
        (b"<html lang='a b\"c'><h1>Rules</h1><p>The gate is open.</p>", "text.html", "en"),
        (b"# 1\n\n2\n", "text.md", "en"),
    ],
)
def test_a_document_is_in_the_language_that_its_source_names_or_its_letters_allow(
    site: Site, data: bytes, name: str, language: str
) -> None:
    site.add(name, data=data)
    with site.parts.db.reading() as session:
        assert editions.newest(session, "garden").language == language
