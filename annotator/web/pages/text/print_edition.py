"""A commentary edition: the text of an edition with comments as numbered notes, to be printed."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from flask import Response, make_response, render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import NotFound
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.editions.editions import Loaded
from annotator.services.reading import print_notes
from annotator.services.reading.print_notes import Note, Notes
from annotator.web.http.site import address
from annotator.web.pages import words
from annotator.web.pages.blueprint import page
from annotator.web.pages.text import rendered
from annotator.web.pages.text.manuscript import Manuscript, render, section_of

MARK = Markup(
    '<a class="mark" role="doc-noteref" id="_mark-{0}" href="#_note-{0}" aria-label="{1}" '
    'data-number="{0}"></a>'
)


@page("/d/<document:slug>/print/<label>")
def printed(rows: Session, slug: str, label: str) -> AnyResponse:
    """Show an edition, or one section of it, with commentary as notes."""
    query = {name: request.args.get(name, "").strip() for name in ("section", "author", "tag")}
    loaded = editions.labelled(rows, slug, label)
    tag = rendered.etag(loaded, query)
    if rendered.unchanged(tag):
        return rendered.marked(Response(status=304), tag)
    section = _section(loaded, query["section"])
    pid = None if section is None else loaded.pids[section]
    narrow = Filter(document=slug, edition=label, provision=pid,
                    author=query["author"] or None, tag=query["tag"] or None)  # fmt: skip
    notes = print_notes.collect(rows, loaded, narrow)
    html = render_template(
        "print.html", loaded=loaded, asked=query, found=notes, section=section,
        text=_text(loaded, notes, section), contents=rendered.contents(loaded),
        address=address(), apart=[note for note in notes.notes if note.place.ordinal is None],
    )  # fmt: skip
    return rendered.marked(make_response(html), tag)


def _section(loaded: Loaded, slug: str) -> int | None:
    """Find a section by its slug; None for the whole text. Raises NotFound."""
    if not slug:
        return None
    ordinal = loaded.parsed.numbered.get((slug, ""))
    if ordinal is None:
        raise NotFound(f"{loaded.slug}@{loaded.label} has no section {slug!r}.", field="section")
    return ordinal


def _text(loaded: Loaded, notes: Notes, section: int | None) -> Markup:
    """Render the text with a mark for each note, and the notes after their section."""
    sections: dict[int, list[Note]] = defaultdict(list)
    for note in notes.notes:
        if note.place.ordinal is not None:
            sections[section_of(loaded.parsed, note.place.ordinal) or 0].append(note)
    after = {at: render_template("notes.html", notes=group)
             for at, group in sections.items()}  # fmt: skip
    marks = []
    for at, group in groupby(notes.notes, key=lambda note: note.place.at):
        if at is not None:
            links = (MARK.format(note.number, words.note(note.number)) for note in group)
            marks.append((at, f"<sup>{''.join(links)}</sup>"))
    base = f"/d/{loaded.slug}@{loaded.label}"
    script = Manuscript(loaded.parsed, loaded.pids, {}, base, notes=marks, after=after)
    return Markup(render(script, section))  # noqa: S704  it escapes what it writes
