"""A site in which every page has something to show: the charter, people, and what they did there.

The tests that visit every page use it, and `python -m tests.browser.pictures`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path

from playwright.sync_api import BrowserContext

from annotator.app import create_app
from annotator.config import load
from annotator.db import Database
from annotator.formats.mention import MentionContent
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts, credentials
from annotator.services.annotations import annotations, suggestions
from annotator.services.answers import answers, drafters
from annotator.services.answers.answers import AnswerDraft
from annotator.services.answers.desk import DeskChoice
from annotator.services.editions import editions
from annotator.services.essays import essays
from annotator.services.essays.proposals import EssaySubmission
from annotator.services.exchange import corpus
from annotator.services.following import follows
from annotator.services.moderation import actions, complaints
from annotator.services.moderation.actions import Decision
from annotator.services.webmention import mentions
from tests.browser.conftest import PASSWORD, LiveSite, serving
from tests.browser.hands import place_of
from tests.permissions.scene import mentioned
from tests.search.memory_engine import MemoryEngine

OLD, NEW = "2026-09-01", "2026-11-01"
SETTINGS = {
    "ANNOTATOR_SITE_ADDRESS": "http://localhost",
    "ANNOTATOR_WEBMENTION_RECEIVE": "on",
    "ANNOTATOR_OPENID_ISSUER": "http://127.0.0.1:9",
    "ANNOTATOR_OPENID_CLIENT_ID": "annotator",
    "ANNOTATOR_OPENID_LABEL": "The Town Library",
}
GONE = "If you have to take a new name, link the two accounts publicly"
STRUCK = "A discussion ends when everyone in it has spoken twice."
SILENCE = """So is *silence*, **once** broken:

> A drafter who hears only of failures

- [one](https://example.org/)
- two"""
ESSAY = EssaySubmission(
    "# Praise\n\nIt says “Praise is commentary too”. Who would have thought?",
    "markdown",
    source_url="https://example.org/praise",
)
SAID = MentionContent(
    "In praise of praise", "Zoë", "A charter that says how to praise is worth a look."
)
SUGGESTED = (
    (
        "Ben",
        "Quote exactly, and quote enough",
        "replace",
        "Quote word for word, and quote enough",
        "“Exactly” leaves open whether spaces count.",
    ),
    ("Ada", "Quote exactly, and quote enough", "replace", "Quote exactly and in full", None),
    (
        "Ben",
        "The exception you are about to demand may be in the next sentence",
        "replace",
        "The exception that you want may be in the next sentence",
        None,
    ),
)
HIDE = Decision("hide", "contempt", "It speaks of the drafter and not of the rule.")


@dataclass(frozen=True)
class Stage:
    """What addresses of pages are made of. `ada` writes, `mia` moderates; PASSWORD opens both."""

    site: LiveSite
    ada: str
    mia: str
    pid: str
    own: str
    lost: str
    deleted: str
    hidden: str
    flagged: str
    act: int
    recover: str
    confirm: str
    essay: str
    mention: str

    def at(self, address: str) -> str:
        """Fill in an address such as `/a/{own}`."""
        return address.format(old=OLD, new=NEW, **{it.name: getattr(self, it.name)
                                                   for it in fields(self)})  # fmt: skip

    def remember(self, context: BrowserContext, key: str, value: object) -> None:
        """Put something into a browser's signed cookie, as a provider's answer would."""
        client = create_app(self.site.config).test_client()
        with client.session_transaction() as kept:
            kept[key] = value
        cookie = client.get_cookie("annotator")
        assert cookie is not None
        context.add_cookies([{"name": "annotator", "value": cookie.value,
                              "url": self.site.address}])  # fmt: skip


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """Serve a site with everything on it from a folder of its own."""
    config = load(environ=SETTINGS, data=folder / "var")
    db = Database.of(config)
    db.migrate()
    with db.transaction() as session:
        corpus.ship(session, corpus.named("charter"), config.limits)
    with serving(config, SETTINGS) as address:
        yield _furnished(LiveSite(address, config, db))
    db.close()


def _furnished(site: LiveSite) -> Stage:
    """Let people write, flag, decide, appeal, delete and forget their passwords."""
    new = site.loaded("charter")
    with site.db.transaction() as session:
        old = editions.labelled(session, "charter", OLD)
        for name, role in (("Ada", "member"), ("Ben", "member"), ("Mia", "administrator")):
            accounts.sign_up(session, name, PASSWORD, role=role)
        drafters.add(session, "charter", "Mia", "command line")
    own = site.annotation("Ada", new, "Praise is commentary too", SILENCE, ("praise", "purpose"))
    site.annotation("Ben", new, "Praise is commentary too", None)
    lost = site.annotation("Ada", old, STRUCK, "Why twice?")
    site.annotation("Ada", old, GONE, "And unlink them later?", ("names",))
    deleted = site.annotation("Ada", new, "Quote exactly", "A slip.")
    hidden = site.annotation("Ada", new, "quote enough", "The drafter is a heron.")
    appealed = site.annotation("Ada", new, "Set out both", "Who would?")
    flagged = site.annotation("Ben", new, "Criticise what the text says", "Buy herons at the fair.")
    site.annotation("Ben", new, "It can also be counted", "Counted by whom?")
    pid = new.pids[new.parsed.innermost(*place_of(new, "Praise is commentary too")) or 0]
    with site.db.transaction() as session:
        ada, ben, mia = (accounts.viewer_named(session, name) for name in ("Ada", "Ben", "Mia"))
        reply = Draft(in_reply_to=own, body="Silence counts for both sides.")
        annotations.create(session, ben, reply, site.config.limits)
        annotations.edit(session, ada, own, body=SILENCE.replace("once", "when"),
                         limits=site.config.limits)  # fmt: skip
        annotations.create(session, ben, Draft(in_reply_to=deleted, body="A slip?"),
                           site.config.limits)  # fmt: skip
        annotations.delete(session, ada, deleted)
        complaints.flag(session, ada, flagged, "advertising", "It sells herons.")
        by = actions.moderator(mia)
        act = actions.decide(session, by, HIDE, hidden).id
        other = actions.decide(session, by, HIDE, appealed).id
        complaints.appeal(session, ada, other, "The sentence stands right above it.")
        account = accounts.find(session, "Ada")
        assert account is not None
        recover = credentials.make_link(session, account.id, credentials.RECOVER)
        confirm = credentials.make_link(session, account.id, credentials.CONFIRM, "ada@example.org")
        essay = essays.publish(session, ada, "charter", ESSAY, site.config.limits).id
        first = mentioned(session, f"charter/p/{pid}", "https://blog.example.org/praise", SAID)
        mentions.decide(session, mia.name, first, "approve")
        mention = mentioned(session, "charter", "https://elsewhere.example.org/herons", SAID)
    _suggest_and_answer(site, own)
    return Stage(site, "Ada", "Mia", pid, own, lost, deleted, hidden, flagged, act, recover,
                 confirm, essay, mention)  # fmt: skip


def _suggest_and_answer(site: LiveSite, own: str) -> None:
    """Let people suggest other words and agree, follow, and the publisher answer one of two."""
    engine, limits = MemoryEngine(), site.config.limits
    with site.db.transaction() as session:
        people = {name: accounts.viewer_named(session, name) for name in ("Ada", "Ben", "Mia")}
        ada, mia = people["Ada"], people["Mia"]
        for kind, key in (("document", "charter"), ("person", "Ben"), ("tag", "names")):
            follows.follow(session, ada, kind, key)
        made = []
        for who, words, act, wording, why in SUGGESTED:
            draft = Draft("charter", NEW, (DraftTarget(exact=words),), why,
                          suggestion=(act, wording))  # fmt: skip
            made.append(annotations.create(session, people[who], draft, limits))
        suggestions.agree(session, mia, made[0], agrees=True)
    for ident, answer, published in (
        (own, AnswerDraft("adopted", "*Thank you.* The sentence stays.", NEW), True),
        (made[0], AnswerDraft("declined", "The rest of the charter says “exactly”."), True),
        (made[1], AnswerDraft("noted"), False),
    ):
        with site.db.transaction() as session:
            answers.write(session, engine, mia, "charter", DeskChoice([(ident, None)]), answer,
                          limits)  # fmt: skip
        if published:
            with site.db.transaction() as session:
                answers.publish(session, engine, mia, "charter")
