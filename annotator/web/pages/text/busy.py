"""The jump list of a busy section: its paragraphs and subsections with their comments counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from sqlalchemy.orm import Session

from annotator.models import WHOLE_DOCUMENT
from annotator.services.editions.editions import Loaded
from annotator.services.reading import reading_page
from annotator.web.http.site import site
from annotator.web.pages import filter_bar, words

LEAST = 20  # comments; a shorter list needs no jumps


class Jump(NamedTuple):
    """A provision with comments: its name, its first words, how many, and where they are listed."""

    name: str
    text: str
    comments: int
    url: str


def within(
    session: Session,
    loaded: Loaded,
    fields: dict[str, str],
    ordinal: int | None,
    url: Callable[[str], str],
) -> list[Jump]:
    """List what has comments inside a provision (None: the document), in the order of the text.

    Comments are counted under the filter `fields`. In the document these are its sections.
    """
    counts: Mapping[int, int] = reading_page.commentary(session, loaded).annotations
    if fields:
        narrow = filter_bar.read(fields)
        matching = reading_page.filtered_commentary(session, site().engine, loaded, narrow)
        counts = {at: tally.annotations for at, tally in matching.tallies.items()}
    if counts.get(WHOLE_DOCUMENT if ordinal is None else ordinal, 0) < LEAST:
        return []
    inside: list[Jump] = []
    for at, provision in enumerate(loaded.parsed.provisions):
        chosen = provision.kind == "section" if ordinal is None else provision.parent == ordinal
        if chosen and counts.get(at):
            text = "" if provision.kind == "section" else loaded.parsed.text[provision.start :]
            name = words.place(loaded.parsed, at)
            name = name if provision.kind == "section" else f"¶ {provision.number}"
            inside.append(Jump(name, words.shortened(text[:200], 80), counts[at],
                               url(loaded.pids[at])))  # fmt: skip
    return inside if len(inside) > 1 else []
