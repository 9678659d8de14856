"""The publisher's answers to annotations, with what the text says of `addressed_in`.

The check is made when an answer is read, from placements and alignments; so it follows their
corrections.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Row, Select, bindparam, select
from sqlalchemy.orm import Session

from annotator.db import one_of, strings
from annotator.models import Account, Answered, Placement, PublisherAnswer, Target
from annotator.relocation.diff import same_wording, word_diff
from annotator.schemas.answers import AddressedIn, AnswerValue, Checked
from annotator.services.annotations import store
from annotator.services.editions import editions, provisions
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer

LONGEST_COMPARED = 3_000  # code points; a diff of more than a page helps nobody
ANSWERS: Select[Any] = (
    select(
        Answered.annotation_id, Answered.state, Answered.published, Answered.content,
        *(column for column in PublisherAnswer.__table__.columns), Account.name,
    )
    .join(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
    .join(Account, Account.id == PublisherAnswer.by_id)
    .where(one_of(Answered.annotation_id, strings("ids")), Answered.state != "draft")
    .order_by(Answered.published)
)  # fmt: skip
# The words of each target, as they were and in an edition.
PLACED: Any = (
    select(
        Placement.annotation_id, Placement.edition_id, Placement.verdict, Target.exact,
        Target.start, Target.end, Placement.start.label("at"), Placement.end.label("until"),
    )
    .join(Target, (Target.annotation_id == Placement.annotation_id)
          & (Target.ordinal == Placement.ordinal))
    .where(one_of(Placement.annotation_id, strings("ids")),
           Placement.edition_id.in_(bindparam("editions", expanding=True)))
    .order_by(Placement.ordinal)
)  # fmt: skip


def values(session: Session, made_in: Mapping[str, Loaded]) -> dict[str, dict[str, Any]]:
    """Return the fields `answer` and `replaced` of annotations; `made_in` has their editions."""
    rows = session.execute(ANSWERS, {"ids": [*made_in]}).all()
    own = [row for row in rows if row.edition_id is not None and row.provision is None]
    placed: dict[tuple[str, int], list[Row[Any]]] = defaultdict(list)
    if own:
        sought = {"ids": [row.annotation_id for row in own],
                  "editions": sorted({row.edition_id for row in own})}  # fmt: skip
        for each in session.execute(PLACED, sought):
            placed[each.annotation_id, each.edition_id].append(each)
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        home = made_in[row.annotation_id]
        value = AnswerValue(
            id=row.id, outcome=row.outcome, body=row.body,
            html=store.current_html(row.body, row.html, row.stamp),
            addressed_in=_addressed(session, row, home, placed),
            published=row.published, by=row.name, content=row.content,
        )  # fmt: skip
        fields = found.setdefault(row.annotation_id, {"replaced": ()})
        if row.state == "published":
            fields["answer"] = value
        else:
            fields["replaced"] += (value,)
    return found


def _addressed(
    session: Session,
    row: Row[Any],
    home: Loaded,
    placed: Mapping[tuple[str, int], list[Row[Any]]],
) -> AddressedIn | None:
    if row.edition_id is None:
        return None
    held = editions.rows_of(session, [home.document_id])[home.document_id]
    into = editions.load(session, next(each for each in held if each.id == row.edition_id))
    if row.provision is None:
        address, words = None, _own(home, into, placed[row.annotation_id, into.edition_id])
    else:
        address = provisions.view(into, row.provision).address
        words = _at(session, home, into, row.provision)
    pairs = [(old, new) for old, new in words if new is not None]
    changed = next(((old, new) for old, new in pairs if not same_wording(old, new)), None)
    check: Checked = "changed" if changed else "same" if pairs else "unknown"
    compared = changed and max(map(len, changed)) <= LONGEST_COMPARED
    diff = tuple(word_diff(*changed)) if changed and compared else ()
    return AddressedIn(edition=into.label, address=address, check=check, diff=diff)


def _own(home: Loaded, into: Loaded, targets: list[Row[Any]]) -> Iterator[tuple[str, str | None]]:
    """Yield the words of each target in its own edition and in another, None where lost."""
    for target in targets:
        old = target.exact or home.parsed.text[target.start or 0 : target.end or 0]
        lost = target.at is None
        yield old, None if lost else into.parsed.text[target.at : target.until]


def _at(
    session: Session, home: Loaded, into: Loaded, ordinal: int
) -> Iterator[tuple[str, str | None]]:
    """Yield the words that correspond to a provision of `into` in an older edition, and its own."""
    provision = into.parsed.provisions[ordinal]
    new = into.parsed.text[provision.start : provision.end]
    if home.edition_id == into.edition_id:
        yield new, new
        return
    back = placer.relocator(session, into, home).provision(ordinal)
    if back.start is not None:
        yield home.parsed.text[back.start : back.end], new
