"""What has been written since a moment, and the tags in use, on either database."""

from __future__ import annotations

from datetime import timedelta

import pytest

from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.errors import NotFound
from annotator.schemas.annotations import Draft
from annotator.schemas.documents import State
from annotator.services.annotations import annotations, tags
from annotator.services.editions import editions
from annotator.services.reading import statistics
from tests.conftest import Site

LIMITS = Limits()


def test_annotations_and_replies_of_others_since_a_moment_are_new(site: Site, ada: Viewer) -> None:
    bea = site.person("Bea")

    def told(moment: object = None, without: str | None = None) -> State:
        with site.parts.db.reading() as session:
            loaded = editions.newest(session, "garden")
            return statistics.since(session, loaded, moment, without)  # type: ignore[arg-type]

    assert told().latest is None
    first = site.post("The north gate", author=ada)
    before = told()
    assert (before.new, before.latest is None) == (0, False)
    assert before.latest is not None
    past = before.latest - timedelta(seconds=1)
    site.post(author=bea, in_reply_to=first)
    site.post("The north gate", author=ada)
    assert told(past).new == 3
    assert told(past, "Ada").new == 1
    assert told(past, "Nobody").new == 3
    after = told()
    assert after.state > before.state
    assert told(after.latest).new == 0


def test_tags_are_counted_most_used_first_until_they_change(site: Site, ada: Viewer) -> None:
    def told(document: str | None = "garden", prefix: str = "") -> list[tuple[str, int]]:
        with site.parts.db.reading() as session:
            return tags.used(session, document, prefix)

    assert told() == []
    last = site.post(
        "The north gate",
        author=ada,
        tags=(
            "Gates",
            "dusk",
        ),
    )
    site.post(
        "The north gate",
        author=ada,
        tags=(
            "dusk",
            "Éclair",
        ),
    )
    assert told() == told(None) == [("dusk", 2), ("Gates", 1), ("Éclair", 1)]
    assert told(prefix="g") == [("Gates", 1)]
    assert told(prefix="é") == [("Éclair", 1)]
    site.add(slug="orchard")
    assert told("orchard") == []
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, last)
    assert told() == told(None) == [("dusk", 1), ("Éclair", 1)]
    with pytest.raises(NotFound):
        told("nowhere")


def test_tags_are_those_of_a_document_whether_it_has_most_of_the_site_or_little(
    site: Site, ada: Viewer
) -> None:
    def told(document: str | None) -> list[tuple[str, int]]:
        with site.parts.db.reading() as session:
            return tags.used(session, document)

    site.add(slug="orchard")
    with site.parts.db.transaction() as session:
        draft = Draft("orchard", None, (), "Plums.", tags=("plum", "dusk"))
        annotations.create(session, ada, draft, LIMITS)
    words = ("The north gate", "three gates", "never locked")
    made = [site.post(each, f"On {each}.", author=ada, tags=("dusk",)) for each in words]
    assert told("garden") == [("dusk", 3)]
    assert told("orchard") == [("dusk", 1), ("plum", 1)]
    assert told(None) == [("dusk", 4), ("plum", 1)]
    with site.parts.db.transaction() as session:
        for ident in made[1:]:
            annotations.delete(session, ada, ident)
    assert told("garden") == [("dusk", 1)]
    assert told("orchard") == [("dusk", 1), ("plum", 1)]
    assert told(None) == [("dusk", 2), ("plum", 1)]
