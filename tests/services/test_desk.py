"""The filters of the desk: what is to be answered, and what the text has now."""

from __future__ import annotations

import pytest

from annotator.errors import Unacceptable
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from tests.conftest import SAMPLES, Site
from tests.services.publisher import Publisher

WORDS, WORDING = "three gates", "four gates"


@pytest.fixture
def garden(site: Site) -> Publisher:
    """The garden with a comment, on each database."""
    return Publisher(site)


def test_what_has_no_answer_is_to_be_answered_until_it_has_a_draft(garden: Publisher) -> None:
    other = garden.site.post(WORDS, "Too many.")
    assert garden.select(answer="todo").total == 2
    garden.write(other)
    assert [item.id for item in garden.select(answer="todo").items] == [garden.ident]
    assert garden.select(answer="none").total == 2, "nobody has been answered yet"
    garden.publish()
    assert garden.select(answer="todo").total == garden.select(answer="none").total == 1


def test_words_that_an_edition_has_are_proposed_until_the_publisher_has_spoken(
    garden: Publisher,
) -> None:
    taken = garden.site.post(WORDS, None, suggestion=("replace", WORDING))
    garden.site.post("asks little", None, suggestion=("replace", "asks much"))
    garden.write(taken, draft=AnswerDraft("declined", "There are three."))
    garden.publish()
    assert garden.select(answer="in_text").total == 0
    text = (SAMPLES / "garden-1.md").read_bytes()
    newer = text.replace(WORDS.encode(), WORDING.encode())
    garden.site.add(label="2026-04-01", data=newer)
    proposed = garden.select(answer="in_text")
    assert [item.id for item in proposed.items] == [taken]
    chosen = DeskChoice(narrow=Filter("garden", answer="in_text"), state=proposed.state)
    garden.write(chosen=chosen, draft=AnswerDraft("adopted", edition="2026-04-01"))
    assert garden.select(answer="in_text").total == 0, "it has a draft"
    garden.publish()
    assert garden.select(answer="in_text").total == 0
    garden.site.add(label="2026-05-01", data=newer + b"\nThe end.\n")
    assert garden.select(answer="in_text").total == 0, "the publisher has said so"
    with garden.site.parts.db.reading() as session, pytest.raises(Unacceptable):
        listings.page(session, Filter("garden", answer="in_text"))
