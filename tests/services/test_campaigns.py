"""The campaigns of a document: found, corrected by hand, and answered together."""

from __future__ import annotations

import pytest

from annotator.errors import NotFound
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.answers import campaigns, drafters
from annotator.services.answers.desk import DeskChoice
from tests.conftest import Site
from tests.services.publisher import DUSK, Publisher
from tests.unit.test_campaigns import LETTER, OTHER, OWN


class Campaigns(Publisher):
    """Seven people send one letter, one of them with words of her own; Ada writes for herself."""

    def __init__(self, site: Site) -> None:
        super().__init__(site)
        self.idents = [
            site.post(DUSK, f"{OWN} {LETTER}" if at == 3 else LETTER, author=site.person(f"P{at}"))
            for at in range(7)
        ]

    def find(self) -> None:
        campaigns.find(self.site.parts.db, 1)

    def listed(self) -> list[object]:
        with self.site.parts.db.reading() as session:
            return campaigns.of_document(session, 1)

    def move(self, ident: str, campaign: str = "") -> object:
        engine, chosen = self.site.parts.engine, DeskChoice([(ident, None)])
        return self.do(
            lambda session: campaigns.move(session, engine, self.dora, "garden", chosen, campaign)
        )

    def ids(self, campaign: str) -> list[str]:
        return [item.id for item in self.select(campaign=campaign).items]


@pytest.fixture
def garden(site: Site) -> Campaigns:
    """The garden with a campaign, on each database."""
    return Campaigns(site)


def test_a_campaign_has_all_its_people_and_their_own_words(garden: Campaigns) -> None:
    garden.find()
    (one,) = garden.listed()
    assert (one.people, one.comments, one.unanswered, one.with_own) == (7, 7, 7, 1)
    assert one.body == LETTER
    assert sorted(garden.ids(one.id)) == sorted(garden.idents)
    assert garden.ids(f"{one.id}:own") == [garden.idents[3]]
    assert garden.ids("none") == [garden.ident]
    with garden.site.parts.db.reading() as session:
        own = campaigns.own_words(session, garden.idents)
    assert own[garden.idents[3]] == [OWN.rstrip(".")]
    assert own[garden.idents[0]] == []
    seen = garden.select(campaign=one.id)
    garden.write(chosen=DeskChoice(narrow=Filter("garden", campaign=one.id), state=seen.state))
    garden.publish()
    assert garden.listed()[0].unanswered == 0
    assert garden.account().answered == 7
    assert garden.faults() == []


def test_what_a_drafter_says_of_a_comment_stays(garden: Campaigns) -> None:
    garden.find()
    (one,) = garden.listed()
    garden.move(garden.ident, one.id)
    garden.move(garden.idents[0])
    garden.site.post(DUSK, LETTER, author=garden.site.person("Late"))
    for _ in range(2):
        garden.find()
        (again,) = garden.listed()
        assert again.id == one.id
        assert again.people == 8
        assert garden.ident in garden.ids(one.id)
        assert garden.idents[0] in garden.ids("none")
    with pytest.raises(NotFound):
        garden.move(garden.ident, "nowhere")


def test_a_member_that_is_deleted_counts_no_more(garden: Campaigns) -> None:
    garden.find()
    (one,) = garden.listed()
    for at in range(3):
        with garden.site.parts.db.transaction() as session:
            author = accounts.viewer_named(session, f"P{at}")
            annotations.delete(session, author, garden.idents[at])
        (less,) = garden.listed()
        assert (less.id, less.people) == (one.id, 6 - at)
    garden.find()
    assert garden.listed() == [], "four people are no campaign"
    assert garden.faults() == []


def test_campaigns_are_found_without_being_asked_when_comments_have_changed(
    garden: Campaigns, monkeypatch: pytest.MonkeyPatch
) -> None:
    db, seen = garden.site.parts.db, dict[int, object]()
    campaigns.refresh(db, seen)
    assert [row.people for row in garden.listed()] == [7]
    for at in range(7):
        garden.site.post("three gates", OTHER, author=f"P{at}")
    campaigns.refresh(db, seen)
    assert [row.people for row in garden.listed()] == [7, 7]
    monkeypatch.setattr(campaigns, "find", lambda *_: pytest.fail("Nothing has changed."))
    campaigns.refresh(db, seen)
    with db.transaction() as session:
        drafters.remove(session, "garden", "Dora")
    campaigns.refresh(db, {})
