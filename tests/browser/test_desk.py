"""A drafter answers 3,000 comments from the desk, and a commentator hears what came of a word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import update

from annotator.config import Config
from annotator.db import Database, now
from annotator.documents import align_editions, parse
from annotator.documents.parsed import Parsed
from annotator.models import NewsEmail
from annotator.schemas.annotations import Draft, DraftTarget, Incoming
from annotator.services.accounts import accounts, credentials
from annotator.services.answers import drafters
from annotator.services.editions.editions import Loaded
from annotator.services.exchange.imports import BATCH, Intake
from annotator.services.revisions import add_edition
from annotator.suggestions.changes import ProposedChange
from benchmarks.commentary import bodies, spans
from benchmarks.suggestions import real_changes
from tests.browser.conftest import PASSWORD, LiveSite, MakePage, serving, sign_in
from tests.browser.hands import open_text, press, select
from tests.helpers.mailbox import Mailbox, listening

SLUG, OLD, NEW = "constitution", "2026-01-20", "2026-01-29"
COMMENTS, LETTERS, SENT = 3_000, 5, 110
ALONE = COMMENTS - LETTERS * SENT - 1  # the commentator's own is one of them
DORA, ANN, EMAIL = "Dora", "Ann", "ann@example.org"
WORD = re.compile(r"[a-z]+")


@dataclass
class Consultation:
    """The real text on a site of its own, with commentary; `at` is a word that NEW changed."""

    site: LiveSite
    mailbox: Mailbox
    old: Loaded
    newer: bytes
    change: ProposedChange


def commentary(loaded: Loaded) -> Iterator[Incoming]:
    """Comments of many people; of each letter's senders, every fourth adds a sentence."""
    letters = list(bodies(LETTERS, 80, seed=5))
    own = bodies(LETTERS * SENT, 15, seed=6)
    written = [
        (f"Sender {at}", f"{letter} {next(own)}" if at % 4 == 0 else letter)
        for letter in letters for at in range(SENT)
    ]  # fmt: skip
    written += [(f"Commentator {at % 400}", body)
                for at, body in enumerate(bodies(ALONE, 30, seed=7))]  # fmt: skip
    began = datetime(2026, 2, 1, tzinfo=UTC)
    for number, ((author, body), span) in enumerate(
        zip(written, spans(loaded, len(written)), strict=True)
    ):
        draft = Draft(SLUG, OLD, (DraftTarget(start=span.start, end=span.end),), body)
        yield Incoming(f"item {number}", draft, author, created=began + timedelta(minutes=number))


def changed_word(old: Parsed, new: Parsed) -> ProposedChange:
    """Return a word that a new edition replaces by another."""
    pairs = [(row.old, row.new) for row in align_editions(old, new)
             if row.old is not None and row.new is not None]  # fmt: skip
    return next(
        it for it in real_changes(old, new, pairs)
        if WORD.fullmatch(old.text[it.start : it.end]) and WORD.fullmatch(it.wording)
    )  # fmt: skip


@pytest.fixture(scope="module")
def consultation(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Consultation]:
    """A site with the real text, 2,999 comments on it, a drafter and a commentator."""
    older, newer = ((shared / "corpus" / SLUG / f"{label}.md").read_bytes() for label in (OLD, NEW))
    config = Config(data=tmp_path_factory.mktemp("consultation") / "var")
    db = Database.of(config)
    db.migrate()
    site = LiveSite("", config, db)
    with db.transaction() as session:
        add_edition.add(session, slug=SLUG, label=OLD, data=older, name="text.md")
        for name in (DORA, ANN):
            accounts.sign_up(session, name, PASSWORD)
        credentials.set_email(session, accounts.named(session, ANN).id, EMAIL, confirmed=True)
        drafters.add(session, SLUG, DORA, "command line")
    old = site.loaded(SLUG)
    intake, incoming = Intake(config.limits), list(commentary(old))
    for at in range(0, len(incoming), BATCH):
        with db.transaction() as session:
            outcomes = intake.take(session, incoming[at : at + BATCH])
        assert {each.what for each in outcomes} == {"added"}
    change = changed_word(old.parsed, parse(newer, name="text.md"))
    with listening() as mailbox, serving(config, mailbox.settings) as site.address:
        yield Consultation(site, mailbox, old, newer, change)
    db.close()


class Desk:
    """What a drafter does on the desk."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, filters: str = "") -> None:
        self.page.goto(f"/d/{SLUG}/desk{filters}")
        expect(self.page.locator("html.scripted button.keys")).to_be_attached()

    def select_all(self) -> int:
        """Select all that the filter finds; return how many they are."""
        link = self.page.get_by_role("link", name="Select all matches")
        if link.count():
            link.click()
            self.page.wait_for_url("**all=yes*")
        else:  # one alone
            self.page.keyboard.press("x")
        return self.total()

    def total(self) -> int:
        counted = self.page.locator("h1 + p").inner_text().partition("·")[0]
        return int(re.sub(r"\D", "", counted) or 0)

    def answer(self, outcome: str, words: str) -> None:
        """Answer what is selected, with the mouse for the outcome and keys for the rest."""
        self.page.select_option("select[name=outcome]", outcome)
        self.page.focus("h1, article.case")
        self.page.keyboard.press("a")
        expect(self.page.locator("textarea[name=body]")).to_be_focused()
        self.page.keyboard.insert_text(words)
        self.page.keyboard.press("Control+Enter")
        self.page.wait_for_url("**done=draft-*")
        expect(self.page.locator(".notice[role=status]")).to_contain_text("Saved as drafts")


def suggest(page: Page, consultation: Consultation) -> str:
    """Suggest another word beside the text; return the suggestion's id."""
    change = consultation.change
    open_text(page, consultation.old)
    select(page, change.start, change.end)
    press(page, "Comment")
    page.click("text=Suggest other words")
    page.fill("[name=wording]", change.wording)
    page.fill(".talk [name=body]", "It says more clearly what is meant.")
    page.click("text=Post suggestion")
    card = page.locator(".talk .comment")
    expect(card.locator(".suggestion ins")).to_be_visible()
    return (card.get_attribute("id") or "").removeprefix("a-")


def reload_until(page: Page, shown: Locator) -> None:
    """Load a page again until it shows something, which a process of the server brings soon."""
    for _ in range(400):
        if shown.count():
            return
        page.wait_for_timeout(50)
        page.reload()
    pytest.fail(f"{page.url} never shows {shown}.")


def rows_of_account(page: Page) -> list[list[int]]:
    """Return what the public account counts in each row: listed, open and answered."""
    rows = page.locator("tbody tr").all()
    cells = [[cell.inner_text() for cell in row.locator("td").all()[:3]] for row in rows]
    return [[int(re.sub(r"\D", "", cell)) for cell in row] for row in cells]


def test_a_drafter_answers_3000_comments_and_a_commentator_hears_of_a_changed_word(
    consultation: Consultation, make_page: MakePage
) -> None:
    site, size = consultation.site, {"width": 1280, "height": 900}
    ann, dora, anyone = (make_page(base_url=site.address, viewport=size) for _ in range(3))
    sign_in(ann, ANN)
    mine = suggest(ann, consultation)
    sign_in(dora, DORA)
    desk = Desk(dora)

    # The one suggestion: found by a filter, assigned, labelled and answered with keys.
    desk.open("?kind=suggestion")
    dora.keyboard.press("j")
    expect(dora.locator(f"#_{mine}")).to_be_focused()
    expect(dora.locator(f"#_{mine} time")).to_have_text(re.compile("now|minute"))
    dora.keyboard.press("x")
    dora.keyboard.press("s")
    dora.wait_for_url("**done=assign-1*")
    dora.keyboard.press("l")
    dora.keyboard.type("wording")
    dora.keyboard.press("Enter")
    dora.wait_for_url("**done=label-1*")
    for note in (f"assigned to {DORA}", "wording"):
        expect(dora.locator(f"#_{mine}")).to_contain_text(note)
    desk.answer("adopted_in_part", "The next edition will have it.")

    # Each campaign at once; who adds something is read, and answered apart.
    desk.open()
    expect(dora.locator("h1 + p")).to_contain_text("3,000 comments")
    reload_until(dora, dora.locator(".campaigns summary:text-is('5 campaigns')"))
    links = dora.locator(".campaigns li")
    addresses = [[link.get_attribute("href") for link in line.locator("a").all()]
                 for line in links.all()]  # fmt: skip
    assert len(addresses) == LETTERS
    for number, (campaign, own) in enumerate(addresses):
        dora.goto(str(campaign))
        assert desk.select_all() == SENT
        desk.answer("declined", f"To letter {number}: the rule stays, for the reason it gives.")
        if number == 0:
            dora.goto(str(own))
            with_own = desk.select_all()
            assert with_own == len(range(0, SENT, 4))
            expect(dora.locator(".own b").first).to_be_visible()
            desk.answer("noted", "You add something of your own; thank you.")

    # The rest section by section, as long as the desk has something to answer.
    answered = 1 + LETTERS * SENT
    while True:
        desk.open("?answer=todo")
        if not desk.total():
            break
        if dora.locator("form.desk h2 a").count():
            dora.locator("form.desk h2 a").first.click()
            dora.wait_for_url("**section=*")
        answered += desk.select_all()
        desk.answer("clarified", "It means what the section's first sentence says.")
    assert answered == COMMENTS
    anyone.goto(f"/d/{SLUG}/answers")
    assert rows_of_account(anyone)[0] == [COMMENTS, COMMENTS, 0], "drafts are not public"
    dora.click("button[value=publish-all]")
    dora.wait_for_url(f"**done=publish-all-{COMMENTS}*")

    # The account adds up, and its numbers lead to lists with as many comments.
    anyone.reload()
    rows = rows_of_account(anyone)
    assert rows[0] == [COMMENTS, 0, COMMENTS]
    assert len(rows) > 20
    for row in rows:
        assert row == [row[0], 0, row[0]]
    anyone.locator("tbody tr").nth(3).locator("td").nth(2).locator("a").click()
    expect(anyone.locator("h1 + *, h1")).to_contain_text([f"{rows[3][2]:,} comments"])

    # One email tells the author of all of it, and its link leads to the answer.
    ann.goto("/news")
    reload_until(ann, ann.get_by_text("The publisher answered your comment"))
    with site.db.transaction() as session:  # the minute in which more could come is over
        session.execute(update(NewsEmail).values(due=now()))
    for _ in range(400):
        if consultation.mailbox.emails:
            break
        ann.wait_for_timeout(50)
    (email,) = consultation.mailbox.emails
    assert email["To"] == EMAIL
    assert str(email["Subject"]).startswith("1 answer ·")
    assert f"http://localhost/a/{mine}" in email.get_content().split()
    ann.goto(f"/a/{mine}")
    expect(ann.locator(".answer .outcome")).to_have_text("Adopted in part")
    ann.click("text=I am satisfied")
    expect(ann.locator("[name=content][value=yes]")).to_have_attribute("aria-pressed", "true")

    # The next edition has the word: the author is told, and sees both wordings.
    change, old = consultation.change, consultation.old
    with site.db.transaction() as session:
        data = consultation.newer
        add_edition.add(session, slug=SLUG, label=NEW, data=data, name="text.md")
    ann.goto("/news")
    told = ann.get_by_text("changed the words of 1 of your 1 comment")
    reload_until(ann, told)
    told.click()
    expect(ann.locator("article.change > .compared del")).to_have_text(
        old.parsed.text[change.start : change.end]
    )
    expect(ann.locator("article.change > .compared ins")).to_have_text(change.wording)
    ann.goto(f"/a/{mine}")
    expect(ann.locator(".suggestion .verdict")).to_contain_text(f"{NEW}: the edition has these")

    # The desk proposes to say so; a person does, and the public account has it.
    desk.open()
    dora.click("text=Answer as adopted")
    assert desk.total() == 1
    expect(dora.locator("select[name=outcome]")).to_have_value("adopted")
    expect(dora.locator("select[name=edition]")).to_have_value(NEW)
    desk.answer("adopted", "As you suggested.")
    dora.click("button[value=publish-all]")
    dora.wait_for_url("**done=publish-all-1*")
    anyone.goto(f"/d/{SLUG}/answers")
    assert rows_of_account(anyone)[0] == [COMMENTS, 0, COMMENTS]
    latest = anyone.locator("section.case").first
    expect(latest).to_contain_text(f"addressed in {NEW}")
    expect(latest.locator(":scope > .verdict")).to_contain_text("The passage changed in that")
    anyone.locator(".kinds li", has_text="Adopted: 1").locator("a").click()
    expect(anyone.locator("main .comment")).to_have_count(1)
    assert len(consultation.mailbox.emails) == 1, "the next comes in an hour"
