"""Webmentions: what is received, how it is brought up to date, and what moderators decide."""

from __future__ import annotations

import pytest

from annotator.errors import AnnotatorError, Conflict, Malformed, Stale, Unacceptable, Unavailable
from annotator.outside.client import Fetched
from annotator.services.webmention import mentions, verification
from tests.conftest import Site
from tests.services.mentioning import (
    HERE,
    PLACE,
    SOURCE,
    Elsewhere,
    accepted,
    decide,
    linking,
    newest,
    page,
    places,
    receive,
    row,
    run,
    shown,
)  # fmt: skip


def test_a_page_that_links_here_waits_for_a_moderator_and_is_then_shown(
    garden: Site, elsewhere: Elsewhere
) -> None:
    elsewhere.pages[SOURCE] = linking()
    ident = receive(garden)
    assert row(garden, ident).state == "queued"
    assert run(garden, elsewhere) == {"waiting": 1}
    assert (row(garden, ident).title, row(garden, ident).excerpt) == ("On gates", "See the rule .")
    assert shown(garden, "The north gate is locked") == []
    decide(garden, ident, "approve")
    assert shown(garden, "The north gate is locked") == [ident]
    assert run(garden, elsewhere) == {}
    assert elsewhere.asked == [SOURCE]


BAD = {
    "no source": ("", PLACE), "no target": (SOURCE, ""), "the same": (PLACE, PLACE),
    "a page of ours": (f"{HERE}/d/garden", PLACE), "ftp": ("ftp://a.org/x", PLACE),
    "javascript": ("javascript:alert(1)", PLACE), "javascript target": (SOURCE, "javascript:1"),
    "a password": ("https://a:b@a.org/", PLACE), "a port": ("https://a.org:22/", PLACE),
    "long": (f"https://a.org/{'x' * 3_000}", PLACE), "a line feed": ("https://a.org/\nx", PLACE),
    "another site": (SOURCE, "https://elsewhere.example.org/d/garden"),
    "another port": (SOURCE, f"{HERE}:8443/d/garden"),
    "no document": (SOURCE, f"{HERE}/d/forest"), "no edition": (SOURCE, f"{HERE}/d/garden@1999"),
    "no provision": (SOURCE, f"{HERE}/d/garden/p/zzzzz"),
    "no section": (SOURCE, f"{HERE}/d/garden/nowhere-at-all/7"),
    "no page of the text": (SOURCE, f"{HERE}/d/garden/quotations"),
    "a person": (SOURCE, f"{HERE}/people/Ada"), "home": (SOURCE, f"{HERE}/"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_mention_of_a_page_here_is_refused_with_a_reason(
    garden: Site, name: str
) -> None:
    with pytest.raises(Malformed) as told:
        receive(garden, *BAD[name])
    assert told.value.field in {"source", "target"}
    with garden.parts.db.reading() as session:
        assert mentions.listed(session) == []


def test_every_form_of_a_document_s_address_is_a_target(garden: Site) -> None:
    pid = newest(garden).pids[2]
    for number, place in enumerate(
        ["garden", "garden@2026-03-01", f"garden/p/{pid}", "garden@2026-03-01/paths-and-gates/1",
         "garden/paths-and-gates", "garden/paths-and-gates/1.s1",
         f"garden/p/{pid}?edition=2026-03-01", "garden@2026-03-01#char=0,20"]
    ):  # fmt: skip
        receive(garden, f"https://a.org/{number}", f"{HERE}/d/{place}")


def test_a_site_takes_no_more_than_it_can_look_at(
    garden: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mentions, "MAX_QUEUED", 1)
    receive(garden)
    receive(garden)
    with pytest.raises(Unavailable, match="queue is full"):
        receive(garden, "https://a.org/")


def test_the_same_again_brings_it_up_to_date_and_what_changed_waits_again(
    garden: Site, elsewhere: Elsewhere
) -> None:
    ident = accepted(garden, elsewhere)
    assert receive(garden) == ident
    assert shown(garden, "The north gate is locked") == [ident]
    assert run(garden, elsewhere) == {"shown": 1}
    elsewhere.pages[SOURCE] = page(f"<title>Buy herons</title><a href='{PLACE}'>x</a>")
    receive(garden)
    assert run(garden, elsewhere) == {"waiting": 1}
    assert row(garden, ident).title == "Buy herons"
    assert shown(garden, "The north gate is locked") == []


GONE: dict[str, Fetched | AnnotatorError] = {
    "410": Unavailable("answers 410", answered=410),
    "404": Unavailable("answers 404", answered=404),
    "no link any more": page("<p>Nothing here.</p>"),
}


@pytest.mark.parametrize("how", GONE)
def test_a_page_that_is_gone_takes_its_mention_with_it(
    garden: Site, elsewhere: Elsewhere, how: str
) -> None:
    ident = accepted(garden, elsewhere)
    elsewhere.pages[SOURCE] = GONE[how]
    receive(garden)
    assert run(garden, elsewhere) == {"gone": 1}
    assert shown(garden, "The north gate is locked") == []
    found = row(garden, ident)
    assert (found.title, found.excerpt, places(garden, ident)) == ("", "", [])
    elsewhere.pages[SOURCE] = linking()
    receive(garden)
    assert run(garden, elsewhere) == {"waiting": 1}


def test_a_page_that_is_silent_for_once_keeps_its_mention(
    garden: Site, elsewhere: Elsewhere
) -> None:
    ident = accepted(garden, elsewhere)
    elsewhere.pages[SOURCE] = Unavailable("answers 503", answered=503)
    receive(garden)
    assert run(garden, elsewhere) == {"kept": 1}
    assert shown(garden, "The north gate is locked") == [ident]


def test_a_refused_mention_stays_hidden_however_often_it_is_sent(
    garden: Site, elsewhere: Elsewhere
) -> None:
    elsewhere.pages[SOURCE] = linking()
    ident = receive(garden)
    run(garden, elsewhere)
    with pytest.raises(Unacceptable):
        decide(garden, ident, "refuse")
    decide(garden, ident, "refuse", "It sells herons.")
    receive(garden)
    assert run(garden, elsewhere) == {"hidden": 1}
    found = row(garden, ident)
    assert (found.by, found.reason, found.decided is not None) == ("Mia", "It sells herons.", True)


def test_a_decision_is_undone_once_and_the_second_moderator_is_told(
    garden: Site, elsewhere: Elsewhere
) -> None:
    elsewhere.pages[SOURCE] = linking()
    ident = receive(garden)
    with pytest.raises(Conflict):
        decide(garden, ident, "approve")
    run(garden, elsewhere)
    decide(garden, ident, "approve", seen="waiting")
    with pytest.raises(Stale):
        decide(garden, ident, "refuse", "No.", seen="waiting")
    decide(garden, ident, "refuse", "No.", seen="shown")
    decide(garden, ident, "undo")
    assert row(garden, ident).state == "shown"
    with pytest.raises(Conflict):
        decide(garden, ident, "undo")
    with pytest.raises(Malformed):
        decide(garden, ident, "eat")


def test_what_is_sent_again_while_it_is_looked_at_is_looked_at_again(
    garden: Site, elsewhere: Elsewhere
) -> None:
    elsewhere.pages[SOURCE] = linking()
    ident = receive(garden)
    with garden.parts.db.reading() as session:
        (due,) = verification.due(session)
    receive(garden)
    with garden.parts.db.transaction() as session:
        verification.store(session, due, verification.look(due, elsewhere))  # type: ignore[arg-type]
    assert row(garden, ident).due is not None
