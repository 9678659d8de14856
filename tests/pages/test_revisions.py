"""The pages about a revision say what changed, without JavaScript, and let an author answer it."""

from __future__ import annotations

import csv
from typing import Any

import pytest
from flask.testing import FlaskClient

from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import listings
from annotator.services.revisions import revision_report
from tests.conftest import SAMPLES, Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, forge, send, sign_in, signed_in

LOST = "a child’s laughter has never been against the rules"
EDITED = "The north gate is locked at dusk"


@pytest.fixture
def revised(small_site: Site) -> tuple[Site, dict[str, str]]:
    """Two editions, and two annotations of Ada's that the second one touches."""
    made = {}
    small_site.person("Eve", PASSWORD)
    for name, words in (("lost", LOST), ("edited", EDITED)):
        made[name] = small_site.post(words, "So?", author="Eve")
    small_site.add("garden-2.md", "2026-04-01")
    return small_site, made


def test_the_difference_shows_words_struck_and_added_with_annotations_beside(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/diff/2026-03-01..2026-04-01").text
    assert "<del>dusk</del><ins>nightfall</ins>" in page
    assert "1 comment" in page
    assert "We say “keep quiet”" in page


def test_the_fate_of_each_touched_annotation_is_listed(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/fate/2026-03-01..2026-04-01").text
    assert "1 edited, 1 lost" in page
    assert f"<del>{LOST}</del>" in page


def test_the_reading_page_leads_to_what_changed(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    between = "2026-03-01..2026-04-01"
    newest = client.get("/d/garden").text
    assert f'<a href="/d/garden/diff/{between}">What changed since 2026-03-01</a>' in newest
    assert f'href="/d/garden/fate/{between}"' in newest
    older = client.get("/d/garden@2026-03-01").text
    assert f'<a href="/d/garden/diff/{between}">What changed in 2026-04-01</a>' in older


def test_lost_words_are_told_where_their_provision_stood(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden").text
    (control,) = html.tree(page).cssselect("[data-lost]")
    assert (control.get("class"), control.get("data-lost")) == ("n", "1")
    assert control.get("title") == "1 comment on words no longer here"
    label = control.get("aria-label")
    assert label == "1 comment on section Purpose (1 comment on words no longer here)"
    there = client.get(control.get("href")).text
    assert "These words are no longer in 2026-04-01; they were in 2026-03-01." in there
    assert LOST in there
    assert html.tree(client.get("/d/garden@2026-03-01").text).cssselect("[data-lost]") == []


def test_an_edited_annotation_shows_what_changed_and_how_it_stood(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    page = client.get("/d/garden/paths-and-gates/1").text
    assert "<del>dusk</del><ins>nightfall</ins>" in page
    (then,) = html.tree(page).xpath("//a[.='Wording on 2026-03-01']/@href")
    stood = client.get(then)
    assert stood.status_code == 200
    assert f'<mark class="cited">{EDITED}</mark>' in stood.text


def test_its_author_is_offered_to_say_where_a_annotation_stands(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    _, made = revised
    offer = f'href="/a/{made["edited"]}/restate"'
    place = "/d/garden/paths-and-gates/1"
    assert offer not in client.get(place).text
    sign_in(client, "Eve")
    assert offer in client.get(place).text
    assert offer not in client.get("/d/garden@2026-03-01/paths-and-gates/1").text


@pytest.mark.parametrize(
    "labels", ["x", "a..b", "..", "2026-03-01..", "2026-03-01..1999-01-01", "%00..x"]
)
@pytest.mark.parametrize("kind", ["diff", "fate"])
def test_editions_that_are_not_there_are_told(client: FlaskClient, kind: str, labels: str) -> None:
    assert client.get(f"/d/garden/{kind}/{labels}").status_code == 404


def test_an_author_puts_a_lost_annotation_on_other_words(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    site, made = revised
    sign_in(client, "Eve")
    path = f"/a/{made['lost']}/restate"
    assert send(client, path, do="restate", quote="no such words").status_code == 409
    assert forge(client, path, do="confirm").status_code == 409
    assert send(client, path, do="restate", quote="Ring the bell once.").status_code == 303
    assert send(client, f"/a/{made['edited']}/restate", do="confirm").status_code == 303
    with site.parts.db.reading() as session:
        bases = [listings.get(session, ident).placements[0].basis for ident in made.values()]
    assert bases == ["restated", "confirmed"]


def test_nobody_else_says_where_a_annotation_stands(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    site, made = revised
    path = f"/a/{made['lost']}/restate"
    assert client.get(path).status_code == 401
    client = signed_in(client.application, site, "Bob")
    assert client.get(path).status_code == 403


def test_an_author_and_nobody_else_is_shown_what_a_revision_touched(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    _, made = revised
    assert "has changed since" not in client.get("/people/Eve").text
    sign_in(client, "Eve")
    page = client.get("/people/Eve").text
    assert "changed since you wrote 2 comments" in page
    assert all(f"/a/{ident}/restate" in page for ident in made.values())
    assert send(client, f"/a/{made['edited']}/restate", do="confirm").status_code == 303
    assert "changed since you wrote 1 comment" in client.get("/people/Eve").text


def test_only_comments_made_before_a_revision_are_counted(
    client: FlaskClient, revised: tuple[Site, dict[str, str]]
) -> None:
    """A later revision counts what it did itself, not what one before it did."""
    site, made = revised
    site.post("The north gate is locked at nightfall", "After it.", author="Eve")
    site.post("three gates", "After it too.", author="Eve")
    first = "/d/garden/fate/2026-03-01..2026-04-01"
    assert "1 edited, 1 lost, of 2 comments made before" in client.get(first).text
    changed = (SAMPLES / "garden-2.md").read_bytes().replace(b"at nightfall", b"at eight")
    added = site.add(label="2026-05-01", data=changed)
    assert added.comments == {"edited": 2, "exact": 1}
    second = client.get("/d/garden/fate/2026-04-01..2026-05-01").text
    assert "2 edited, 1 unchanged, of 3 comments made before" in second
    assert LOST not in second
    both = client.get("/d/garden/fate/2026-03-01..2026-05-01").text
    assert "1 edited, 1 lost, of 2 comments made before" in both
    only = html.tree(client.get(f"{first}?verdict=lost").text).cssselect("article.change")
    assert [each.cssselect("a[href*='/a/']")[0].get("href") for each in only] == [
        f"/a/{made['lost']}"
    ]


def test_comments_that_a_revision_left_alone_are_only_counted(
    client: FlaskClient, small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for words in (*["three gates"] * 3, EDITED):
        small_site.post(words)
    small_site.add("garden-2.md", "2026-04-01")
    read: list[str] = []
    passage = revision_report.CommentedPassage

    def noted(verdict: str, *values: Any) -> revision_report.CommentedPassage:
        read.append(verdict)
        return passage(verdict, *values)

    monkeypatch.setattr(revision_report, "CommentedPassage", noted)
    page = client.get("/d/garden/fate/2026-03-01..2026-04-01").text
    assert "1 edited, 3 unchanged, of 4 comments made before" in page
    assert {*read} == {"edited"}


def test_a_comment_on_two_passages_counts_once_with_its_worst_verdict(
    client: FlaskClient, small_site: Site
) -> None:
    small_site.person("Eve")
    targets = tuple(DraftTarget(exact=words) for words in ("three gates", EDITED, LOST))
    small_site.post(body="On three.", targets=targets, author="Eve")
    small_site.add("garden-2.md", "2026-04-01")
    page = client.get("/d/garden/fate/2026-03-01..2026-04-01").text
    assert "1 lost, of 1 comment made before" in page


def test_changes_are_grouped_by_section_and_commas_are_folded_last(
    client: FlaskClient, small_site: Site
) -> None:
    text = (SAMPLES / "garden-1.md").read_bytes()
    changed = (
        text.replace(b"The garden is kept", b"The garden, is Kept")
        .replace(b"keep to the paths in the wet months", b"walk anywhere in winter or summer")
        .replace(b"locked at dusk", b"shut at dusk")
    )
    small_site.add(label="2026-04-01", data=changed)
    page = "/d/garden/diff/2026-03-01..2026-04-01"
    tree = html.tree(client.get(page))
    assert [each.text for each in tree.cssselect("main section > h2")] == [
        "Paths and gates", "Purpose",
    ]  # fmt: skip
    (first, second) = tree.cssselect("section > article.change .verdict")
    assert "· 12 words" in first.text_content()
    assert "· 2 words" in second.text_content()
    (folded,) = tree.cssselect("details.folded")
    assert folded.cssselect("summary")[0].text == "1 change of punctuation or capitals"
    steps = html.attributes(client.get(page), ".next-to a", "href")
    assert all(tree.cssselect(f"[id='{step[1:]}']") for step in steps)
    assert len(steps) == 4
    by_text = html.tree(client.get(f"{page}?sort=text"))
    assert [each.text for each in by_text.cssselect("main section > h2")] == [
        "Purpose", "Paths and gates",
    ]  # fmt: skip
    beside = html.tree(client.get(f"{page}?beside=yes")).cssselect(".beside")
    assert [len(each.cssselect("p")) for each in beside] == [2, 2, 2]
    assert not beside[0].cssselect("p:first-child ins, p:last-child del")
    table = list(csv.DictReader(client.get(f"{page}?format=csv").text[1:].splitlines()))
    assert [row["words_changed"] for row in table] == ["0", "2", "12"]
    assert table[1]["new"].startswith("There are three gates. The north gate is shut at dusk")
