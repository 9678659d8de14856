"""The public account of a document's comments: what is open and answered, by section.

Each number counts what the list with the same filter shows, so that `open` and `answered` add up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, func, literal_column, select
from sqlalchemy.orm import Session

from annotator.db import now
from annotator.models import WHOLE_DOCUMENT, Answered, Coverage, PublisherAnswer
from annotator.schemas.answers import Accounted, AnswersAccount, SectionAccount
from annotator.services.annotations import filters
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded

SILENCE = timedelta(days=14)  # after which an author has said nothing of an answer


def account(session: Session, narrow: Filter) -> AnswersAccount:
    """Return the account of the comments of a filter on an edition, the newest by default.

    Raises as `listings.page`.
    """
    loaded = editions.labelled(session, narrow.document or "", narrow.edition)
    counts = _counts(session, loaded, replace(narrow, answer=narrow.answer or "any"))
    sections = [
        SectionAccount(
            section=provision.slug or "", title=loaded.parsed.section_title(at) or "",
            pid=loaded.pids[at], depth=depth, **dict(counts[at]),
        )
        for at, depth in _sections(loaded)
        if at in counts and (provision := loaded.parsed.provisions[at])
    ]  # fmt: skip
    whole = counts.get(WHOLE_DOCUMENT) or _accounted([])
    return AnswersAccount(
        document=loaded.slug, edition=loaded.label, sections=sections, **dict(whole)
    )


def _sections(loaded: Loaded) -> Iterator[tuple[int, int]]:
    """Yield the ordinal of each section with its depth, in the order of the text."""
    depths: dict[int, int] = {}
    for at, provision in enumerate(loaded.parsed.provisions):
        if provision.kind == "section":
            parent = provision.parent
            depths[at] = 0 if parent is None else depths.get(parent, -1) + 1
            yield at, depths[at]


def _counts(session: Session, loaded: Loaded, narrow: Filter) -> dict[int, Accounted]:
    """Return the account of each section, and of WHOLE_DOCUMENT."""
    ordinals = [WHOLE_DOCUMENT, *(at for at, _ in _sections(loaded))]
    in_edition, *where = filters.covering(session, loaded, narrow)
    where.append(Coverage.provision.in_(ordinals))
    if narrow.section is not None or narrow.provision is not None:
        at = loaded.ordinals[narrow.provision] if narrow.provision else WHOLE_DOCUMENT
        outer = filters.section_of(loaded, narrow.section)
        where += [filters.inside(loaded, each) for each in (at, outer) if each != WHOLE_DOCUMENT]
    published = Answered.state == "published"
    people = func.count(Coverage.author_id.distinct())
    since = func.min(case((Answered.annotation_id.is_(None), Coverage.created)))
    listed = (
        select(Coverage.provision, func.count(), people, since)
        .outerjoin(Answered, (Answered.annotation_id == Coverage.annotation_id) & published)
        .where(in_edition, *where)
        .group_by(Coverage.provision)
    )
    late = Answered.published < now() - SILENCE
    verdict = func.coalesce(Answered.content, case((late, "none"), else_="waiting")).label(
        "verdict"
    )
    rows: Any = (
        select(Coverage.provision, PublisherAnswer.outcome, verdict, func.count().label("many"))
        .join(Answered, Answered.annotation_id == Coverage.annotation_id)
        .join(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
        # As a sum, the edition's id leaves SQLite only the index by annotation.
        .where(Coverage.edition_id + 0 == loaded.edition_id, published)
        .where(Coverage.annotation_id.in_(select(Answered.annotation_id).where(published)))
        .where(*where)
        .group_by(Coverage.provision, PublisherAnswer.outcome, literal_column("verdict"))
    )
    answered: dict[int, list[Any]] = defaultdict(list)
    for row in session.execute(rows):
        answered[row.provision].append(row)
    return {at: _accounted(answered[at], *rest) for at, *rest in session.execute(listed)}


def _accounted(
    answered: list[Any], listed: int = 0, people: int = 0, open_since: datetime | None = None
) -> Accounted:
    """Return the account of comments of which rows of outcomes and verdicts are `answered`."""
    outcomes: dict[str, int] = defaultdict(int)
    content: dict[str, int] = defaultdict(int)
    for row in answered:
        outcomes[row.outcome] += row.many
        content[row.verdict] += row.many
    many = sum(outcomes.values())
    return Accounted(
        listed=listed, open=listed - many, answered=many, people=people, open_since=open_since,
        outcomes=dict(sorted(outcomes.items())), content=dict(sorted(content.items())),
    )  # fmt: skip
