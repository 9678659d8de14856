"""Names, passwords and the table of who may do what."""

from __future__ import annotations

from itertools import product

import pytest
from argon2 import extract_parameters

from annotator.auth import passwords
from annotator.auth.names import checked_name, is_former, name_key, reserved
from annotator.auth.permissions import EVERY_SCOPE, NOBODY, ROLES, TABLE, Viewer, allowed, require
from annotator.errors import NotAllowed, NotSignedIn, Unacceptable
from tests.helpers.quick import REAL_DECOY, REAL_HASHER


@pytest.mark.parametrize(
    ("one", "other"),
    [("Ian", "ian"), ("Ian", "lan"), ("Ian", "1an"), ("Tom", "Тоm"), ("Zoë", "ZOE\u0308"),
     ("paypal", "paypaI"), ("Bob", "B0b"), ("ОЛЯ", "OЛЯ"), ("Clara", "CIara"),
     ("O’Neill", "O'Neill"),
     ("Ada", "Ａｄａ"), ("Ada", "𝐀𝐝𝐚"), ("Ada", "ᴬda"), ("Paul", "Рaul"),
     ("Strasse", "Straße"), ("file", "ﬁle")],
)  # fmt: skip
def test_names_that_look_alike_or_differ_by_case_are_one_name(one: str, other: str) -> None:
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("Clara", "Dara"), ("Arno", "Amo"), ("modern", "modem"), ("jo_smith", "josmith"),
     ("Zoë", "Zoe"), ("old-clerk", "old clerk"), ("Vvanda", "Wanda"), ("José", "Jose"),
     ("Van", "Nan"), ("Nina", "Mina"), ("Hanne", "Hanna"), ("Bo", "Bob")],
)  # fmt: skip
def test_only_what_looks_alike_is_one_name(one: str, other: str) -> None:
    assert name_key(one) != name_key(other)


def test_each_character_has_one_prototype_that_is_its_own() -> None:
    """A skeleton's skeleton is itself, and its key's key is the key."""
    for name in ("Ian", "Тоm", "הסו", "ﷺa", "½a", "ⅷ", "ʙaп", "mrnm"):
        assert name_key(name_key(name)) == name_key(name)


def test_names_that_differ_stay_different() -> None:
    names = [
        "Ada",
        "Bob",
        "Nguyễn",
        "דוד",
        "محمد",
        "हिन्दी",
        "marginalia",
        "Tomasz",
        "sparrow",
        "日本",
        "Ωmega",
        "old-clerk",
    ]
    assert len({name_key(name) for name in names}) == len(names)


@pytest.mark.parametrize(
    "name",
    ["", "a", "x" * 41, "a\u202eb", "a\u200bb", "<b>x</b>", "a/b", "a@b", "12", "a\x00b", "\ud800a",
     "a\nb?", "🐕🐕",
     # right-to-left overrides and isolates, invisible letters, joiners, selectors, tags, blanks
     "a\u202db", "a\u2067b", "a\u061cb", "a\u200db", "a\u2060b", "a\ufeffb", "a\u00adb",
     "a\u3164b", "a\uffa0b", "a\u115fb", "a\u034fb", "a\ufe0fb", "a\U000e0100b", "a\U000e0041b",
     "a\u2800b", "Z\u0300\u0301\u0302\u0303", "\u0301abc", "\ufdfa\ufdfa\ufdfa", "x" * 100_000],
)  # fmt: skip
def test_a_name_that_could_deceive_is_refused(name: str) -> None:
    with pytest.raises(Unacceptable) as told:
        checked_name(name)
    assert told.value.field == "name"


@pytest.mark.parametrize("name", ["Nguyễn", "דוד", "محمد", "हिन्दी", "한글", "Ολυμπία", "O’Neill"])
def test_a_name_of_any_script_is_welcome(name: str) -> None:
    assert checked_name(name) == name
    assert 0 < len(name_key(name)) <= 256


def test_a_name_is_tidied_and_the_sites_own_are_reserved() -> None:
    assert checked_name("  Jane   Roe ") == "Jane Roe"
    assert reserved("Adm1n")
    assert reserved("ad-min")
    assert is_former("A former  member.")
    assert not reserved("Ada")


def test_a_password_is_hashed_and_fits_only_itself() -> None:
    hashed = passwords.hash_password("correct horse")
    assert hashed.startswith("$argon2id$")
    assert passwords.fits("correct horse", hashed)
    assert not passwords.fits("incorrect horse", hashed)
    assert not passwords.fits("correct horse", None)
    for bad in ("short", "x" * 1001):
        with pytest.raises(Unacceptable):
            passwords.hash_password(bad)


def test_a_sites_hashes_cost_what_is_recommended_and_so_does_nobodys() -> None:
    cost = (REAL_HASHER.memory_cost, REAL_HASHER.time_cost, REAL_HASHER.parallelism)
    assert cost >= (64 * 1024, 3, 4)  # RFC 9106's second recommendation; memory in KiB
    extracted = extract_parameters(REAL_DECOY)
    assert (extracted.memory_cost, extracted.time_cost, extracted.parallelism) == cost


@pytest.mark.parametrize(("act", "role"), list(product(TABLE, ROLES)))
def test_the_table_is_kept_for_every_act_role_owner_and_scope(act: str, role: str) -> None:
    viewer = Viewer(account=1, name="Ada", role=role)
    rule = TABLE[act]
    assert rule.scope in EVERY_SCOPE
    assert allowed(viewer, act, owner=1) == (role in rule.own | rule.anything)
    assert allowed(viewer, act, owner=2) == (role in rule.anything)
    without = Viewer(account=1, name="Ada", role=role, scopes=EVERY_SCOPE - {rule.scope})
    assert not allowed(without, act, owner=1)
    assert not allowed(NOBODY, act, owner=1)


def test_whoever_may_not_is_told_what_is_missing() -> None:
    reading = Viewer(account=1, name="Ada", role="member", scopes=frozenset({"read"}))
    for viewer, act, told in (
        (NOBODY, "annotation.create", "Sign in"),
        (reading, "annotation.create", "the scope write"),
        (reading, "account.change", "API tokens cannot"),
        (Viewer(account=2, name="Bob", role="member"), "annotation.edit", "Only the author"),
    ):
        with pytest.raises((NotSignedIn, NotAllowed), match=told):
            require(viewer, act, owner=1)
