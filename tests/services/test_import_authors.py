"""An imported author is an account elsewhere, and never anybody's here."""

from __future__ import annotations

import hashlib
import io
import itertools
import json
from typing import Any

import pytest
from sqlalchemy import select

from annotator.auth import passwords
from annotator.config import Limits
from annotator.errors import Conflict, NotAllowed, NotSignedIn
from annotator.formats.files import reading
from annotator.models import Account, Annotation, ForeignAccount, Origin
from annotator.schemas.annotations import AnnotationValue, ForeignAuthor
from annotator.services.accounts import accounts, credentials
from annotator.services.accounts.accounts import Person
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.exchange import foreign_authors
from tests.conftest import Site
from tests.helpers import importing
from tests.services.test_imports import export, faults, hypothesis, web

JSON = dict[str, Any]
NUMBER = itertools.count(1)


def row(user: str, shown: str | None = None, **more: Any) -> JSON:
    info = {"user_info": {"display_name": shown}} if shown is not None else {}
    return hypothesis(f"r{next(NUMBER)}", user=user, **info, **more)


def native(author: Any, **more: Any) -> JSON:
    return {"id": f"n{next(NUMBER)}", "document": "garden", "author": author, "body": "Hm.",
            "created": "2026-02-03T10:20:30Z",
            "modified": "2026-02-03T10:20:30Z"} | more  # fmt: skip


def take(
    site: Site, *items: JSON, trust: bool = False, licence: str = ""
) -> importing.ImportReport:
    data = json.dumps(list(items)).encode()
    with site.parts.db.transaction() as session:
        return importing.take_in(session, reading.read(io.BytesIO(data)), Limits(), licence,
                               trust_authors=trust)  # fmt: skip


def everything(site: Site) -> list[AnnotationValue]:
    with site.parts.db.reading() as session:
        return list(listings.everything(session, Filter()))


def names_here(site: Site) -> list[str]:
    return [it.author for it in everything(site)]


def test_one_account_elsewhere_is_one_author_whatever_its_names(site: Site) -> None:
    site.add()
    shown = ["Zoë", "zoe", "", "Z. O. E.", "\u202eeoZ", "x" * 300]
    report = take(site, *(row("acct:zoe@hypothes.is", it) for it in shown))
    assert dict(report.outcomes) == {"added": len(shown)}
    assert dict(take(site, row("acct:zoe@Hypothes.is", "Other")).outcomes) == {"added": 1}
    assert set(names_here(site)) == {"Zoë hypothes.is"}
    assert {it.elsewhere for it in everything(site)} == {ForeignAuthor("hypothes.is", "zoe")}
    assert faults(site) == []


def test_two_accounts_elsewhere_are_two_authors_however_alike_they_look(site: Site) -> None:
    site.add()
    users = ["jo_smith", "josmith", "jo.smith", "JoSmith", "j\u043esmith", "josmith\u200b"]
    people = [row(f"acct:{it}@hypothes.is", "Jo") for it in users]
    people += [row("acct:josmith@other.example", "Jo"), row("acct:josmith@hypothes.is.example")]
    people += [native("Jo hypothes.is"), web("https://x.example/1", creator={"name": "Jo"}),
               web("https://x.example/2", creator="https://x.example/jo"),
               web("https://x.example/3", creator={"id": "https://y.example/jo", "name": "Jo"}),
               web("https://x.example/4", creator={"name": "Jo", "email": "mailto:jo@x.example"}),
               web("https://x.example/5", creator={"id": "urn:jo", "name": "Jo"})]  # fmt: skip
    assert dict(take(site, *people).outcomes) == {"added": len(people)}
    assert len(set(names_here(site))) == len(people)
    assert all("jo@x.example" not in export(site, name) for name in ("native", "csv"))
    assert faults(site) == []


SHA1 = hashlib.sha1(b"mailto:jo@x.example", usedforsecurity=False).hexdigest()
# Creators known by one mailbox, and such as have an account and say it beside.
KNOWN_BY_MAILBOX = [
    {"email": "mailto:jo@x.example", "name": "Jo"}, {"email": "jo@x.example"},
    {"email": ["mailto:jo@x.example", "mailto:jo@y.example"]}, {"email_sha1": SHA1, "name": "Jo"},
    {"mbox_sha1sum": SHA1}, {"id": "mailto:jo@x.example"}, {"id": "jo@x.example"},
    "mailto:jo@x.example",
]  # fmt: skip
BESIDE = [
    {"id": "https://x.example/jo", "email": "jo@x.example"},
    {"id": "https://x.example/jo", "name": "jo@x.example"},
    {"id": "https://x.example/jo", "foaf:mbox": {"id": "MAILTO:jo@x.example"}},
    {"id": "https://x.example/jo", "http://xmlns.com/foaf/0.1/mbox_sha1sum": SHA1},
    {"id": "https://x.example/jo", "contact": ["jo@x.example"], "schema:email": "jo@x.example"},
    [{"id": "https://x.example/jo"}, {"name": "Al", "email_sha1": SHA1}],
]


def test_no_email_address_of_an_imported_author_goes_out(site: Site) -> None:
    site.add()
    people = [web(f"https://x.example/{number}", creator=it)
              for number, it in enumerate(KNOWN_BY_MAILBOX + BESIDE)]  # fmt: skip
    words = {"type": "TextualBody", "value": "Ask ann@x.example.", "creator": BESIDE[0]}
    program = {"id": "https://p.example", "email": "jo@x.example"}
    people += [web("https://x.example/a", body=words), row("acct:jo@h.is", "jo@x.example"),
               web("https://x.example/b", generator=program)]  # fmt: skip
    assert dict(take(site, *people).outcomes) == {"added": len(people)}
    authors = {it.via: it.elsewhere for it in everything(site)}
    known = [authors[f"https://x.example/{number}"] for number in range(len(KNOWN_BY_MAILBOX))]
    assert set(known) == {ForeignAuthor("", f"mbox_sha1sum:{SHA1}")}
    for name in ("native", "jsonl", "w3c", "csv", "html", "markdown"):
        sent = export(site, name)
        assert "Ask" in sent
        assert not [it for it in ("jo@x.example", SHA1, "mailto") if it in sent], name
    with site.parts.db.reading() as session:
        kept = session.scalars(select(Origin.original)).all()
    assert kept
    assert not [it for it in kept if it and ("jo@" in it or SHA1 in it)]
    assert "ann@x.example" in export(site, "w3c"), "what somebody wrote stays as it is"
    with site.parts.db.transaction() as session:  # as an import of an earlier version kept it
        for origin in session.scalars(select(Origin).where(Origin.original.is_not(None))):
            kept = json.loads(origin.original or "")
            origin.original = json.dumps(kept | {"creator": KNOWN_BY_MAILBOX + BESIDE})
    sent = export(site, "w3c")
    assert not [it for it in ("jo@x.example", SHA1, "mailto") if it in sent]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "name", ["", " ", "\0", "\ud800", "A" * 300, "admin", "Moderator", "A former member hypothes",
             "!!!", "1234", "👩‍🌾", "Ada", "Аdа", "a" + "\u0301" * 9, "\u3164\u3164", "X"],
)  # fmt: skip
def test_no_comment_is_refused_for_a_name(site: Site, name: str) -> None:
    site.add()
    site.person("Ada")
    report = take(site, native(name), row(f"acct:{name}@hypothes.is"), row("acct:z@h.is", name),
                  web(f"https://x.example/{len(name)}", creator={"name": name}))  # fmt: skip
    assert dict(report.outcomes) == {"added": 4}, report.lines
    assert not {"Ada", "admin", "Moderator"} & set(names_here(site))
    assert faults(site) == []


@pytest.mark.both_databases
@pytest.mark.parametrize("number", [7, None, True, ["Ada"], {"name": "Ada"}])
def test_what_is_no_name_is_refused_or_nobodys(site: Site, number: Any) -> None:
    site.add()
    assert dict(take(site, native(number)).outcomes) == {"refused": 1}
    assert dict(take(site, row("acct:zoe@h.is", number)).outcomes) == {"added": 1}


def test_an_account_made_here_first_never_owns_what_is_imported(site: Site) -> None:
    site.add()
    ready = site.person("heather hypothes.is", "correct horse")
    ada = site.person("Ada", "correct horse", role="administrator")
    rows = [row("acct:heather@hypothes.is"), native("Ada"), native("Ada", author_account=None),
            native("Ada", author_account="acct:Ada@notes.example"),
            native("heather hypothes.is", author_account="acct:heather@hypothes.is"),
            web("https://notes.example/w3c/annotations/w1",
                creator={"id": "https://notes.example/people/Ada", "name": "Ada"})]  # fmt: skip
    assert dict(take(site, *rows).outcomes) == {"added": len(rows)}
    with site.parts.db.reading() as session:
        written = {it.author_id for it in session.query(Annotation)}
        assert not written & {ready.account, ada.account}
        assert len(written) == 3
    with pytest.raises(Conflict), site.parts.db.transaction() as session:
        accounts.sign_up(session, "heather hypothes.is 2", "correct horse")
    assert "acct:heather@hypothes.is" in export(site, "native")


def test_nobody_becomes_an_imported_author(site: Site) -> None:
    """Not by signing up, a password, a link, a token, a provider, an email or the command line."""
    site.add()
    take(site, row("acct:heather@hypothes.is"))
    name = "heather hypothes.is"
    with site.parts.db.reading() as session:
        ident = session.query(ForeignAccount).one().account_id
    with pytest.raises(Conflict), site.parts.db.transaction() as session:
        accounts.sign_up(session, name, "correct horse")
    with pytest.raises(NotSignedIn), site.parts.db.reading() as session:
        accounts.check(session, name, "")
    hashed = passwords.hash_password("correct horse")
    with site.parts.db.transaction() as session:
        viewer = accounts.viewer_of(session.get_one(Account, ident))
        for attempt in (
            lambda: credentials.set_password(session, ident, hashed, end_tokens=True),
            lambda: credentials.set_email(session, ident, "h@x.example", confirmed=True),
            lambda: credentials.make_link(session, ident, credentials.RECOVER),
            lambda: accounts.link_identity(session, ident, Person("https://id.example", "h")),
            lambda: credentials.create_token(session, viewer),
            lambda: accounts.viewer_named(session, name),
        ):
            with pytest.raises(NotAllowed):
                attempt()
        assert credentials.recoverable(session, name) == []


def test_a_trusted_file_writes_as_accounts_here_that_are_listed_first(site: Site) -> None:
    site.add()
    ada, max_ = site.person("Ada"), site.person("Max", role="moderator")
    rows = [native("Ada", author_account="acct:Ada@old.example"), native("Max"), native("Eve"),
            native("Max", author_account="acct:zoe@hypothes.is"),
            row("acct:Ada@hypothes.is")]  # fmt: skip
    incoming = list(reading.read(io.BytesIO(json.dumps(rows).encode())))
    with site.parts.db.reading() as session:
        listed = [(it.name, it.role) for it in foreign_authors.matched(session, incoming)]
    assert listed == [("Ada", "member"), ("Max", "moderator")]
    assert dict(take(site, *rows, trust=True).outcomes) == {"added": 5}
    with site.parts.db.reading() as session:
        by = {it.id: it.author_id for it in session.query(Annotation)}
    assert [by[it["id"]] for it in rows[:2]] == [ada.account, max_.account]
    assert not {by[it["id"]] for it in rows[2:]} & {ada.account, max_.account}
    before = export(site, "native")
    for trust in (True, False):
        assert dict(take(site, *rows, trust=trust).outcomes) == {"unchanged": 5}
    assert export(site, "native") == before


def test_another_licence_is_kept_and_the_sites_is_the_default(site: Site) -> None:
    site.add()
    rows = [native("Ada", id="a1", licence="CC-BY-SA-4.0"), native("Ada", id="a2"),
            native("Ada", id="a3", licence="CC-BY-4.0"),
            web("https://x.example/9", rights="http://creativecommons.org/licenses/by-nc/4.0/"),
            web("https://x.example/8",
                rights="https://creativecommons.org/licenses/by/4.0")]  # fmt: skip
    assert dict(take(site, *rows, licence="CC-BY-4.0").outcomes) == {"added": 5}
    found = {it["id"]: it["licence"] for it in json.loads(export(site, "native"))["items"]}
    assert sorted(found.values()) == [
        "CC-BY-4.0", "CC-BY-4.0", "CC-BY-4.0", "CC-BY-SA-4.0",
        "http://creativecommons.org/licenses/by-nc/4.0/",
    ]  # fmt: skip
    assert found["a1"] == "CC-BY-SA-4.0"
    assert "https://creativecommons.org/licenses/by-sa/4.0/" in export(site, "w3c")


@pytest.mark.parametrize(
    "wrong",
    [
        native("Ada", modified="2026-02-03T10:20:29Z"),
        native("Ada", versions=[{"body": "x", "tags": [], "replaced": "2025-01-01T00:00:00Z"}]),
        hypothesis("h1", updated="2026-02-03T10:20:29+00:00"),
        web("https://x.example/7", modified="2026-02-03T10:20:29Z"),
    ],
)
def test_a_change_before_the_creation_is_refused(site: Site, wrong: JSON) -> None:
    site.add()
    report = take(site, wrong)
    assert dict(report.outcomes) == {"refused": 1}
    assert "changed before it was created" in report.lines[0]
