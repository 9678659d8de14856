"""What people wrote: their quotations, threads, order, and what their words become as HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from annotator.db import stream
from annotator.markup.inspect import forbidden
from annotator.models import Act, Annotation, Restatement, Tag, Target, Version, Withdrawn
from annotator.services.annotations import comment_html
from annotator.services.editions.editions import Loaded
from annotator.services.operations.checks.look import Look


def quotations(look: Look) -> Iterator[str]:
    """Every quotation stands at its offsets in the edition it was made on."""
    query = select(Target, Annotation.edition_id).join(
        Annotation, Annotation.id == Target.annotation_id
    )
    for target, edition_id in stream(look.session, query):
        item = look.editions.get(edition_id)
        trouble = _quoted(target, item) if item else ""
        look.count("quotations")
        if trouble:
            yield f"annotation {target.annotation_id}: {trouble}"
        look.session.expunge(target)


def restated(look: Look) -> Iterator[str]:
    """What an author put an annotation on later stands there as well, in a later edition."""
    query = select(Restatement, Annotation.edition_id).join(
        Annotation, Annotation.id == Restatement.annotation_id
    )
    for said, made_in in stream(look.session, query):
        item, origin = look.editions.get(said.edition_id), look.editions.get(made_in)
        look.count("restatements")
        if item is None or origin is None:
            continue
        trouble = _quoted(said, item)
        if item.sequence <= origin.sequence:
            trouble = "it was restated in an edition that is no later one"
        if trouble:
            yield f"annotation {said.annotation_id} in {item.slug}@{item.label}: {trouble}"


def _quoted(said: Target | Restatement, item: Loaded) -> str:
    if said.pid is None or said.start is None or said.end is None:
        placeless = said.pid is None and said.start is None and said.end is None and not said.whole
        return "" if placeless and said.exact else "it has half a place"
    if said.pid not in item.ordinals:
        return f"its pid {said.pid} is not in {item.slug}@{item.label}"
    if not said.whole:
        fits = item.parsed.text[said.start : said.end] == said.exact
        return "" if fits else "its quote does not stand at its offsets"
    provision = item.parsed.provisions[item.ordinals[said.pid]]
    if (provision.start, provision.end) != (said.start, said.end):
        return f"{said.pid} stands elsewhere"
    return ""


def threads(look: Look) -> Iterator[str]:
    """A reply stands in the thread, document and edition of what it answers, and has no target."""
    above, head = aliased(Annotation), aliased(Annotation)
    reply = select(Annotation.id).join(above, above.id == Annotation.in_reply_to)
    troubles: dict[str, Select[Any]] = {
        "it is not in the thread of what it answers": reply.where(
            above.thread_id != Annotation.thread_id
        ),
        "it is on another document than what it answers": reply.where(
            or_(
                above.document_id != Annotation.document_id,
                above.edition_id != Annotation.edition_id,
            )
        ),
        "its thread begins with a reply": select(Annotation.id)
        .join(head, head.id == Annotation.thread_id)
        .where(head.in_reply_to.is_not(None)),
        "it answers nothing, and stands in the thread of another": select(Annotation.id).where(
            Annotation.in_reply_to.is_(None), Annotation.thread_id != Annotation.id
        ),
        "it answers itself": select(Annotation.id).where(Annotation.in_reply_to == Annotation.id),
        "a reply has no target of its own": select(Target.annotation_id)
        .join(Annotation, Annotation.id == Target.annotation_id)
        .where(Annotation.in_reply_to.is_not(None)),
    }
    number = look.session.scalar(select(func.count()).select_from(Annotation)) or 0
    look.count("annotations", number)
    for trouble, query in troubles.items():
        for ident in look.session.scalars(query.distinct()):
            yield f"annotation {ident}: {trouble}"


def orders(look: Look) -> Iterator[str]:
    """Targets, tags and versions are numbered from 0 without a gap."""
    for table, column, noun in (
        (Target, Target.ordinal, "targets"),
        (Tag, Tag.ordinal, "tags"),
        (Version, Version.number, "versions"),
    ):
        query = select(table.annotation_id).group_by(table.annotation_id)
        broken = or_(func.min(column) != 0, func.max(column) != func.count() - 1)
        for ident in look.session.scalars(query.having(broken)):
            yield f"annotation {ident}: its {noun} are not numbered from 0 on"


def tombstones(look: Look) -> Iterator[str]:
    """What was deleted holds no words; those kept for undoing are of what was deleted."""
    deleted = select(Annotation.id).where(Annotation.deleted.is_not(None))
    look.count("tombstones", look.session.scalar(select(func.count()).select_from(
        deleted.subquery())) or 0)  # fmt: skip
    for ident in look.session.scalars(deleted.where(Annotation.body.is_not(None))):
        yield f"annotation {ident}: it was deleted and still has words"
    for table, noun in ((Tag, "tags"), (Version, "earlier versions")):
        query = select(table.annotation_id).where(table.annotation_id.in_(deleted)).distinct()
        for ident in look.session.scalars(query):
            yield f"annotation {ident}: it was deleted and still has {noun}"
    kept = select(Withdrawn.annotation_id).where(Withdrawn.annotation_id.not_in(deleted))
    for ident in look.session.scalars(kept):
        yield f"annotation {ident}: it was not deleted, and words of it are kept aside"


def listed(look: Look) -> Iterator[str]:
    """What is shown is listed, and what is not shown only while something listed answers it."""
    answer = aliased(Annotation)
    answered = select(answer.id).where(answer.in_reply_to == Annotation.id, answer.listed).exists()
    should = or_(Annotation.shown, answered)
    for ident in look.session.scalars(select(Annotation.id).where(should, ~Annotation.listed)):
        yield f"annotation {ident}: it should be listed"
    for ident in look.session.scalars(select(Annotation.id).where(~should, Annotation.listed)):
        yield f"annotation {ident}: it should not be listed"


def moderated(look: Look) -> Iterator[str]:
    """What is hidden is so by an entry of the log, which is about it; nothing else names one."""
    hidden = Annotation.visibility == "hidden"
    for ident in look.session.scalars(
        select(Annotation.id).where(hidden != Annotation.hidden_by.is_not(None))
    ):
        yield f"annotation {ident}: what hides it is not in the log"
    astray = (
        select(Annotation.id)
        .join(Act, Act.id == Annotation.hidden_by)
        .where(or_(Act.annotation_id.is_(None), Act.annotation_id != Annotation.id))
    )
    for ident in look.session.scalars(astray):
        yield f"annotation {ident}: the decision that hides it is about another"


def words(look: Look) -> Iterator[str]:
    """The HTML of all words, also of earlier ones, is theirs and such as the policy allows."""
    bodies = select(Annotation.id, Annotation.body, Annotation.html, Annotation.stamp)
    earlier = select(Version.annotation_id, Version.body, Version.html, Version.stamp)
    for query, noun in ((bodies, "words"), (earlier, "earlier words")):
        for ident, body, html, stamp in stream(look.session, query, 200):
            if body is None:
                if html is not None:
                    yield f"annotation {ident}: its {noun} are gone, and their HTML is not"
                continue
            look.count("bodies")
            shown = comment_html.current(body, html, stamp) or ""
            for trouble in forbidden(shown):
                yield f"annotation {ident}: its {noun} become HTML that is forbidden: {trouble}"
            if shown == html and shown != comment_html.made(body):
                yield f"annotation {ident}: the HTML of its {noun} is not what they become"


def tags(look: Look) -> Iterator[str]:
    """The tags of an earlier version are a list of words."""
    for ident, written in stream(look.session, select(Version.annotation_id, Version.tags)):
        look.count("versions")
        try:
            found = json.loads(written)
        except ValueError:
            found = None
        if not isinstance(found, list) or not all(isinstance(tag, str) for tag in found):
            yield f"annotation {ident}: the tags of an earlier version cannot be read"
