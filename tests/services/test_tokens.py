"""API tokens: shown once, limited by scopes, in force until they are revoked or end."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from annotator.auth.permissions import SCOPES, allowed
from annotator.db import now
from annotator.errors import NotAllowed, NotFound, NotSignedIn, Unacceptable
from annotator.models import ApiToken
from annotator.services.accounts import accounts, credentials
from tests.conftest import Site


def test_a_token_is_stored_as_a_digest_and_ends_when_it_is_revoked(site: Site) -> None:
    ada, bob = site.person("Ada"), site.person("Bob")
    key = site.token("Ada", label="my script", scopes=["read"])
    with site.parts.db.transaction() as session:
        assert accounts.token_viewer(session, key)[1].scopes == {"read"}
        stored = session.scalars(select(ApiToken)).one()
        assert key not in (stored.digest, stored.label)
        for ident in ("", stored.digest[:7]):
            with pytest.raises(NotFound):
                credentials.revoke_token(session, ada.account, ident)
        with pytest.raises(NotFound):
            credentials.revoke_token(session, bob.account, stored.digest)
        credentials.revoke_token(session, ada.account, stored.digest[:12])
        assert credentials.tokens_of(session, ada.account) == []
    with pytest.raises(NotSignedIn), site.parts.db.reading() as session:
        accounts.token_viewer(session, key)[1]


def test_a_token_ends_on_its_day(site: Site) -> None:
    ada = site.person("Ada")
    key = site.token("Ada", days=1)
    with site.parts.db.transaction() as session:
        assert accounts.token_viewer(session, key)[1].known
        session.execute(update(ApiToken).values(expires=now() - timedelta(seconds=1)))
    with site.parts.db.reading() as session:
        assert credentials.tokens_of(session, ada.account) == []
        with pytest.raises(NotSignedIn):
            accounts.token_viewer(session, key)[1]


@pytest.mark.parametrize("scopes", [["read"], ["read", "write"], ["moderate"], list(SCOPES)])
def test_a_token_may_do_what_its_scopes_say_and_never_touch_the_account(
    site: Site, scopes: list[str]
) -> None:
    site.person("Mona", role="moderator")
    key = site.token("Mona", scopes=scopes)
    with site.parts.db.reading() as session:
        viewer = accounts.token_viewer(session, key)[1]
        assert allowed(viewer, "annotation.create") == ("write" in scopes)
        assert not allowed(viewer, "account.change", viewer.account)
        with pytest.raises(NotAllowed):
            credentials.create_token(session, viewer)


def test_without_a_word_on_scopes_a_token_reads_and_writes(site: Site) -> None:
    site.person("Mona", role="moderator")
    key = site.token("Mona")
    with site.parts.db.reading() as session:
        assert accounts.token_viewer(session, key)[1].scopes == {"read", "write"}


def test_a_members_token_cannot_moderate(site: Site) -> None:
    site.person("Ada")
    with pytest.raises(NotAllowed):
        site.token("Ada", scopes=["moderate"])


@pytest.mark.parametrize(
    ("more", "field"),
    [({"label": "x" * 101}, "label"), ({"scopes": ["all"]}, "scopes"), ({"scopes": []}, "scopes"),
     ({"days": 0}, "days"), ({"days": 10**9}, "days")],
)  # fmt: skip
def test_a_token_that_makes_no_sense_is_refused(
    site: Site, more: dict[str, object], field: str
) -> None:
    site.person("Ada")
    with pytest.raises(Unacceptable) as told:
        site.token("Ada", **more)
    assert told.value.field == field
