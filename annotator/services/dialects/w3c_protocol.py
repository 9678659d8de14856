"""Writing through the W3C's protocol: what somebody sends becomes a draft, or is refused and why.

Who sends it is its author, whatever it says of a creator. Unlike in an import, words must stand
where they are said to stand.
"""

import json
from dataclasses import asdict, replace

from sqlalchemy import and_, select, tuple_
from sqlalchemy.orm import Session

from annotator.auth.permissions import require
from annotator.auth.viewer import Viewer
from annotator.config import Limits
from annotator.errors import AnnotatorError, Conflict, Malformed, Unacceptable
from annotator.formats import readership
from annotator.formats.w3c import NAME, PAGE, ResourceTarget, Sent
from annotator.models import WHOLE_DOCUMENT, Annotation, Coverage, Edition, Origin, Target
from annotator.relocation import foreign_quotation
from annotator.relocation.selectors import Span
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.addressing import address_lookup
from annotator.services.annotations import annotations, drafts
from annotator.services.dialects.w3c_containers import Container
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.exchange import edition_resolver


def post(
    session: Session, viewer: Viewer, container: Container, sent: Sent, address: str,
    limits: Limits, key: str | None,
) -> tuple[str, bool]:  # fmt: skip
    """Store an annotation unless its author has sent it before; give its id, and whether it is new.

    `address` is the site's, without a slash at the end. Raises what `posting.post` does, Conflict
    where somebody else has sent it, and Unacceptable for a target that is not in the container.
    """
    require(viewer, "annotation.create")
    draft = _draft(session, container, sent, address)
    known = _known(session, viewer, sent)
    if known is not None:
        return known, False
    ident, new = annotations.post(session, viewer, draft, limits, key)
    if new:
        _check_home(session, container, ident)
        if sent.name:
            told = {"via": sent.via} | ({"canonical": sent.canonical} if sent.canonical else {})
            original = json.dumps(told, ensure_ascii=False)
            session.add(Origin(annotation_id=ident, via=sent.name, original=original))
    return ident, new


def require_public(sent: Sent, licence: str) -> None:
    """Raise Unacceptable where what is sent is not for everybody: everything here is public."""
    readers = sent.readers
    if readers.why:
        raise Unacceptable(
            f"Not everybody may read this: {readers.why}. Annotations here are public; send it "
            "without that, if everybody may.", field=readers.field,
        )  # fmt: skip
    closed = readership.closed(readers.rights, licence)
    if closed:
        raise Unacceptable(
            f"{closed[:80]!a} is no licence that this site knows as open. What is posted here is "
            f"published under {licence}; leave the rights out if that is right.", field="rights",
        )  # fmt: skip


def check_same(present: Sent, sent: Sent) -> None:
    """Raise Conflict where what is sent would change more of an annotation than its words and tags.

    A name or a motivation that is left out stays as it is.
    """
    differing = {
        "id": sent.id not in ("", present.id),
        "target": len(sent.aims) != len(present.aims)
        or not all(map(_same_aim, sent.aims, present.aims)),
        "motivation": sent.draft.motivation not in (None, present.draft.motivation),
        "canonical": sent.canonical not in ("", present.canonical),
        "via": not set(sent.via) <= {*present.via},
    }
    field = next((name for name, differs in differing.items() if differs), None)
    if field is not None:
        raise Conflict(
            f"The {field} of an annotation does not change: only its words and tags do. Read it "
            "again and send it with other words.", field=field,
        )  # fmt: skip


def _same_aim(sent: ResourceTarget, present: ResourceTarget) -> bool:
    """Return whether a target is the present one; less may be said of it, but nothing else."""
    if sent.quoted is None or present.quoted is None:
        return sent == present
    told = {name: value for name, value in asdict(sent.quoted).items() if value not in (None, "")}
    return sent.source == present.source and told.items() <= asdict(present.quoted).items()


def _known(session: Session, viewer: Viewer, sent: Sent) -> str | None:
    """Find what the viewer has sent under the same name; what they have deleted counts no more."""
    origin = session.scalar(select(Origin).where(Origin.via == sent.name)) if sent.name else None
    if origin is None:
        return None
    row = session.get_one(Annotation, origin.annotation_id)
    if row.author_id != viewer.account:
        raise Conflict(
            f"{sent.name} already exists, by someone else.", field="id", annotation=row.id
        )
    if not row.deleted:
        return row.id
    session.delete(origin)
    session.flush()
    return None


def _draft(session: Session, container: Container, sent: Sent, address: str) -> Draft:
    aims = sent.aims
    here = container.loaded is not None  # words may be sent without a source
    named = [("target", aim.source) for aim in aims if aim.source or not (here and aim.quoted)]
    for field, name in named + [("id", it) for it in sent.names]:
        if not NAME.fullmatch(name):
            raise Unacceptable(f"{name[:80]!a} is not an address that can be stored.", field=field)
    if not aims or any(aim.unknown for aim in aims):
        raise Unacceptable(
            "A target is an address here, or selects words of one with a TextQuoteSelector, a "
            "TextPositionSelector, or a provision's pid with a FragmentSelector.", field="target",
        )  # fmt: skip
    parent = _parent(session, aims[0], address)
    if parent is not None and len(aims) == 1:
        return replace(sent.draft, targets=(), in_reply_to=parent)
    if sent.answering:
        raise Unacceptable(f"It replies to {aims[0].source}, which does not exist.", field="target")
    one_text = len({aim.source for aim in aims}) == 1 and all(aim.quoted for aim in aims)
    if len(aims) > 1 and not one_text:
        raise Unacceptable(
            "All targets of an annotation must select words of one text and name it as their "
            "source.", field="target",
        )  # fmt: skip
    loaded, ordinal, counted = _place(session, container, aims[0].source, address)
    targets = tuple(_target(loaded, ordinal, aim, counted=counted) for aim in aims if aim.quoted)
    if not targets and ordinal is not None:
        targets = (DraftTarget(pid=loaded.pids[ordinal]),)
    return replace(sent.draft, document=loaded.slug, edition=loaded.label, targets=targets,
                   in_reply_to=None)  # fmt: skip


def _parent(session: Session, aim: ResourceTarget, address: str) -> str | None:
    """Find the annotation of this site that a target names, under its name here or another."""
    if aim.quoted is not None:
        return None
    here = PAGE.search(aim.source) if aim.source.startswith(f"{address}/w3c/") else None
    if here:
        return here["id"] if session.get(Annotation, here["id"]) else None
    return session.scalar(select(Origin.annotation_id).where(Origin.via == aim.source))


def _place(
    session: Session, container: Container, source: str, address: str
) -> tuple[Loaded, int | None, bool]:
    """Find the edition that an address is of, the provision, and whether offsets count there.

    Without a source it is the text of the container. Raises Unacceptable.
    """
    if not source and container.loaded is not None:
        whole = container.ordinal == WHOLE_DOCUMENT
        return container.loaded, None if whole else container.ordinal, False
    try:
        page, loaded, ordinal = None, None, None
        if source.startswith(f"{address}/"):
            page = address_lookup.read_url(source.removeprefix(address))
            if page is not None:
                loaded, ordinal = address_lookup.find_page(session, page)
        elif source:
            loaded = edition_resolver.by_source(session, source)
    except AnnotatorError as error:
        raise Unacceptable(str(error), field="target") from error
    if loaded is None:
        raise Unacceptable(
            f"No text of this site lies at {source!r}. A source is the plain text of an edition "
            "(/api/documents/SLUG/editions/LABEL/text) or a page (/d/SLUG@LABEL, /d/SLUG/p/PID).",
            field="target",
        )
    if ordinal is None:
        ordinal = loaded.ordinals.get(source.partition("#")[2])
    return loaded, ordinal, page is not None and page.is_text


def _target(
    loaded: Loaded, ordinal: int | None, aim: ResourceTarget, *, counted: bool
) -> DraftTarget:
    """Return what a target quotes; offsets in a page are a hint, those in the text must fit."""
    given = aim.quoted
    assert given is not None  # noqa: S101  it is looked at before
    numbers = [each for each in (given.start, given.end) if each is not None]
    if not (all(type(each) is int for each in numbers)
            and isinstance(given.exact, str | None)):  # fmt: skip
        raise Malformed("Offsets must be whole numbers, and quoted words a string.", field="target")
    if counted or given.pid is not None:
        return given
    if not given.exact:
        raise Unacceptable(
            "Offsets count in the plain text of an edition; name that as the source, or quote the "
            "words.", field="target",
        )  # fmt: skip
    provision = None if ordinal is None else loaded.parsed.provisions[ordinal]
    within = Span(provision.start, provision.end) if provision else None
    span = foreign_quotation.find_one(loaded.parsed.text, drafts.quotation(given), within)
    if span is not None:
        return DraftTarget(span.start, span.end)
    return replace(given, start=None, end=None)


def _check_home(session: Session, container: Container, ident: str) -> None:
    """Raise Unacceptable unless an annotation belongs into a container."""
    loaded, row = container.loaded, session.get_one(Annotation, ident)
    if loaded is None:
        return
    fits = row.document_id == loaded.document_id
    if fits and container.ordinal != WHOLE_DOCUMENT:
        fits = _concerns(session, container.ordinal, loaded, row)
    if not fits:
        raise Unacceptable(
            "The target does not belong to this container. Send it to /w3c/, or to the container "
            "of its target.", field="target",
        )  # fmt: skip


def _concerns(session: Session, ordinal: int, loaded: Loaded, row: Annotation) -> bool:
    """Return whether an annotation is on a provision, in it, or in a thread that is."""
    if row.in_reply_to is not None:
        key = (loaded.edition_id, ordinal, row.thread_id)
        columns = tuple_(Coverage.edition_id, Coverage.provision, Coverage.annotation_id)
        return session.scalar(select(Coverage.annotation_id).where(columns == key)) is not None
    made_on = editions.load(session, session.get_one(Edition, row.edition_id))
    here = made_on.ordinals.get(loaded.pids[ordinal])
    if here is None:
        return False
    at = made_on.parsed.provisions[here]
    within = and_(Target.start >= at.start, Target.end <= at.end)
    spans = session.scalars(select(within).where(Target.annotation_id == row.id)).all()
    return bool(spans) and all(spans)
