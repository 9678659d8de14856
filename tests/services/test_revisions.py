"""Commentary keeps its place through revisions, says how, and its author has the last word."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.errors import AnnotatorError, Conflict, NotAllowed, NotFound, QuoteMismatch
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.annotations import annotations, listings, restatements
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.placement import placer
from annotator.services.revisions import add_edition
from tests.conftest import SAMPLES, Site
from tests.helpers import checks

LIMITS, NEW = Limits(), "2026-04-01"
WORDS = {
    "exact": "Ring the bell once.",
    "edited": "The north gate is locked at dusk",
    "lost": "a child’s laughter has never been against the rules",
}


def write(site: Site, ada: Viewer, *targets: DraftTarget, **more: str) -> str:
    with site.parts.db.transaction() as session:
        draft = Draft(document="garden", body="A comment.", targets=targets, **more)  # type: ignore[arg-type]
        return annotations.create(session, ada, draft, LIMITS)


def read(site: Site, ident: str, edition: str | None = None) -> AnnotationValue:
    with site.parts.db.reading() as session:
        return listings.get(session, ident, edition)


def test_each_annotation_is_placed_with_its_verdict_and_its_target_is_left_alone(
    site: Site, ada: Viewer
) -> None:
    made = {verdict: write(site, ada, DraftTarget(exact=words)) for verdict, words in WORDS.items()}
    before = {verdict: read(site, ident) for verdict, ident in made.items()}
    added = site.add("garden-2.md", NEW)
    assert added.comments == {"exact": 1, "edited": 1, "lost": 1}
    for verdict, ident in made.items():
        now = read(site, ident)
        assert now.placements[0].verdict == verdict
        assert now.targets == before[verdict].targets
        assert read(site, ident, "2026-03-01") == before[verdict]
    edited = read(site, made["edited"]).placements[0]
    assert edited.exact == "The north gate is locked at nightfall"
    lost = read(site, made["lost"]).placements[0]
    assert (lost.start, lost.end, lost.exact, lost.score) == (None, None, None, 0.0)


def test_a_lost_annotation_stands_where_its_provision_stood(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, DraftTarget(exact=WORDS["lost"]))
    site.add("garden-2.md", NEW)
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        section = loaded.pids[0]
        found = listings.page(session, Filter(document="garden", provision=section))
    assert [item.id for item in found.items] == [ident]


def test_what_is_written_on_an_old_edition_is_placed_in_the_newer_too(
    site: Site, ada: Viewer
) -> None:
    site.add("garden-2.md", NEW)
    ident = write(site, ada, DraftTarget(exact=WORDS["edited"]), edition="2026-03-01")
    assert read(site, ident).placements[0].verdict == "edited"
    later = write(site, ada, DraftTarget(exact="locked at nightfall"))
    assert read(site, later, "2026-03-01").placements[0].exact == "locked at dusk"


def test_rebuilding_gives_the_same_placements(site: Site, ada: Viewer) -> None:
    heads = [write(site, ada, DraftTarget(exact=words)) for words in WORDS.values()]
    write(site, ada, in_reply_to=heads[0])
    site.add("garden-2.md", NEW)

    def everything() -> list[list[AnnotationValue]]:
        with site.parts.db.reading() as session:
            return [
                list(
                    listings.everything(session, Filter(document="garden", edition=label), "place")
                )
                for label in ("2026-03-01", NEW)
            ]

    before = everything()
    with site.parts.db.transaction() as session:
        loaded = editions.newest(session, "garden")
        placer.rebuild(session, loaded.document_id)
    assert everything() == before


def test_an_author_confirms_an_edited_place(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, DraftTarget(exact=WORDS["edited"]))
    site.add("garden-2.md", NEW)
    with site.parts.db.transaction() as session:
        restatements.restate(session, ada, ident, None, LIMITS)
    placed = read(site, ident).placements[0]
    assert (placed.verdict, placed.basis) == ("edited", "confirmed")
    assert placed.exact == "The north gate is locked at nightfall"
    assert read(site, ident, "2026-03-01").placements[0].basis == "computed"


def test_an_author_restates_a_lost_annotation_on_other_words(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, DraftTarget(exact=WORDS["lost"]))
    reply = write(site, ada, in_reply_to=ident)
    site.add("garden-2.md", NEW)
    with pytest.raises(Conflict), site.parts.db.transaction() as session:
        restatements.restate(session, ada, ident, None, LIMITS)
    with site.parts.db.transaction() as session:
        restatements.restate(session, ada, ident, DraftTarget(exact="Ring the bell once."), LIMITS)
    annotation = read(site, ident)
    assert annotation.targets[0].exact == WORDS["lost"]
    assert (annotation.placements[0].exact, annotation.placements[0].basis) == (
        "Ring the bell once.",
        "restated",
    )
    with site.parts.db.reading() as session:
        newest, at = editions.newest(session, "garden"), annotation.placements[0]
        pid = newest.pids[newest.parsed.provision_at(at.start or 0, at.end or 0)]
        found = listings.page(session, Filter(document="garden", provision=pid))
        assert {item.id for item in found.items} == {ident, reply}
        site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def test_only_its_author_speaks_for_a_annotation_and_only_after_a_revision(
    site: Site, ada: Viewer
) -> None:
    ident = write(site, ada, DraftTarget(exact=WORDS["edited"]))
    with pytest.raises(Conflict), site.parts.db.transaction() as session:
        restatements.restate(session, ada, ident, None, LIMITS)
    site.add("garden-2.md", NEW)
    bob = site.person("Bob")
    for viewer, error in ((bob, NotAllowed),):
        with pytest.raises(error), site.parts.db.transaction() as session:
            restatements.restate(session, viewer, ident, None, LIMITS)
    for words, error in (("no such words", QuoteMismatch),):
        with pytest.raises(error), site.parts.db.transaction() as session:
            restatements.restate(session, ada, ident, DraftTarget(exact=words), LIMITS)
    with pytest.raises(NotFound), site.parts.db.transaction() as session:
        restatements.restate(session, ada, ident, None, LIMITS, ordinal=3)


def test_two_editions_added_at_once_come_in_one_after_the_other_or_are_told(
    site: Site, ada: Viewer
) -> None:
    ident = write(site, ada, DraftTarget(exact=WORDS["edited"]))
    told: list[AnnotatorError] = []

    def add(label: str) -> None:
        try:
            site.add("garden-2.md", label, data=text.replace(b"nightfall", label.encode()))
        except AnnotatorError as error:
            told.append(error)

    text = (SAMPLES / "garden-2.md").read_bytes()
    labels = [f"2026-05-0{number}" for number in (1, 2, 3)]
    threads = [threading.Thread(target=add, args=(label,)) for label in labels]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with site.parts.db.reading() as session:
        held = editions.newest(session, "garden").labels
    assert len(held) == 1 + len(labels) - len(told) > 1
    assert read(site, ident).placements[0].verdict == "edited"
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def test_what_is_posted_while_an_edition_is_added_is_placed_in_it_too(
    site: Site, ada: Viewer
) -> None:
    write(site, ada, DraftTarget(exact=WORDS["exact"]))  # so that the edition has what to place
    data = (SAMPLES / "garden-2.md").read_bytes()
    with ThreadPoolExecutor(1) as threads:
        with site.parts.db.transaction() as session:
            add_edition.add(session, slug="garden", label=NEW, data=data, name="garden-2.md")
            target = DraftTarget(exact=WORDS["edited"])
            posted = threads.submit(write, site, ada, target, edition="2026-03-01")
            with pytest.raises(TimeoutError):  # it waits for the edition
                posted.result(timeout=1)
        ident = posted.result(timeout=60)
    assert read(site, ident, "2026-03-01").placements[0].verdict == "exact"
    assert [each.verdict for each in read(site, ident, NEW).placements] == ["edited"]
