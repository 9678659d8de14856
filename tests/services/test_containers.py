"""Containers of the W3C's protocol, on each database: pages, counts, and what changes them."""

from __future__ import annotations

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from annotator.errors import NotFound
from annotator.formats import native, w3c
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotation_loader, annotations
from annotator.services.dialects import w3c_containers
from annotator.services.dialects.w3c_containers import Container
from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers import importing

HERE = "https://notes.example"


def paged(session: Session, container: Container) -> tuple[list[list[str]], list[int]]:
    """Return the ids on each page, and the place where each page begins."""
    surveyed = w3c_containers.survey(session, container)
    numbers = range(len(surveyed.starts))
    found = [w3c_containers.ids(session, container, surveyed, number) for number in numbers]
    assert surveyed.total == sum(map(len, found))
    return found, [w3c_containers.page(surveyed, number)[0] for number in numbers]


def test_pages_are_the_same_on_every_database_and_keep_their_places(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(w3c_containers, "PAGE", 3)
    site.add()
    ada, limits = site.person("Ada"), site.parts.config.limits
    with site.parts.db.transaction() as session:
        made = [annotations.create(session, ada, Draft(
            "garden", targets=(DraftTarget(exact=("three gates", "north gate")[number % 2]),),
            body=f"Comment {number}.",
        ), limits) for number in range(8)]  # fmt: skip
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        start = loaded.parsed.text.index("three gates")
        ordinal = loaded.parsed.provisions[loaded.parsed.provision_at(start, start + 1)].parent
        assert ordinal is not None
        whole, part = Container(loaded), Container(loaded, ordinal)
        for container in (Container(), whole, part):
            assert paged(session, container) == ([made[:3], made[3:6], made[6:]], [0, 3, 6])
        assert w3c_containers.of_provision(session, "garden", loaded.pids[ordinal]) == part
        first = w3c_containers.survey(session, whole)
        assert w3c_containers.survey(session, whole) is first
        assert isinstance(first.modified, datetime)
    with site.parts.db.transaction() as session:
        for ident in (made[1], *made[3:6]):
            annotations.delete(session, ada, ident)
    with site.parts.db.reading() as session:
        for container in (Container(), whole):
            assert paged(session, container) == ([[made[0], made[2]], [], made[6:]], [0, 2, 2])
        surveyed = w3c_containers.survey(session, whole)
        assert surveyed.pages == [0, 2]
        assert surveyed.modified is not None
        assert first.modified is not None
        assert surveyed.modified > first.modified
        assert w3c_containers.page(surveyed, 1) == (2, (0, 2))
        with pytest.raises(NotFound):
            w3c_containers.page(surveyed, 3)
        assert paged(session, part)[0] == [[made[0], made[2], made[6]], made[7:]]


def test_after_any_change_a_container_is_as_if_it_were_counted_for_the_first_time(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(w3c_containers, "PAGE", 3)
    site.add()
    ada, limits = site.person("Ada"), site.parts.config.limits
    made: list[str] = []

    def say() -> None:
        with site.parts.db.transaction() as session:
            made.append(annotations.create(session, ada, Draft("garden", body="Hm."), limits))

    def bring(ident: str) -> None:
        value = {"id": ident, "document": "garden", "author": "Ben", "body": "Old.",
                 "created": "2020-01-01T00:00:00Z"}  # fmt: skip
        with site.parts.db.transaction() as session:
            importing.take_in(session, [native.read("item 1", value)], limits)

    def take(number: int) -> None:
        with site.parts.db.transaction() as session:
            annotations.delete(session, ada, made[number])

    steps = [say] * 7 + [lambda: take(6), lambda: take(0), lambda: bring("00000000000000a1"),
                         say, lambda: bring("zzzzzzzz"), say, lambda: take(3), say]  # fmt: skip
    for step in steps:
        step()
        with site.parts.db.reading() as session:
            loaded = editions.newest(session, "garden")
            for container in (Container(), Container(loaded)):
                kept = w3c_containers.survey(session, container)
                session.info["cache"].pop(("container", container.name))
                assert w3c_containers.survey(session, container) == kept
                paged(session, container)
                session.info["cache"]["container", container.name] = kept


def test_what_is_sent_is_stored_once_on_every_database(site: Site) -> None:
    site.add()
    ada, limits = site.person("Ada"), site.parts.config.limits
    text = f"{HERE}/api/documents/garden/editions/2026-03-01/text"
    sent = w3c.sent({
        "id": "https://other.example/1", "canonical": "urn:uuid:1", "type": "Annotation",
        "body": {"type": "TextualBody", "value": "Hm."},
        "target": {"source": text,
                   "selector": {"type": "TextQuoteSelector", "exact": "three gates"}},
    })  # fmt: skip
    for new in (True, False):
        with site.parts.db.transaction() as session:
            loaded = editions.newest(session, "garden")
            ident, fresh = w3c_containers.post(
                session, ada, Container(loaded), sent, HERE, limits, None
            )
            assert fresh is new
    with site.parts.db.reading() as session:
        surveyed = w3c_containers.survey(session, Container(loaded))
        ids = w3c_containers.ids(session, Container(loaded), surveyed, 0)
        (annotation,) = annotation_loader.read(session, ids, loaded)
    assert (annotation.id, annotation.via) == (ident, "urn:uuid:1")
