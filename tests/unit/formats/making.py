"""Comments and envelopes made by hand, for dialects that need no database."""

from __future__ import annotations

from datetime import UTC, datetime

from annotator import documents, markup
from annotator.formats.files.envelope import EditionHeader, Envelope
from annotator.schemas.annotations import AnnotationValue, PlacementValue, TargetValue
from tests.conftest import SAMPLES

DAY = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
PARSED = documents.parse((SAMPLES / "garden-1.md").read_bytes(), name="garden-1.md")
PIDS = tuple(f"p{n:02}aa" for n in range(len(PARSED.provisions)))
GARDEN = EditionHeader(
    "garden", "Rules of the Garden", "2026-03-01", "2026-03-01", PARSED.sha256,
    "https://garden.example/rules.md", PARSED, PIDS,
)  # fmt: skip
ENVELOPE = Envelope(
    1, "CC-BY-4.0", "https://notes.example", {("garden", "2026-03-01"): GARDEN},
    shown={"garden": "2026-03-01"},
)  # fmt: skip


def annotation(
    ident: str = "a1", quote: str | None = "The north gate", **changes: object
) -> AnnotationValue:
    """Make an annotation on some words, or on the document."""
    made = AnnotationValue(
        id=ident, document="garden", edition="2026-03-01", author="Ada", motivation="commenting",
        body="Which *gate*?", tags=("gates",), targets=(), placements=(), in_reply_to=None,
        thread=ident, replies=0, created=DAY, modified=DAY, deleted=False, edits=0,
    )  # fmt: skip
    made = made.but(**(on(quote) if quote is not None else {}) | changes)
    return made.but(html=made.body and markup.render(made.body))


def on(quote: str) -> dict[str, object]:
    """Return the target and placement of an annotation on the first occurrence of words."""
    start = PARSED.text.index(quote)
    end = start + len(quote)
    pid = PIDS[PARSED.innermost(start, end) or 0]
    address = f'garden@2026-03-01/paths-and-gates/1~"{quote}"'
    before, after = PARSED.text[max(0, start - 8) : start], PARSED.text[end : end + 8]
    return {
        "targets": (
            TargetValue(
                pid=pid,
                start=start,
                end=end,
                exact=quote,
                prefix=before,
                suffix=after,
                address=address,
            ),
        ),
        "placements": (
            PlacementValue(
                edition="2026-03-01",
                start=start,
                end=end,
                exact=quote,
                verdict="exact",
                score=1.0,
                pid=pid,
                basis="computed",
            ),
        ),
    }


def reply(ident: str, to: str, thread: str, body: str = "Both.") -> AnnotationValue:
    """Make an answer to an annotation."""
    return annotation(ident, None, in_reply_to=to, thread=thread, body=body, author="Ben", tags=())
