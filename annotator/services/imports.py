"""Taking commentary in from a file: ids, authors, dates and threads are kept.

An annotation whose id is already here is left as it is, so a second import changes nothing. An
author who has no account gets one without a password.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from annotator.auth import names
from annotator.config import Limits
from annotator.db import now
from annotator.errors import AnnotatorError
from annotator.formats.remark import Incoming
from annotator.models import Annotation
from annotator.services import accounts, annotations, drafts, editions, leaving


@dataclass
class Report:
    """What happened: how many of each outcome, and a line for each that did not go in."""

    outcomes: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def take_in(session: Session, incoming: Iterable[Incoming], limits: Limits) -> Report:
    """Store what a file holds; replies may come before what they answer.

    What cannot be taken is left out with a line that names its place in the file; the rest goes in.
    """
    report, waiting = Report(), list(incoming)
    while waiting:
        later: list[Incoming] = []
        for item in waiting:
            if _parent_missing(session, item):
                later.append(item)
            else:
                _take(session, item, limits, report)
        if len(later) == len(waiting):
            report.outcomes["refused"] += len(later)
            report.faults += [
                f"{item.place}: answers {item.draft.in_reply_to!r}, which is not here"
                for item in later
            ]
            break
        waiting = later
    return report


def _parent_missing(session: Session, item: Incoming) -> bool:
    parent = item.draft.in_reply_to
    return parent is not None and session.get(Annotation, parent) is None


def _take(session: Session, item: Incoming, limits: Limits, report: Report) -> None:
    try:
        with session.begin_nested():
            outcome = _store(session, item, limits)
    except AnnotatorError as error:
        report.outcomes["refused"] += 1
        report.faults.append(f"{item.place}: {error.message}")
    else:
        report.outcomes[outcome] += 1


def _store(session: Session, item: Incoming, limits: Limits) -> str:
    if item.id is not None and session.get(Annotation, item.id) is not None:
        return "unchanged"
    draft, parent = item.draft, None
    if draft.in_reply_to is not None:
        parent = session.get_one(Annotation, draft.in_reply_to)
        edition_id, document_id, targets = parent.edition_id, parent.document_id, []
    else:
        loaded = editions.labelled(session, draft.document or "", draft.edition)
        edition_id, document_id = loaded.edition_id, loaded.document_id
        targets = drafts.targets(loaded, draft.targets, limits)
    motivation = drafts.motivation(draft)
    created = item.created or now()
    row = Annotation(
        id=item.id or annotations.new_id(),
        document_id=document_id,
        edition_id=edition_id,
        author_id=_author(session, item.author),
        motivation=motivation,
        listed=False,
        visibility="visible",
        body=drafts.body(draft.body, motivation, limits),
        created=created,
        deleted=None,
        modified=item.modified or created,
        in_reply_to=draft.in_reply_to,
    )
    row.thread_id = parent.thread_id if parent is not None else row.id
    annotations.store(session, row, drafts.tags(draft.tags, limits), targets)
    return "added"


def _author(session: Session, name: str) -> int:
    """Find whose it is now: names change, and people leave."""
    found = accounts.find(session, names.checked_name(name))
    if names.is_former(name) or (found and found.left):
        found = leaving.former_member(session)
    return found.id if found else accounts.sign_up(session, name, None).id
