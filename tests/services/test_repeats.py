"""Saying the same twice: at one place never, at many places not without end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from annotator.auth.permissions import Viewer
from annotator.db import now
from annotator.errors import Repeated
from annotator.models import Annotation
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from tests.conftest import Site

GATE, QUIET = "The north gate is locked at dusk", "keep quiet"
LONG = "See what I have written about all of this elsewhere, at great length."


def say(site: Site, viewer: Viewer, words: str, body: str | None = "Why?", **more: object) -> str:
    target = (DraftTarget(exact=words),) if words else ()
    draft = Draft(document="garden", targets=target, body=body, **more)  # type: ignore[arg-type]
    with site.parts.db.transaction() as session:
        return annotations.post(session, viewer, draft, site.parts.config.limits, None)[0]


def test_the_same_at_the_same_place_is_refused_and_the_first_is_named(
    site: Site, ada: Viewer
) -> None:
    first = say(site, ada, GATE)
    with pytest.raises(Repeated) as told:
        say(site, ada, GATE)
    assert told.value.details == {"annotation": first}
    with site.parts.db.reading() as session:
        assert session.query(Annotation).count() == 1


def test_other_words_another_place_another_person_and_another_answer_are_not_the_same(
    site: Site, ada: Viewer
) -> None:
    first = say(site, ada, GATE)
    say(site, ada, GATE, "Why not?")
    say(site, ada, QUIET)
    say(site, ada, "")
    say(site, site.person("Bea"), GATE)
    say(site, ada, "", in_reply_to=first)
    with pytest.raises(Repeated):
        say(site, ada, "", in_reply_to=first)
    say(site, ada, GATE, None, motivation="highlighting")
    with pytest.raises(Repeated):
        say(site, ada, GATE, None, motivation="highlighting")


def test_what_was_deleted_or_said_yesterday_may_be_said_again(site: Site, ada: Viewer) -> None:
    first = say(site, ada, GATE)
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, first)
    say(site, ada, GATE)
    with site.parts.db.transaction() as session:
        session.execute(update(Annotation).values(created=now() - timedelta(days=2)))
    say(site, ada, GATE)


def test_the_same_words_are_not_put_everywhere_but_short_ones_may_be(
    site: Site, ada: Viewer
) -> None:
    begun = say(site, ada, GATE)
    threads = [say(site, ada, "", f"Number {number}.") for number in range(8)]
    for thread in threads:
        say(site, ada, "", "I agree.", in_reply_to=thread)
    for thread in threads[: annotations.MOST_PLACES]:
        say(site, ada, "", LONG, in_reply_to=thread)
    with pytest.raises(Repeated, match="in 5 places"):
        say(site, ada, "", LONG, in_reply_to=begun)
