"""axe-core finds nothing on any page, in any state, light or dark.

Whether the text of the reading page is the canonical text in each state is asked on the same walk.

The pages are those that the site has routes for, so none can be left out: `PAGES` must name each.
"""

from __future__ import annotations

import time

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from annotator.app import create_app
from annotator.config import Config
from annotator.web.pages.people.openid import ARRIVED
from tests.browser.conftest import LiveSite, MakePage, sign_in
from tests.browser.hands import press
from tests.browser.stage import Stage
from tests.browser.states import STATES, forget, selected
from tests.browser.test_page_text import DIFFERENCE

AXE = Axe().axe_script
# What answers with no page of its own: files, and addresses that only lead elsewhere.
NO_PAGES = {"pages.download", "pages.place", "pages.to_provider", "pages.from_provider",
            "pages.document_suggestions", "pages.rules", "pages.favicon", "pages.robots",
            "pages.sitemap"}  # fmt: skip
# What nobody who is signed in sees, or sees otherwise.
STRANGERS = ["/", "/api/", "/sign-in", "/sign-up", "/recover", "/recover/password?key={recover}",
             "/confirm?key={confirm}", "/account", "/a/{own}", "/a/{hidden}",
             "/d/charter/p/{pid}", "/d/charter/p/{pid}/suggest"]  # fmt: skip
PAGES: dict[str, list[str]] = {
    "pages.home": ["/"],
    "pages.about": ["/about"],
    "pages.document": ["/d/charter@{old}", "/d/nothing"],  # and in each of its states, below
    "pages.addressed": ["/d/charter@{new}/how-to-quote", "/d/charter/how-to-quote/2.s1",
                        "/d/charter/p/{pid}~%22Praise is%22", "/d/charter/how-to-quite/2"],
    "pages.printed": ["/d/charter/print/{new}", "/d/charter/print/{old}?author={ada}",
                      "/d/charter/print/{new}?section=how-to-quote&tag=purpose"],
    "pages.discussion_map": ["/d/charter/map/{new}", "/d/charter/map/{new}?author={ada}"],
    "pages.comments": ["/d/charter/comments/{new}",
                       "/d/charter/comments/{new}?author={ada}&provision={pid}"],
    "pages.suggest": ["/d/charter/p/{pid}/suggest"],
    "pages.account_of_answers": ["/d/charter/answers"],
    "pages.show_desk": ["/d/charter/desk"],
    "pages.quotations": ["/d/charter/quotations"],
    "pages.counts": ["/moderation/counts"],
    "pages.provision": ["/d/charter/p/{pid}", "/d/charter/p/{pid}?sort=newest"],
    "pages.list_essays": ["/d/charter/essays"],
    "pages.essay": ["/essays/{essay}"],
    "pages.list_mentions": ["/d/charter/mentions"],
    "pages.mention": ["/webmention/{mention}"],
    "pages.mentions_queue": ["/moderation/mentions"],
    "pages.diff": ["/d/charter/diff/{old}..{new}"],
    "pages.revision_report": ["/d/charter/fate/{old}..{new}"],
    "pages.annotation": ["/a/{own}", "/a/{lost}", "/a/{deleted}", "/a/{hidden}", "/a/{flagged}"],
    "pages.reply": ["/a/{own}/reply"],
    "pages.edit": ["/a/{own}/edit"],
    "pages.delete": ["/a/{own}/delete"],
    "pages.restate": ["/a/{lost}/restate"],
    "pages.flag": ["/a/{flagged}/flag"],
    "pages.appeal_about": ["/a/{hidden}/appeal"],
    "pages.appeal": ["/moderation/log/{act}/appeal"],
    "pages.search": ["/search", "/search?q=drafter", "/search?q=nowhere", "/search?q=%28",
                     "/search?q=tag:purpose"],
    "pages.person": ["/people/{ada}", "/people/Nobody"],
    "pages.account": ["/account", "/account?done=name"],
    "pages.leave": ["/account/delete"],
    "pages.news": ["/news"],
    "pages.following": ["/following"],
    "pages.unsubscribe": ["/unsubscribe/x"],
    "pages.sign_in": ["/sign-in"],
    "pages.sign_up": ["/sign-up"],
    "pages.choose_name": ["/sign-in/name"],
    "pages.recover": ["/recover"],
    "pages.new_password": ["/recover/password?key={recover}"],
    "pages.confirm": ["/confirm?key={confirm}"],
    "pages.log": ["/moderation/log", "/moderation/log?rule=contempt"],
    "pages.log_entry": ["/moderation/log/{act}"],
    "pages.queue": ["/moderation", "/moderation?remark={flagged}", "/moderation?done={act}"],
    "pages.many": ["/moderation/bulk", "/moderation/bulk?act=hide&author=Ada"],
}  # fmt: skip
TEXT_IS_LOOKED_AT = {"plain", "marked", "talking", "asked", "lost"}
# What the moderator looks at, who has not flagged anything yet.
MODERATORS = {
    "pages.flag",
    "pages.queue",
    "pages.mentions_queue",
    "pages.many",
    "pages.log",
    "pages.log_entry",
    "pages.show_desk",
}


@pytest.fixture
def live_site(stage: Stage) -> LiveSite:
    """Let pages be opened on the stage."""
    return stage.site


def findings(page: Page, besides: str, *rules: str) -> list[str]:
    """Return what axe-core finds: the rule, the element, what is wrong with it."""
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}},
               "preload": False}  # fmt: skip
    if rules:
        options["runOnly"] = list(rules)
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE)
    where = f"{{ exclude: [{besides!r}] }}" if besides else "document"
    found = page.evaluate(
        f"async (options) => (await axe.run({where}, options)).violations", options
    )
    return [f"{page.url}: {rule['id']}: {node['html'][:160]}: {node['failureSummary']}"
            for rule in found for node in rule["nodes"]]  # fmt: skip


def both(page: Page, besides: str = "") -> list[str]:
    """Look at a page as it is, then at its colours in the dark, but for what a selector finds."""
    found = findings(page, besides)
    page.emulate_media(color_scheme="dark")
    found += [f"dark: {each}" for each in findings(page, besides, "color-contrast")]
    page.emulate_media(color_scheme="light")
    return found


def test_every_page_that_the_site_has_is_looked_at(config: Config) -> None:
    routes = {
        rule.endpoint
        for rule in create_app(config).url_map.iter_rules()
        if rule.endpoint.startswith("pages.") and "GET" in (rule.methods or ())
        and not rule.rule.startswith(("/feeds/", "/assets/"))
    }  # fmt: skip
    assert routes - NO_PAGES == set(PAGES)


@pytest.mark.parametrize("who", ["nobody", "Ada", "Mia"])
def test_axe_finds_nothing_on_any_page(make_page: MakePage, stage: Stage, who: str) -> None:
    page = make_page(viewport={"width": 1280, "height": 900})
    addresses = STRANGERS
    if who != "nobody":
        sign_in(page, who)
        moderating = who == stage.mia
        addresses = [it for name, those in PAGES.items()
                     if (name in MODERATORS) == moderating for it in those]  # fmt: skip
    found = []
    for address in addresses:
        page.goto(stage.at(address))
        found += both(page)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("width", [1280, 360])
def test_in_any_state_axe_finds_nothing_and_the_text_is_the_canonical_text(
    make_page: MakePage, stage: Stage, width: int
) -> None:
    page = make_page(viewport={"width": width, "height": 800})
    sign_in(page, stage.ada)
    found = []
    for name, reach in STATES.items():
        reach(page, stage)
        assert page.evaluate(DIFFERENCE) is None, name
        # To look at the text takes longest, and it is the same in most states.
        besides = "" if name in TEXT_IS_LOOKED_AT else "article"
        found += [f"{name}: {each}" for each in both(page, besides)]
        forget(page)
    assert not found, "\n".join(found)


def test_axe_finds_nothing_where_a_stranger_or_somebody_new_is_about_to_write(
    make_page: MakePage, stage: Stage
) -> None:
    page = make_page(viewport={"width": 360, "height": 800})
    selected(page, stage)
    press(page, "Comment")
    expect(page.locator(".sign-in-first")).to_be_visible()
    found = both(page)
    stage.remember(page.context, ARRIVED, ["http://127.0.0.1:9", "somebody", time.time()])
    page.goto("/sign-in/name")
    expect(page.locator("h1")).to_have_text("Choose a name")
    found += both(page)
    assert not found, "\n".join(found)


def test_axe_finds_nothing_on_a_form_that_was_refused(make_page: MakePage, stage: Stage) -> None:
    page = make_page(viewport={"width": 360, "height": 800})
    page.goto("/sign-in")
    page.fill("main [name=name]", "Nobody")
    page.fill("main [name=password]", "wrong")
    page.click("main form button >> nth=0")
    expect(page.locator(".error")).to_be_visible()
    found = both(page)
    page.goto("/sign-up")
    page.fill("main [name=name]", "Ada")
    page.fill("main [name=password]", "a long enough pass phrase")
    page.click("main form button >> nth=0")
    expect(page.locator(".error").first).to_be_visible()
    found += both(page)
    sign_in(page, stage.ada)
    page.goto(stage.at("/d/charter/p/{pid}"))
    page.fill("[name=quote]", "words of another charter")
    page.fill("[name=body]", "Kept.")
    page.click("button[value=preview]")
    found += both(page)
    page.click("button[value=post]")
    expect(page.locator(".error").first).to_be_visible()
    found += both(page)
    assert not found, "\n".join(found)
