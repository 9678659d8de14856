"""Authors of imported annotations: an import creates one account for each account elsewhere.

Nobody can sign in to such an account. Only a trusted native file can write as accounts of this
site.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.errors import Conflict, Unacceptable
from annotator.models import Account, ForeignAccount
from annotator.schemas.annotations import ForeignAuthor, Incoming, Unreadable
from annotator.schemas.base import UNWRITABLE
from annotator.services.accounts import accounts
from annotator.services.personal_data import account_deletion

UNKNOWN = "somebody"
NOBODY = ForeignAuthor("", "")
MATCHED_AT_ONCE = 500


class Authors:
    """The accounts of a batch's authors. `trust` lets native files write as accounts here."""

    def __init__(self, session: Session, items: Iterable[Incoming], *, trust: bool) -> None:
        items = list(_everyone(items))
        self._session, self._trust = session, trust
        self._by_name = accounts.find_all(session, {*map(name_of, items), names.FORMER})
        users = {identity(item).user for item in items}
        query = (
            select(ForeignAccount.authority, ForeignAccount.user, Account)
            .join(Account, Account.id == ForeignAccount.account_id)
            .where(ForeignAccount.user.in_(users))
        )
        self._foreign = {
            ForeignAuthor(authority, user): account
            for authority, user, account in session.execute(query)
        }

        self._ids: dict[tuple[object, ...], int] = {}

    def of(self, item: Incoming) -> int:
        """Return the id of an author's account; create it if needed.

        Authors who have left are the former member.
        """
        key = item.author, item.elsewhere, item.foreign, item.deleted
        if key not in self._ids:
            self._ids[key] = self._account_of(item)
        return self._ids[key]

    def _account_of(self, item: Incoming) -> int:
        if _is_nobodys(item):
            return account_deletion.former_member(self._session).id
        account, identified = None, identity(item)
        if self._trust and is_matchable(item):
            account = self._by_name.get(name_of(item))
            if account is not None and accounts.account_elsewhere(self._session, account.id):
                account = None
        account = account or self._foreign.get(identified)
        if account is None:
            account = self._foreign[identified] = _signed_up(self._session, item, identified)
            self._session.add(ForeignAccount(
                authority=identified.authority, user=identified.user, account_id=account.id
            ))  # fmt: skip
        if account.left:
            account = account_deletion.former_member(self._session)
        return account.id

    def may_be(self, item: Incoming) -> set[int]:
        """Return the ids of the accounts that may own the stored annotation with this id."""
        candidates = (self._by_name.get(name_of(item)), self._foreign.get(identity(item)),
                      self._by_name.get(names.FORMER))  # fmt: skip
        return {account.id for account in candidates if account is not None}


def name_of(item: Incoming) -> str:
    """Return an author's name, normalized like names of this site."""
    writable = UNWRITABLE.sub("\ufffd", item.author)
    return " ".join(unicodedata.normalize("NFC", writable).split())


def identity(item: Incoming) -> ForeignAuthor:
    """Return an author's account elsewhere; in a native file without one it is the name alone."""
    if item.elsewhere is not None:
        return item.elsewhere
    return NOBODY if item.foreign else ForeignAuthor.of("", name_of(item))


def is_matchable(item: Incoming) -> bool:
    """Return whether an author is an account of the site that wrote the file."""
    return not item.foreign and identity(item).user == name_of(item)


def matched(session: Session, incoming: Iterable[Incoming | Unreadable]) -> list[Account]:
    """Return the accounts here that a trusted file would write as, by name."""
    authors = sorted({
        name_of(item) for item in _everyone(incoming)
        if is_matchable(item) and not _is_nobodys(item)
    })  # fmt: skip
    matches: dict[str, Account] = {}
    for start in range(0, len(authors), MATCHED_AT_ONCE):
        people = accounts.find_all(session, authors[start : start + MATCHED_AT_ONCE])
        matches |= {account.name: account for account in people.values() if not account.left}
    return [matches[name] for name in sorted(matches)
            if not accounts.account_elsewhere(session, matches[name].id)]  # fmt: skip


def _everyone(incoming: Iterable[Incoming | Unreadable]) -> Iterator[Incoming]:
    """Yield annotations and, like authors of some, those who agree with them."""
    for item in incoming:
        if isinstance(item, Incoming):
            yield from (item, *item.agreed_by)


def _is_nobodys(item: Incoming) -> bool:
    """Return whether the author of an annotation of a native file has left, or is removed."""
    if item.foreign:
        return False
    return (item.deleted and not item.author) or names.is_former(name_of(item) or UNKNOWN)


def _signed_up(session: Session, item: Incoming, who: ForeignAuthor) -> Account:
    """Create an account with a name that resembles no other: the file's, or with a suffix."""
    with session.no_autoflush:  # each account is stored with the one before's name elsewhere
        for name in _names(item, who):
            with suppress(Unacceptable, Conflict):
                return accounts.sign_up(session, name, None)
    raise AssertionError("no name is free")  # pragma: no cover


def _names(item: Incoming, who: ForeignAuthor) -> Iterator[str]:
    home = _cleaned(who.authority) or "elsewhere"
    base = name_of(item) if not item.foreign else _cleaned(item.author)
    if item.foreign and who.authority and not base.endswith(home):
        base = _with(base, home)
    if not _is_name(base):
        base = _cleaned(base)[: names.LONGEST].strip()
    if not _is_name(base):
        base = f"{UNKNOWN} {home}"[: names.LONGEST].strip()
    yield base
    if not base.endswith(f" {home}"):
        yield _with(base, home)
    for number in range(2, 10):
        yield _with(base, str(number))
    for salt in range(1_000):
        text = f"{who.authority}\0{who.user}\0{salt or ''}"
        yield _with(base, hashlib.sha256(text.encode()).hexdigest()[:8])


def _with(base: str, suffix: str) -> str:
    return f"{base[: names.LONGEST - 1 - len(suffix)].strip()} {suffix}"


def _cleaned(name: str) -> str:
    allowed = "".join(char if char.isalnum() or char in " .-_'’" else " " for char in name)
    return " ".join(allowed.split())


def _is_name(name: str) -> bool:
    try:
        return names.checked_name(name) == name
    except Unacceptable:
        return False
