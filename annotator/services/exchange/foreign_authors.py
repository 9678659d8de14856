"""Who wrote what is imported: one account here for each account elsewhere, made by the import.

An account of this site is never written as, unless the import is told to trust a native file.
Nobody can sign in to an account that an import made.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator

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
    """The authors of a batch, found or made. `trust` lets native files write as accounts here."""

    def __init__(self, session: Session, items: Iterable[Incoming], *, trust: bool) -> None:
        items = list(items)
        self._session, self._trust = session, trust
        self._by_name = accounts.find_all(session, {name_of(it) for it in items} | {names.FORMER})
        users = {identity(it).user for it in items}
        query = (
            select(ForeignAccount.authority, ForeignAccount.user, Account)
            .join(Account, Account.id == ForeignAccount.account_id)
            .where(ForeignAccount.user.in_(users))
        )
        self._foreign = {
            ForeignAuthor(authority, user): account
            for authority, user, account in session.execute(query)
        }

    def of(self, item: Incoming) -> int:
        """Find or make the account of an author; what is nobody's goes to the former member."""
        if _is_nobodys(item):
            return account_deletion.former_member(self._session).id
        found = None
        if self._trust and is_matchable(item):
            found = self._by_name.get(name_of(item))
            if found is not None and accounts.account_elsewhere(self._session, found.id):
                found = None
        who = identity(item)
        found = found or self._foreign.get(who)
        if found is None:
            found = self._foreign[who] = self._made(item, who)
        return account_deletion.former_member(self._session).id if found.left else found.id

    def may_be(self, item: Incoming) -> set[int]:
        """Name the accounts whose an annotation that is here may be: who left has left theirs."""
        found = (self._by_name.get(name_of(item)), self._foreign.get(identity(item)),
                 self._by_name.get(names.FORMER))  # fmt: skip
        return {account.id for account in found if account is not None}

    def _made(self, item: Incoming, who: ForeignAuthor) -> Account:
        account = accounts.sign_up(self._session, _free_name(self._session, item, who), None)
        self._session.add(
            ForeignAccount(authority=who.authority, user=who.user, account_id=account.id)
        )
        self._session.flush()
        return account


def name_of(item: Incoming) -> str:
    """Return an author's name as a name of this site would be spelled."""
    writable = UNWRITABLE.sub("\ufffd", item.author)
    return " ".join(unicodedata.normalize("NFC", writable).split())


def identity(item: Incoming) -> ForeignAuthor:
    """Return whose account elsewhere an author is; a native file without one has only a name."""
    if item.elsewhere is not None:
        return item.elsewhere
    return NOBODY if item.foreign else ForeignAuthor.of("", name_of(item))


def is_matchable(item: Incoming) -> bool:
    """Return whether a file names an author as an account of the site that wrote it."""
    return not item.foreign and identity(item).user == name_of(item)


def matched(session: Session, incoming: Iterable[Incoming | Unreadable]) -> list[Account]:
    """List the accounts of this site as which a file would write if it were trusted, by name."""
    wanted = sorted({
        name_of(item) for item in incoming
        if isinstance(item, Incoming) and is_matchable(item) and not _is_nobodys(item)
    })  # fmt: skip
    found: dict[str, Account] = {}
    for start in range(0, len(wanted), MATCHED_AT_ONCE):
        people = accounts.find_all(session, wanted[start : start + MATCHED_AT_ONCE])
        found |= {account.name: account for account in people.values() if not account.left}
    return [found[name] for name in sorted(found)
            if not accounts.account_elsewhere(session, found[name].id)]  # fmt: skip


def _is_nobodys(item: Incoming) -> bool:
    """Return whether what is imported has no author any more: it was deleted, or they left."""
    if item.foreign:
        return False
    return (item.deleted and not item.author) or names.is_former(name_of(item) or UNKNOWN)


def _free_name(session: Session, item: Incoming, who: ForeignAuthor) -> str:
    """Choose a name that nobody has and that looks like nobody's: the file's, or with a suffix."""
    for name in _names(item, who):
        try:
            return accounts.free_name(session, name, "member")
        except (Unacceptable, Conflict):
            continue
    raise AssertionError("there is always another digest")  # pragma: no cover


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
    kept = "".join(char if char.isalnum() or char in " .-_'’" else " " for char in name)
    return " ".join(kept.split())


def _is_name(name: str) -> bool:
    try:
        return names.checked_name(name) == name
    except Unacceptable:
        return False
