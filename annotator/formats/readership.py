"""Who may read an annotation, and who wrote it, according to its own file.

Statements count anywhere in it, in any dialect, also on its bodies and targets. A statement that is
not understood counts as a restriction, so that nothing private is published by mistake.
`docs/exchange.md` lists what counts, by dialect.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
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
JSON = dict[str, Any]
WORLD = "__world__"
# Parts that describe something else than the annotation: the page's metadata, people, programs.
OF_OTHERS = frozenset({"@context", "document", "user_info", "links", "creator", "generator"})
EVERYBODY = frozenset({
    "public", "the public", "general public", "the general public", "world", "everyone",
    "everybody", "anyone", WORLD, f"group:{WORLD}", "as:public", "activitystreams:public",
    "foaf:agent", "w3.org/ns/activitystreams#public", "xmlns.com/foaf/0.1/agent",
})  # fmt: skip
OPEN_ACCESS = EVERYBODY | {"open", "open access", "free"}
VISIBLE = frozenset({"visible", "public"})
APPROVED = frozenset({"approved"})
IN_FORCE = VISIBLE | APPROVED | {
    "published", "accepted", "active", "live", "final", "open", "resolved", "ok", "success",
}  # fmt: skip
NO = (None, False)
DAY = re.compile(r"\d{4}-\d\d-\d\d")
IRI = re.compile(r"(https?://|urn:)\S+")
ADDRESSED = frozenset({"to", "cc", "bto", "bcc"})  # ActivityStreams: together one statement
KEY = re.compile(r'"([^"\\]{1,200})"\s*:')
NOT_NAMES = frozenset({"type", "@type", "@language"})
PLACES = re.compile(
    r"""(creativecommons\.org/(licenses|publicdomain)
    |opendatacommons\.org/licenses|opensource\.org/licen[sc]es?|gnu\.org/(licenses|copyleft)
    |apache\.org/licenses|nationalarchives\.gov\.uk/doc/open-government-licence
    |rightsstatements\.org/(vocab|page)/noc-[a-z]+)(/\S*)?""",
    re.VERBOSE,
)
LICENCES = re.compile(
    r"""cc0|cc0[ -]1\.0([ -]universal)?
    |cc[ -]by([ -](nc|sa|nd)){0,2}([ -]\d\.\d([ -][a-z]{2,4})?)?
    |public[ -]domain|pd|pdm|cc[ -]pddc|unlicense|0bsd|mit|isc|wtfpl|lal-1\.3
    |(apache|artistic|bsd|mpl|[al]?gpl|gfdl|odbl|odc-by|pddl|eupl|ogl-uk|etalab)
    [a-z-]*[ -]?\d[0-9.]*([ -][a-z-]+)?""",
    re.VERBOSE,
)


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
    """Return the account of a creator: its IRI or account, its mailbox, or its name there.

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
    A single address becomes None. Quoted words and bodies do not change.
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


@dataclass(frozen=True, slots=True)
class Readership:
    """Statements of an annotation on its readers: `field` and `why` it is not public, or "".

    `rights` are the licences and other rights that it names, as written; `licence` is the one of
    the annotation itself or of its body.
    """

    field: str = ""
    why: str = ""
    rights: tuple[str, ...] = ()
    licence: str | None = None


def read(value: JSON, *, tombstone: bool = False) -> Readership:
    """Read the statements of an annotation on its readers.

    A `tombstone` is a deleted annotation of our own dialect: it has no words.
    """
    if tombstone:
        return Readership()
    field = why = ""
    rights: list[str] = []
    for key, name, statement in _statements(value, _terms(value.get("@context"))):
        if name in RIGHTS:
            rights += _rights(statement)
        elif not why and not PUBLIC[name](statement):
            field, why = key, f"{key} is {json.dumps(statement, ensure_ascii=False)[:60]}"
    own = [value, *listed(value.get("body"))] if rights else []
    named = (_rights(statement) for part in own if isinstance(part, dict)
             for key, statement in part.items() if _local(key) in RIGHTS)  # fmt: skip
    licence = next((texts[0] for texts in named if texts), None)
    return Readership(field, why, tuple(dict.fromkeys(rights)), licence)


def read_frame(text: str) -> Readership:
    """Read the statements of a file, around its annotations, on the readers of all of them.

    `text` is that JSON. If it is truncated, any statement on readers in it counts as private.
    """
    try:
        value = json.loads(text or "null")
    except (ValueError, RecursionError):
        named = STATED | ADDRESSED
        key = next((key for key in KEY.findall(text) if _local(key) in named), "")
        return Readership(key, f"the file's own {key} cannot be read") if key else Readership()
    return read(value) if isinstance(value, dict) else Readership()


def closed(rights: Sequence[str], own: str = "") -> str:
    """Return the first right that is not an open licence and not the site's `own`, or ""."""
    return next((text for text in rights if not (is_open(text) or is_same(text, own))), "")


def is_same(licence: str, other: str) -> bool:
    """Return whether two texts name the same licence, by its address or its name."""
    return _name(licence) == _name(other)


def _name(licence: str) -> str:
    """Return the SPDX name of a licence in lower case, or its plain text."""
    plain = _plain(licence).removeprefix("spdx.org/licenses/").removesuffix(".html")
    match = re.fullmatch(r"creativecommons\.org/(?:licenses/(.+)|publicdomain/(zero)/(.+))", plain)
    if match:
        return f"cc0-{match[3]}" if match[2] else f"cc-{match[1]}".replace("/", "-")
    return plain.replace(" ", "-") if LICENCES.fullmatch(plain) else plain


def is_open(text: str) -> bool:
    """Return whether a licence, by its address or its usual name, is an open licence."""
    plain = _plain(text)
    if LICENCES.fullmatch(plain.removeprefix("spdx.org/licenses/").removesuffix(".html")):
        return True
    return PLACES.fullmatch(plain) is not None


def _plain(text: str) -> str:
    """Fold spellings of an address or a name: case, scheme, `www.`, slash at the end, spaces."""
    plain = " ".join(text.split()).lower()
    return re.sub(r"^https?://(www\.)?", "", plain).rstrip("/")


def _statements(value: Any, terms: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Yield each statement about readers: its key, the key's plain name, and its value."""
    waiting = [value]
    while waiting:
        at = waiting.pop()
        if isinstance(at, list):
            waiting += reversed(at)
            continue
        addressees: list[str] = []
        for key, statement in at.items() if isinstance(at, dict) else ():
            name = terms.get(key) or _local(key)
            if name in ADDRESSED:
                is_number = isinstance(statement, int | float)  # the end of a range
                addressees += [] if statement is None or is_number else _named(statement)
            elif name in STATED:
                yield key, name, statement
            if type(statement) in NESTING and name not in RIGHTS and key not in OF_OTHERS:
                waiting.append(statement)
        if addressees:
            yield "to", "to", addressees


@lru_cache(512)
def _local(key: str) -> str:
    """Return the plain name of a term: `audience` for `http://schema.org/audience`."""
    return re.sub(r"[\W_]", "", re.split("[#/:]", key)[-1]).lower().removeprefix("is")


def _terms(context: Any) -> dict[str, str]:
    """Return the aliases in a JSON-LD context of the terms used here."""
    terms = {}
    for each in listed(context):
        for term, means in each.items() if isinstance(each, dict) else ():
            iri = means.get("@id") if isinstance(means, dict) else means
            if isinstance(iri, str) and _local(iri) in STATED | ADDRESSED:
                terms[term] = _local(iri)
    return terms


def _rights(value: Any) -> list[str]:
    """Return the named licences; a value without a name as its JSON."""
    if value is None:
        return []
    if isinstance(value, str):
        return [value]
    if isinstance(value, list):
        return [text for each in value for text in _rights(each)]
    if isinstance(value, dict):
        name = next((value[key] for key in ("id", "@id", "@value", "value") if key in value), None)
        if isinstance(name, str):
            return [name]
    return [json.dumps(value, ensure_ascii=False)]


def _world(value: Any) -> bool:
    """Return whether permissions, as Hypothesis writes them, let everybody read."""
    readers = value.get("read") if isinstance(value, dict) else None
    return isinstance(readers, list) and f"group:{WORLD}" in readers


def _everybody(value: Any, words: frozenset[str] = EVERYBODY) -> bool:
    """Return whether an audience includes only everybody; an empty one is not an audience."""
    return value is None or value == [] or all(_plain(each) in words for each in _named(value))


def _scope(value: Any) -> bool:
    """Return whether a scope is everybody, or the page around a target, as in the W3C's model."""
    names = [] if value is None else _named(value)
    return all(IRI.fullmatch(name) or _plain(name) in EVERYBODY for name in names)


def _published(value: Any, words: frozenset[str] = IN_FORCE) -> bool:
    """Return whether a status is a public one; 200 is that of a response."""
    return value is None or value == 200 or all(_plain(name) in words for name in _named(value))


def _state(value: Any) -> bool:
    """Return whether a state is published, or that of a target's page, as in the W3C's model."""
    names = [each for each in listed(value) if isinstance(each, str)]
    return all(IRI.fullmatch(name) or _plain(name) in IN_FORCE for name in names)


def _since(value: Any) -> bool:
    """Return whether something is published: true, or since a day that has passed."""
    if isinstance(value, str):
        return bool(DAY.match(value)) and value[:10] <= str(datetime.now(UTC).date())
    return value is None or value is True


def _moderated(value: Any) -> bool:
    """Return whether moderators approved it; the number of flags is ignored."""
    if not isinstance(value, dict):
        return _published(value, APPROVED)
    return all(_local(key) == "flagcount" or entry in NO or _published(entry, APPROVED)
               for key, entry in value.items())  # fmt: skip


def _named(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, list) and value:
        return [name for each in value for name in _named(each)]
    if isinstance(value, dict) and value.keys() - NOT_NAMES:
        return [name for key in value.keys() - NOT_NAMES for name in _named(value[key])]
    return ["?"]  # a number, or an object that names nobody


RIGHTS = frozenset({"rights", "license", "licence", "usageinfo"})
PRIVATE = (
    "private draft hidden held nipsa deleted restricted confidential secret unlisted unpublished "
    "pending spam"
)
ACCESS = "privacy access accesslevel readers visibleto accessrights conditionsofaccess"
# The required value of each statement of a public annotation, by plain name.
PUBLIC: dict[str, Callable[[Any], bool]] = {
    "permissions": _world,
    **dict.fromkeys(["group", "groupid"], lambda value: value == WORLD),
    "visibility": lambda value: isinstance(value, str) and value.lower() in VISIBLE,
    **dict.fromkeys(["moderation", "moderationstatus"], _moderated),
    "scope": _scope,
    "state": _state,
    "published": _since,
    "to": lambda value: any(_plain(each) in EVERYBODY for each in value),
    **dict.fromkeys(["shared", "public", "accessibleforfree"], lambda value: value is True),
    **dict.fromkeys(PRIVATE.split(), lambda value: value in NO),
    **dict.fromkeys(["status", "creativeworkstatus", "publicationstatus"], _published),
    "audience": _everybody,
    **dict.fromkeys(ACCESS.split(), lambda value: _everybody(value, OPEN_ACCESS)),
}
STATED = RIGHTS | PUBLIC.keys()
NESTING = frozenset({dict, list})  # what JSON nests
