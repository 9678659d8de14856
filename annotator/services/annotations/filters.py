"""The filter of commentary, and its SQL conditions on `annotations` and `coverage`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import SQLColumnExpression, and_, exists, false, not_, or_, select
from sqlalchemy.orm import Session

from annotator.db import one_of
from annotator.errors import NotAllowed, NotFound, Unacceptable
from annotator.models import (
    VERDICT_BITS,
    WHOLE_DOCUMENT,
    Adoption,
    Annotation,
    Answered,
    CampaignMember,
    Coverage,
    DeskMark,
    Edition,
    Placement,
    PublisherAnswer,
    Suggestion,
    Tag,
)
from annotator.schemas.answers import ANSWER_FILTERS, DESK_FILTERS, OUTCOMES
from annotator.schemas.queries import ANNOTATED
from annotator.schemas.suggestions import Adopted
from annotator.services.accounts import accounts
from annotator.services.editions.editions import Loaded

ADOPTED = get_args(Adopted)
Where = SQLColumnExpression[bool]
MAX_TAGS = 20  # of one filter


@dataclass(frozen=True, slots=True)
class Filter:
    """A filter of commentary; a field that is None does not narrow.

    `document` is a slug, `edition` a label (None: the newest), `provision` a pid, `section` a name
    or pid. `start` and `end` are a range of that edition in code points, which the words overlap.
    `tag` can be several with commas between them; all of them are required. `kind` is one of
    ANNOTATED. `after` is inclusive, `before` exclusive. `verdict` is that of the thread in that
    edition, `adoption` what the edition has of a suggestion. `answer` is one of ANSWER_FILTERS. `q`
    is a full-text query, which `full_text.with_hits` replaces by `among`, the ids it finds. `desk`
    is the account of a drafter of the document: only for it, `answer` can be `draft`, `todo` (no
    answer, not even a draft) or `in_text` (the edition has the words of a suggestion, and the
    publisher has not said so), and `assigned`, `label` and `unread` narrow by what drafters noted,
    and `campaign` by the id of one (with `:own`, its members that have something of their own), or
    `none`.
    """

    document: str | None = None
    edition: str | None = None
    provision: str | None = None
    author: str | None = None
    tag: str | None = None
    kind: str | None = None
    thread: str | None = None
    start: int | None = None
    end: int | None = None
    after: datetime | None = None
    before: datetime | None = None
    section: str | None = None
    verdict: str | None = None
    adoption: str | None = None
    answer: str | None = None
    q: str | None = None
    among: tuple[str, ...] | None = None
    desk: int | None = None
    assigned: str | None = None
    label: str | None = None
    unread: str | None = None
    campaign: str | None = None

    @property
    def narrows(self) -> bool:
        """Return whether it selects less than a whole edition."""
        return self != Filter(document=self.document, edition=self.edition)


def covering(session: Session, loaded: Loaded, narrow: Filter) -> list[Where]:
    """Return conditions on rows of `coverage` in an edition, except for provision and section.

    Raises NotFound for an unknown author, Unacceptable for an unknown verdict or half a range.
    """
    where: list[Where] = [Coverage.edition_id == loaded.edition_id]
    where += narrowed(session, narrow, loaded)
    if narrow.start is not None or narrow.end is not None:
        if narrow.start is None or narrow.end is None or not 0 <= narrow.start < narrow.end:
            raise Unacceptable("A range needs a start and a later end.", field="start")
        overlapping = select(Placement.annotation_id).where(
            Placement.edition_id == loaded.edition_id,
            Placement.start < narrow.end,
            Placement.end > narrow.start,
        )  # evaluated once; a correlated condition would scan all placements for each row
        where.append(Coverage.thread_id.in_(overlapping))
    if narrow.adoption is not None:
        if narrow.adoption not in ADOPTED:
            message = f"Unknown adoption {narrow.adoption!r}. Use one of {', '.join(ADOPTED)}."
            raise Unacceptable(message, field="adoption")
        # The edition that a suggestion was made on has no verdict on it: it is open there.
        judged = select(Adoption.annotation_id).where(Adoption.edition_id == loaded.edition_id)
        found: Where = Coverage.annotation_id.in_(judged.where(Adoption.verdict == narrow.adoption))
        if narrow.adoption == "open":
            suggested = Coverage.annotation_id.in_(select(Suggestion.annotation_id))
            found = or_(found, and_(suggested, Coverage.annotation_id.not_in(judged)))
        where.append(found)
    if narrow.verdict is not None:
        if narrow.verdict not in VERDICT_BITS:
            choices = ", ".join(VERDICT_BITS)
            message = f"Unknown verdict {narrow.verdict!r}. Use one of {choices}."
            raise Unacceptable(message, field="verdict")
        bit = VERDICT_BITS[narrow.verdict]
        where.append(Coverage.verdicts.bitwise_and(bit) != 0)
    return where


def narrowed(session: Session, narrow: Filter, loaded: Loaded | None = None) -> Iterator[Where]:
    """Yield conditions on annotations, or on the coverage of an edition."""
    rows, ident = (Coverage, Coverage.annotation_id) if loaded else (Annotation, Annotation.id)
    if narrow.author is not None:
        account = accounts.find(session, narrow.author)
        if account is None:
            raise NotFound(f"There is no account named {narrow.author!r}.", field="author")
        yield rows.author_id == account.id
        # Placeholders do not reveal their authors. Not limited to listed annotations: SQLite would
        # scan the index of those, and the callers see no others.
        deleted = select(Annotation.id).where(
            Annotation.author_id == account.id, Annotation.deleted.is_not(None)
        )
        yield ident.not_in(deleted) if loaded else Annotation.deleted.is_(None)
    if narrow.thread is not None:
        yield rows.thread_id == narrow.thread
    if narrow.after is not None:
        yield rows.created >= narrow.after
    if narrow.before is not None:
        yield rows.created < narrow.before
    conditions: list[Where] = []
    if narrow.tag is not None:
        tagged = {tag.strip() for tag in narrow.tag.split(",") if tag.strip()}
        if len(tagged) > MAX_TAGS:
            raise Unacceptable(f"Filter by at most {MAX_TAGS} tags.", field="tag")
        every = and_(*(_tagged(tag) for tag in sorted(tagged))) if tagged else false()
        conditions.append(or_(_tagged(narrow.tag), every) if len(tagged) > 1 else every)
    if narrow.kind is not None:
        if narrow.kind not in ANNOTATED:
            message = f"Unknown kind {narrow.kind!r}. Use one of {', '.join(ANNOTATED)}."
            raise Unacceptable(message, field="kind")
        yield ident != rows.thread_id if narrow.kind == "reply" else ident == rows.thread_id
        suggested = Annotation.id.in_(select(Suggestion.annotation_id))
        if narrow.kind == "suggestion":
            conditions.append(suggested)
        elif narrow.kind != "reply":
            worded = narrow.kind == "comment"
            conditions.append(Annotation.body.is_not(None) if worded else Annotation.body.is_(None))
            conditions.append(not_(suggested))
    if narrow.answer is not None:
        yield ident == rows.thread_id
        conditions += _answered(narrow, loaded)
    conditions += _noted(session, narrow)
    if narrow.among is not None:
        conditions.append(one_of(Annotation.id, narrow.among))
    if conditions:  # content that may not be read must not be found either
        conditions.append(Annotation.shown)
        if loaded:  # with the document, an index has all that `shown` needs
            conditions.append(Annotation.document_id == loaded.document_id)
        readable = and_(*conditions)
        yield ident.in_(select(Annotation.id).where(readable)) if loaded else readable


def answer_in(state: str, *where: Where) -> Where:
    """Return the condition that an annotation has an answer in a state."""
    condition = exists().where(Answered.annotation_id == Annotation.id, Answered.state == state)
    if where:
        condition = condition.where(PublisherAnswer.id == Answered.answer_id, *where)
    return condition.correlate(Annotation)


ANSWERABLE: Where = and_(
    Annotation.in_reply_to.is_(None),
    or_(
        Annotation.body.is_not(None),
        exists().where(Suggestion.annotation_id == Annotation.id).correlate(Annotation),
    ),
)


def _answered(narrow: Filter, loaded: Loaded | None) -> Iterator[Where]:
    """Yield the conditions of the filter `answer` on annotations."""
    yield ANSWERABLE
    if narrow.answer in DESK_FILTERS and narrow.desk is not None and loaded is not None:
        drafted = answer_in("draft")
        yield drafted if narrow.answer == "draft" else not_(drafted)
        if narrow.answer == "todo":
            yield not_(answer_in("published"))
        elif narrow.answer == "in_text":
            yield Annotation.id.in_(select(Adoption.annotation_id).where(
                Adoption.edition_id == loaded.edition_id, Adoption.verdict == "same"
            ))  # fmt: skip
            added = select(Edition.added).where(Edition.id == loaded.edition_id)
            adopted = PublisherAnswer.outcome.in_(("adopted", "adopted_in_part"))
            said = and_(adopted, PublisherAnswer.edition_id.is_not(None))
            since = Answered.published >= added.scalar_subquery()
            yield not_(answer_in("published", or_(said, since)))
    elif narrow.answer in OUTCOMES:
        yield answer_in("published", PublisherAnswer.outcome == narrow.answer)
    elif narrow.answer == "none":
        yield not_(answer_in("published"))
    elif narrow.answer == "answered":
        yield answer_in("published")
    elif narrow.answer != "any":
        message = f"Unknown answer {narrow.answer!r}. Use one of {', '.join(ANSWER_FILTERS)}."
        raise Unacceptable(message, field="answer")


def _noted(session: Session, narrow: Filter) -> Iterator[Where]:
    """Yield the conditions of the filters that only drafters may use."""
    private = (narrow.assigned, narrow.label, narrow.unread, narrow.campaign)
    if narrow.desk is None:
        if any(private):
            raise NotAllowed("Only drafters of this document can filter by this.")
        return

    def marked(kind: str, *where: Where) -> Where:
        marks = exists().where(
            DeskMark.annotation_id == Annotation.id, DeskMark.kind == kind, *where
        )
        return marks.correlate(Annotation)

    if narrow.assigned == "nobody":
        yield not_(marked("assigned"))
    elif narrow.assigned is not None:
        account = accounts.find(session, narrow.assigned) if narrow.assigned != "me" else None
        if account is None and narrow.assigned != "me":
            raise NotFound(f"There is no account named {narrow.assigned!r}.", field="assigned")
        who = narrow.desk if account is None else account.id
        yield marked("assigned", DeskMark.account_id == who)
    if narrow.label is not None:
        yield marked("label", DeskMark.value == narrow.label)
    if narrow.campaign is not None:
        ident, _, own = narrow.campaign.partition(":")
        member = exists().where(CampaignMember.annotation_id == Annotation.id,
                                CampaignMember.basis != "out")  # fmt: skip
        inside = member.where(
            CampaignMember.campaign_id == ident, CampaignMember.own_words >= (8 if own else 0)
        )
        yield (
            not_(member.correlate(Annotation)) if ident == "none" else inside.correlate(Annotation)
        )
    if narrow.unread is not None:
        yield not_(marked("read", DeskMark.account_id == narrow.desk))


def _tagged(tag: str) -> Where:
    return Annotation.id.in_(select(Tag.annotation_id).where(Tag.tag == tag))


def located_in(loaded: Loaded, pid: str | None, section: str | None) -> list[Where]:
    """Return conditions that keep one row of `coverage` per annotation on a provision and section.

    None means the whole document. Raises NotFound.
    """
    at = WHOLE_DOCUMENT if pid is None else loaded.ordinals.get(pid)
    if at is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no provision {pid!r}.", field="provision")
    section_at = section_of(loaded, section)
    if _lies_in(loaded, at, section_at):
        return [Coverage.provision == at]
    if _lies_in(loaded, section_at, at):
        return [Coverage.provision == section_at]
    return [Coverage.provision == at, inside(loaded, section_at)]


def _lies_in(loaded: Loaded, inner: int, outer: int) -> bool:
    if WHOLE_DOCUMENT in (inner, outer):
        return outer == WHOLE_DOCUMENT
    within, around = loaded.parsed.provisions[inner], loaded.parsed.provisions[outer]
    return around.start <= within.start and within.end <= around.end


def inside(loaded: Loaded, ordinal: int) -> Where:
    """Return the condition that an annotation is on a provision, for rows of any provision."""
    query = select(Coverage.annotation_id).where(
        Coverage.edition_id == loaded.edition_id, Coverage.provision == ordinal
    )
    return Coverage.annotation_id.in_(query)


def section_of(loaded: Loaded, name: str | None) -> int:
    """Return the ordinal of a section by name or pid; WHOLE_DOCUMENT for None. Raises NotFound."""
    if name is None:
        return WHOLE_DOCUMENT
    at = loaded.parsed.numbered.get((name, ""), loaded.ordinals.get(name))
    if at is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no section {name!r}.", field="section")
    return at
