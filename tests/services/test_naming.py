"""Changing a name: the old one leads to the new one, for good, and to nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from annotator.db import now
from annotator.errors import Conflict, Unacceptable
from annotator.models import Account
from annotator.schemas.annotations import Draft, Incoming
from annotator.schemas.queries import FoundAnnotation
from annotator.services.accounts import accounts
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.exchange.foreign_authors import Authors
from annotator.services.reading import full_text
from tests.conftest import Site, sign_in
from tests.helpers import checks


def rename(site: Site, old: str, new: str, *, by_site: bool = True) -> None:
    """Change somebody's name."""
    with site.parts.db.transaction() as session:
        accounts.rename(session, accounts.named(session, old).id, new, by_site=by_site)


def found(site: Site, query: str) -> list[str]:
    """Name the authors of what a search finds."""
    with site.parts.db.reading() as session:
        items = full_text.search(session, site.parts.engine, query).items
        return [it.author for it in items if isinstance(it, FoundAnnotation)]


def test_everything_somebody_wrote_bears_the_new_name_and_is_found_under_both(site: Site) -> None:
    site.add()
    site.person("Ada")
    ident = site.post("three gates")
    site.parts.indexer.drain()
    rename(site, "Ada", "Jane Lovelace")
    with site.parts.db.reading() as session:
        assert listings.get(session, ident).author == "Jane Lovelace"
        for name in ("Ada", "Jane Lovelace"):
            assert listings.page(session, Filter(author=name)).total == 1
            assert accounts.named(session, name).name == "Jane Lovelace"
    site.parts.indexer.drain()
    for query in ("author:Ada", 'author:"ada"', 'author:"Jane Lovelace"', "author:lovelace"):
        assert found(site, query) == ["Jane Lovelace"], query
    assert found(site, "-author:Ada kind:annotation") == []
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []


@pytest.mark.parametrize("name", ["Ada", "ada", "Аdа", "\u0410da"])
def test_nobody_else_takes_a_name_that_somebody_had(site: Site, name: str) -> None:
    site.person("Ada")
    site.person("Bob")
    rename(site, "Ada", "Lovelace")
    with pytest.raises(Conflict):
        site.person(name)
    with pytest.raises(Conflict):
        rename(site, "Bob", name)


def test_one_may_take_a_former_name_back(site: Site) -> None:
    site.person("Ada")
    for old, new in (("Ada", "Lovelace"), ("Lovelace", "Ada"), ("Ada", "ADA"), ("ADA", "Byron")):
        rename(site, old, new)
    with site.parts.db.reading() as session:
        account = accounts.named(session, "Lovelace")
        assert account.name == "Byron"
        had = {alias.name for alias in accounts.aliases(session, account.id)}
        assert had == {"Ada", "ADA", "Lovelace"}


def test_a_name_changes_once_in_thirty_days(site: Site) -> None:
    site.person("Ada")
    rename(site, "Ada", "Lovelace", by_site=False)
    with pytest.raises(Unacceptable, match="once in 30 days"):
        rename(site, "Lovelace", "Byron", by_site=False)
    with site.parts.db.transaction() as session:
        session.execute(update(Account).values(renamed=now() - timedelta(days=31)))
    rename(site, "Lovelace", "Byron", by_site=False)


@pytest.mark.parametrize(
    "name", ["", "Ada", "Moderator", "A former member", "Former-Member", "a\u202eb", "x" * 41]
)
def test_a_name_that_cannot_be_had_is_refused_and_nothing_changes(site: Site, name: str) -> None:
    site.person("Ada")
    with pytest.raises(Unacceptable) as told:
        rename(site, "Ada", name)
    assert told.value.field == "name"
    with site.parts.db.reading() as session:
        assert accounts.named(session, "Ada").renamed is None


def test_one_signs_in_under_a_name_one_had(site: Site) -> None:
    site.person("Ada", "correct horse")
    rename(site, "Ada", "Lovelace")
    with site.parts.db.transaction() as session:
        assert sign_in(session, "Ada", "correct horse")[0].name == "Lovelace"


def test_what_a_trusted_file_has_under_a_former_name_is_its_bearers(site: Site) -> None:
    site.person("Ada")
    rename(site, "Ada", "Lovelace")
    with site.parts.db.transaction() as session:
        item = Incoming("item 1", Draft(), "Ada")
        bearer = accounts.named(session, "Lovelace").id
        assert Authors(session, [item], trust=True).of(item) == bearer
        assert Authors(session, [item], trust=False).of(item) != bearer
