"""Suggestions put back into the publisher's file: a patch, CriticMarkup, or a pull request's text.

Or as tracked changes in a DOCX file of the edition's words.

Suggestions made on an older edition are included if their words are unchanged in this one. What is
left out is named, with the reason.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from annotator.db import one_of
from annotator.documents.parsed import Parsed
from annotator.errors import NotFound, Unacceptable
from annotator.markup import portable
from annotator.models import Annotation, Suggestion
from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.suggestions import PICKS, SUGGESTED
from annotator.services.annotations import annotation_loader
from annotator.services.annotations.suggestions import source_of
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.suggestions.changes import ProposedChange, conflicts, narrowed
from annotator.suggestions.patch import (
    Edits,
    NotPatchable,
    SourceText,
    critic,
    patch,
    unified_diff,
    written,
)
from annotator.suggestions.tracked_changes import Tracked, docx

MAX_ITEMS = 500  # suggestions in one export
MAX_CELL = 200
SUFFIXES = {
    "patch": ".patch",
    "critic": ".critic.md",
    "pull-request": ".pull-request.md",
    "docx": ".docx",
}
ADOPTED = {
    "same": "This edition has these words.",
    "already": "This edition already had these words.",
    "part": "This edition has these words in part.",
    "other": "This edition has other words here.",
    "gone": "The passage is gone.",
}


@dataclass(frozen=True)
class SuggestionExport:
    """A file called `name`; `taken` are the ids in it, `left_out` the reason for each other."""

    name: str
    content: bytes
    taken: tuple[str, ...]
    left_out: dict[str, str]


def export(
    session: Session,
    slug: str,
    label: str | None,
    form: str,
    *,
    ids: Collection[str] | None = None,
    pick: str = "none",
    base: str = "",
    forms: Collection[str] = SUGGESTED,
) -> SuggestionExport:
    """Export the suggestions on an edition (None: the newest), those with `ids` (None: all).

    Of those that conflict none is taken, or with `pick` "agreements" the one that most agree with.
    Raises NotFound without the publisher's file, Unacceptable for a form that is not among
    `forms`, and as `docx`, which needs no such file.
    """
    for value, allowed, field in ((form, forms, "format"), (pick, PICKS, "pick")):
        if value not in allowed:
            raise Unacceptable(f"Unknown {field} {value!r}. Use one of {', '.join(allowed)}.",
                               field=field)  # fmt: skip
    loaded = editions.labelled(session, slug, label)
    source = None if form == "docx" else source_of(session, loaded)
    if source is None and form != "docx":
        name = f"{loaded.slug}@{loaded.label}"
        raise NotFound(
            f"The publisher's file of {name} is not kept here, so nothing can be patched. "
            f"Add it with `annotator document source add {name} FILE`."
        )
    by_id = {item.id: item for item in _chosen(session, loaded, ids)}
    left_out = dict.fromkeys({*(ids or ())} - by_id.keys(), "There is no such suggestion here.")
    changes: dict[str, ProposedChange] = {}
    for item in by_id.values():
        proposed = _change(item, loaded.label)
        if isinstance(proposed, ProposedChange):
            changes[item.id] = proposed
        else:
            left_out[item.id] = proposed
    _leave_conflicts(loaded.parsed, changes, by_id, left_out, pick)
    if source is None:
        tracked = []
        for ident, change in changes.items():
            item = by_id[ident]
            tracked.append(Tracked(change, item.author, item.created, _note(item, base)))
        taken, content = [*changes], docx(loaded.parsed, tracked)
    else:
        edits = _edits(source, changes, left_out)
        taken = [ident for ident in changes if ident in edits]
        items = [by_id[ident] for ident in taken]
        content = _written(form, loaded, source, edits, items, left_out, base).encode()
    return SuggestionExport(f"{loaded.slug}-{loaded.label}{SUFFIXES[form]}", content,
                            tuple(taken), left_out)  # fmt: skip


def _edits(
    source: SourceText, changes: Mapping[str, ProposedChange], left_out: dict[str, str]
) -> dict[str, Edits]:
    """Return the edits of each change that can be written into the file."""
    order = [*changes]
    result = patch(source, [*changes.values()])
    left_out |= {order[index]: why for index, why in result.left_out.items()}
    return {order[index]: edits for index, edits in result.edits.items()}


def _written(
    form: str, loaded: Loaded, source: SourceText, edits: Mapping[str, Edits],
    taken: Sequence[AnnotationValue], left_out: Mapping[str, str], base: str,
) -> str:  # fmt: skip
    if form == "patch":
        return unified_diff(source, written(source, edits.values()))
    if form == "pull-request":
        return _pull_request(loaded, taken, left_out, base)
    try:
        return critic(source, edits, {item.id: _note(item, base) for item in taken})
    except NotPatchable as reason:
        raise Unacceptable(f"{reason} Choose another format.", field="format") from reason


def _chosen(session: Session, loaded: Loaded, ids: Collection[str] | None) -> list[AnnotationValue]:
    """Return the shown suggestions on a document, or those of them with `ids`."""
    query = (
        select(Suggestion.annotation_id)
        .join(Annotation, Annotation.id == Suggestion.annotation_id)
        .where(Annotation.document_id == loaded.document_id, Annotation.shown)
        .order_by(Suggestion.annotation_id)
    )
    if ids is not None:
        query = query.where(one_of(Annotation.id, ids))
    chosen = session.scalars(query).all()
    if len(chosen) > MAX_ITEMS:
        message = f"There are {len(chosen):,} suggestions. Choose at most {MAX_ITEMS:,}."
        raise Unacceptable(message, field="ids")
    return annotation_loader.read(session, chosen, loaded)


def _change(item: AnnotationValue, label: str) -> ProposedChange | str:
    """Return a suggestion as a change of an edition, or why it cannot be one."""
    suggestion, placement = item.suggestion, item.placement
    if suggestion is None or placement is None:
        return "Its passage is not known."
    if item.adoption and item.adoption.verdict != "open":
        return ADOPTED[item.adoption.verdict]
    if placement.start is None or placement.end is None:
        return "The passage is gone."
    if item.edition != label and placement.verdict not in ("exact", "moved"):
        return "The words were edited since."
    return ProposedChange(suggestion.act, placement.start, placement.end, suggestion.wording)


def _leave_conflicts(
    parsed: Parsed,
    changes: dict[str, ProposedChange],
    by_id: Mapping[str, AnnotationValue],
    left_out: dict[str, str],
    pick: str,
) -> None:
    """Remove from `changes` those that conflict, and those with the same result as another."""

    def rank(ident: str) -> tuple[int, str]:
        return -by_id[ident].agreements, ident

    ranked = sorted(changes, key=rank)
    touched = {ident: narrowed(parsed, changes[ident]) for ident in ranked}
    rivals = conflicts([*touched.values()])
    first: dict[ProposedChange, str] = {}
    for ident, indexes in zip(ranked, rivals, strict=True):
        others, same = {ranked[index] for index in indexes}, first.get(touched[ident])
        chosen = set(first.values())
        if others if pick == "none" else others & chosen:
            left_out[ident] = f"It conflicts with {', '.join(sorted(others))}."
        elif same is not None:
            left_out[ident] = f"It is the same as {same}."
        else:
            first[touched[ident]] = ident
    for ident in changes.keys() - first.values():
        del changes[ident]


def _note(item: AnnotationValue, base: str) -> str:
    why = " ".join((item.body or "").replace("{", "(").replace("}", ")").split())
    why = why.replace("<<", "«").replace(">>", "»")
    return f"{item.author}, {base}/a/{item.id}{': ' if why else ''}{why}"


def _pull_request(
    loaded: Loaded, taken: Sequence[AnnotationValue], left_out: Mapping[str, str], base: str
) -> str:
    """Write the title and the body of a pull request in Markdown."""
    lines = [f"# Suggested changes to {loaded.title} ({loaded.label}): {len(taken)}", ""]
    if taken:
        lines += ["| was | becomes | agree | suggestion |", "| --- | --- | ---: | --- |"]
    for item in taken:
        if item.suggestion is None or item.target is None:
            continue
        was = item.target.exact or ""
        if item.suggestion.act == "insert":
            was = f"(after) {was}"
        shown = [portable.inline(" ".join(cell[:MAX_CELL].split()))
                 for cell in (was, item.suggestion.wording)]  # fmt: skip
        lines.append(f"| {shown[0]} | {shown[1]} | {item.agreements} | {base}/a/{item.id} |")
    if left_out:
        lines += ["", "Left out:", ""]
        lines += [f"- {base}/a/{ident}: {why}" for ident, why in sorted(left_out.items())]
    names = dict.fromkeys(item.author for item in taken)
    return "\n".join([*lines, "", *(f"Suggested-by: {name}" for name in names), ""])
