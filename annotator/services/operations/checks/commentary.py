"""Checks of commentary (quotations, restatements, tags, HTML) and of the texts of editions."""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, get_args

from sqlalchemy import Row, select

from annotator import markup
from annotator.db import stream
from annotator.documents.parsed import BlockKind, MarkKind, Parsed, ProvisionKind
from annotator.markup.renderer import forbidden
from annotator.models import Alignment, Annotation, Edition, Pid, Restatement, Target, Version
from annotator.services.annotations import store
from annotator.services.editions import editions, sources
from annotator.services.editions.editions import Loaded
from annotator.services.operations.checks import Look


def quotations(look: Look) -> Iterator[str]:
    """Check that each quotation is at its offsets in the edition it was made on."""
    columns = (Target.annotation_id, Target.whole, Target.pid, Target.start, Target.end,
               Target.exact, Annotation.edition_id)  # fmt: skip
    query = select(*columns).join(Annotation, Annotation.id == Target.annotation_id)
    for target in stream(look.session, query):
        item = look.editions.get(target.edition_id)
        trouble = _misquoted(target, item) if item else ""
        look.count("quotations")
        if trouble:
            yield f"annotation {target.annotation_id}: {trouble}"


def restated(look: Look) -> Iterator[str]:
    """Check that each restated target is at its offsets, in a later edition."""
    query = select(Restatement, Annotation.edition_id).join(
        Annotation, Annotation.id == Restatement.annotation_id
    )
    for restatement, origin_id in stream(look.session, query):
        item, origin = look.editions.get(restatement.edition_id), look.editions.get(origin_id)
        look.count("restatements")
        if item is None or origin is None:
            continue
        trouble = _misquoted(restatement, item)
        if item.sequence <= origin.sequence:
            trouble = "its position was updated in an edition that is not later"
        if trouble:
            yield f"annotation {restatement.annotation_id} in {item.slug}@{item.label}: {trouble}"


def _misquoted(target: Row[Any] | Restatement, item: Loaded) -> str:
    if target.pid is None or target.start is None or target.end is None:
        placeless = (
            target.pid is None and target.start is None and target.end is None and not target.whole
        )
        return "" if placeless and target.exact else "its position is incomplete"
    if target.pid not in item.ordinals:
        return f"its pid {target.pid} is not in {item.slug}@{item.label}"
    if not target.whole:
        fits = item.parsed.text[target.start : target.end] == target.exact
        return "" if fits else "its quote is not at its offsets"
    provision = item.parsed.provisions[item.ordinals[target.pid]]
    if (provision.start, provision.end) != (target.start, target.end):
        return f"{target.pid} has other offsets"
    return ""


def words(look: Look) -> Iterator[str]:
    """Check that the HTML of each body, current or earlier, is its own and allowed.

    The stamp says whether it is its own; rendering it again would take 0.1 ms for each body.
    """
    bodies = select(Annotation.id, Annotation.body, Annotation.html, Annotation.stamp)
    earlier = select(Version.annotation_id, Version.body, Version.html, Version.stamp)
    for query, noun in ((bodies, "words"), (earlier, "earlier words")):
        for ident, body, html, stamp in stream(look.session, query, 200):
            if body is None:
                if html is not None:
                    yield f"annotation {ident}: its {noun} were removed, but their HTML was not"
                continue
            look.count("bodies")
            shown = store.current_html(body, html, stamp) or ""
            for trouble in forbidden(shown):
                yield f"annotation {ident}: its {noun} produce forbidden HTML: {trouble}"
            if shown != html and stamp and stamp.startswith(markup.fingerprint()):
                yield f"annotation {ident}: the HTML of its {noun} does not match them"


def tags(look: Look) -> Iterator[str]:
    """Check that the tags of each earlier version are a list of strings."""
    for ident, text in stream(look.session, select(Version.annotation_id, Version.tags)):
        look.count("versions")
        try:
            names = json.loads(text)
        except ValueError:
            names = None
        if not isinstance(names, list) or not all(isinstance(tag, str) for tag in names):
            yield f"annotation {ident}: the tags of an earlier version cannot be read"


def readable(look: Look) -> Iterator[str]:
    """Check that each edition can be read; the other checks use those that can."""
    query = select(Edition).order_by(Edition.document_id, Edition.sequence)
    for edition in look.session.scalars(query).all():
        look.count("editions")
        try:
            look.editions[edition.id] = editions.load(look.session, edition)
        except (ValueError, TypeError, KeyError, IndexError) as error:
            yield f"{edition.document.slug}@{edition.label}: its layout cannot be read ({error})"


def texts(look: Look) -> Iterator[str]:
    """Check that each text has its sha256."""
    for item in look.editions.values():
        if item.parsed.sha256 != item.sha256:
            yield f"{_name(item)}: the text does not match its sha256"


def kept_sources(look: Look) -> Iterator[str]:
    """Check that each publisher's file has its sha256, and that its runs span the text."""
    for item in look.editions.values():
        source = sources.find(look.session, item)
        if source is None:
            continue
        look.count("sources")
        try:
            digest, origins = hashlib.sha256(source.data).hexdigest(), source.origins
        except (ValueError, zlib.error) as error:
            yield f"{_name(item)}: its source cannot be read ({error})"
            continue
        if digest != source.sha256:
            yield f"{_name(item)}: its source does not match its sha256"
        lengths = [sum(length for length, _, _ in runs) for runs in origins]
        if lengths != [block.end - block.start for block in item.parsed.blocks]:
            yield f"{_name(item)}: its source offsets do not cover its text"


def layouts(look: Look) -> Iterator[str]:
    """Check that blocks are in order, joined by a line feed, and that marks are in their block."""
    for item in look.editions.values():
        blocks, text = item.parsed.blocks, item.parsed.text
        look.count("blocks", len(blocks))
        for number, block in enumerate(blocks):
            where = f"{_name(item)}, block {number}"
            if block.kind not in get_args(BlockKind):
                yield f"{where}: {block.kind!r} is not a kind of block"
            if not 0 <= block.start < block.end <= len(text):
                yield f"{where}: it is outside the text"
            if not 0 <= block.provision < len(item.parsed.provisions):
                yield f"{where}: it belongs to no provision"
            for mark in block.marks:
                if mark.kind not in get_args(MarkKind):
                    yield f"{where}: {mark.kind!r} is not a kind of mark"
                if not block.start <= mark.start < mark.end <= block.end:
                    yield f"{where}: a mark is outside it"
        if blocks and (blocks[0].start, blocks[-1].end) != (0, len(text)):
            yield f"{_name(item)}: its blocks do not span the text"
        for number, (before, after) in enumerate(pairwise(blocks), 1):
            if text[before.end : after.start] != "\n":
                yield f"{_name(item)}, block {number}: it does not follow the one before"


def provisions(look: Look) -> Iterator[str]:
    """Check that each provision is in the text and in its parent, and has its digest."""
    for item in look.editions.values():
        look.count("provisions", len(item.parsed.provisions))
        for ordinal in range(len(item.parsed.provisions)):
            trouble = _provision(item.parsed, ordinal)
            if trouble:
                yield f"{_name(item)}, provision {item.pids[ordinal]}: {trouble}"


def _provision(parsed: Parsed, ordinal: int) -> str:
    provision = parsed.provisions[ordinal]
    if provision.kind not in get_args(ProvisionKind):
        return f"{provision.kind!r} is not a kind of provision"
    if not 0 <= provision.start < provision.end <= len(parsed.text):
        return "it is outside the text"
    words = parsed.text[provision.start : provision.end]
    if hashlib.sha256(words.encode()).hexdigest() != provision.digest:
        return "its words do not match its digest"
    for name, above in (("parent", provision.parent), ("section", provision.section)):
        if above is not None and not 0 <= above < ordinal:
            return f"its {name} does not come before it"
    holds = None if provision.parent is None else parsed.provisions[provision.parent]
    if holds is not None and not holds.start <= provision.start < provision.end <= holds.end:
        return "it is outside its parent"
    return ""


def pids(look: Look) -> Iterator[str]:
    """Check that each pid names one provision of an edition, and belongs to its document."""
    owners = dict(look.session.execute(select(Pid.pid, Pid.document_id)).all())
    look.count("pids", len(owners))
    for item in look.editions.values():
        if len(set(item.pids)) != len(item.pids):
            yield f"{_name(item)}: a pid names two provisions"
        for pid in item.pids:
            if owners.get(pid) != item.document_id:
                yield f"{_name(item)}: the pid {pid} belongs to another document"


def replaced_pids(look: Look) -> Iterator[str]:
    """Check that each replaced pid is in no edition, and leads to one that is."""
    living: dict[int, set[str]] = {}
    for item in look.editions.values():
        living.setdefault(item.document_id, set()).update(item.pids)
    for document_id, current in living.items():
        for pid, now in editions.former(look.session, document_id).items():
            if pid in current:
                yield f"the pid {pid} is still in use, but was replaced by {now}"
            if now not in current:
                yield f"the pid {pid} leads to {now}, which is in no edition"


def alignments(look: Look) -> Iterator[str]:
    """Check that each alignment has every provision of both its editions."""
    query = select(Alignment.edition_id, Alignment.old_edition_id, Alignment.old, Alignment.new)
    held: dict[tuple[int, int], tuple[set[int], set[int]]] = {}
    for edition_id, before_id, old, new in look.session.execute(query):
        olds, news = held.setdefault((edition_id, before_id), (set(), set()))
        olds.update([] if old is None else [old])
        news.update([] if new is None else [new])
        look.count("relations")
    for ids, sides in held.items():
        for edition_id, ordinals in zip(reversed(ids), sides, strict=True):
            item = look.editions.get(edition_id)
            if item is not None and ordinals != set(range(len(item.pids))):
                line = f"not every provision is in the alignment {ids[1]}-{ids[0]}"
                yield f"{_name(item)}: {line}"
    related = {edition_id for edition_id, _ in held}
    for item in look.editions.values():
        if item.sequence and item.edition_id not in related:
            yield f"{_name(item)}: not aligned with the edition before"


def _name(item: Loaded) -> str:
    return f"{item.slug}@{item.label}"
