"""The commentary edition: the text with every comment as a note, for paper."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.config import Limits
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.moderation import actions
from annotator.services.moderation.actions import Decision
from annotator.services.reading import print_notes
from annotator.services.revisions import add_edition
from tests.conftest import SAMPLES, Site
from tests.helpers import html

PAGE = "/d/garden/print/2026-03-01"
HIDE = Decision("hide", "abuse", "It attacks the keeper instead of the rule.")


def post(site: Site, body: str | None, exact: str = "", to: str = "", name: str = "Ada", **more):
    targets = (DraftTarget(exact=exact),) if exact else more.pop("targets", ())
    draft = Draft(None if to else "garden", None, targets, body, in_reply_to=to or None, **more)
    with site.parts.db.transaction() as session:
        viewer = annotations.accounts.viewer_named(session, name)
        return annotations.create(session, viewer, draft, Limits())


def written(page: str) -> str:
    """Return what stands on the page, its marks as [1]."""
    tree = html.tree(page)
    for mark in tree.cssselect("a.mark"):
        mark.text = f"[{mark.get('data-number')}]"
    for mark in tree.cssselect("a.mark + a.mark"):
        mark.text = f" {mark.text}"
    return html.text(tree)


def test_each_annotation_is_a_note_whose_mark_follows_its_words(
    client: FlaskClient, small_site: Site
) -> None:
    gates = post(small_site, "Why *three*?", "three gates", tags=("gates",))
    reply = post(small_site, "Count them.", to=gates)
    post(small_site, "All of it.", targets=())
    post(small_site, "Dusk?", "locked at dusk")
    shown = client.get(PAGE).text
    page = written(shown)
    assert "There are three gates[2]" in page
    assert "locked at dusk[3]" in page
    assert page.index("On the document as a whole") < page.index("All of it.")
    assert page.index("Why three?") < page.index("Count them.") < page.index("Dusk?")
    for ident in (gates, reply):
        assert f"/a/{ident}" in page
    assert page.count("http://localhost") == 1
    assert "<em>three</em>" in shown
    assert "Tags: gates" in page
    assert "With 4 comments as notes" in page
    assert html.attributes(shown, "#_mark-2, #_mark-3", "href") == ["#_note-2", "#_note-3"]
    assert len(html.attributes(shown, "a.mark", "href")) == 2
    assert html.attributes(shown, "li[id^=_note-]", "id") == ["_note-1", "_note-2", "_note-3"]


def test_what_is_hidden_or_deleted_is_never_printed(client: FlaskClient, small_site: Site) -> None:
    mia = small_site.person("Mia", role="moderator")
    gone = post(small_site, "The keeper is a heron.", "three gates")
    post(small_site, "Is he?", to=gone)
    lone = post(small_site, "The keeper is a newt.", "locked at dusk")
    taken = post(small_site, "A slip of the pen.", "never locked")
    post(small_site, "Which slip?", to=taken)
    with small_site.parts.db.transaction() as session:
        for ident in (gone, lone):
            actions.decide(session, actions.moderator(mia), HIDE, ident)
        annotations.delete(session, annotations.accounts.viewer_named(session, "Ada"), taken)
    page = written(client.get(PAGE).text)
    for words in ("heron", "newt", "slip of the pen"):
        assert words not in page
    assert "This comment was hidden on" in page
    assert "This comment was deleted." in page
    assert page.index("three gates[1]") < page.index("Is he?")
    assert "Which slip?" in page


def test_a_section_an_author_or_a_tag_is_printed_alone(
    client: FlaskClient, small_site: Site
) -> None:
    small_site.person("Ben")
    head = post(small_site, "Why three?", "three gates", tags=("gates",))
    post(small_site, "Ask the keeper.", to=head, name="Ben")
    post(small_site, "Of the purpose.", "in return")
    across = "in return.\nWe say “keep quiet”"
    post(small_site, "Across.", across)
    section = written(client.get(f"{PAGE}?section=paths-and-gates").text)
    assert "three gates[1]" in section
    assert "in return" not in section
    assert "on the section Paths and gates only" in section
    ben = written(client.get(f"{PAGE}?author=Ben").text)
    assert "three gates[1]" in ben
    assert "Ask the keeper." in ben
    assert "Why three?" not in ben
    assert "Why three?" in written(client.get(f"{PAGE}?tag=gates").text)
    assert client.get(f"{PAGE}?section=nowhere").status_code == 404
    assert client.get(f"{PAGE}?author=Nobody").status_code == 404
    assert client.get("/d/garden/print/1999-01-01").status_code == 404


def test_what_is_too_much_is_counted(
    client: FlaskClient, small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        post(small_site, f"Comment {number}.", "three gates")
    monkeypatch.setattr(print_notes.collect, "__defaults__", (3,))
    page = written(client.get(PAGE).text)
    assert "2 more comments are not shown: these are the first 3 of 5" in page
    assert "three gates[1] [2] [3]" in page
    assert "Comment 3." not in page


def test_every_annotation_has_a_mark_whatever_its_words_became(
    small_site: Site, app: Flask
) -> None:
    post(small_site, "Good.", "a child’s laughter has never been against the rules")
    post(small_site, "Why three?", "three gates")
    with small_site.parts.db.transaction() as session:
        data = (SAMPLES / "garden-2.md").read_bytes()
        add_edition.add(session, slug="garden", label="2026-04-01", data=data, name="g.md")
        newest = annotations.editions.newest(session, "garden")
    post(small_site, "All of this.", targets=(DraftTarget(pid=newest.pids[1]),))
    with small_site.parts.db.reading() as session:
        found = print_notes.collect(session, newest, Filter(document="garden"))
    assert [note.place.verdict for note in found.notes].count("lost") == 1
    shown = app.test_client().get("/d/garden/print/2026-04-01").text
    assert html.attributes(shown, "a.mark", "id") == ["_mark-1", "_mark-2", "_mark-3"]
    assert "words of 2026-03-01 that were removed" in written(shown)


def test_it_is_kept_by_the_browser_until_something_is_said(
    client: FlaskClient, small_site: Site
) -> None:
    tag = client.get(PAGE).headers["ETag"]
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 304
    other = client.get(f"{PAGE}?author=Ada", headers={"If-None-Match": tag})
    assert other.status_code == 200
    post(small_site, "Why three?", "three gates")
    assert client.get(PAGE, headers={"If-None-Match": tag}).status_code == 200
