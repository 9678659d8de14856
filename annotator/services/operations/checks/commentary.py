"""What people wrote: their quotations, threads, order, and what their words become as HTML."""

from __future__ import annotations

import json
from collections.abc import Iterator

from sqlalchemy import select

from annotator.db import stream
from annotator.markup.inspect import forbidden
from annotator.models import Annotation, Restatement, Target, Version
from annotator.services.annotations import comment_html
from annotator.services.editions.editions import Loaded
from annotator.services.operations.checks import Look


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
