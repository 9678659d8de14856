"""The pages' doors: what they answer, what they keep, what they refuse."""

from __future__ import annotations

import gzip
import re
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.auth.viewer import Viewer
from annotator.formats import FORMATS
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, deletion, listings
from annotator.services.annotations.listings import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.web.pages import words
from annotator.web.pages.blueprint import COMMENT, STATIC, undocumented
from annotator.web.pages.people.sign_in import LOCAL_PATH
from annotator.web.pages.text.rendered import code
from tests.conftest import Site

PASSWORD = "a long enough pass phrase"
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


def say(
    site: Site,
    viewer: Viewer,
    words: str,
    body: str | None = "Indeed.",
    reply_to: str | None = None,
) -> str:
    """Store an annotation on some words, or a reply."""
    targets = () if reply_to else (DraftTarget(exact=words),)
    draft = Draft(document="garden", targets=targets, body=body, in_reply_to=reply_to)
    with site.parts.db.transaction() as session:
        return annotations.create(session, viewer, draft, site.parts.config.limits)


def form_token(client: FlaskClient, path: str) -> str:
    """Read the token that a page's form carries."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', client.get(path).text)
    assert found, path
    return found[1]


def sign_up(client: FlaskClient, name: str = "Bea") -> None:
    """Make an account and sign in with it."""
    sent = {"name": name, "password": PASSWORD, "csrf_token": form_token(client, "/sign-up")}
    assert client.post("/sign-up", data=sent).status_code == 303


@pytest.mark.parametrize("path", PAGES)
def test_whoever_only_reads_gets_no_cookie(client: FlaskClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
    assert "Cookie" in answer.headers["Vary"]


@pytest.mark.parametrize("path", PAGES)
def test_no_page_holds_a_script_or_a_style_of_its_own(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
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
    say(small_site, ada, "three gates")
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


@pytest.mark.shared
def test_the_constitutions_page_is_small_enough(
    small_site: Site, client: FlaskClient, shared: Path, ada: Viewer
) -> None:
    data = (shared / "corpus" / "constitution" / "2026-01-20.md").read_bytes()
    small_site.add(name="constitution.md", data=data, slug="constitution", label="2026-01-20")
    answer = client.get("/d/constitution", headers={"Accept-Encoding": "gzip"})
    assert len(answer.data) <= 90_000


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


def test_a_deleted_annotation_is_gone_and_its_thread_is_not(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    head = say(small_site, ada, "three gates", "Taken back.")
    say(small_site, ada, "", "An answer.", reply_to=head)
    with small_site.parts.db.transaction() as session:
        deletion.delete(session, ada, head)
    answer = client.get(f"/a/{head}")
    assert answer.status_code == 410
    assert "An answer." in answer.text
    assert "Taken back." not in answer.text


def test_commentary_is_paged_and_nothing_is_left_out(
    client: FlaskClient, small_site: Site, ada: Viewer, garden: Loaded
) -> None:
    for number in range(60):
        say(small_site, ada, "three gates", f"Comment number {number}.")
    seen: list[str] = []
    path: str | None = "/d/garden/paths-and-gates/1?sort=recent"
    while path:
        page = client.get(path).text
        assert "60 comments" in page
        seen += re.findall(r"Comment number (\d+)\.", page)
        following = re.search(r'<p class="more"><a class="button quiet" href="([^"]+)"', page)
        path = following[1].replace("&amp;", "&") if following else None
    assert [int(number) for number in seen] == list(range(59, -1, -1))


def test_threads_are_sorted_by_links_and_stay_together(
    client: FlaskClient, small_site: Site, ada: Viewer
) -> None:
    first, second = (say(small_site, ada, "three gates", body) for body in ("First.", "Second."))
    reply = say(small_site, ada, "", "Third.", reply_to=first)
    path = "/d/garden/paths-and-gates/1"
    listed = {
        sort: re.findall(r'id="a-(\w+)"', client.get(f"{path}?sort={sort}").text)
        for sort in ("place", "recent", "replied", "nonsense")
    }
    assert listed["place"] == listed["recent"] == listed["replied"] == [first, reply, second]
    assert listed["nonsense"] == listed["place"]
    say(small_site, ada, "", "Fourth.", reply_to=second)
    shown = client.get(path).text
    links = dict(re.findall(r'<a href="([^"]+)">(newest first|most replied)</a>', shown))
    for address in links:
        found = re.findall(r'id="a-(\w+)"', client.get(address.replace("&amp;", "&")).text)
        assert [found[0], found[2]] == [second, first]
    assert set(links.values()) == {"newest first", "most replied"}


def test_a_form_without_its_token_is_refused(client: FlaskClient, small_site: Site) -> None:
    answer = client.post("/sign-up", data={"name": "Bea", "password": PASSWORD})
    assert answer.status_code == 400
    assert "This form has expired" in answer.text


def test_a_annotation_is_posted_by_quotation(client: FlaskClient, garden: Loaded) -> None:
    sign_up(client)
    path = "/d/garden/purpose/2"
    page = client.get(path).text
    action = re.search(r'action="(/d/garden/p/[^"#]+)', page)
    assert action
    sent = {"csrf_token": form_token(client, path), "edition": "2026-03-01",
            # as a keyboard has it
            "quote": " We say \"keep  quiet\" and mean it kindly: nobody’s\nsilence ",
            "body": "Kindly.", "tags": "tone, , tone", "do": "post"}  # fmt: skip
    answer = client.post(action[1], data=sent)
    assert answer.status_code == 303
    shown = client.get(answer.headers["Location"]).text
    assert "We say “keep quiet” and mean it kindly: nobody&#39;s silence" in shown
    assert shown.count('class="tags"') == 1


@pytest.mark.parametrize(
    ("more", "status", "said"),
    [
        ({"body": ""}, 422, "The comment is empty"),
        ({"quote": "no such words"}, 422, "could not find those words"),
        ({"quote": "the"}, 422, "stand here"),
        ({"tags": "x" * 99}, 422, "A tag has at most"),
        ({"do": "preview", "body": "*so*"}, 200, "<em>so</em>"),
    ],
)
def test_a_faulty_form_comes_back_with_what_was_written(
    client: FlaskClient, more: dict[str, str], status: int, said: str
) -> None:
    sign_up(client)
    path = "/d/garden/purpose/1"
    action = re.search(r'action="(/d/garden/p/[^"#]+)', client.get(path).text)
    assert action
    sent = {"csrf_token": form_token(client, path), "body": "My words.", "edition": "2026-03-01"}
    answer = client.post(action[1], data=sent | more)
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
    key, action = (re.search(pattern, page) for pattern in
                   (r'name="key" value="([^"]+)"', r'action="(/d/garden/p/[^"#]+)'))  # fmt: skip
    assert key
    assert action
    sent = {"csrf_token": form_token(client, path), "key": key[1], "body": "Once.",
            "edition": "2026-03-01"}  # fmt: skip
    first, second = (client.post(action[1], data=sent) for _ in range(2))
    assert first.headers["Location"] == second.headers["Location"]
    answer = client.post(action[1], data=sent | {"body": "Another."})
    assert answer.status_code == 409
    assert "has been posted already" in answer.text
    fresh = re.search(r'name="key" value="([^"]+)"', answer.text)
    assert fresh
    sent |= {"key": fresh[1], "body": "Another."}
    assert client.post(action[1], data=sent).status_code == 303
    with small_site.parts.db.reading() as session:
        assert listings.count(session, Filter(document="garden")) == 2


def test_a_deleted_annotation_and_a_deleted_reply_are_taken_back_without_scripts(
    client: FlaskClient, small_site: Site
) -> None:
    sign_up(client)
    with small_site.parts.db.reading() as session:
        bea = accounts.viewer_named(session, "Bea")
    head = say(small_site, bea, "three gates", "Why three?")
    reply = say(small_site, bea, "", "Because.", reply_to=head)
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
    ident = say(small_site, ada, "three gates")
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
    found = re.search(r'href="/sign-in\?next=([^"]+)"', page)
    assert found
    wanted = unquote(found[1])
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
    say(small_site, ada, "three gates", "A gateway of words.")
    small_site.parts.indexer.drain()
    page = client.get("/search?q=gateway").text
    assert "<strong>1 result</strong>" in page
    assert "/search?q=gateway+author%3A%22Ada%22" in page
    assert "/search?q=gateway&amp;document=garden" in page
    narrowed = client.get("/search?q=gateway+author%3A%22Ada%22&document=garden&kind=annotation")
    assert "<strong>1 result</strong>" in narrowed.text


def test_static_files_can_be_kept_for_ever_under_their_present_name(client: FlaskClient) -> None:
    address = re.search(r'href="(/assets/[^"]+/css/base.css)"', client.get("/").text)
    assert address
    answer = client.get(address[1])
    assert "immutable" in answer.headers["Cache-Control"]
    packed = client.get(address.group(1), headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == client.get(address.group(1)).data
    old = client.get("/assets/old/css/base.css")
    assert old.status_code == 200
    assert "immutable" not in old.headers["Cache-Control"]


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
    assert "q=%28dusk+OR+quiet%29+section%3A%22" in page


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
    links = [unescape(link) for link in re.findall(r'href="(/api/export[^"]*)"', shown)]
    assert [re.search(r"format=(\w+)", link)[1] for link in links] == list(words.DOWNLOADS)  # type: ignore[index]
    assert words.DOWNLOADS.keys() == FORMATS.keys()
    for link in links:
        answer = client.get(link)
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
        assert "Whose dusk?" in answer.get_data(as_text=True)


def test_scripts_are_sent_without_what_is_for_those_who_change_them(client: FlaskClient) -> None:
    scripts = sorted((STATIC / "js").glob("*.js"))
    for path in scripts:
        source = path.read_bytes()
        sent = client.get(f"/assets/now/js/{path.name}").data
        assert not re.search(rb"^\s*/\*\*.*\*/\s*$", sent, re.MULTILINE), path.name
        assert sent.count(b"\n") == source.count(b"\n")
        for found in COMMENT.finditer(source):
            before = COMMENT.sub(b"", source[: found.start()])
            assert before.count(b"`") % 2 == 0, f"{path.name}: a comment within a template"
    assert undocumented(b"/** @type {A} */ (a).b();\n/** C */\n") == (
        b"/** @type {A} */ (a).b();\n\n"
    )
    assert undocumented(b'let a = "/** no */"; // one\n  /** Two\n * lines. */\nb();') == (
        b'let a = "/** no */"; // one\n\n\nb();'
    )
