"""The effects of a revision: on the text, on the comments, and their new positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from flask import Response, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as AnyResponse

from annotator.errors import AnnotatorError, Conflict, NotFound
from annotator.schemas.annotations import DraftTarget
from annotator.services.annotations import restatements
from annotator.services.reading import reading_page
from annotator.services.revisions import edition_pairs, revision_report
from annotator.services.revisions.edition_pairs import ProvisionChange
from annotator.web.http.site import site, viewer
from annotator.web.pages import words
from annotator.web.pages.annotations import own
from annotator.web.pages.blueprint import address_of, form, go_to, page, show, spreadsheet

COLUMNS = ("verdict", "words_changed", "old_address", "new_address", "old", "new", "comments")
REPORTED = 100  # comments on a page of the report


@page("/d/<document:slug>/diff/<path:labels>")
def diff(rows: Session, slug: str, labels: str) -> Response | str:
    """Show by provision what changed between two editions, with the number of annotations."""
    old, new = _labels(labels)
    compared = edition_pairs.between(rows, slug, old, new)
    before, after = (
        reading_page.commentary(rows, each).counts for each in (compared.old, compared.new)
    )

    def commented(row: ProvisionChange) -> int:
        if row.new:
            return after.get(row.new.ordinal, 0)
        return before.get(row.old.ordinal, 0) if row.old else 0

    if request.args.get("format") == "csv":
        lines = (_cells(row, commented(row)) for row in compared.rows)
        return spreadsheet(f"{slug}-{old}-{new}", COLUMNS, lines)
    beside, by_text = "beside" in request.args, request.args.get("sort") == "text"

    at = address_of("diff", slug=slug, labels=labels, beside="yes" if beside else None,
                    sort="text" if by_text else None)  # fmt: skip
    sections = _sections(compared.rows, by_text=by_text)
    flat = [row for section in sections for row in (*section.large, *section.small)]
    places = {id(row): place for place, row in enumerate(flat)}

    def neighbour(row: ProvisionChange, step: int) -> ProvisionChange | None:
        place = places[id(row)] + step
        return flat[place] if 0 <= place < len(flat) else None

    return render_template(
        "diff.html", it=compared, loaded=compared.new, sections=sections, next_to=neighbour,
        commented=commented, at=at, beside=beside, by_text=by_text,
    )  # fmt: skip


class ChangedSection(NamedTuple):
    """The changes of a section: those of its words, most first, and those of punctuation."""

    heading: str
    large: list[ProvisionChange]
    small: list[ProvisionChange]

    @property
    def weight(self) -> int:
        """The number of words that changed."""
        return sum(row.weight for row in self.large)


def _sections(rows: Sequence[ProvisionChange], *, by_text: bool) -> list[ChangedSection]:
    """Group changes by section: in the order of the text, or most changed first."""
    grouped: dict[str, ChangedSection] = {}
    for row in rows:
        seen = row.new or row.old
        if seen is None:
            continue
        heading = seen.headings[-1] if seen.headings else ""
        section = grouped.setdefault(
            seen.section, ChangedSection(heading or words.unnamed(seen.section), [], [])
        )
        (section.small if row.is_small else section.large).append(row)
    if by_text:
        return list(grouped.values())
    for section in grouped.values():
        section.large.sort(key=lambda row: -row.weight)
    return sorted(grouped.values(), key=lambda section: -section.weight)


def _cells(row: ProvisionChange, comments: int) -> tuple[object, ...]:
    old, new = (
        "".join(piece.text for piece in row.pieces if piece.change != left_out)
        for left_out in ("added", "struck")
    )
    return (row.verdict, row.weight, row.old and row.old.address, row.new and row.new.address,
            old, new, comments)  # fmt: skip


@page("/d/<document:slug>/fate/<path:labels>", "revision_report")
def revision_report_page(rows: Session, slug: str, labels: str) -> str:
    """List the comments whose words a revision changed, and how."""
    old, new = _labels(labels)
    verdict, own = request.args.get("verdict"), "own" in request.args and viewer().known
    start = max(request.args.get("start", 0, type=int), 0)
    report = revision_report.report(
        rows, slug, old, new, author=viewer().account if own else None, verdict=verdict,
        start=start, most=REPORTED,
    )  # fmt: skip

    at = address_of("revision_report", slug=slug, labels=labels, verdict=verdict,
                    own="yes" if own else None)  # fmt: skip
    return render_template("revision_report.html", it=report, loaded=report.new, at=at,
                           start=start, verdict=verdict, own=own, most=REPORTED)  # fmt: skip


def _labels(labels: str) -> tuple[str, str]:
    old, between, new = labels.partition("..")
    if not (old and between and new) or "/" in labels:
        raise NotFound("Write two editions like this: 2026-01-20..2026-01-29.")
    return old, new


@page("/a/<ident>/restate")
def restate(rows: Session, ident: str, error: AnnotatorError | None = None) -> Response:
    """Show an author the change since the comment, with forms to confirm, restate or delete it."""
    comment = own(rows, ident, "annotation.edit")
    if not comment.placements:
        raise Conflict(
            "This comment has no position of its own: it is a reply, hidden or waiting for review."
        )
    return show("restate.html", error, annotation=comment, quote=_quote())


@form("/a/<ident>/restate", restate)
def post_restate(rows: Session, ident: str) -> AnyResponse:
    """Confirm a comment's position, or move it to other words."""
    quoted = None if request.form.get("do") == "confirm" else DraftTarget(exact=_quote())
    ordinal = request.form.get("target", 0, type=int)
    restatements.restate(rows, viewer(), ident, quoted, site().config.limits, ordinal)
    return go_to("annotation", ident=ident)


def _quote() -> str:
    return request.form.get("quote", "").replace("\r\n", "\n").strip()
