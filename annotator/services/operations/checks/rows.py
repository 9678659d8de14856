"""Checks of rows: a query for each fault, and code for what SQL cannot check."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, literal, or_, select, tuple_, union_all
from sqlalchemy.orm import aliased

from annotator.auth import names
from annotator.auth.permissions import ROLES
from annotator.db import Base, stream
from annotator.models import (
    Account,
    Act,
    Agreement,
    Alias,
    Alignment,
    Annotation,
    Answered,
    ApiToken,
    Change,
    Coverage,
    Document,
    Edition,
    Identity,
    OneTimeKey,
    Outbox,
    Pid,
    Placement,
    Provision,
    PublisherAnswer,
    Restatement,
    SignIn,
    Suggestion,
    Tag,
    Target,
    Version,
    Withdrawn,
)
from annotator.search.outbox import EVERYTHING
from annotator.services.operations.checks import Look

KINDS = {"annotation", "document", EVERYTHING}
EVERY = select(Annotation.id)
Rules = Iterator[tuple[str, Select[*tuple[Any, ...]]]]


def queries(look: Look) -> Iterator[str]:
    """Run the queries that select faulty rows."""
    deleted = select(func.count()).where(Annotation.deleted.is_not(None))
    look.count("annotations", look.session.scalar(select(func.count(Annotation.id))) or 0)
    look.count("tombstones", look.session.scalar(deleted) or 0)
    for rules in (_references(look), _documents(), _threads(), _states(), _accounts()):
        for fault, query in rules:
            for row in look.session.execute(query.distinct()):
                yield fault.format(*row)


def _references(look: Look) -> Rules:
    """Select rows whose foreign keys have no row."""
    for table in Base.metadata.sorted_tables:
        name = "/".join("{}" for _ in table.primary_key)
        for key in sorted(table.foreign_keys, key=lambda each: each.parent.name):
            look.count("references between tables")
            parent = key.column.table.alias("parent")
            there = parent.c[key.column.name]
            query = select(*table.primary_key).select_from(
                table.outerjoin(parent, there == key.parent)
            )
            if key.parent.primary_key:  # looked up in their order, in a quarter of the time
                query = query.order_by(key.parent)
            fault = f"{table.name} {name}: its {key.parent.name} refers to a missing row"
            yield fault, query.where(key.parent.is_not(None), there.is_(None))


def _documents() -> Rules:
    """Select rows that join two documents, and editions not numbered from 0."""
    ours, old = Edition.document_id != Annotation.document_id, aliased(Edition)
    edition = EVERY.join(Edition, Edition.id == Annotation.edition_id)
    yield "annotation {}: its edition belongs to another document", edition.where(ours)
    target = EVERY.join(Target, Target.annotation_id == Annotation.id)
    pid = target.join(Pid, Pid.pid == Target.pid).where(Pid.document_id != Annotation.document_id)
    yield "annotation {}: the pid of its target belongs to another document", pid
    restated = EVERY.join(Restatement, Restatement.annotation_id == Annotation.id)
    restated = restated.join(Edition, Edition.id == Restatement.edition_id)
    yield "annotation {}: its position was updated in another document", restated.where(ours)
    aligned = select(Alignment.edition_id).join(Edition, Edition.id == Alignment.edition_id)
    aligned = aligned.join(old, old.id == Alignment.old_edition_id)
    aligned = aligned.where(Edition.document_id != old.document_id)
    yield "edition {}: it is aligned with an edition of another document", aligned
    held = select(Provision.edition_id).join(Edition, Edition.id == Provision.edition_id)
    held = held.join(Pid, Pid.pid == Provision.pid).where(Edition.document_id != Pid.document_id)
    yield "edition {}: it has a provision of another document", held
    first, last = func.min(Edition.sequence), func.max(Edition.sequence)
    numbers = select(Document.slug, func.count(), first, last).group_by(Document.slug)
    numbers = numbers.join(Edition, Edition.document_id == Document.id)
    numbers = numbers.having(or_(first != 0, last != func.count() - 1))
    yield "{}: its {} editions are numbered from {} to {}", numbers


def _threads() -> Rules:
    """Select replies outside the thread or document of their parent, and gaps in numbering."""
    above, head = aliased(Annotation), aliased(Annotation)
    answers, thread_id = Annotation.in_reply_to, Annotation.thread_id
    reply = EVERY.join(above, above.id == answers)
    astray = reply.where(above.thread_id != thread_id)
    yield "annotation {}: it is not in the thread of what it replies to", astray
    parent_home, home = (tuple_(row.document_id, row.edition_id) for row in (above, Annotation))
    moved = reply.where(parent_home != home)
    yield "annotation {}: it is on another document than what it replies to", moved
    begun = EVERY.join(head, head.id == thread_id).where(head.in_reply_to.is_not(None))
    yield "annotation {}: its thread begins with a reply", begun
    alone = EVERY.where(answers.is_(None), thread_id != Annotation.id)
    yield "annotation {}: it is not a reply, but is in the thread of another", alone
    yield "annotation {}: it is a reply to itself", EVERY.where(answers == Annotation.id)
    target = EVERY.join(Target, Target.annotation_id == Annotation.id)
    yield "annotation {}: a reply has no target of its own", target.where(answers.is_not(None))
    answered = EVERY.join(Answered, Answered.annotation_id == Annotation.id)
    yield (
        "annotation {}: a reply cannot have a publisher’s answer",
        answered.where(answers.is_not(None)),
    )
    answered = answered.join(PublisherAnswer, PublisherAnswer.id == Answered.answer_id)
    yield (
        "annotation {}: its answer is about another document",
        answered.where(PublisherAnswer.document_id != Annotation.document_id),
    )
    states = Answered.state.in_(("draft", "published", "replaced"))
    undated = (Answered.state == "draft") != Answered.published.is_(None)
    yield "annotation {}: the state of its answer is unknown", answered.where(or_(~states, undated))
    suggestion = EVERY.join(Suggestion, Suggestion.annotation_id == Annotation.id)
    place = Target.annotation_id == Annotation.id, Target.start.is_not(None)
    places = select(func.count()).where(*place).correlate(Annotation).scalar_subquery()
    yield "annotation {}: a suggestion has one target", suggestion.where(places != 1)
    agreed = select(Agreement.annotation_id)
    own = agreed.join(Annotation, Annotation.id == Agreement.annotation_id)
    own = own.where(Annotation.author_id == Agreement.account_id)
    yield "annotation {}: its author agrees with it", own
    vain = agreed.where(Agreement.annotation_id.not_in(select(Suggestion.annotation_id)))
    yield "annotation {}: somebody agrees with it, but it suggests nothing", vain
    for table, column, noun in (
        (Target, Target.ordinal, "targets"),
        (Tag, Tag.ordinal, "tags"),
        (Version, Version.number, "versions"),
    ):
        gaps = or_(func.min(column) != 0, func.max(column) != func.count() - 1)
        numbered = select(table.annotation_id).group_by(table.annotation_id).having(gaps)
        yield f"annotation {{}}: its {noun} are not numbered from 0 on", numbered


def _states() -> Rules:
    """Select rows whose state contradicts another column, table or the moderation log."""
    deleted = EVERY.where(Annotation.deleted.is_not(None))
    worded = deleted.where(Annotation.body.is_not(None))
    yield "annotation {}: it was deleted and still has words", worded
    for table, noun in ((Tag, "tags"), (Version, "earlier versions")):
        remaining = select(table.annotation_id).where(table.annotation_id.in_(deleted))
        yield f"annotation {{}}: it was deleted and still has {noun}", remaining
    stray = select(Withdrawn.annotation_id).where(Withdrawn.annotation_id.not_in(deleted))
    yield "annotation {}: it was not deleted, but has words stored as withdrawn", stray
    answer = aliased(Annotation)
    answered = select(answer.id).where(answer.in_reply_to == Annotation.id, answer.listed).exists()
    should = or_(Annotation.shown, answered)
    yield "annotation {}: it should be listed", EVERY.where(should, ~Annotation.listed)
    yield "annotation {}: it should not be listed", EVERY.where(~should, Annotation.listed)
    for derived, noun in ((Placement, "placements"), (Coverage, "coverage")):
        placed = EVERY.join(derived, derived.annotation_id == Annotation.id)
        placed = placed.join(Edition, Edition.id == derived.edition_id)
        strange = or_(~Annotation.listed, Annotation.document_id != Edition.document_id)
        if derived is Placement:
            strange = or_(strange, Annotation.in_reply_to.is_not(None))
        yield f"annotation {{}}: it should have no {noun} there", placed.where(strange)
    fault = "edition {} provision {}: its stored number of {} is wrong"
    gone = func.count(Placement.annotation_id.distinct())
    for column, number, where in (
        (Change.annotations, func.count(), Coverage.start.is_not(None)),
        (Change.lost, gone, Placement.start.is_(None)),
    ):
        derived = Placement if column is Change.lost else Coverage
        place = derived.edition_id, derived.provision
        counted = select(*place, number.label("number")).where(where).group_by(*place)
        stored = select(Change.edition_id, Change.provision, -column)
        both = union_all(counted, stored).subquery()
        at = both.c.edition_id, both.c.provision
        wrong = select(*at, literal(column.key)).group_by(*at).having(func.sum(both.c.number) != 0)
        yield fault, wrong
    hidden = Annotation.visibility == "hidden"
    unlogged = EVERY.where(hidden != Annotation.hidden_by.is_not(None))
    yield "annotation {}: the decision that hides it is not in the log", unlogged
    other = or_(Act.annotation_id.is_(None), Act.annotation_id != Annotation.id)
    misled = EVERY.join(Act, Act.id == Annotation.hidden_by).where(other)
    yield "annotation {}: the decision that hides it is about another", misled


def _accounts() -> Rules:
    """Select names of two accounts, and deleted accounts that still own something."""
    reused = (Account.name_key == Alias.name_key) & (Account.id != Alias.account_id)
    yield "former name {!r}: another account has it now", select(Alias.name).join(Account, reused)
    gone = select(Account.name).where(Account.left.is_not(None))
    secret = or_(Account.password.is_not(None), Account.email != "")
    yield "account {!r}: it was deleted, but has a password or an address", gone.where(secret)
    for kind in (SignIn, ApiToken, Identity, OneTimeKey):
        fault = f"account {{!r}}: it was deleted, but still has rows in {kind.__tablename__}"
        yield fault, gone.join(kind, kind.account_id == Account.id)
    wrote = EVERY.join(Account, Account.id == Annotation.author_id)
    yield "annotation {}: its author's account was deleted", wrote.where(Account.left.is_not(None))


def outbox(look: Look) -> Iterator[str]:
    """Check that each row of the outbox names an annotation or a document."""
    for ident, kind, key in stream(look.session, select(Outbox.id, Outbox.kind, Outbox.key)):
        if kind not in KINDS or (kind == "document" and not key.isdigit()):
            yield f"outbox {ident}: {kind!r} {key!r} is not something that the index contains"


def people(look: Look) -> Iterator[str]:
    """Check the roles of accounts, and the keys of their names."""
    accounts = select(Account.name, Account.name_key, Account.role)
    for name, key, role in stream(look.session, accounts):
        look.count("accounts")
        if role not in ROLES:
            yield f"account {name!r}: {role!r} is not a role"
        if names.name_key(name) != key.partition("#")[0]:
            yield f"account {name!r}: it has the key of another name"
    for name, key in stream(look.session, select(Alias.name, Alias.name_key)):
        if names.name_key(name) != key.partition("#")[0]:
            yield f"former name {name!r}: it has the key of another name"
