"""The site's own words stand ready to be translated, and a catalogue translates them all."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.auth import permissions
from annotator.errors import ConfigFault
from annotator.parts import Parts
from annotator.services.editions import editions
from annotator.services.moderation import complaints
from annotator.web.http import translation
from annotator.web.http.assets import undocumented
from annotator.web.http.translation import TAG
from annotator.web.pages import words
from annotator.web.pages.text import manuscript
from annotator.web.pages.text.manuscript import Manuscript
from scripts.words import TEMPLATE, of_templates, template
from tests.conftest import ROOT, SAMPLES, Site
from tests.helpers import html
from tests.helpers.visitor import PASSWORD, form_token, sign_up
from tests.pages.marking import bracketing, unbracketed, unmarked

TEMPLATES = sorted((ROOT / "annotator" / "web" / "templates").glob("*.html"))
WORDS = ROOT / "annotator" / "web" / "static" / "js" / "words.js"


def test_what_is_not_marked_is_found() -> None:
    assert (
        list(unmarked('<p>{{ _("Yes") }}</p>\n<p title="{{ _("x") }}">{{ it.name }}, 3</p>')) == []
    )
    assert list(unmarked("<p>{% trans n=3 %}{{ n }} gates{% endtrans %}</p>")) == []
    assert list(unmarked("<p>\n\nA gate</p>")) == [(3, "A gate")]
    assert list(unmarked('<b>{{ it }}</b>\n<a aria-label="The gate">7</a>')) == [(2, "The gate")]
    assert list(unmarked('\n{{ "Open the gate" if it else _("Shut it") }}')) == [
        (2, "Open the gate")
    ]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_every_word_in_a_template_is_marked(path: Path) -> None:
    assert [f"{path.name}:{line}: {text}" for line, text in unmarked(path.read_text())] == []


def test_no_message_of_a_template_can_end_an_attribute() -> None:
    quoting = [form for _, forms in of_templates() for form in forms if '"' in TAG.sub("", form)]
    assert quoting == []


def test_what_fills_the_places_of_a_message_has_their_names() -> None:
    calls = re.compile(r'\b_\(\s*"((?:[^"\\]|\\.)*)"((?:,\s*\w+=(?:[^()]|\([^()]*\))*)?)\)')
    for path in [*TEMPLATES, Path(words.__file__)]:
        for found in calls.finditer(path.read_text(encoding="utf-8")):
            given = set(re.findall(r"(\w+)=(?!=)", found[2]))
            assert set(re.findall(r"%\((\w+)\)s", found[1])) == given, f"{path.name}: {found[0]}"


def test_the_catalogue_to_translate_has_every_message() -> None:
    """Otherwise: `make words`."""
    assert TEMPLATE.read_text(encoding="utf-8") == template()


PAGES = ["/", "/d/garden", "/d/garden@2026-03-01", "/d/garden/paths-and-gates/1", "/search",
         "/search?q=gate", "/sign-in", "/sign-up", "/account", "/account/delete", "/people/Ada",
         "/d/garden/map/2026-06-01", "/d/garden/diff/2026-03-01..2026-06-01",
         "/d/garden/fate/2026-03-01..2026-06-01", "/d/garden/quotations", "/d/garden/essays",
         "/d/garden/print/2026-06-01", "/moderation/log", "/moderation/counts", "/news",
         "/following", "/recover", "/nowhere"]  # fmt: skip
# Names, the titles of the document's sections and the charter's, editions, formats.
BESIDE = ("Annotator", "paths-and-gates", "three gates", "Ada", "Bea", "Cora", "garden",
          "Rules of the Garden", "Purpose", "Paths and gates", "Opening hours", "CC-BY-4.0", "gate",
          "Grounds for hiding a remark", "How moderation works", "What is never a ground",
          "How corrections are made")  # fmt: skip


def test_a_catalogue_translates_every_page(small_site: Site) -> None:
    """Nothing on a page is left in English but what people and documents wrote."""
    small_site.add("garden-2.md", "2026-06-01")
    head = small_site.post("three gates", "Bea")
    small_site.post(body="Bea", in_reply_to=head)
    client = in_brackets(small_site).test_client()
    left = _left(client, PAGES)
    sign_up(client)
    left |= _left(client, [*PAGES, f"/a/{head}", f"/a/{head}/reply", f"/a/{head}/flag"])
    assert left == {}


def test_a_catalogue_translates_what_moderators_and_authors_see(small_site: Site) -> None:
    small_site.add("garden-2.md", "2026-06-01")
    cora = small_site.person("Cora", PASSWORD, "moderator")
    own = small_site.post("three gates", "Bea", author=cora)
    other = small_site.post("three gates", "Bea")
    with small_site.parts.db.transaction() as rows:
        complaints.flag(rows, cora, other, "abuse", "gate")
    client = in_brackets(small_site).test_client()
    sent = {"name": "Cora", "password": PASSWORD, "csrf_token": form_token(client, "/sign-in")}
    assert client.post("/sign-in", data=sent).status_code == 303
    pages = [f"/a/{own}/edit", f"/a/{own}/delete", f"/a/{own}/restate", "/moderation",
             f"/moderation?remark={other}", "/moderation/bulk?author=Ada", "/moderation/mentions",
             "/people/Cora"]  # fmt: skip
    assert _left(client, pages) == {}


def test_the_api_says_what_is_wrong_in_the_language_of_the_site_where_it_is_asked_for(
    small_site: Site,
) -> None:
    client = in_brackets(small_site).test_client()
    for asked, told in ((None, "There"), ("en", "There"), ("qps-x,qps;q=0.9", "⟦There")):
        answer = client.get("/api/nowhere", headers={"Accept-Language": asked} if asked else {})
        assert answer.json["error"]["message"].startswith(f"{told} is nothing at this address.")  # type: ignore[index]


def in_brackets(site: Site) -> Flask:
    """Make the app of a site whose catalogue puts everything into brackets."""
    return speaking(site, bracketing(site.parts.config.data))


def speaking(site: Site, language: str) -> Flask:
    """Make the app of a site in another language."""
    config = site.parts.config
    spoken = replace(config, site=replace(config.site, language=language))
    return create_app(spoken, Parts(spoken, site.parts.db, site.parts.engine))


def _left(client: FlaskClient, pages: list[str]) -> dict[str, list[str]]:
    answers = {page: client.get(page, follow_redirects=True) for page in pages}
    assert all('<html lang="qps">' in answer.text for answer in answers.values())
    document = "".join((SAMPLES / f"garden-{it}.md").read_text().replace("**", "") for it in (1, 2))
    found = {page: unbracketed(answer.text, document, BESIDE) for page, answer in answers.items()}
    return {page: words for page, words in found.items() if words}


ENTRY = """
msgid ""
msgstr "Plural-Forms: nplurals=3; plural=(n==1 ? 0 : n<5 ? 1 : 2);\\n"
"""


def catalogue(site: Site, *entries: str) -> translation.Language:
    """Load a catalogue of these entries, whose rule knows three forms."""
    config = site.parts.config
    (config.data / "locale").mkdir(exist_ok=True)
    (config.data / "locale" / "de.po").write_text("\n\n".join((ENTRY, *entries)), encoding="utf-8")
    return translation.load(replace(config, site=replace(config.site, language="de")))


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ('msgid "Search"\nmsgstr "Suche %"', r"line \d+: a % that"),
        (
            'msgid "%(name)s knows"\nmsgstr "%(nmae)s kennt"',
            "has no placeholder nmae",
        ),
        ('msgid "a <b>gate</b>"\nmsgstr "ein <b>Tor"', r"line \d+: the tags"),
        ('msgid "Search"\nmsgstr "<script src=//x>"', "tags"),
        ('msgid "Search"\nmsgstrr "Suche"', r"Syntax error .*line \d+"),
        ('"Plural-Forms: nplurals=2; plural=n;\\n"', "more than nplurals=2"),
        ('"Plural-Forms: nplurals=2; plural=alert(1);\\n"', "alert"),
        ('"Plural-Forms: nplurals=2; plural=n**n**n;\\n"', r"\*"),
        ('"Plural-Forms: nplurals=2; plural=n%0;\\n"', "after each %"),
        ('"Plural-Forms: nplurals=2; plural=n%(n-5000)>1;\\n"', "after each %"),
        (f'"Plural-Forms: nplurals=2; plural={"(" * 5000}n{")" * 5000};\\n"', "too long"),
        ('msgid "Search"\nmsgstr "{0.__class__} %s"', r"line \d+: a % that"),
        ('msgid "Search"\nmsgstr "%(name)999999999s"', r"line \d+: a % that"),
        (
            "\n".join(f'msgid "{n}"\nmsgstr "{n}"\n' for n in range(50_000)),
            "at most 1,000,000 bytes",
        ),
    ],
)
def test_a_broken_catalogue_is_refused_when_the_site_starts(
    small_site: Site, entry: str, told: str
) -> None:
    with pytest.raises(ConfigFault, match=told) as caught:
        catalogue(small_site, entry)
    assert "de.po" in caught.value.message


def test_a_missing_catalogue_is_told_with_its_place(small_site: Site) -> None:
    with pytest.raises(ConfigFault, match=r"locale/fr\.po.*docs/translation\.md"):
        speaking(small_site, "fr")


def test_a_quotation_mark_in_a_translation_ends_no_attribute(small_site: Site) -> None:
    gone = '"%(comments)s on words no longer here"'
    catalogue(
        small_site,
        'msgid "Site"\nmsgstr "Die \\"Seite\\""',
        f'msgid {gone}\nmsgstr "%(comments)s, \\"verloren\\""',
    )
    app = speaking(small_site, "de")
    with app.app_context(), small_site.parts.db.reading() as rows:
        it = editions.newest(rows, "garden")
        text = manuscript.render(Manuscript(it.parsed, it.pids, {1: 1}, "/d/garden", {1: 1}))
    assert 'title="1 comment, &#34;verloren&#34;"' in text
    assert 'aria-label="Die &#34;Seite&#34;"' in app.test_client().get("/sign-in").text


def test_a_translation_is_no_template(small_site: Site) -> None:
    catalogue(small_site, 'msgid "Search"\nmsgstr "{{ 7 * 7 }} {# #}"')
    page = speaking(small_site, "de").test_client().get("/sign-in").text
    assert 'aria-label="{{ 7 * 7 }} {# #}"' in page


def test_scripts_are_translated_on_their_way(small_site: Site) -> None:
    several = 'msgid "%(many)s gate"\nmsgid_plural "%(many)s gates"'
    language = catalogue(
        small_site,
        several + '\nmsgstr[0] "%(many)s Tor"\nmsgstr[1] "%(many)s Tore"\nmsgstr[2] "`${x}`"',
        'msgid "Open %(what)s"\nmsgstr "%(what)s öffnen"',
    )
    script = 'plural(n, `${many} gate`, `${many} gates`); `Open ${what}`; "Shut"; n !== 1; '
    script += 'Intl.DateTimeFormat("en-GB")'
    assert list(translation.script_messages(script)) == [
        ("%(many)s gate", "%(many)s gates"), ("Open %(what)s",), ("Shut",),
    ]  # fmt: skip
    assert translation.translated_script(script, language) == (
        'plural(n, `${many} Tor`, `${many} Tore`, "`${x}`"); `${what} öffnen`; "Shut"; '
        '(n==1 ? 0 : n<5 ? 1 : 2); Intl.DateTimeFormat("de")'
    )


def test_there_are_words_for_every_role_and_scope() -> None:
    assert set(words.ROLES) == set(permissions.ROLES)
    assert set(words.SCOPES) == set(permissions.SCOPES)


def test_each_message_of_a_script_has_names_alone_in_its_places() -> None:
    script = WORDS.read_text(encoding="utf-8")
    assert [it for it in translation.script_messages(script) if "$" in "".join(it)] == []


def test_english_is_served_as_it_is_written(client: FlaskClient) -> None:
    page = client.get("/d/garden")
    script = html.attribute(page, "link[href$='/js/reading.js']", "href")
    served = script.replace("/reading.js", "/words.js")
    assert '<html lang="en">' in page.text
    assert client.get(served).text == undocumented(WORDS.read_text("utf-8"))
    assert WORDS.read_text("utf-8").splitlines()[-2].strip() in client.get(script).text
