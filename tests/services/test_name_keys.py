"""The migration that computes the keys of names anew keeps every account."""

from __future__ import annotations

from sqlalchemy import text

from tests.conftest import Site


def test_accounts_whose_names_are_one_now_are_kept_and_told_apart(site: Site) -> None:
    db = site.parts.db
    db.migrate("base")
    db.migrate("0016")
    people = [(1, "Ada", "ada"), (2, "Аdа", "x"), (3, "Clara", "dara"), (4, "jo_smith", "josmith")]
    with db.engine.begin() as connection:
        for ident, name, key in people:
            connection.execute(
                text("INSERT INTO accounts (id, name, name_key, email, role, created) VALUES "
                     "(:id, :name, :key, '', 'member', '2026-01-01 00:00:00+00:00')"),
                {"id": ident, "name": name, "key": key},
            )  # fmt: skip
        connection.execute(
            text("INSERT INTO aliases (name, name_key, account_id, until) VALUES "
                 "('АDA', 'y', 3, '2026-01-01 00:00:00+00:00')")
        )  # fmt: skip
    db.migrate()
    with db.engine.begin() as connection:
        keys = dict(connection.execute(text("SELECT name, name_key FROM accounts")).all())
        former = connection.execute(text("SELECT name_key FROM aliases")).scalar_one()
    assert keys == {"Ada": "ada", "Аdа": "ada#2", "Clara": "clara", "jo_smith": "jo_smlth"}
    assert former == "ada#3"
