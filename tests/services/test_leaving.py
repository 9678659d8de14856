"""Deleting an account: what goes, what stays, and that nothing of the thread is torn."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from annotator.auth import names, passwords
from annotator.config import Limits
from annotator.db import Base
from annotator.errors import Conflict, Gone, NotSignedIn
from annotator.models import Account, ApiToken, Flag, Identity, OneTimeKey, SignIn, Version
from annotator.schemas.annotations import Draft, DraftTarget, Incoming
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.accounts import Person
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.exchange.foreign_authors import Authors
from annotator.services.moderation import actions, complaints, sanctions
from annotator.services.moderation.actions import Decision
from annotator.services.personal_data import account_deletion, data_export
from tests.conftest import Site, sign_in
from tests.helpers import checks
from tests.services.scene import Scene

PASSWORD = "correct horse"


@pytest.fixture
def thread(site: Site) -> list[str]:
    """Ada's annotation, edited once, Bob's reply to it, and one of Ada's that nobody answered."""
    site.add()
    ada, bob = site.person("Ada", PASSWORD), site.person("Bob")
    limits, made = site.parts.config.limits, []
    with site.parts.db.transaction() as session:
        for viewer, draft in (
            (ada, Draft("garden", targets=(DraftTarget(exact="three gates"),), body="First.")),
            (bob, Draft(body="A reply.")),
            (ada, Draft("garden", body="On the whole.")),
        ):
            reply_to = made[0] if viewer is bob else None
            draft = Draft(draft.document, None, draft.targets, draft.body, in_reply_to=reply_to)
            made.append(annotations.create(session, viewer, draft, limits))
        annotations.edit(session, ada, made[0], body="Second.", limits=limits)
    site.parts.indexer.drain()
    return made


def leave(site: Site, *, keep: bool) -> int:
    """Delete Ada's account, with everything that could be left of it."""
    with site.parts.db.transaction() as session:
        ada = accounts.named(session, "Ada")
        sign_in(session, "Ada", PASSWORD)
        credentials.create_token(session, accounts.viewer_of(ada))
        accounts.link_identity(session, ada.id, Person("https://id.example", "1"))
        credentials.make_link(session, ada.id, credentials.RECOVER)
        credentials.set_email(session, ada.id, "ada@example.org", confirmed=True)
        number = account_deletion.leave(session, ada.id, keep=keep)
    site.parts.indexer.drain()
    return number


def clean(site: Site) -> bool:
    """Return whether everything is consistent."""
    with site.parts.db.reading() as session:
        return list(checks.faults(session, site.parts.engine)) == []


def test_commentary_that_stays_stands_under_a_former_member(site: Site, thread: list[str]) -> None:
    assert leave(site, keep=True) == 2
    with site.parts.db.reading() as session:
        annotations = [listings.get(session, ident) for ident in thread]
        assert [it.author for it in annotations] == [names.FORMER, "Bob", names.FORMER]
        assert [it.body for it in annotations] == ["Second.", "A reply.", "On the whole."]
        assert [it.body for it in listings.versions(session, thread[0])] == ["First."]
        assert listings.page(session, Filter(author=names.FORMER)).total == 2
    assert clean(site)


def test_commentary_that_goes_leaves_a_place_where_it_was_answered(
    site: Site, thread: list[str]
) -> None:
    assert leave(site, keep=False) == 2
    with site.parts.db.reading() as session:
        first, reply = listings.thread(session, thread[0])
        assert (first.deleted, first.body, first.author) == (True, None, "")
        assert (reply.body, reply.author) == ("A reply.", "Bob")
        assert listings.page(session, Filter()).total == 2
        assert session.scalar(select(func.count()).select_from(Version)) == 0
    assert clean(site)


def test_what_nobody_answers_any_more_goes_with_the_last_answer(site: Site) -> None:
    site.add()
    ada, bob = site.person("Ada", PASSWORD), site.person("Bob")
    limits, ids = site.parts.config.limits, [""]
    with site.parts.db.transaction() as session:
        for viewer in (bob, ada, ada, ada):
            draft = Draft("garden", body="Said.") if ids == [""] else Draft(body="Answered.")
            draft = replace(draft, in_reply_to=ids[-1] or None)
            ids.append(annotations.create(session, viewer, draft, limits))
        annotations.delete(session, bob, ids[1])
        assert listings.page(session, Filter()).total == 4
    assert leave(site, keep=False) == 3
    with site.parts.db.reading() as session:
        assert listings.page(session, Filter()).total == 0
    assert clean(site)


@pytest.mark.both_databases
@pytest.mark.parametrize("keep", [True, False])
def test_nothing_is_left_that_acts_for_the_account_or_tells_of_its_owner(
    site: Site, thread: list[str], keep: bool
) -> None:
    leave(site, keep=keep)
    with site.parts.db.reading() as session:
        for kind in (SignIn, ApiToken, Identity, OneTimeKey):
            assert session.scalar(select(func.count()).select_from(kind)) == 0
        ada = session.scalars(select(Account).where(Account.name == "Ada")).one()
        assert (ada.email, ada.email_confirmed, ada.password) == ("", None, None)
        with pytest.raises(NotSignedIn):
            accounts.check(session, "Ada", PASSWORD)
        with pytest.raises(Gone):
            accounts.named(session, "Ada")
    with pytest.raises(Conflict):
        site.person("Ada")


def test_what_is_imported_under_the_name_of_one_who_left_is_a_former_members(
    site: Site, thread: list[str]
) -> None:
    leave(site, keep=True)
    with site.parts.db.transaction() as session:
        former = accounts.named(session, names.FORMER).id
        items = [Incoming(f"item {at}", Draft(), it) for at, it in enumerate(("Ada", names.FORMER))]
        trusted = Authors(session, items, trust=True)
        assert [trusted.of(item) for item in items] == [former, former]


def test_an_export_with_a_former_member_goes_into_an_empty_site(site: Site) -> None:
    with site.parts.db.transaction() as session:
        for author in (names.FORMER, ""):  # nobody's, as an empty place is
            item = Incoming("item 1", Draft(), author, deleted=not author)
            made = Authors(session, [], trust=False).of(item)
            assert session.get_one(Account, made).name == names.FORMER


def test_a_browser_that_was_checked_before_the_account_left_is_not_signed_in_after(
    site: Site,
) -> None:
    site.person("Ada", PASSWORD)
    with site.parts.db.reading() as session:
        checked = accounts.check(session, "Ada", PASSWORD)
    with site.parts.db.transaction() as session:
        credentials.set_password(
            session, checked.id, passwords.hash_password("another one"), end_tokens=False
        )
    with pytest.raises(NotSignedIn), site.parts.db.transaction() as session:
        accounts.begin(session, checked)


def test_whoever_was_known_before_the_account_left_posts_nothing_after(
    site: Site, thread: list[str]
) -> None:
    with site.parts.db.reading() as session:
        ada = accounts.viewer_named(session, "Ada")
    leave(site, keep=True)
    with pytest.raises(NotSignedIn), site.parts.db.transaction() as session:
        credentials.create_token(session, ada)
    for draft in (Draft("garden", body="Late."), Draft(body="Late.", in_reply_to=thread[1])):
        with pytest.raises(NotSignedIn), site.parts.db.transaction() as session:
            annotations.create(session, ada, draft, site.parts.config.limits)
    assert clean(site)


def test_the_file_of_all_that_is_mine_holds_it_and_no_secret(site: Site, thread: list[str]) -> None:
    with site.parts.db.transaction() as session:
        ada = accounts.named(session, "Ada")
        _, key = sign_in(session, "Ada", PASSWORD, "Firefox on Linux")
        token = credentials.create_token(session, accounts.viewer_of(ada), "my script")
    with site.parts.db.reading() as session:
        ada = accounts.named(session, "Ada")
        text = "".join(data_export.pieces(session, ada, "CC0-1.0"))
        secrets = [key, token, accounts.digest(key), accounts.digest(token), ada.password or "?"]
    assert [secret for secret in secrets if secret in text] == []
    told = json.loads(text)
    assert told["account"]["name"] == "Ada"
    assert [it["label"] for it in told["sign_ins"]] == ["Firefox on Linux"]
    assert [it["label"] for it in told["tokens"]] == ["my script"]
    assert {it["id"] for it in told["remarks"]} == {thread[0], thread[2]}
    assert told["remarks"][0]["versions"][0]["body"] == "First."


def test_every_table_that_refers_to_an_account_is_in_the_file_of_all_that_is_mine() -> None:
    referring = {
        table.name
        for table in Base.metadata.tables.values()
        for key in table.foreign_keys
        if key.column.table.name == "accounts"
    }
    # Whoever an import made an account for cannot sign in to it, nor ask for this file.
    held = {table.__tablename__ for table, _ in data_export.PARTS.values()}
    assert referring - {"foreign_accounts"} == held - {"withdrawn"}


def test_the_file_of_all_that_is_mine_has_flags_appeals_notices_decisions_and_keys(
    scene: Scene,
) -> None:
    other = scene.post(scene.ben, "Hm.")
    scene.do(lambda s: complaints.flag(s, scene.ada, other, "abuse", "Rude."))
    act = scene.act(scene.mia)
    scene.do(lambda s: complaints.appeal(s, scene.ada, act, "It is about the rule."))
    suspend = Decision("suspend", "suspension", "Enough.", days=3)
    scene.do(lambda s: sanctions.decide(s, actions.moderator(scene.mia), suspend, "Ada"))
    gone = scene.post(scene.ada, "To be taken back.")
    scene.do(lambda s: annotations.delete(s, scene.ada, gone))
    posted = Draft("garden", body="Posted once.")
    scene.do(lambda s: annotations.post(s, scene.ada, posted, Limits(), "key-1"))
    scene.do(lambda s: credentials.create_token(s, scene.ada, label="My script"))
    scene.do(lambda s: credentials.make_link(s, scene.ada.account, credentials.RECOVER))
    scene.site.tell()
    with scene.site.parts.db.reading() as session:
        account = accounts.named(session, "Ada")
        found = json.loads("".join(data_export.pieces(session, account, "CC0-1.0")))
        of_mia = json.loads(
            "".join(data_export.pieces(session, accounts.named(session, "Mia"), ""))
        )
    assert [(it["rule"], it["words"]) for it in found["flags"]] == [("abuse", "Rude.")]
    assert [it["words"] for it in found["appeals"]] == ["It is about the rule."]
    assert [it["told_as"] for it in found["news"]] == ["author", "author"]
    assert [it["act"] for it in found["decisions"]] == ["hide", "suspend"]
    assert [it["act"] for it in of_mia["decisions"]] == ["hide", "suspend"]
    assert [it["entry"] for it in found["standing"]] == [found["decisions"][1]["id"]]
    assert [it["body"] for it in found["withdrawn"]] == ["To be taken back."]
    assert [it["key"] for it in found["postings"]] == ["key-1"]
    assert [it["label"] for it in found["tokens"]] == ["My script"]
    assert [it["purpose"] for it in found["one_time_keys"]] == [credentials.RECOVER]
    assert "digest" not in json.dumps(found)


def test_what_somebody_asked_of_the_moderators_goes_with_the_account(scene: Scene) -> None:
    scene.do(
        lambda s: complaints.flag(s, scene.ben, scene.annotation, "abuse", "My name is in it.")
    )
    scene.do(lambda s: account_deletion.leave(s, scene.ben.account, keep=True))
    with scene.site.parts.db.reading() as session:
        kept = session.execute(select(Flag.rule, Flag.words)).all()
    assert kept == [("abuse", "")]
    scene.act(scene.mia)
    assert scene.consistent() == []
