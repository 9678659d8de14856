"""Consistency of a site: every check, in order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy.exc import InvalidRequestError

from annotator.services.operations.checks import Check, Look, commentary, derived, rows

CHECKS: tuple[Check, ...] = (
    rows.queries,
    rows.outbox,
    rows.people,
    commentary.readable,
    commentary.texts,
    commentary.kept_sources,
    commentary.layouts,
    commentary.provisions,
    commentary.pids,
    commentary.replaced_pids,
    commentary.alignments,
    commentary.tags,
    commentary.quotations,
    commentary.restated,
    derived.places,
    derived.adopted,
    derived.accounted,
    derived.index,
    commentary.words,
)

# What reading a broken state can raise; a database that does not answer is not caught.
UNFINISHED = (AttributeError, InvalidRequestError, LookupError, TypeError, ValueError)


def run(look: Look) -> Iterator[str]:
    """Yield a line for every fault; `look.counted` has the number of things checked."""
    for check in CHECKS:
        try:
            yield from check(look)
        except UNFINISHED as error:
            yield f"the check of {check.__name__} could not be finished ({error!r})"
