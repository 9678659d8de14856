"""Fetching: checked against what is known, told when it differs, never from a private network."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotator import documents
from annotator.errors import Unavailable
from annotator.services.editions import editions
from annotator.services.exchange import corpus
from annotator.services.exchange.corpus import KnownDocument, KnownEdition
from annotator.services.revisions import add_edition
from annotator.services.revisions.add_edition import About
from tests.conftest import SAMPLES, Site

FIRST = (SAMPLES / "garden-1.md").read_bytes()
SECOND = (SAMPLES / "garden-2.md").read_bytes()
SHA256 = documents.parse(FIRST, name="garden-1.md").sha256
URL = "https://garden.example.org/rules.md"


def garden(sha256: str = SHA256) -> KnownDocument:
    entry = KnownEdition("2026-03-01", "2026-03-01", "", URL, sha256)
    return KnownDocument("garden", Path("/nowhere/garden"), About(publisher="the town"), (entry,))


def fetch(
    site: Site, data: bytes, sha256: str = SHA256, **more: bool
) -> list[corpus.FetchedEdition]:
    with site.parts.db.transaction() as session:
        return list(corpus.fetch(session, garden(sha256), lambda _: data, **more))


def labels(site: Site) -> tuple[str, ...]:
    with site.parts.db.reading() as session:
        return editions.newest(session, "garden").labels


def test_the_known_text_is_taken_in_once(site: Site) -> None:
    assert [item.added.status for item in fetch(site, FIRST) if item.added] == ["added"]
    assert [item.added.status for item in fetch(site, FIRST) if item.added] == ["unchanged"]
    assert fetch(site, FIRST, again=False) == []
    assert labels(site) == ("2026-03-01",)


def test_a_text_that_has_changed_without_notice_is_shown_and_taken_only_when_accepted(
    site: Site,
) -> None:
    fetch(site, FIRST)
    (told,) = fetch(site, SECOND)
    assert told.status == "differs"
    assert any("nightfall" in line for line in told.diff)
    assert labels(site) == ("2026-03-01",)
    (taken,) = fetch(site, SECOND, accept=True)
    assert taken.status == "added"
    assert labels(site) == ("2026-03-01", taken.label)


def test_a_text_that_is_not_the_known_one_is_not_taken_in_the_first_time_either(site: Site) -> None:
    (told,) = fetch(site, SECOND)
    assert told.status == "differs"
    with site.parts.db.reading() as session:
        assert editions.summaries(session) == []


@pytest.mark.parametrize(
    "url",
    ["http://example.org/x", "file:///etc/passwd", "https://127.0.0.1/x", "https://localhost/x",
     "https://[::1]/x", "https://10.0.0.1/x", "https://169.254.169.254/x", "ftp://x/", "https://"],
)  # fmt: skip
def test_private_networks_and_other_schemes_are_refused(url: str) -> None:
    with pytest.raises(Unavailable):
        add_edition.fetch(url)


def test_every_document_that_is_known_has_a_complete_description() -> None:
    for item in corpus.known_documents():
        assert item.about.title
        assert item.about.licence
        for entry in item.entries:
            assert entry.label
            assert entry.file or entry.source_url.startswith("https://")
            assert (item.folder / entry.file).exists()


def test_the_ledgers_that_are_shipped_fit_the_real_texts(shared: Path) -> None:
    for item in corpus.known_documents():
        for entry in item.entries:
            folder = item.folder if entry.file else shared / "corpus" / item.slug
            path = folder / (entry.file or f"{entry.label}.md")
            parsed = documents.parse(path.read_bytes(), name=path.name)
            assert parsed.sha256 == entry.sha256, entry.label
            ledger = corpus.ledger(item.slug, parsed.sha256)
            assert ledger is not None, entry.label
            assert None not in documents.read_ledger(ledger, parsed), entry.label
