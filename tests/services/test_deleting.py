"""Deleting can be undone for an hour, on either database; afterwards nothing is left."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import Conflict, Gone, NotAllowed, NotFound
from annotator.models import Annotation, Withdrawn
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.operations import status
from annotator.services.reading import full_text
from tests.conftest import Site
from tests.helpers import checks

LIMITS = Limits()
DUSK = DraftTarget(exact="The north gate is locked at dusk")


def write(site: Site, viewer: Viewer, body: str, reply_to: str | None = None) -> str:
    draft = Draft(document="garden", body=body, tags=("dusk", "gates"), in_reply_to=reply_to,
                  targets=() if reply_to else (DUSK,))  # fmt: skip
    with site.parts.db.transaction() as session:
        return annotations.create(session, viewer, draft, LIMITS)


def edit(site: Site, viewer: Viewer, ident: str, body: str) -> None:
    with site.parts.db.transaction() as session:
        annotations.edit(session, viewer, ident, body=body, tags=["later"], limits=LIMITS)


def delete(site: Site, viewer: Viewer, *idents: str) -> None:
    for ident in idents:
        with site.parts.db.transaction() as session:
            annotations.delete(session, viewer, ident)


def restore(site: Site, viewer: Viewer, ident: str) -> None:
    with site.parts.db.transaction() as session:
        annotations.restore(session, viewer, ident)


def everything(site: Site, ident: str) -> tuple[AnnotationValue, list[object]]:
    with site.parts.db.reading() as session:
        return listings.get(session, ident), list(listings.versions(session, ident))


def listed(site: Site) -> list[str]:
    with site.parts.db.reading() as session:
        return [it.id for it in listings.page(session, Filter(document="garden"), "place").items]


def found(site: Site, query: str) -> int:
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        engine = site.parts.engine
        return full_text.search(session, engine, query, kinds=["annotation"]).total


def age(site: Site, ident: str, by: timedelta) -> None:
    with site.parts.db.transaction() as session:
        session.get_one(Withdrawn, ident).deleted -= by


def test_what_was_deleted_comes_back_as_it_was(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, "Whose duskiness?")
    edit(site, ada, ident, "Whose duskiness, then?")
    before, others = everything(site, ident), listed(site)
    delete(site, ada, ident)
    assert listed(site) == []
    assert found(site, "duskiness") == 0
    assert everything(site, ident)[0].body is None
    restore(site, ada, ident)
    assert everything(site, ident) == before
    assert listed(site) == others
    assert found(site, "duskiness") == 1
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def test_a_reply_comes_back_into_its_thread_though_all_of_it_was_deleted(
    site: Site, ada: Viewer
) -> None:
    head = write(site, ada, "Head.")
    reply = write(site, ada, "Reply.", head)
    delete(site, ada, head, reply)
    assert listed(site) == []
    restore(site, ada, reply)
    assert listed(site) == [head, reply]
    assert everything(site, head)[0].deleted
    found(site, "reply")
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def test_it_comes_back_into_an_edition_that_came_meanwhile(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, "Whose dusk?")
    delete(site, ada, ident)
    site.add("garden-2.md", "2026-06-01")
    restore(site, ada, ident)
    assert listed(site) == [ident]
    found(site, "dusk")
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


def test_after_an_hour_it_is_gone_for_good(site: Site, ada: Viewer) -> None:
    late, kept = write(site, ada, "Late."), write(site, ada, "Kept.")
    delete(site, ada, late, kept)
    age(site, late, annotations.KEPT + timedelta(seconds=1))
    with pytest.raises(Gone):
        restore(site, ada, late)
    with site.parts.db.transaction() as session:
        status.tidy(session)
        assert session.scalars(select(Withdrawn.annotation_id)).all() == [kept]
    restore(site, ada, kept)
    with pytest.raises(Gone):
        restore(site, ada, late)


def test_deleting_lets_go_of_what_is_older_than_an_hour(site: Site, ada: Viewer) -> None:
    first, second = write(site, ada, "One."), write(site, ada, "Two.")
    delete(site, ada, first)
    age(site, first, annotations.KEPT + timedelta(seconds=1))
    delete(site, ada, second)
    with site.parts.db.reading() as session:
        assert session.scalars(select(Withdrawn.annotation_id)).all() == [second]


def test_only_its_author_undoes_and_only_what_is_deleted(site: Site, ada: Viewer) -> None:
    ident, bob = write(site, ada, "Mine."), site.person("Bob")
    with pytest.raises(Conflict):
        restore(site, ada, ident)
    with pytest.raises(NotFound):
        restore(site, ada, "none")
    delete(site, ada, ident)
    with site.parts.db.reading() as session:
        assert annotations.restorable(session, ada, ident)
        assert not annotations.restorable(session, bob, ident)
    with pytest.raises(NotAllowed):
        restore(site, bob, ident)


def test_the_database_keeps_the_words_nowhere_else(site: Site, ada: Viewer) -> None:
    ident = write(site, ada, "Secret.")
    edit(site, ada, ident, "Secret still.")
    delete(site, ada, ident)
    with site.parts.db.transaction() as session:
        annotations.purge(session, now() + annotations.KEPT * 2)
    with site.parts.db.reading() as session:
        row = session.get_one(Annotation, ident)
        assert (row.body, listings.versions(session, ident)) == (None, [])
        assert session.get(Withdrawn, ident) is None


def test_an_empty_place_does_not_say_whose_it_was(site: Site, ada: Viewer) -> None:
    """The charter promises an empty place that shows the day, and no more."""
    ident = write(site, ada, "Gone.")
    reply = write(site, site.person("Bob"), "Stays.", ident)
    delete(site, ada, ident)
    with site.parts.db.reading() as session:
        place, _ = listings.thread(session, ident)
        assert (place.deleted, place.author) == (True, "")
        assert place.to_json()["author"] is None
        for narrow in (Filter(author="Ada"), Filter("garden", author="Ada")):
            assert listings.page(session, narrow).total == 0
            assert list(listings.everything(session, narrow)) == []
        assert listings.page(session, Filter(thread=ident)).total == 2
        assert [it.id for it in listings.everything(session, Filter(author="Bob"))] == [reply]
