"""The pages' doors: what they answer, what they keep, what they refuse."""

from __future__ import annotations

import gzip
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.auth.permissions import Viewer
from annotator.formats import FORMATS
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.web.http.assets import INLINE_SHEET, INLINE_THEME
from annotator.web.pages import words
from annotator.web.pages.people.sign_in import LOCAL_PATH
from annotator.web.pages.text.rendered import code
from tests.conftest import Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, form_token, sign_in, sign_up

PAGES = ["/", "/d/garden", "/d/garden@2026-03-01", "/d/garden/purpose/1", "/search",
         "/search?q=gate", "/people/Ada"]  # fmt: skip


@pytest.fixture
def ada(small_site: Site) -> Viewer:
    """The account that the small site has."""
    with small_site.parts.db.reading() as session:
        return accounts.viewer_named(session, "Ada")


@pytest.fixture
def garden(small_site: Site) -> Loaded:
    """The small site's document."""
    with small_site.parts.db.reading() as session:
        return editions.newest(session, "garden")


@pytest.mark.parametrize("path", PAGES)
def test_whoever_only_reads_gets_no_cookie(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_script_or_a_style_but_the_two_that_the_policy_names(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path).text
    page = page.replace(f"<script>{INLINE_THEME}</script>", "", 1)
    page = page.replace(f"<style>{INLINE_SHEET}</style>", "", 1)
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    for script in re.findall(r"<script[^>]*>", page):
        assert 'src="/assets/' in script or "application/json" in script


def test_an_unchanged_text_is_not_sent_again(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    first = client.get("/d/garden")
    assert first.headers["Cache-Control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["ETag"]}
    for more in ({}, {"Accept-Encoding": "gzip"}):
        again = client.get("/d/garden", headers=known | more)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
    small_site.post("three gates")
    changed = client.get("/d/garden", headers=known)
    assert changed.status_code == 200
    assert "1 comment on paragraph 1" in changed.text


def test_a_compressed_text_is_recognised_too(client: FlaskClient) -> None:
    asked = {"Accept-Encoding": "gzip"}
    first = client.get("/d/garden", headers=asked)
    assert first.headers["Content-Encoding"] == "gzip"
    assert b"Rules of the Garden" in gzip.decompress(first.data)
    again = client.get("/d/garden", headers=asked | {"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 304


def test_each_viewer_has_a_page_of_their_own(client: FlaskClient, app: Flask) -> None:
    stranger = client.get("/d/garden").headers["ETag"]
    sign_up(client)
    own = client.get("/d/garden")
    assert own.headers["ETag"] != stranger
    assert 'name="viewer" content="Bea"' in own.text
    assert (
        app.test_client().get("/d/garden", headers={"If-None-Match": stranger}).status_code == 304
    )


def test_a_page_kept_from_an_earlier_session_is_sent_again(app: Flask, small_site: Site) -> None:
    """The token in its forms was that session's; the browser would send it and be refused."""
    small_site.person("Bea", PASSWORD)
    known: dict[str, str] = {}
    for _ in range(2):
        browser = sign_in(app.test_client(), "Bea")
        page = browser.get("/d/garden", headers=known)
        assert page.status_code == 200
        known = {"If-None-Match": page.headers["ETag"]}
        assert browser.get("/d/garden", headers=known).status_code == 304


@pytest.mark.shared
def test_the_constitutions_page_is_small_enough(
    small_site: Site, client: FlaskClient, shared: Path, ada: Viewer
) -> None:
    data = (shared / "corpus" / "constitution" / "2026-01-20.md").read_bytes()
    small_site.add(name="constitution.md", data=data, slug="constitution", label="2026-01-20")
    answer = client.get("/d/constitution", headers={"Accept-Encoding": "gzip"})
    sheet = len(gzip.compress(INLINE_SHEET.encode()))  # no request of its own any more
    assert len(answer.data) - sheet <= 84_000


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/d/garden/paths-and-gates", "Paths and gates"),
        ("/d/garden@2026-03-01/paths-and-gates/1", "Paths and gates, paragraph 1"),
        ("/d/garden@2026-03-01/paths-and-gates/3.1", "Paths and gates, list item 3.1"),
        ("/d/garden/opening-hours/1.s2", "Opening hours, paragraph 1"),
    ],
)
def test_a_provision_has_a_page_at_its_address(client: FlaskClient, path: str, shown: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert f"<h1>{shown}</h1>" in answer.text


def test_a_provisions_lasting_name_leads_to_it(client: FlaskClient, garden: Loaded) -> None:
    ordinal = next(at for at, it in enumerate(garden.parsed.provisions) if it.number == "3.2")
    page = client.get(f"/d/garden/p/{garden.pids[ordinal]}").text
    assert "A wheelchair is no bicycle." in page
    assert "garden@2026-03-01/paths-and-gates/3.2" in page


@pytest.mark.parametrize(
    "path",
    ["/d/nothing", "/d/garden@1999-01-01", "/d/garden/nowhere", "/d/garden/purpose/99",
     "/d/garden/purpose/%22~", "/d/garden/p/zzzzz", "/d/garden/p/zzzzz?edition=2026-03-01",
     "/a/none", "/a/none/edit", "/people/Nobody", "/assets/x/../../app.py", "/assets/x/none.css"],
)  # fmt: skip
def test_what_is_not_there_is_said_in_words(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code in {401, 404}
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", ["/d/nothing", "/nowhere", "/a/nothing"])
def test_a_page_that_is_not_there_leads_on(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert html.attributes(answer, "main form[role=search]", "action") == ["/search"]
    assert html.attributes(answer, "main li a", "href") == ["/d/garden"]


def test_sign_up_says_its_rules_beside_the_fields(client: FlaskClient) -> None:
    tree = html.tree(client.get("/sign-up"))
    for field, rule in (("name", "2 to 40 letters"), ("password", "8 to 1,000 characters")):
        (label,) = tree.cssselect(f"label:has([name={field}])")
        assert rule in label.text_content()


def test_a_time_has_its_day_and_the_exact_time_beside(
    client: FlaskClient, small_site: Site
) -> None:
    made = small_site.post("three gates")
    (time,) = html.tree(client.get(f"/a/{made}")).cssselect("time")
    moment = datetime.fromisoformat(time.get("datetime"))
    assert time.text == words.day(moment)
    assert time.get("title") == f"{time.text}, {moment:%H:%M} UTC"


def test_a_deleted_annotation_is_gone_and_its_thread_is_not(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    head = small_site.post("three gates", "Taken back.")
    small_site.post(body="An answer.", in_reply_to=head)
    with small_site.parts.db.transaction() as session:
        annotations.delete(session, ada, head)
    answer = client.get(f"/a/{head}")
    assert answer.status_code == 410
    assert "An answer." in answer.text
    assert "Taken back." not in answer.text


def test_commentary_is_paged_and_nothing_is_left_out(
    client: FlaskClient, small_site: Site, ada: Viewer, garden: Loaded
) -> None:
    for number in range(60):
        small_site.post("three gates", f"Comment number {number}.")
    seen: list[str] = []
    path: str | None = "/d/garden/paths-and-gates/1?sort=recent"
    while path:
        page = client.get(path).text
        assert "60 comments" in page
        seen += re.findall(r"Comment number (\d+)\.", page)
        path = next(iter(html.attributes(page, "p.more a", "href")), None)
    assert [int(number) for number in seen] == list(range(59, -1, -1))


def threads(client: FlaskClient, address: str) -> list[str]:
    """Return the ids of the annotations on a page, in its order."""
    idents = html.attributes(client.get(address), "[id^='a-']", "id")
    return [ident.removeprefix("a-") for ident in idents]


def test_threads_are_sorted_by_links_and_stay_together(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    first, second = (small_site.post("three gates", body) for body in ("First.", "Second."))
    reply = small_site.post(body="Third.", in_reply_to=first)
    path = "/d/garden/paths-and-gates/1"
    listed = {
        sort: threads(client, f"{path}?sort={sort}")
        for sort in ("place", "recent", "replied", "nonsense")
    }
    assert listed["place"] == listed["recent"] == listed["replied"] == [first, reply, second]
    assert listed["nonsense"] == listed["place"]
    small_site.post(body="Fourth.", in_reply_to=second)
    links = html.tree(client.get(path)).xpath("//a[.='newest first' or .='most replies']/@href")
    assert len(set(links)) == 2
    for address in links:
        found = threads(client, address)
        assert [found[0], found[2]] == [second, first]


def test_a_form_without_its_token_is_refused(client: FlaskClient, small_site: Site) -> None:
    answer = client.post("/sign-up", data={"name": "Bea", "password": PASSWORD})
    assert answer.status_code == 400
    assert "This form has expired" in answer.text


def test_a_annotation_is_posted_by_quotation(client: FlaskClient, garden: Loaded) -> None:
    sign_up(client)
    path = "/d/garden/purpose/2"
    page = client.get(path).text
    action = html.attribute(page, "form[action^='/d/garden/p/']", "action")
    sent = {"csrf_token": form_token(client, path), "edition": "2026-03-01",
            # as a keyboard has it
            "quote": " We say \"keep  quiet\" and mean it kindly: nobody’s\nsilence ",
            "body": "Kindly.", "tags": "tone, , tone", "do": "post"}  # fmt: skip
    answer = client.post(action, data=sent)
    assert answer.status_code == 303
    shown = client.get(answer.headers["Location"]).text
    assert "We say “keep quiet” and mean it kindly: nobody&#39;s silence" in shown
    assert shown.count('class="tags"') == 1


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"body": ""}, 422, "The comment is empty"),
        ({"quote": "no such words"}, 422, "could not find those words"),
        ({"quote": "the"}, 422, "appear here"),
        ({"tags": "x" * 99}, 422, "Shorten each tag to"),
        ({"do": "preview", "body": "*so*"}, 200, "<em>so</em>"),
    ],
)
def test_a_faulty_form_comes_back_with_what_was_written(
    client: FlaskClient, more: dict[str, str], status: int, said: str
) -> None:
    sign_up(client)
    path = "/d/garden/purpose/1"
    action = html.attribute(client.get(path), "form[action^='/d/garden/p/']", "action")
    sent = {"csrf_token": form_token(client, path), "body": "My words.", "edition": "2026-03-01"}
    answer = client.post(action, data=sent | more)
    assert answer.status_code == status
    assert said in answer.text
    for value in more.values():
        assert value in {"preview"} or value in answer.text


def test_a_form_sent_twice_posts_once_and_other_words_are_told(
    client: FlaskClient, small_site: Site
) -> None:
    sign_up(client)
    path = "/d/garden/purpose/1"
    page = client.get(path).text
    action = html.attribute(page, "form[action^='/d/garden/p/']", "action")
    key = "form.compose [name=key]"
    sent = {"csrf_token": form_token(client, path), "key": html.attribute(page, key, "value"),
            "body": "Once.", "edition": "2026-03-01"}  # fmt: skip
    first, second = (client.post(action, data=sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    answer = client.post(action, data=sent | {"body": "Another."})
    assert answer.status_code == 409
    assert "another version of this comment" in answer.text
    sent |= {"key": html.attribute(answer, key, "value"), "body": "Another."}
    assert client.post(action, data=sent).status_code == 303
    with small_site.parts.db.reading() as session:
        assert listings.count(session, Filter(document="garden")) == 2


def test_a_deleted_annotation_and_a_deleted_reply_are_taken_back_without_scripts(
    client: FlaskClient, small_site: Site
) -> None:
    sign_up(client)
    with small_site.parts.db.reading() as session:
        bea = accounts.viewer_named(session, "Bea")
    head = small_site.post("three gates", "Why three?", author=bea)
    reply = small_site.post(body="Because.", author=bea, in_reply_to=head)
    sent = {"csrf_token": form_token(client, "/account")}
    for ident, said in ((reply, "Because."), (head, "Why three?")):
        landed = client.post(f"/a/{ident}/delete", data=sent, follow_redirects=True).text
        assert said not in landed
        assert f'action="/a/{ident}/restore"' in landed
        back = client.post(f"/a/{ident}/restore", data=sent, follow_redirects=True)
        assert (back.status_code, said in back.text) == (200, True)
    assert client.post(f"/a/{head}/restore", data=sent).status_code == 409
    client.post(f"/a/{reply}/delete", data=sent)
    client.post("/sign-out", data=sent)
    assert "/restore" not in client.get(f"/a/{reply}").text


def test_only_the_author_may_change_a_annotation(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    ident = small_site.post("three gates")
    assert client.get(f"/a/{ident}/edit").status_code == 401
    sign_up(client)
    for act in ("edit", "delete"):
        assert client.get(f"/a/{ident}/{act}").status_code == 403
        sent = {"csrf_token": form_token(client, "/account"), "body": "Mine now."}
        assert client.post(f"/a/{ident}/{act}", data=sent).status_code == 403
    assert "Indeed." in client.get(f"/a/{ident}").text


@pytest.mark.parametrize(
    "elsewhere",
    ["https://evil.example/", "//evil.example", "/\\evil.example", "/\t/evil.example",
     "javascript:1", "", "/a\r\nSet-Cookie: x=1", "/ x", "\\\\evil", "/%0d\n"],
)  # fmt: skip
def test_signing_in_leads_to_no_other_site(client: FlaskClient, elsewhere: str) -> None:
    sent = {"name": "Bea", "password": PASSWORD, "next": elsewhere,
            "csrf_token": form_token(client, "/sign-up")}  # fmt: skip
    assert client.post("/sign-up", data=sent).headers["Location"] == "/"


def test_signing_in_leads_back_to_where_one_was() -> None:
    assert LOCAL_PATH.match("/d/garden@2026-03-01/purpose/1?sort=newest#_comments")


def test_whoever_is_asked_to_sign_in_comes_back_to_the_same_page(client: FlaskClient) -> None:
    page = client.get("/search?q=gate%20%26%20path&document=garden").text
    found = html.attribute(page, "a[href^='/sign-in?next=']", "href")
    wanted = unquote(found.partition("=")[2])
    assert wanted == "/search?q=gate%20%26%20path&document=garden"
    assert LOCAL_PATH.match(wanted)


def test_a_broken_query_is_explained_at_the_box(client: FlaskClient) -> None:
    answer = client.get("/search?q=honest+AND+(<b>")
    assert answer.status_code == 400
    assert 'aria-invalid="true"' in answer.text
    assert "<b>" not in answer.text


def test_a_search_can_be_narrowed_by_links(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    small_site.post("three gates", "A gateway of words.")
    small_site.parts.indexer.drain()
    page = client.get("/search?q=gateway").text
    assert "<strong>1 result</strong>" in page
    assert "/search?q=gateway&amp;author=Ada" in page
    assert "/search?q=gateway&amp;document=garden" in page
    narrowed = client.get("/search?q=gateway+author%3A%22Ada%22&document=garden&kind=annotation")
    assert "<strong>1 result</strong>" in narrowed.text


def test_highlights_are_written_as_gaps_and_lengths() -> None:
    segments = [(5, 9, 1), (9, 12, 4), (100, 101, 2)]
    assert code(segments) == "[5,16,0,15,88,5]"
    assert code(segments, 7, 10) == "[7,8,0,7]"
    assert code([]) == "[]"


def test_hostile_names_of_files_and_editions_are_shown_as_words(client: FlaskClient) -> None:
    answer = client.get("/d/%3Cscript%3E@%3Cimg%3E")
    assert answer.status_code == 404
    assert "<script>@" not in answer.text
    assert "<img>" not in answer.text


def test_an_app_can_be_made_twice(small_site: Site) -> None:
    """What is kept of rendered pages belongs to one app."""
    for _ in range(2):
        app = create_app(small_site.parts.config, small_site.parts)
        assert app.test_client().get("/d/garden").status_code == 200


def test_narrowing_a_search_with_or_keeps_both_sides(client: FlaskClient, small_site: Site) -> None:
    small_site.parts.indexer.drain()
    page = client.get("/search?q=dusk+OR+quiet").text
    assert "/search?q=dusk+OR+quiet&amp;section=" in page


@pytest.mark.parametrize(
    "page", ["/d/garden", "/d/garden/paths-and-gates/1", "/people/Ada", "/search?q=dusk", "/a/ID"]
)
def test_what_a_page_shows_can_be_downloaded_in_every_format(
    client: FlaskClient, small_site: Site, ada: Viewer, page: str
) -> None:
    draft = Draft("garden", targets=(DraftTarget(exact="locked at dusk"),), body="Whose dusk?")
    with small_site.parts.db.transaction() as session:
        ident = annotations.create(session, ada, draft, small_site.parts.config.limits)
    small_site.parts.indexer.drain()
    shown = client.get(page.replace("ID", ident)).get_data(as_text=True)
    links = html.attributes(shown, "a[href^='/api/export']", "href")
    assert [re.search(r"format=(\w+)", link)[1] for link in links] == list(words.DOWNLOADS)  # type: ignore[index]
    assert words.DOWNLOADS.keys() == FORMATS.keys()
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "Whose dusk?" in answer.get_data(as_text=True)
