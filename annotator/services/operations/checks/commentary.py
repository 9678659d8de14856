"""Checks of commentary: quotations, restatements, tags and rendered HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select

from annotator.db import stream
from annotator.markup.inspect import forbidden
from annotator.models import Annotation, Restatement, Target, Version
from annotator.services.annotations import store
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
    """Check that the HTML of each body, current or earlier, is its own and allowed."""
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
            if shown == html and shown != store.render_or_escape(body):
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
