"""The creator of a W3C annotation: its account on another site, and its name."""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import unquote, urlsplit

from annotator.schemas.annotations import IRIS, MAILBOX_DIGEST, ForeignAuthor
from annotator.schemas.base import require_text

PEOPLE = re.compile(r"https?://.+/people/(?P<name>[^/?#]+)")  # an author, as a site like this names
NOBODY = ForeignAuthor("", "")
SPOKEN = frozenset({"value", "bodyValue", "exact", "prefix", "suffix", "name", "label"})
AGENTS = frozenset({"creator", "author", "contributor", "publisher", "maker", "generator"})
MAILBOXES = frozenset({"email", "emailsha1", "mbox", "mboxsha1sum"})
MAILBOX = re.compile(r"[^\s@]+@[^\s@]+\.[^\s@]+")


def listed(value: Any) -> list[Any]:
    """Return a value of JSON-LD, which may be one or several, as a list."""
    return [] if value is None else value if isinstance(value, list) else [value]


def shown_name(creator: Any, *, ours: bool) -> str:
    """Return a creator's name, followed by its site unless a site like this one wrote it."""
    if ours and isinstance(creator, dict):
        return str(creator.get("name") or "")
    name = creator if isinstance(creator, str) else ""
    if isinstance(creator, dict):
        name = str(next(iter(listed(creator.get("name") or creator.get("nickname"))), ""))
        name = without_mailbox(name)
        host = _host(str(creator.get("id") or ""))
        return f"{name} {host}".strip() or "somebody elsewhere"
    return _host(name) or "somebody elsewhere"


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def account(creator: Any, annotation: str, *, ours: bool) -> ForeignAuthor:
    """Return the account of a creator: its IRI or account, else its mailbox, else its name there.

    `annotation` is the name of the annotation that it created; `ours` tells that a site like this
    one wrote that. A mailbox is identified by its digest, and neither is published. A creator
    without any of these is `NOBODY`.
    """
    person = creator if isinstance(creator, dict) else {"id": require_text(creator or "")}
    for key in ("id", "account"):
        name = next(iter(listed(person.get(key))), None)
        if isinstance(name, dict):
            name = name.get("id")
        if isinstance(name, str) and name.startswith((*IRIS, "acct:")):
            page = PEOPLE.fullmatch(name)
            if ours and page:
                return ForeignAuthor.of(_host(name), unquote(page["name"]))
            return ForeignAuthor.read(unquote(name) if name.startswith("acct:") else name)
    digest = next(
        (str(person[key]) for key in ("email_sha1", "mbox_sha1sum") if person.get(key)), ""
    )
    opaque = person.get("id")
    mailbox = next(iter(listed(person.get("email"))), None)
    if isinstance(opaque, str) and (opaque.startswith("mailto:") or MAILBOX.fullmatch(opaque)):
        mailbox = opaque
    if isinstance(mailbox, str):
        address = mailbox if mailbox.startswith("mailto:") else f"mailto:{mailbox}"
        digest = hashlib.sha1(address.encode(), usedforsecurity=False).hexdigest()
    if digest:
        return ForeignAuthor.of("", f"{MAILBOX_DIGEST}{digest}")
    if isinstance(opaque, str) and opaque and not opaque.startswith("_:"):
        return ForeignAuthor.of("", opaque if ":" in opaque else f"id:{opaque}")
    shown = next(iter(listed(person.get("name") or person.get("nickname"))), None)
    return ForeignAuthor.of(_host(annotation), f"name:{shown}") if shown else NOBODY


def without_mailbox(name: str) -> str:
    """Return a person's name; of an email address only the part before the `@`."""
    return name.partition("@")[0] if MAILBOX.fullmatch(name) else name


def without_mailboxes(value: Any, key: str = "", *, agent: bool = False) -> Any:
    """Return JSON-LD without the email addresses of people and their digests.

    An annotation is published in the form in which it arrived, but its author's address is private.
    A lone address becomes None. Quoted words and bodies stay as they are.
    """
    if isinstance(value, str):
        if agent and MAILBOX.fullmatch(value):
            return without_mailbox(value) if key in {"name", "nickname"} else None
        return None if key not in SPOKEN and value.lower().startswith("mailto:") else value
    if isinstance(value, list):
        cleaned = (without_mailboxes(each, key, agent=agent) for each in value)
        return [each for each in cleaned if each is not None]
    if not isinstance(value, dict):
        return value
    public = {}
    for name, inner in value.items():
        local = re.split("[#/:]", name)[-1].lower().replace("_", "")
        if local in MAILBOXES:
            continue
        cleaned = without_mailboxes(inner, local, agent=agent or local in AGENTS)
        if cleaned is not None or inner is None:
            public[name] = cleaned
    return public
