"""Suggestions of other words: validation, agreements, and their values.

A suggestion is an annotation with one target; its wording is never edited, so that what people
agree with stays the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, func, select
from sqlalchemy.orm import Session

from annotator.auth.permissions import Viewer, require
from annotator.db import insert_into, now, one_of, strings
from annotator.errors import Conflict, NotFound, Unacceptable
from annotator.models import Adoption, Agreement, Annotation, Suggestion, Target
from annotator.relocation.diff import same_wording, word_diff
from annotator.schemas.annotations import Draft
from annotator.schemas.suggestions import AdoptionValue, DiffValue, SuggestionValue
from annotator.services.annotations.drafts import refuse_controls
from annotator.services.editions import sources
from annotator.services.editions.editions import Loaded
from annotator.services.placement.placer import note_annotations
from annotator.suggestions.changes import ProposedChange, blocks_of, collapse, narrowed, replaced
from annotator.suggestions.patch import SourceText, why_not

LONGEST_WORDING = 10_000
# They would show other words than those that are stored.
BIDIRECTIONAL = re.compile("[\u202a-\u202e\u2066-\u2069]")
AGREEMENTS = select(func.count()).where(Agreement.annotation_id == Suggestion.annotation_id)
SUGGESTIONS: Select[Any] = (
    select(
        Suggestion,
        AGREEMENTS.correlate(Suggestion).scalar_subquery().label("agreements"),
        Adoption.edition_id,
        Adoption.verdict,
        Adoption.score,
    )
    .outerjoin(
        Adoption,
        and_(
            Adoption.annotation_id == Suggestion.annotation_id,
            Adoption.edition_id.in_(bindparam("editions", expanding=True)),
        ),
    )
    .where(one_of(Suggestion.annotation_id, strings("ids")))
)


def row(session: Session, loaded: Loaded, targets: Sequence[Target], draft: Draft) -> Suggestion:
    """Return the row of a draft's suggestion. Raises Unacceptable with the field."""
    if draft.suggestion is None:
        raise ValueError("the draft has no suggestion")
    act, wording = draft.suggestion
    if len(targets) != 1 or targets[0].start is None or targets[0].end is None:
        raise Unacceptable("A suggestion needs one target: the words, or a provision.",
                           field="target")  # fmt: skip
    refuse_controls(wording, "suggestion.wording")
    if BIDIRECTIONAL.search(wording):
        raise Unacceptable("Remove the invisible marks that change the direction of writing.",
                           field="suggestion.wording")  # fmt: skip
    if len(wording) > LONGEST_WORDING:
        message = f"The wording has {len(wording):,} characters. Shorten it to {LONGEST_WORDING:,}."
        raise Unacceptable(message, field="suggestion.wording")
    if act == "insert":
        if not targets[0].whole:
            raise Unacceptable('Paragraphs are added after a provision: send its "pid".',
                               field="target")  # fmt: skip
        wording = "\n".join(ProposedChange(act, 0, 0, wording).paragraphs)
    elif "\n" in wording.strip():
        raise Unacceptable("A wording is one paragraph. Remove the line breaks.",
                           field="suggestion.wording")  # fmt: skip
    if act == "strike" and wording.strip():
        raise Unacceptable('Words that are struck have no other wording. Use "replace".',
                           field="suggestion.wording")  # fmt: skip
    if act != "strike" and not wording.strip():
        raise Unacceptable('Write the words that you suggest, or use "strike".',
                           field="suggestion.wording")  # fmt: skip
    change = ProposedChange(act, targets[0].start, targets[0].end, wording)
    if act == "replace" and loaded.parsed.text[change.start : change.end] == wording:
        raise Unacceptable("These are the words that are there already.",
                           field="suggestion.wording")  # fmt: skip
    return Suggestion(act=act, wording=wording, why_not=_why_not(session, loaded, change))


def _why_not(session: Session, loaded: Loaded, change: ProposedChange) -> str | None:
    source = source_of(session, loaded)
    if source is None:
        return "The publisher's file of this edition is not kept here."
    return why_not(source, change)


def source_of(session: Session, loaded: Loaded) -> SourceText | None:
    """Return the publisher's file of an edition as patches need it, or None."""
    file = sources.find(session, loaded)
    if file is None:
        return None
    return SourceText(file.name, file.media_type, file.data, file.origins, loaded.parsed)


def values(
    session: Session,
    made_in: Mapping[str, Loaded],
    placed_in: Mapping[int, Loaded],
    targets: Mapping[str, Sequence[Any]],
) -> dict[str, dict[str, Any]]:
    """Return the fields `suggestion`, `agreements` and `adoption` of annotations, by their ids.

    `made_in` has the edition of each annotation, `targets` theirs, `placed_in` the editions whose
    adoptions are wanted.
    """
    if not made_in:
        return {}
    found = session.execute(SUGGESTIONS, {"ids": [*made_in], "editions": [*placed_in]})
    return {
        each.Suggestion.annotation_id: _value(
            each, made_in[each.Suggestion.annotation_id], placed_in,
            targets[each.Suggestion.annotation_id][0],
        )
        for each in found
    }  # fmt: skip


def _value(
    row: Row[Any], loaded: Loaded, placed_in: Mapping[int, Loaded], target: Any
) -> dict[str, Any]:
    suggestion, parsed = row.Suggestion, loaded.parsed
    change = ProposedChange(suggestion.act, target.start, target.end, suggestion.wording)
    words = "" if change.act == "insert" else parsed.text[change.start : change.end]
    result = suggestion.wording
    if change.act != "insert":
        blocks = (parsed.blocks[index] for index in blocks_of(parsed, change))
        result = collapse(" ".join(replaced(parsed, block, [change]) for block in blocks))
    value = SuggestionValue(
        act=change.act,
        wording=change.wording,
        result=result,
        diff=tuple(
            DiffValue(change=piece.change, text=piece.text)
            for piece in word_diff(words, change.wording)
        ),
        typographic=change.act == "replace" and same_wording(words, change.wording),
        patchable=suggestion.why_not is None,
        why_not=suggestion.why_not,
    )
    adoption = None
    if row.edition_id is not None:
        label = placed_in[row.edition_id].label
        adoption = AdoptionValue(edition=label, verdict=row.verdict, score=row.score)
    return {"suggestion": value, "agreements": row.agreements, "adoption": adoption}


def same_as(session: Session, loaded: Loaded, change: ProposedChange) -> list[str]:
    """Return the shown suggestions made on an edition whose result is that of a change."""
    wanted = narrowed(loaded.parsed, change)
    return [ident for ident, other in _overlapping(session, loaded, change)
            if narrowed(loaded.parsed, other) == wanted]  # fmt: skip


def _overlapping(
    session: Session, loaded: Loaded, change: ProposedChange
) -> Iterator[tuple[str, ProposedChange]]:
    query: Any = (
        select(Suggestion, Target.start, Target.end)
        .join(Annotation, Annotation.id == Suggestion.annotation_id)
        .join(Target, Target.annotation_id == Suggestion.annotation_id)
        .where(Annotation.edition_id == loaded.edition_id, Annotation.shown)
        .where(Target.start <= change.end, Target.end >= change.start)
        .order_by(Suggestion.annotation_id)
    )
    for row, start, end in session.execute(query):
        yield row.annotation_id, ProposedChange(row.act, start, end, row.wording)


def agree(session: Session, viewer: Viewer, ident: str, *, agrees: bool) -> int:
    """Agree with a suggestion, or withdraw the agreement; return how many agree.

    Raises NotFound, NotSignedIn, NotAllowed, and Conflict for one's own, or one not shown.
    """
    annotation = session.get(Annotation, ident)
    suggestion = session.get(Suggestion, ident)
    require(viewer, "agreement.give")
    if annotation is None or suggestion is None:
        raise NotFound(f"There is no suggestion {ident!r}.")
    if annotation.author_id == viewer.account:
        raise Conflict("You suggested this yourself.")
    if not annotation.shown and agrees:
        raise Conflict("This suggestion was deleted or hidden.")
    if agrees:
        row = {"annotation_id": ident, "account_id": viewer.account, "created": now()}
        session.execute(insert_into(session, Agreement).values(row).on_conflict_do_nothing())
    else:
        session.execute(
            delete(Agreement).where(
                Agreement.annotation_id == ident, Agreement.account_id == viewer.account
            )
        )
    note_annotations(session, [annotation])
    count = select(func.count()).where(Agreement.annotation_id == ident)
    return session.scalar(count) or 0


def agreed(session: Session, viewer: Viewer) -> set[str]:
    """Return the suggestions that the viewer agrees with."""
    query = select(Agreement.annotation_id).where(Agreement.account_id == viewer.account)
    return set(session.scalars(query)) if viewer.known else set()
