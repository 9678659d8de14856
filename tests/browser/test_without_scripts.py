"""Everything essential without JavaScript: reading, joining, posting, answering, finding."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from annotator.services.editions.editions import Loaded
from tests.browser.conftest import PASSWORD, LiveSite, MakePage
from tests.browser.hands import place_of


@pytest.fixture
def plain(make_page: MakePage) -> Page:
    """A browser that runs no scripts."""
    return make_page(java_script_enabled=False, viewport={"width": 800, "height": 900})


def sign_up(page: Page, name: str) -> None:
    page.fill("main [name=name]", name)
    page.fill("main [name=password]", "a long enough pass phrase")
    page.click("main form button")


def test_a_stranger_reads_joins_posts_and_finds_it(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = f"Stranger {next(live_site.names)}"
    plain.goto("/")
    plain.click(f"a[href='/d/{garden.slug}']")
    expect(plain.locator("h1")).to_have_text("Rules of the Garden")
    plain.click(".contents-button")
    plain.click(".contents a:has-text('Opening hours')")
    assert plain.url.endswith("#opening-hours")
    plain.click("#opening-hours .n[aria-label='Comment on paragraph 1']")
    expect(plain.locator("h1")).to_have_text("Opening hours, paragraph 1")
    plain.click("main a:has-text('Sign in')")
    plain.click("a:has-text('Sign up')")
    sign_up(plain, name)
    expect(plain.locator("h1")).to_have_text("Opening hours, paragraph 1")

    plain.click("a:has-text('Comment on paragraph 1')")
    assert plain.url.endswith("#_comment")
    plain.fill("[name=quote]", "the keeper  decides what dusk is")
    plain.fill("[name=body]", "An **unappealable** quibblement.")
    plain.fill("[name=tags]", "dusk, power")
    plain.click("button[value=preview]")
    expect(plain.locator(".notice strong")).to_have_text("unappealable")
    plain.click("button[value=post]")
    expect(plain.locator("h1")).to_have_text(f"A comment by {name}")
    expect(plain.locator(".words")).to_have_text("the keeper decides what dusk is")
    expect(plain.locator(".tags")).to_have_text("dusk power", use_inner_text=True)

    plain.goto(f"/d/{garden.slug}")
    plain.click("#opening-hours .n[aria-label='1 comment on paragraph 1'] b")
    expect(plain.locator(".comment .body")).to_have_text("An unappealable quibblement.")
    for _ in range(200):  # it is searchable within a second
        plain.goto("/search?q=quibblement")
        if plain.locator(".results li").count():
            break
        plain.wait_for_timeout(50)
    expect(plain.locator(".results mark")).to_have_text("quibblement")


def test_answering_changing_and_deleting(plain: Page, live_site: LiveSite, garden: Loaded) -> None:
    ident = live_site.annotation(live_site.person(), garden, "three gates", "Why three?")
    plain.goto(f"/sign-up?next=/a/{ident}")
    sign_up(plain, f"Stranger {next(live_site.names)}")
    plain.click(".comment >> text=Reply")
    plain.fill("[name=body]", "Becuase.")
    plain.click("button[value=post]")
    expect(plain.locator(".comment.reply .body")).to_have_text("Becuase.")
    plain.click(".comment.reply >> text=Edit")
    plain.fill("[name=body]", "Because.")
    plain.click("button[value=post]")
    expect(plain.locator(".comment.reply .body")).to_have_text("Because.")
    plain.click("details.versions summary")
    expect(plain.locator("details.versions .body")).to_have_text("Becuase.")
    plain.click(".comment.reply >> text=Delete")
    expect(plain.locator("h1")).to_have_text("Delete this comment?")
    plain.click("main button.danger")
    expect(plain.locator("h1")).to_have_text("This comment was deleted")
    plain.click("main button:has-text('Undo')")
    expect(plain.locator(".comment.reply .body")).to_have_text("Because.")
    plain.click("details.versions summary")
    expect(plain.locator("details.versions .body")).to_have_text("Becuase.")
    plain.click(".comment.reply >> text=Delete")
    plain.click("main button.danger")
    plain.goto(f"/a/{ident}")
    expect(plain.locator(".comment.reply")).to_have_count(0)


def test_a_deleted_annotation_is_taken_back_on_the_page_one_lands_on(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    ident = live_site.annotation(name, garden, "three gates", "Why three?", ("gates",))
    plain.goto(f"/sign-in?next=/a/{ident}")
    sign_up(plain, name)
    plain.click(".comment >> text=Delete")
    plain.click("main button.danger")
    expect(plain.locator(".notice")).to_contain_text("Your comment is deleted.")
    expect(plain.locator(".threads")).to_have_count(0)
    plain.click("main button:has-text('Undo')")
    expect(plain.locator("h1")).to_have_text(f"A comment by {name}")
    expect(plain.locator(".comment .body")).to_have_text("Why three?")
    expect(plain.locator(".tags")).to_have_text("gates")


def test_a_double_click_posts_once_without_scripts_too(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    plain.goto(f"/sign-in?next=/d/{garden.slug}/p/{garden.pids[1]}")
    sign_up(plain, name)
    plain.fill("[name=body]", "Once.")
    plain.dblclick("button[value=post]")
    expect(plain.locator("h1")).to_have_text(f"A comment by {name}")
    plain.goto(f"/d/{garden.slug}/p/{garden.pids[1]}")
    expect(plain.locator("#_comments")).to_have_text("1 comment")


def test_a_refused_form_keeps_what_was_written(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    pid = garden.pids[garden.parsed.text.count("\n") // 2]
    plain.goto(f"/sign-up?next=/d/{garden.slug}/p/{pid}")
    sign_up(plain, f"Stranger {next(live_site.names)}")
    plain.fill("[name=quote]", "words of another garden")
    plain.fill("[name=body]", "Kept.")
    plain.click("button[value=post]")
    expect(plain.locator(".error")).to_contain_text("We could not find those words here")
    assert plain.input_value("[name=quote]") == "words of another garden"
    assert plain.input_value("[name=body]") == "Kept."
    described = plain.get_attribute("[name=quote]", "aria-describedby")
    assert plain.locator(f"#{described}").count() == 1


def test_tokens_are_made_shown_once_and_revoked(plain: Page, live_site: LiveSite) -> None:
    plain.goto("/sign-up?next=/account")
    sign_up(plain, f"Stranger {next(live_site.names)}")
    plain.click("#_tokens > summary")
    plain.fill("[name=label]", "a script")
    plain.click("text=Create token")
    assert plain.inner_text(".once code").startswith("ann_")
    plain.goto("/account")
    expect(plain.locator(".once")).to_have_count(0)
    plain.click("#_tokens > summary")
    expect(plain.locator("#_tokens li")).to_contain_text("a script")
    plain.click("#_tokens li button")
    expect(plain.locator("#_tokens li")).to_have_count(0)


def test_an_account_is_renamed_and_deleted_and_its_commentary_stays(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    ident = live_site.annotation(live_site.person(), garden, "three gates", "Why three?")
    plain.goto(f"/sign-up?next=/a/{ident}")
    name = f"Stranger {next(live_site.names)}"
    sign_up(plain, name)
    plain.click(".comment >> text=Reply")
    plain.fill("[name=body]", "Because.")
    plain.click("button[value=post]")
    plain.click(".to-menu")
    plain.click(".menu >> text=Account")
    plain.click("#_name > summary")
    plain.fill("#_name input[name=name]", f"{name} the Second")
    plain.click("text=Change name")
    expect(plain.locator("#_name [role=status]")).to_have_text("Your name was changed.")
    plain.goto(f"/people/{name}")
    expect(plain.locator("h1")).to_have_text(f"{name} the Second")
    plain.click(".to-menu")
    plain.click(".menu >> text=Account")
    plain.click("#_leave > summary")
    plain.click("text=Delete account")
    plain.check("[value=keep]")
    plain.fill("[name=present]", PASSWORD)
    plain.click("main button.danger")
    expect(plain.locator("h1")).to_have_text("Your account is deleted")
    plain.goto(f"/a/{ident}")
    expect(plain.locator(".comment.reply .byline a").first).to_have_text("A former member")
    plain.goto(f"/people/{name} the Second")
    expect(plain.locator("h1")).to_have_text("Gone")


def test_signing_out(plain: Page, live_site: LiveSite) -> None:
    plain.goto("/sign-up")
    sign_up(plain, f"Stranger {next(live_site.names)}")
    plain.click(".to-menu")
    plain.click("text=Sign out")
    expect(plain.locator("nav >> text=Sign in")).to_be_visible()
    plain.goto("/account")
    expect(plain.locator("h1")).to_have_text("Please sign in")


def test_long_lists_are_paged_and_sorted(plain: Page, live_site: LiveSite, garden: Loaded) -> None:
    name = live_site.person()
    for number in range(53):
        live_site.annotation(name, garden, "three gates", f"Quibblings, number {number}.")
    pid = garden.pids[garden.parsed.innermost(*place_of(garden, "three gates")) or 0]
    plain.goto(f"/d/{garden.slug}/p/{pid}")
    expect(plain.locator("#_comments")).to_have_text("53 comments")
    expect(plain.locator(".threads .comment")).to_have_count(50)
    plain.click("text=Show more")
    expect(plain.locator(".threads .comment")).to_have_count(3)
    plain.click(".sorts >> text=newest first")
    expect(plain.locator(".threads .comment .body").first).to_have_text("Quibblings, number 52.")
    for _ in range(200):
        plain.goto(f"/search?q=quibblings&document={garden.slug}")
        if plain.locator(".total").inner_text().startswith("53 results"):
            break
        plain.wait_for_timeout(100)
    first = plain.locator(".results h2 a").first.get_attribute("href")
    plain.click("text=Show more")
    assert plain.locator(".results h2 a").first.get_attribute("href") != first


def test_the_commentary_edition_is_reached_narrowed_and_printed(
    plain: Page, live_site: LiveSite, garden: Loaded
) -> None:
    name = live_site.person()
    live_site.annotation(name, garden, "three gates", "Why three?", ("gates",))
    live_site.annotation(name, garden, "in return", "What else?")
    plain.goto(f"/d/{garden.slug}")
    plain.click(".title button >> text=More")
    plain.click("text=Print with the text")
    expect(plain.locator(".notes > li")).to_have_count(2)
    plain.fill("[name=tag]", "gates")
    plain.click(".choose button")
    expect(plain.locator(".notes .body")).to_have_text("Why three?")
    plain.click(".mark")
    assert plain.url.endswith("#_note-1")
    plain.emulate_media(media="print")
    for part in (".site-head", ".choose", ".screen", ".site-foot"):
        expect(plain.locator(part)).to_be_hidden()
    expect(plain.locator(".notes .address")).to_contain_text("/a/")
    expect(plain.locator(".title")).to_contain_text("http://127.0.0.1")
    assert plain.pdf().startswith(b"%PDF")
