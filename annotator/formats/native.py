"""The native dialect: JSON as in the API, the export file, and `jsonl`.

`docs/api.md` describes every field. Keys are in a fixed order, so that the same data gives the same
bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from typing import Any

from annotator.errors import Malformed
from annotator.formats.files.envelope import Envelope
from annotator.schemas.annotations import (
    AnnotationValue,
    Draft,
    DraftTarget,
    Earlier,
    EssayValue,
    ForeignAuthor,
    Incoming,
    Restated,
    read_stamp,
    stamp,
)
from annotator.schemas.answers import AnswerValue
from annotator.schemas.base import require_number, require_text

JSON = dict[str, Any]
# The fields of a draft that are in JSON as they are.
PLAIN = [each.name for each in fields(Draft) if each.name not in ("targets", "tags", "suggestion")]
ENCODER = json.JSONEncoder(ensure_ascii=False)  # made once: making one takes as long as a line


def whole(annotation: AnnotationValue, envelope: Envelope) -> JSON:
    """Return an annotation as in export files, with its earlier versions.

    An author with an account of this site is named with it, so that another site can identify the
    account.
    """
    value = annotation.to_json(envelope.licence) | {
        "author_account": _account(annotation.author, annotation.elsewhere, envelope),
        "versions": [
            {"body": each.body, "tags": list(each.tags), "replaced": stamp(each.replaced)}
            for each in annotation.earlier
        ],
        "restated": [
            {
                "target": each.target,
                "edition": each.edition,
                "confirmed": each.confirmed,
                "pid": each.words.pid,
                "start": each.words.start,
                "end": each.words.end,
                "exact": each.words.exact,
                "created": stamp(each.created),
            }
            for each in annotation.restated
        ],
    }
    if annotation.suggestion is not None:
        value["agreed_by"] = [
            {
                "author": each.author,
                "author_account": _account(each.author, each.elsewhere, envelope),
                "created": stamp(each.created),
            }
            for each in annotation.agreed_by
        ]
    if value["answer"] is not None:
        del value["answer"]["html"]
    del value["html"]
    value["essay"] = value.pop("essay")  # move it to the end
    return value


def _account(author: str, elsewhere: ForeignAuthor | None, envelope: Envelope) -> str | None:
    if author and elsewhere is None:
        return ForeignAuthor.of(envelope.authority, author).account
    account = elsewhere.account if elsewhere else None
    # A name is not an account: no site matches it with its accounts.
    return f"name:{author}" if author and account is None else account


def write(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield the export file piece by piece, one annotation a line.

    `{"total", "items", "editions"}`: the editions are those that the annotations refer to, each
    with the sha256 of its text and the ledger of its pids.
    """
    yield f'{{"total": {envelope.total}, "items": ['
    between, seen = "\n", set[tuple[str, str]]()
    for annotation in annotations:
        labels = (annotation.edition, *(at.edition for at in annotation.placements))
        seen.update((annotation.document, label) for label in labels)
        yield between + ENCODER.encode(whole(annotation, envelope))
        between = ",\n"
    yield '\n], "editions": ['
    between = "\n"
    for edition in map(envelope.editions.__getitem__, sorted(seen)):
        value: JSON = {
            "document": edition.document,
            "label": edition.label,
            "captured": edition.captured,
            "sha256": edition.sha256,
            "ledger": edition.ledger,
        }
        value |= {"source": dict(edition.source)} if edition.source else {}
        yield between + ENCODER.encode(value)
        between = ",\n"
    yield "\n]}\n"


def write_lines(annotations: Iterable[AnnotationValue], envelope: Envelope) -> Iterator[str]:
    """Yield `jsonl`: one annotation a line, each with the sha256 of its edition's text."""
    for annotation in annotations:
        digest = {"edition_sha256": envelope.edition_of(annotation).sha256}
        yield ENCODER.encode(whole(annotation, envelope) | digest) + "\n"


def read(place: str, value: JSON) -> Incoming:
    """Read one annotation of an export; unknown keys are ignored.

    Raises KeyError, TypeError, ValueError or AttributeError for other values, and Malformed.
    """
    stamps = {key: read_stamp(value[key]) for key in ("created", "modified") if value.get(key)}
    answer = value.get("answer")
    earlier = (
        Earlier(each["body"], tuple(each["tags"]), read_stamp(each["replaced"]))
        for each in value.get("versions") or ()
    )
    return Incoming(
        place,
        draft(value),
        "" if value["author"] is None and value.get("deleted") else value["author"],
        value.get("id"),
        stamps.get("created"),
        stamps.get("modified"),
        deleted=bool(value.get("deleted")),
        earlier=tuple(earlier),
        restated=tuple(
            Restated(
                each["target"],
                each["edition"],
                bool(each["confirmed"]),
                _draft_target(each),
                read_stamp(each["created"]),
            )
            for each in value.get("restated") or ()
        ),
        via=value.get("via"),
        essay=_read_essay(value["essay"]) if value.get("essay") else None,
        agreed_by=tuple(
            Incoming(
                place,
                Draft(),
                require_text(each["author"]),
                created=read_stamp(each["created"]),
                elsewhere=_elsewhere(each),
            )
            for each in value.get("agreed_by") or ()
        ),
        answer=AnswerValue(
            **answer | {"html": None, "published": read_stamp(answer["published"])}
        ) if answer else None,
        elsewhere=_elsewhere(value),
    )  # fmt: skip


def _elsewhere(value: Mapping[str, Any]) -> ForeignAuthor | None:
    account = value.get("author_account")
    return ForeignAuthor.read(account) if account else None


def _read_essay(value: JSON) -> EssayValue:
    return EssayValue(
        id=require_text(value["id"]),
        title=require_text(value["title"]),
        source_url=require_text(value["source_url"]),
        ordinal=require_number(value["ordinal"]),
        created=read_stamp(value["created"]),
        modified=read_stamp(value["modified"]),
    )


def draft(value: Mapping[str, Any]) -> Draft:
    """Read an annotation of a request whose shape has been checked.

    `targets` is the full form; `target` is short for a list of one. Raises Malformed for both.
    """
    full = value.get("targets")
    short = value.get("target")
    if full and short and [short] != full[:1]:
        raise Malformed('Send "target" or "targets", not both.', field="target")
    targets = full if full is not None else [short] if short else []
    suggested = value.get("suggestion")
    return Draft(
        targets=tuple(_draft_target(target) for target in targets if target),
        tags=tuple(value.get("tags") or ()),
        suggestion=(suggested["act"], suggested.get("wording") or "") if suggested else None,
        **{name: value.get(name) for name in PLAIN},
    )


def _draft_target(value: Mapping[str, Any]) -> DraftTarget:
    whole = value.get("whole") or (value.get("start") is None and value.get("exact") is None)
    if whole and value.get("pid"):
        return DraftTarget(pid=value["pid"])
    return DraftTarget(
        start=value.get("start"),
        end=value.get("end"),
        exact=value.get("exact"),
        prefix=value.get("prefix") or "",
        suffix=value.get("suffix") or "",
    )
