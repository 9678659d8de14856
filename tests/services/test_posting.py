"""Posting under a key: sent twice, stored once, on either database."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError, Malformed, PostedAlready, Unacceptable
from annotator.models import Annotation, Posting
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from tests.conftest import Site

LIMITS = Limits()
DRAFT = Draft(document="garden", body="Whose dusk?",
              targets=(DraftTarget(exact="The north gate is locked at dusk"),))  # fmt: skip


def post(site: Site, viewer: Viewer, key: str | None, draft: Draft = DRAFT) -> tuple[str, bool]:
    with site.parts.db.transaction() as session:
        return annotations.post(session, viewer, draft, LIMITS, key)


def count(site: Site) -> int:
    with site.parts.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Annotation)) or 0


def test_the_same_words_under_the_same_key_are_one_annotation(site: Site, ada: Viewer) -> None:
    ident, new = post(site, ada, "k1")
    assert new
    assert post(site, ada, "k1") == (ident, False)
    assert count(site) == 1


def test_a_key_is_its_authors_own_and_without_one_each_is_a_annotation(
    site: Site, ada: Viewer
) -> None:
    post(site, ada, "k1")
    post(site, site.person("Bob"), "k1")
    post(site, ada, "k2", replace(DRAFT, body="Why?"))
    post(site, ada, None, replace(DRAFT, body="Why not?"))
    post(site, ada, None, replace(DRAFT, body="Who says so?"))
    assert count(site) == 5


def test_other_words_under_a_used_key_are_told_and_never_lost(site: Site, ada: Viewer) -> None:
    ident, _ = post(site, ada, "k1")
    with pytest.raises(PostedAlready) as told:
        post(site, ada, "k1", replace(DRAFT, body="Other words."))
    assert told.value.details["annotation"] == ident
    assert count(site) == 1


def test_a_refused_annotation_leaves_its_key_free(site: Site, ada: Viewer) -> None:
    with pytest.raises(Unacceptable):
        post(site, ada, "k1", replace(DRAFT, body=" "))
    assert post(site, ada, "k1")[1]


def test_sent_twice_at_the_same_moment_it_is_still_one(site: Site, ada: Viewer) -> None:
    """What a double click does to a server with several threads."""
    start = threading.Barrier(6)
    answers: list[tuple[str, bool]] = []

    def send() -> None:
        start.wait()
        try:
            answers.append(post(site, ada, "k1"))
        except AnnotatorError as error:  # pragma: no cover  shown by the assertion
            answers.append((repr(error), False))

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ident for ident, _ in answers}) == 1, answers
    assert sorted(new for _, new in answers) == [False] * 5 + [True]
    assert count(site) == 1


@pytest.mark.both_databases
@pytest.mark.parametrize("key", ["x" * 101, "schlüssel", "a\nb"])
def test_what_is_no_key_is_told(site: Site, ada: Viewer, key: str) -> None:
    with pytest.raises(Malformed) as told:
        post(site, ada, key)
    assert told.value.field == "Idempotency-Key"


def test_keys_are_forgotten_after_a_day(site: Site, ada: Viewer) -> None:
    post(site, ada, "k1")
    with site.parts.db.transaction() as session:
        annotations.forget_keys(session, now() + annotations.KEYS_KEPT - timedelta(minutes=1))
        assert session.get(Posting, (ada.account, "k1"))
        annotations.forget_keys(session, now() + annotations.KEYS_KEPT + timedelta(minutes=1))
    assert post(site, ada, "k1", replace(DRAFT, body="And whose dawn?"))[1]


def test_a_deleted_annotation_is_not_posted_again_by_its_key(site: Site, ada: Viewer) -> None:
    ident, _ = post(site, ada, "k1")
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, ident)
    assert post(site, ada, "k1") == (ident, False)
    assert count(site) == 1
