"""Signing up, in and out."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from sqlalchemy import select

from annotator.auth import passwords
from annotator.errors import Conflict, NotSignedIn, Unacceptable
from annotator.models import SignIn
from annotator.services.accounts import accounts
from tests.conftest import Site, sign_in


def test_a_pseudonym_and_a_password_are_enough(site: Site) -> None:
    site.person("Ada", "correct horse")
    with site.parts.db.transaction() as session:
        account, key = sign_in(session, "ada", "correct horse")
    with site.parts.db.transaction() as session:
        found = accounts.signed_in(session, key)
        assert found is not None
        assert found.account.id == account.id
        assert session.scalar(select(SignIn.digest)) != key
        accounts.sign_out(session, key)
    with site.parts.db.reading() as session:
        assert accounts.signed_in(session, key) is None


def test_a_wrong_name_and_a_wrong_password_are_told_in_the_same_words(site: Site) -> None:
    site.person("Ada", "correct horse")
    site.person("Robot", None)
    told = set()
    for name, password in (("Ada", "wrong"), ("Nobody", "wrong"), ("Robot", "wrong"), ("", "")):
        with pytest.raises(NotSignedIn) as error, site.parts.db.transaction() as session:
            sign_in(session, name, password)
        told.add(error.value.message)
    assert len(told) == 1


def test_the_same_work_is_done_whatever_is_wrong(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.person("Ada", "correct horse")
    site.person("Robot", None)
    verified: list[str] = []
    verify = passwords._hasher.verify

    def counted(hashed: str, password: str) -> bool:
        verified.append(hashed.rpartition("$")[0].rpartition("$")[0])  # the kind and its cost
        return verify(hashed, password)

    monkeypatch.setattr(passwords, "_hasher", SimpleNamespace(verify=counted))
    for name in ("Ada", "Nobody", "Robot", "", "x" * 100_000, "a\x00b"):
        with pytest.raises(NotSignedIn), site.parts.db.reading() as session:
            accounts.check(session, name, "wrong")
    assert len(verified) == 6
    assert len(set(verified)) == 1


@pytest.mark.parametrize("name", ["ada", "ADA", "Аdа", "AdА", "Аda"])
def test_a_name_that_can_be_mistaken_for_another_is_refused(site: Site, name: str) -> None:
    site.person("Ada")
    with pytest.raises(Conflict) as told:
        site.person(name)
    assert told.value.field == "name"


def test_the_sites_own_names_are_kept_from_members(site: Site) -> None:
    with pytest.raises(Unacceptable):
        site.person("Moderator")
    site.person("Moderator", role="moderator")
