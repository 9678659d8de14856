"""Hypothesis's dialect: the JSON of its API (`/api/search`) and of its client's export file.

It follows the Hypothesis API, version 1: `uri`, `user` (`acct:name@authority`), `text` (Markdown),
`tags`, `references` (the thread, the parent last), `target` with `selector`s. Imported offsets
count UTF-16 units of another page than ours, so the quotation decides.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import quote, urlsplit

from annotator.formats import readership
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import Span
from annotator.schemas.annotations import (
    AnnotationValue,
    Draft,
    DraftTarget,
    ForeignAuthor,
    Incoming,
    PlacementValue,
    TargetValue,
    read_stamp,
    stamp,
)
from annotator.schemas.base import require_text

JSON = dict[str, Any]
Texts = Mapping[tuple[str, str], str]
GROUP = "__world__"
NAME = "https://hypothes.is/a/"


def annotation(
    annotation: AnnotationValue,
    address: str,
    texts: Texts,
    references: Sequence[str] = (),
    *,
    placed: bool,
) -> JSON:
    """Return one annotation. `texts` has the canonical text of each (document, edition) it needs.

    If `placed`, the words are those of the edition that the annotation is placed in, so that a
    client finds them there; lost words, and all words otherwise, are those of its own edition.
    `references` are the ids of the annotations that it answers, the head of the thread first.
    """
    label = (
        annotation.placements[0].edition if placed and annotation.placements else annotation.edition
    )
    uri = f"{address}/d/{quote(annotation.document)}@{quote(label)}"
    lists = [] if annotation.in_reply_to else list(_selectors(annotation, texts, placed=placed))
    owner, suggested = user(annotation.author, address), annotation.suggestion
    value: JSON = {
        "id": annotation.id,
        "created": stamp(annotation.created),
        "updated": stamp(annotation.modified),
        "user": owner,
        "user_info": {"display_name": annotation.author},
        "uri": uri,
        "text": "\n\n".join(filter(None, (suggested.critic if suggested else "", annotation.body))),
        "tags": list(annotation.tags),
        "group": GROUP,
        "permissions": {"read": [f"group:{GROUP}"], "admin": [owner], "update": [owner],
                        "delete": [owner]},
        "target": [{"source": uri, "selector": each} for each in lists] or [{"source": uri}],
        "links": {
            "html": f"{address}/a/{annotation.id}",
            "incontext": f"{address}/a/{annotation.id}/place",
            "json": f"{address}/hypothesis/api/annotations/{annotation.id}",
        },
        "flagged": False,
        "hidden": False,
    }  # fmt: skip
    return value | {"references": list(references)} if references else value


def user(name: str, address: str) -> str:
    """Return an author's name in Hypothesis's form: `acct:Ann@example.org`."""
    return f"acct:{name}@{authority(address)}"


def name_of(user: str, address: str) -> str | None:
    """Return the account of this site that `user` names, or None for a person of another site."""
    name, at, elsewhere = user.removeprefix("acct:").partition("@")
    return name if not at or elsewhere == authority(address) else None


def authority(address: str) -> str:
    """Return the host of a site, which is part of its users' names."""
    return urlsplit(address).hostname or "localhost"


def _selectors(annotation: AnnotationValue, texts: Texts, *, placed: bool) -> Iterator[list[JSON]]:
    for at, target in enumerate(annotation.targets):
        stands: PlacementValue | TargetValue = target
        label = annotation.edition
        if placed and at < len(annotation.placements):
            now = annotation.placements[at]
            if now.start is not None and now.end is not None:
                stands, label = now, now.edition
        if stands.start is None or stands.end is None:
            yield [{"type": "TextQuoteSelector", "exact": target.exact,
                    "prefix": target.prefix, "suffix": target.suffix}]  # fmt: skip
            continue
        text, span = texts[annotation.document, label], Span(stands.start, stands.end)
        before, after = foreign_quotation.context(text, span)
        words = {"type": "TextQuoteSelector", "exact": text[span.start : span.end],
                 "prefix": before, "suffix": after}  # fmt: skip
        yield [{"type": "TextPositionSelector", "start": units(text, span.start),
                "end": units(text, span.end)}, words]  # fmt: skip


def units(text: str, offset: int) -> int:
    """Count UTF-16 units before a code point, as Hypothesis does."""
    return offset + bisect_left(_astral(text), offset)


@lru_cache(maxsize=16)
def _astral(text: str) -> list[int]:
    """Return the offsets of the characters that take two units."""
    return [at for at, char in enumerate(text) if char > "\uffff"]


def is_one(value: JSON) -> bool:
    """Return whether an annotation is written in this dialect."""
    return "uri" in value and "user" in value


def read(place: str, value: JSON) -> Incoming:
    """Read one annotation. Raises KeyError, TypeError, ValueError or AttributeError.

    One without a quotation is a page note: a comment on the document. One with a quotation and no
    words is a highlight.
    """
    parents = list(value.get("references") or ())
    body = require_text(value.get("text") or "").strip() or None
    targets = () if parents else tuple(_targets(value.get("target") or ()))
    if body is None and not (targets or parents):
        body = " ".join(f"#{tag}" for tag in value.get("tags") or ()) or None
    draft = Draft(
        targets=targets,
        body=body,
        tags=tuple(value.get("tags") or ()),
        motivation=("replying" if parents else None) if body else "highlighting",
    )
    name, at, home = require_text(value["user"] or "").removeprefix("acct:").rpartition("@")
    account = ForeignAuthor.of(home, name) if at else ForeignAuthor.of("hypothes.is", home)
    info = value.get("user_info")
    shown = info.get("display_name") if isinstance(info, dict) else None
    ident = str(value["id"])
    site = str((value.get("links") or {}).get("html") or "")
    site = site.removesuffix(ident) if site.endswith(f"/{ident}") else NAME
    return Incoming(
        place,
        draft,
        f"{readership.without_mailbox(str(shown or account.user))} {account.authority}",
        ident,
        read_stamp(value["created"]) if value.get("created") else None,
        read_stamp(value["updated"]) if value.get("updated") else None,
        foreign=True,
        via=f"{site}{ident}",
        answers=f"{site}{parents[-1]}" if parents else None,
        source=require_text(value.get("uri") or ""),
        elsewhere=account,
    )


def _targets(targets: Iterable[JSON]) -> Iterator[DraftTarget]:
    for target in targets:
        by_type = {each.get("type"): each for each in target.get("selector") or ()}
        words = by_type.get("TextQuoteSelector")
        if words and words.get("exact"):
            position = by_type.get("TextPositionSelector") or {}
            yield DraftTarget(
                position.get("start"),
                position.get("end"),
                require_text(words.get("exact") or ""),
                require_text(words.get("prefix") or ""),
                require_text(words.get("suffix") or ""),
            )
