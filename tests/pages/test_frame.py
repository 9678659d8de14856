"""What stands around every page: header, footer, the page About, and what search engines read."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.config import load
from tests.conftest import Site

PAGES = ["/", "/about", "/search", "/d/garden", "/d/garden/purpose/1", "/sign-in", "/nothing"]
LOC = "{http://www.sitemaps.org/schemas/sitemap/0.9}loc"


@pytest.mark.parametrize("path", PAGES)
def test_every_page_leads_to_who_runs_the_site_its_rules_its_log_and_its_feeds(
    client: FlaskClient, path: str
) -> None:
    page = client.get(path).text
    footer = page[page.index('<footer class="site-foot">') :]
    links = re.findall(r'href="([^"#]*)', footer)
    assert links == ["/about", "/rules", "/moderation/log", "/api/", "/about"]
    for link in links:
        assert client.get(link, follow_redirects=True).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_every_page_says_in_its_head_what_it_is(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    title = re.search(r'<meta property="og:title" content="([^"]+)">', page)
    assert title
    assert f"<title>{title[1]} · " in page
    assert re.search(r'<meta name="description" content="[^"<]{20,}">', page)


def test_the_header_of_a_text_names_it_and_anyone_can_sign_up_from_there(
    client: FlaskClient,
) -> None:
    head = client.get("/d/garden").text.partition("</header>")[0]
    assert 'href="/d/garden">Rules' in head
    assert 'href="/sign-up?next=/d/garden"' in head
    assert 'href="/sign-in?next=/d/garden"' in head


def test_the_reading_page_describes_the_text_to_programs(client: FlaskClient) -> None:
    page = client.get("/d/garden").text
    head = page[page.index('itemtype="https://schema.org/CreativeWork"') :].partition("</header>")[
        0
    ]
    assert 'itemprop="name"' in head
    assert 'itemprop="version">2026-03-01<' in head
    assert re.search(r'itemprop="commentCount" content="\d+"', head)
    assert '<link rel="canonical"' in page


def test_every_address_of_the_sitemap_answers_and_robots_may_read_it(client: FlaskClient) -> None:
    rules = client.get("/robots.txt")
    assert rules.mimetype == "text/plain"
    refused = re.findall(r"^Disallow: (/[^*\s]+)$", rules.text, re.MULTILINE)
    (sitemap,) = re.findall(r"^Sitemap: http://localhost(/.+)$", rules.text, re.MULTILINE)
    listed = ElementTree.fromstring(client.get(sitemap).text)  # noqa: S314  our own
    paths = [each.text.removeprefix("http://localhost") for each in listed.iter(LOC) if each.text]
    assert "/d/garden" in paths
    for path in paths:
        assert client.get(path).status_code == 200
        assert path == "/api/" or not path.startswith(tuple(refused))
    assert client.get("/favicon.ico", follow_redirects=True).mimetype == "image/svg+xml"


def test_about_shows_what_the_settings_say(small_site: Site, tmp_path: Path) -> None:
    config = tmp_path / "config.toml"
    config.write_text(
        '[site]\nabout = "A garden.\\n\\nAnd <b>gates</b>."\noperator = "The Gardeners"\n'
        'contact = "gate@example.org"\nprivacy = "Bees are counted."\nlicence = "CC0-1.0"\n'
    )
    settings = load(config, environ={}, data=small_site.parts.config.data)
    page = create_app(settings).test_client().get("/about").text
    for words in ("<p class=\"lead\">A garden.</p>", "And &lt;b&gt;gates&lt;/b&gt;.",
                  "The Gardeners", 'href="mailto:gate@example.org"', "Bees are counted.",
                  "CC0-1.0"):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(("contact", "link"), [
    ("https://example.org/write", 'href="https://example.org/write"'),
    ("javascript:alert(1)//://", None),
    ("by letter", None),
    ("", None),
])  # fmt: skip
def test_a_contact_is_linked_only_where_it_is_an_address(
    small_site: Site, contact: str, link: str | None
) -> None:
    settings = load(environ={"ANNOTATOR_SITE_CONTACT": contact}, data=small_site.parts.config.data)
    page = create_app(settings).test_client().get("/about").text
    main = page.partition("<main")[2].partition("</main>")[0]
    assert link in main if link else "javascript:alert" not in re.sub(r">[^<]*<", "><", main)


def test_nobody_is_led_to_sign_up_where_nobody_can(small_site: Site) -> None:
    settings = load(environ={"ANNOTATOR_SITE_SIGN_UP": "off"}, data=small_site.parts.config.data)
    assert "/sign-up" not in create_app(settings).test_client().get("/d/garden").text


def test_the_rules_are_on_the_page_about_where_the_site_has_no_charter(
    client: FlaskClient,
) -> None:
    assert client.get("/rules").location == "/about#rules"
