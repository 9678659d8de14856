"""Suggestions of other words: validation, agreements, and their values.

A suggestion is an annotation with one target; its wording is never edited, so that what people
agree with stays the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Row, Select, and_, bindparam, delete, func, select
from sqlalchemy.orm import Session

from annotator import cursors
from annotator.auth.permissions import Viewer, require
from annotator.db import insert_into, now, one_of, strings
from annotator.documents.parsed import Parsed
from annotator.errors import Conflict, NotFound, Unacceptable
from annotator.models import (
    Account,
    Adoption,
    Agreement,
    Annotation,
    Edition,
    ForeignAccount,
    Placement,
    Suggestion,
    Target,
)
from annotator.relocation.diff import DiffPiece, same_wording, word_diff
from annotator.schemas.annotations import Agreeing, AnnotationValue, Draft, ForeignAuthor
from annotator.schemas.suggestions import (
    AdoptionValue,
    StandingSuggestions,
    StandingValue,
    SuggestionValue,
)
from annotator.services.annotations.drafts import refuse_controls
from annotator.services.editions import sources
from annotator.services.editions.editions import Loaded
from annotator.services.placement.placer import note_annotations
from annotator.suggestions.changes import (
    ProposedChange,
    Relation,
    blocks_of,
    collapse,
    conflicts,
    narrowed,
    relation,
    replaced,
)
from annotator.suggestions.patch import SourceText, why_not

LONGEST_WORDING = 10_000
MOST_RIVALS = 20  # in the table of one paragraph
AROUND = 40  # code points shown before and after a change in that table
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
        raise Unacceptable('A deletion ("strike") has no wording. Leave it out, or use "replace".',
                           field="suggestion.wording")  # fmt: skip
    if act != "strike" and not wording.strip():
        raise Unacceptable('Write the new words, or suggest a deletion ("strike").',
                           field="suggestion.wording")  # fmt: skip
    wording = unicodedata.normalize("NFC", wording)
    change = ProposedChange(act, targets[0].start, targets[0].end, wording)
    blocks = [loaded.parsed.blocks[index] for index in blocks_of(loaded.parsed, change)]
    if act == "replace" and all(
        replaced(loaded.parsed, block, [change]) == loaded.parsed.text[block.start : block.end]
        for block in blocks
    ):
        raise Unacceptable("The wording is the same as the text. Change it.",
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
        diff=tuple(word_diff(words, change.wording)),
        typographic=change.act == "replace" and same_wording(words, change.wording),
        patchable=suggestion.why_not is None,
        why_not=suggestion.why_not,
    )
    adoption = None
    if row.edition_id is not None:
        label = placed_in[row.edition_id].label
        adoption = AdoptionValue(edition=label, verdict=row.verdict, score=round(row.score, 4))
    return {"suggestion": value, "agreements": row.agreements, "adoption": adoption}


class Standing(NamedTuple):
    """A suggestion whose words stand unchanged in an edition, as a change of that edition."""

    id: str
    author: str
    agreements: int
    change: ProposedChange


def standing(
    session: Session, loaded: Loaded, start: int = 0, end: int | None = None
) -> list[Standing]:
    """Return the shown suggestions that an edition could still take up, by place.

    `start` and `end` are a range that they touch. Suggestions that the edition has in some way, or
    whose words were edited, are left out.
    """
    query: Any = (
        select(Suggestion, Account.name, AGREEMENTS.correlate(Suggestion).scalar_subquery())
        .add_columns(Placement.start, Placement.end)
        .join(Annotation, Annotation.id == Suggestion.annotation_id)
        .join(Account, Account.id == Annotation.author_id)
        .join(Placement, Placement.annotation_id == Suggestion.annotation_id)
        .outerjoin(Adoption, (Adoption.annotation_id == Suggestion.annotation_id)
                   & (Adoption.edition_id == loaded.edition_id))
        .where(Annotation.shown, Placement.edition_id == loaded.edition_id)
        .where(Placement.verdict.in_(("exact", "moved")), Placement.end >= start)
        .where(func.coalesce(Adoption.verdict, "open") == "open")
        .order_by(Placement.start, Suggestion.annotation_id)
    )  # fmt: skip
    query = query if end is None else query.where(Placement.start <= end)
    return [
        Standing(row.annotation_id, author, agreements,
                 ProposedChange(row.act, first, last, row.wording))
        for row, author, agreements, first, last in session.execute(query)
    ]  # fmt: skip


def related(
    session: Session, loaded: Loaded, change: ProposedChange
) -> list[tuple[Standing, Relation]]:
    """Return the suggestions on the same words as a change, with how they relate to it."""
    touched = narrowed(loaded.parsed, change)
    near = standing(session, loaded, change.start, change.end)
    found = ((each, relation(touched, narrowed(loaded.parsed, each.change))) for each in near)
    return [(each, how) for each, how in found if how != "compatible"]


def conflicting(session: Session, loaded: Loaded, ident: str) -> list[tuple[Standing, Relation]]:
    """Return the other suggestions on the words of one. Raises NotFound."""
    one = next((each for each in standing(session, loaded) if each.id == ident), None)
    if one is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no open suggestion {ident!r}.",
                       field="conflicting")  # fmt: skip
    return [pair for pair in related(session, loaded, one.change) if pair[0].id != ident]


def page(
    session: Session, loaded: Loaded, ident: str | None, cursor: str | None, limit: int
) -> StandingSuggestions:
    """Return a page of `standing`, or of those `conflicting` with one."""
    if ident is None:
        found: list[tuple[Standing, Relation | None]] = [
            (each, None) for each in standing(session, loaded)
        ]
    else:
        found = [*conflicting(session, loaded, ident)]
    after = tuple(cursors.read(cursor, "suggestions", (int, str))) if cursor else (-1, "")
    later = [pair for pair in found if (pair[0].change.start, pair[0].id) > after]
    items = [
        StandingValue(
            id=each.id, author=each.author, act=each.change.act, start=each.change.start,
            end=each.change.end, wording=each.change.wording, agreements=each.agreements,
            relation=None if how == "compatible" else how,
        )
        for each, how in later[:limit]
    ]  # fmt: skip
    more = None
    if len(later) > limit:
        more = cursors.write("suggestions", (items[-1].start, items[-1].id))
    return StandingSuggestions(total=len(found), items=items, next=more)


class Rival(NamedTuple):
    """A row of the table of the suggestions for one paragraph.

    `pieces` are the changed words, between the words `before` and `after` them. `conflicts` and
    `same` are the numbers of other rows, which count from 1.
    """

    suggestion: Standing
    before: str
    pieces: list[DiffPiece]
    after: str
    conflicts: list[int]
    same: list[int]


def rivals(
    session: Session, loaded: Loaded, listed: Sequence[AnnotationValue]
) -> dict[str, list[Rival]]:
    """Return tables of the suggestions for paragraphs for which several of the same words are.

    Each belongs to the id of the first annotation listed of its paragraph; those that most agree
    with come first.
    """
    idents = [each.id for each in listed if each.suggestion]
    if not idents:
        return {}
    by_block: dict[int, list[Standing]] = defaultdict(list)
    for each in standing(session, loaded):
        by_block[blocks_of(loaded.parsed, each.change)[-1]].append(each)
    tables: dict[str, list[Rival]] = {}
    for group in by_block.values():
        first = next((ident for ident in idents if any(each.id == ident for each in group)), None)
        ranked = sorted(group, key=lambda each: (-each.agreements, each.id))[:MOST_RIVALS]
        touched = [narrowed(loaded.parsed, each.change) for each in ranked]
        against = conflicts(touched)
        if first is None or (not any(against) and len({*touched}) == len(touched)):
            continue
        tables[first] = [
            _rival(loaded.parsed, each, sorted(number + 1 for number in against[at]),
                   [number for number, other in enumerate(touched, 1)
                    if other == touched[at] and number != at + 1])
            for at, each in enumerate(ranked)
        ]  # fmt: skip
    return tables


def _rival(parsed: Parsed, each: Standing, against: list[int], same: list[int]) -> Rival:
    change = each.change
    if change.act == "insert":
        return Rival(each, "", [DiffPiece("added", change.wording)], "", against, same)
    block = parsed.blocks[blocks_of(parsed, change)[-1]]
    first, last = change.start - AROUND, change.end + AROUND
    before = parsed.text[max(block.start, first) : change.start]
    after = parsed.text[change.end : min(block.end, last)]
    if first > block.start:
        before = before.partition(" ")[2]  # no half word at either end
    if last < block.end:
        after = after.rpartition(" ")[0]
    pieces = word_diff(parsed.text[change.start : change.end], change.wording)
    return Rival(each, before, pieces, after, against, same)


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
        raise Conflict("You cannot agree with your own suggestion.")
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


def decided(session: Session, account_id: int, most: int = 50) -> list[str]:
    """Return an account's suggestions that the newest edition does not leave open, newest first."""
    newest = select(func.max(Edition.sequence)).where(Edition.document_id == Annotation.document_id)
    query = (
        select(Annotation.id)
        .join(Adoption, Adoption.annotation_id == Annotation.id)
        .join(Edition, Edition.id == Adoption.edition_id)
        .where(Annotation.author_id == account_id, Annotation.shown, Adoption.verdict != "open")
        .where(Edition.sequence == newest.correlate(Annotation).scalar_subquery())
        .order_by(Annotation.id.desc())
        .limit(most)
    )
    return list(session.scalars(query))


def agreeing(session: Session, idents: Sequence[str]) -> dict[str, list[Agreeing]]:
    """Return who agrees with suggestions, by their ids, the first to agree first."""
    found: dict[str, list[Agreeing]] = defaultdict(list)
    query: Any = (
        select(Agreement, Account.name, ForeignAccount.authority, ForeignAccount.user)
        .join(Account, Account.id == Agreement.account_id)
        .outerjoin(ForeignAccount, ForeignAccount.account_id == Agreement.account_id)
        .where(Agreement.annotation_id.in_(idents))
        .order_by(Agreement.created, Account.id)
    )
    for row, name, authority, user in session.execute(query) if idents else ():
        elsewhere = None if user is None else ForeignAuthor(authority, user)
        found[row.annotation_id].append(Agreeing(name, elsewhere, row.created))
    return found


def agreed(session: Session, viewer: Viewer) -> set[str]:
    """Return the suggestions that the viewer agrees with."""
    query = select(Agreement.annotation_id).where(Agreement.account_id == viewer.account)
    return set(session.scalars(query)) if viewer.known else set()
