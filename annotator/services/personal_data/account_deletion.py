"""Deletion of accounts; their commentary is deleted or moves to the account "A former member".

It cannot be undone. The name stays reserved.
"""

from __future__ import annotations

from sqlalchemy import Select, delete, func, not_, select, update
from sqlalchemy.orm import Session, aliased

from annotator.auth import names
from annotator.db import now
from annotator.errors import NotAllowed
from annotator.models import (
    Account,
    Adoption,
    Agreement,
    Annotation,
    Answered,
    ApiToken,
    Appeal,
    CampaignMember,
    Coverage,
    DeskMark,
    Drafter,
    Essay,
    Flag,
    Follow,
    Identity,
    Mute,
    News,
    NewsEmail,
    NewsSettings,
    Notice,
    OneTimeKey,
    Posting,
    PublisherAnswer,
    SignIn,
    Suggestion,
    Tag,
    Version,
    Withdrawn,
)
from annotator.services.accounts import accounts
from annotator.services.annotations import store
from annotator.services.placement import placer


def leave(session: Session, account_id: int, *, keep: bool) -> int:
    """Delete an account, and unless `keep` its annotations; return the number of these.

    A removed annotation with replies leaves a placeholder. Raises NotAllowed for the account of
    former members.
    """
    # Locked, so that the account cannot post during the deletion.
    account = session.get_one(Account, account_id, with_for_update=True)
    if names.is_former(account.name):
        raise NotAllowed(
            "This account holds the comments of deleted accounts and cannot be deleted."
        )
    living = (Annotation.author_id == account.id, Annotation.deleted.is_(None))
    number = session.execute(select(func.count()).where(*living)).scalar_one()
    placer.note_all_of(session, author_id=account.id)
    placer.note_coverage(session, Coverage.author_id == account.id)
    agreed = select(Agreement.annotation_id).where(Agreement.account_id == account.id)
    suggested = session.scalars(select(Annotation).where(Annotation.id.in_(agreed))).all()
    placer.note_annotations(session, suggested)
    if not keep:
        _remove(session, select(Annotation.id).where(*living))
    own = select(Annotation.id).where(Annotation.author_id == account.id)
    session.execute(delete(Withdrawn).where(Withdrawn.annotation_id.in_(own)))
    former = former_member(session).id
    covered = update(Coverage).where(Coverage.author_id == account.id)
    session.execute(covered.values(author_id=former))
    _update(session, own, author_id=former)
    essays: dict[str, object] = {"author_id": former}
    if not keep:
        essays |= {"removed": now(), "title": "", "source_url": ""}
    session.execute(update(Essay).where(Essay.author_id == account.id).values(essays))
    session.execute(delete(Follow).where(Follow.kind == "person", Follow.key == str(account.id)))
    session.execute(delete(Mute).where(Mute.kind == "person", Mute.key == str(account.id)))
    session.execute(
        update(PublisherAnswer).where(PublisherAnswer.by_id == account.id).values(by_id=former)
    )
    for kind in (SignIn, ApiToken, Identity, OneTimeKey, Posting, Notice, Agreement, Follow, Mute,
                 News, NewsEmail, NewsSettings, DeskMark, Drafter):  # fmt: skip
        session.execute(delete(kind).where(kind.account_id == account.id))
    for table in (Flag, Appeal):  # that something was asked stays, and what came of it
        session.execute(update(table).where(table.account_id == account.id).values(words=""))
    account.email, account.email_confirmed, account.password = "", None, None
    account.role, account.left = "member", now()
    return number


def _remove(session: Session, ids: Select[str]) -> None:
    """Delete annotations as `annotations.delete` does, in a few statements, so locks are short."""
    for kind in (Tag, Version, Adoption, Agreement, Answered, CampaignMember, DeskMark,
                 Suggestion):  # fmt: skip
        session.execute(delete(kind).where(kind.annotation_id.in_(ids)))
    store.forget_original(session, ids)
    moment = now()
    _update(session, ids, body=None, html=None, stamp=None, deleted=moment, modified=moment)
    reply = aliased(Annotation)
    answered = select(reply.in_reply_to).where(reply.in_reply_to.is_not(None), reply.listed)
    unanswered = select(Annotation.id).where(
        not_(Annotation.shown), Annotation.listed, Annotation.id.not_in(answered)
    )
    # Each round may leave a parent, not shown either, without replies.
    while session.scalar(unanswered.limit(1)):
        placer.remove(session, unanswered)
        _update(session, unanswered, listed=False)


def _update(session: Session, ids: Select[str], **values: object) -> None:
    change = update(Annotation).where(Annotation.id.in_(ids)).values(values)
    session.execute(change.execution_options(synchronize_session=False))


def former_member(session: Session) -> Account:
    """Return the account of former members; create it if it does not exist."""
    account = accounts.find(session, names.FORMER)
    if account is None:
        account = Account(name=names.FORMER, name_key=names.name_key(names.FORMER), email="",
                        role="member", created=now(), password=None)  # fmt: skip
        session.add(account)
        session.flush()
    return account
