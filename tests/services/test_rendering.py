"""The HTML of comments: stored beside their words, theirs alone, and made anew when it must be."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import pytest
from sqlalchemy import select, text

from annotator import markup
from annotator.auth.permissions import Viewer
from annotator.cli.server.serve import start_rendering
from annotator.errors import Unacceptable
from annotator.markup.portable import rewritten
from annotator.models import Annotation, Version
from annotator.schemas.annotations import Draft, Earlier, Incoming
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings, store
from annotator.services.essays import essays
from annotator.services.essays.proposals import EssaySubmission
from tests.conftest import Site
from tests.helpers import importing

RENDER = import_module("annotator.markup.renderer")  # the module; `markup.render` is its function
TABLE = "|a" * 30 + "\n" + "|-" * 30 + "\n" + "x\n" * 4900
SHARED = f"[a]: http://{'x' * 5000}\n\n" + "[a]" * 1500
TITLED = f'[a]: /b "{"y" * 5000}"\n\n' + "![a]" * 1200
TABLES = "|a|b|c|d|\n|-|-|-|-|\n||\n\n" * 130
DEEP = (">" * 20 + "a\n\n") * 400
TOO_MUCH = {"one table": TABLE, "tables": TABLES, "a table in a quotation": "> " + TABLE.replace(
    "\n", "\n> ")[:9900], "an address that links share": SHARED, "a title that pictures share":
    TITLED, "quotations in quotations": DEEP}  # fmt: skip


NOTHING = ["&nbsp;", "&#8203;&#xad;", "[a]: https://x.example", "**\u200b**", "# \u2060", "> \n>",
           "` `", "```\n\n```", "|a|\n|-|\n".replace("a", "\u3164")]  # fmt: skip
UNNAMED = ["[](https://x.example/y)", "[ ](https://x.example/y)", "[\u200b](https://x.example/y)",
           "[&nbsp;](https://x.example/y)", "- a [**\u2060**](https://x.example/y)",
           "[\u3164][a]\n\n[a]: https://x.example/y"]  # fmt: skip


@pytest.mark.parametrize("words", NOTHING)
def test_a_comment_that_shows_nothing_is_refused(words: str) -> None:
    with pytest.raises(Unacceptable, match="empty"):
        markup.render(words)
    assert store.render_or_escape(words) == markup.escaped(words)


@pytest.mark.parametrize("words", UNNAMED)
def test_a_link_that_shows_nothing_is_named_by_its_address(words: str) -> None:
    assert "https://x.example/y</a>" in markup.render(words).replace("</strong>", "")
    assert "https://x.example/y" in markup.plain(words)
    assert "https://x.example/y]" in rewritten(words, "https://s.example").replace("\\", "")


def test_a_picture_without_words_is_called_one() -> None:
    for words in ("![](x.png)", "![\u200b](x.png)", "[![ ](x.png)](https://x.example/y)"):
        assert ">picture</a>" in markup.render(words)
        assert "[picture]" in rewritten(words, "https://s.example")
    assert ">x</a>" in markup.render("[![x](y.png)](https://x.example)")


def ada(site: Site) -> Viewer:
    with site.parts.db.reading() as session:
        return accounts.viewer_named(session, "Ada")


def shown(site: Site, ident: str) -> str | None:
    with site.parts.db.reading() as session:
        return listings.get(session, ident).html


def stored(site: Site) -> list[tuple[str | None, str | None]]:
    """Return the words and the HTML of all comments and all earlier versions."""
    with site.parts.db.reading() as session:
        return [tuple(row) for table in (Annotation, Version)
                for row in session.execute(select(table.body, table.html))]  # fmt: skip


def test_every_way_of_writing_stores_the_html(small_site: Site) -> None:
    limits, viewer = small_site.parts.config.limits, ada(small_site)
    ident = small_site.post("three gates", "*One.*")
    with small_site.parts.db.transaction() as session:
        reply = Draft(body="**Two.**", in_reply_to=ident)
        annotations.create(session, viewer, reply, limits)
        annotations.edit(session, viewer, ident, body="~~Three.~~", limits=limits)
        annotations.edit(session, viewer, ident, tags=["x"], limits=limits)
        gone = annotations.create(session, viewer, reply, limits)
        annotations.edit(session, viewer, gone, body="`Four`", limits=limits)
        essay = EssaySubmission(
            "It says “the town asks little in return”. I *doubt* it.", "markdown", "On gates"
        )
        essays.publish(session, viewer, "garden", essay, limits)
        moment = annotations.now()
        incoming = Incoming("item 1", Draft("garden", body="_Five._"), "Ada", created=moment,
                            earlier=(Earlier("_Six._", (), moment),))  # fmt: skip
        report = importing.take_in(session, [incoming], limits)
        assert report.outcomes["added"] == 1, report.lines
    with small_site.parts.db.transaction() as session:
        annotations.delete(session, viewer, gone)
    with small_site.parts.db.transaction() as session:
        annotations.restore(session, viewer, gone)
    found = stored(small_site)
    assert len(found) >= 8
    for body, html in found:
        assert html == markup.render(body or "")
    assert store.rebuild_html(small_site.parts.db) == 0


def test_words_that_go_take_their_html_along(small_site: Site) -> None:
    limits, viewer = small_site.parts.config.limits, ada(small_site)
    ident = small_site.post("three gates", "*Secretive.*")
    with small_site.parts.db.transaction() as session:
        annotations.edit(session, viewer, ident, body="Else.", limits=limits)
        annotations.delete(session, viewer, ident)
    assert stored(small_site) == [(None, None)]
    with small_site.parts.db.transaction() as session:
        annotations.purge(session, annotations.now() + 2 * annotations.KEPT)
        rows = session.execute(text("SELECT * FROM annotations")).all()
        assert "Secretive" not in str(rows)


def test_until_it_is_made_anew_html_of_another_policy_is_not_shown(
    small_site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    idents = [small_site.post("three gates", f"*One* {at}.\n<b>") for at in range(3)]
    limits = small_site.parts.config.limits
    with small_site.parts.db.transaction() as session:
        annotations.edit(session, ada(small_site), idents[0], body="*Two.*", limits=limits)
    monkeypatch.setattr(store, "BATCH", 2)
    monkeypatch.setattr(markup, "fingerprint", lambda: "another")
    assert shown(small_site, idents[1]) == "<p>*One* 1.<br>&lt;b&gt;</p>"
    waited: list[float] = []
    assert store.rebuild_html(small_site.parts.db, waited.append) == 4
    assert len(waited) == 3
    assert shown(small_site, idents[1]) == "<p><em>One</em> 1.\n&lt;b&gt;</p>\n"
    assert store.rebuild_html(small_site.parts.db, waited.append) == 0


def test_html_of_other_words_is_never_shown(small_site: Site) -> None:
    ident = small_site.post("three gates", "*One.*")
    with small_site.parts.db.transaction() as session:  # as a program of an earlier day would
        session.execute(text("UPDATE annotations SET body = '*Two.*'"))
    assert shown(small_site, ident) == "<p>*Two.*</p>"


def test_the_fingerprint_is_of_all_that_shapes_the_html(monkeypatch: pytest.MonkeyPatch) -> None:
    now = markup.fingerprint()
    monkeypatch.setattr(markup, "version", lambda name: f"{name} 99")
    assert markup.fingerprint.__wrapped__() != now  # type: ignore[attr-defined]
    monkeypatch.undo()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + b" ")
    assert markup.fingerprint.__wrapped__() != now  # type: ignore[attr-defined]


@pytest.mark.parametrize("body", TOO_MUCH.values(), ids=TOO_MUCH.keys())
def test_what_becomes_too_much_is_refused_before_it_is_cleaned(
    small_site: Site, body: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(body) <= small_site.parts.config.limits.body
    ident = small_site.post("three gates", "Small.")
    cleaned: list[int] = []
    monkeypatch.setattr(RENDER, "sanitize", lambda html: cleaned.append(len(html)) or html)
    with pytest.raises(Unacceptable, match=r"at most [\d,]+ cells|limit is [\d,]+") as refused:
        small_site.post("three gates", body)
    assert refused.value.field == "body"
    limits = small_site.parts.config.limits
    with small_site.parts.db.transaction() as session:
        with pytest.raises(Unacceptable):
            annotations.edit(session, ada(small_site), ident, body=body, limits=limits)
        now = annotations.now()
        items = [Incoming("item 1", Draft("garden", body=body), "Ada"),
                 Incoming("item 2", Draft("garden", body="x"), "Ada", created=now,
                          earlier=(Earlier(body, (), now),))]  # fmt: skip
        report = importing.take_in(session, items, limits)
    assert report.outcomes == {"refused": 2}
    assert all("at most" in line or "the limit is" in line for line in report.lines)
    assert max(cleaned, default=0) < 20


def test_what_was_taken_before_and_is_too_much_is_shown_as_it_was_written(
    small_site: Site,
) -> None:
    ident = small_site.post("three gates", "Small.")
    with small_site.parts.db.transaction() as session:
        session.execute(text("UPDATE annotations SET body = :body, html = NULL, stamp = NULL"),
                        {"body": TABLE})  # fmt: skip
    thread = start_rendering(small_site.parts.db, small_site.parts.leases)
    thread.join(30)
    html = shown(small_site, ident)
    assert html == markup.escaped(TABLE)
    assert stored(small_site) == [(TABLE, html)]


def test_a_comment_of_ordinary_size_is_not_too_much() -> None:
    for piece in ("word ", "*a* ", "[a](b) ", "> a\n\n", "- a\n", "# a\n\n", "`a` ", "&", '"'):
        assert markup.render(piece * (10_000 // len(piece)))
    table = "|a|b|c|d|\n|-|-|-|-|\n" + "|one|two|three|four|\n" * 200
    assert markup.render(table).count("<td>") == 800
