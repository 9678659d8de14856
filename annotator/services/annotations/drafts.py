"""Checking what somebody wants to store: its words, its tags, and the words it was made on.

Pure but for the editions handed in. Every fault is raised as an error that names its field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from annotator.config import Limits
from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.errors import Malformed, NotFound, QuoteAmbiguous, QuoteMismatch, Unacceptable
from annotator.models import Target
from annotator.relocation import foreign_quotation, selectors
from annotator.relocation.foreign_quotation import ForeignQuotation
from annotator.relocation.selectors import Span
from annotator.schemas.annotations import MOTIVATIONS, WORDLESS, Draft, DraftTarget
from annotator.services.editions.editions import Loaded
from annotator.services.placement import placer

SHOWN_OF_A_MISMATCH = 200
# Code points that may be sent for one that is quoted: line breaks and indents of other tools, and
# letters in decomposed form, count for more than they are.
SENT_FOR_ONE = 4
# Unicode's control characters (Cc) but line feed and tab, and halves of characters (Cs).
REFUSED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def motivation(draft: Draft) -> str:
    """Return the motivation: as named, else what the draft's form suggests. Raises Unacceptable."""
    if draft.motivation is None:
        usual = "highlighting" if draft.body is None else "commenting"
        return "replying" if draft.in_reply_to else usual
    if draft.motivation not in MOTIVATIONS:
        raise Unacceptable(
            f"{draft.motivation!r} is no motivation; there are: {', '.join(MOTIVATIONS)}.",
            field="motivation",
        )
    return draft.motivation


def body(text: str | None, motivation: str, limits: Limits) -> str | None:
    """Return an annotation's words as they are stored. Raises Unacceptable."""
    if text is None:
        if motivation in WORDLESS:
            return None
        raise Unacceptable(
            "A comment needs words; without them it is a highlight "
            '("body": null, "motivation": "highlighting").',
            field="body",
        )
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if len(text) > limits.body:
        raise Unacceptable(
            f"The comment has {len(text):,} characters; at most {limits.body:,} are taken.",
            field="body",
        )
    refuse_controls(text, "body")
    return text


def tags(given: Iterable[str], limits: Limits) -> list[str]:
    """Return tags as they are stored: trimmed, NFC, each once. Raises Unacceptable."""
    kept: dict[str, None] = {}
    for tag in given:
        clean = " ".join(unicodedata.normalize("NFC", tag).split())
        refuse_controls(clean, "tags")
        if len(clean) > limits.tag:
            raise Unacceptable(f"A tag has at most {limits.tag} characters.", field="tags")
        if clean:
            kept[clean] = None
    if len(kept) > limits.tags:
        raise Unacceptable(f"At most {limits.tags} tags are taken.", field="tags")
    return list(kept)


def refuse_controls(text: str, field: str) -> None:
    """Raise Unacceptable where a text holds characters that are no writing."""
    bad = REFUSED.search(text)
    if bad:
        raise Unacceptable(
            f"The text holds {bad[0]!a} at character {bad.start()}, which is no writing; "
            "take it out.",
            field=field,
        )


def targets(loaded: Loaded, given: Sequence[DraftTarget], limits: Limits) -> list[Target]:
    """Find what each target names in the edition. Raises as `target` does."""
    if len(given) > limits.targets:
        raise Unacceptable(f"At most {limits.targets} targets are taken.", field="targets")
    return [
        target(loaded, item, limits, "target" if len(given) == 1 else f"targets[{ordinal}]")
        for ordinal, item in enumerate(given)
    ]


def target(loaded: Loaded, given: DraftTarget, limits: Limits, field: str) -> Target:
    """Find what a target names: a whole provision, a range, or a quotation.

    Raises Malformed, NotFound, Unacceptable, QuoteMismatch or QuoteAmbiguous with the field.
    """
    text = loaded.parsed.text
    if given.pid is not None:
        ordinal = loaded.ordinals.get(given.pid)
        if ordinal is None:
            message = f"{loaded.slug}@{loaded.label} has no provision {given.pid!r}."
            raise NotFound(message, field=f"{field}.pid")
        span = Span(loaded.parsed.provisions[ordinal].start, loaded.parsed.provisions[ordinal].end)
    else:
        span = _span(loaded, given, limits, field)
        ordinal = placer.innermost(loaded.parsed, span.start, span.end)
    prefix, suffix = selectors.context(text, span)
    address = address_of(loaded.parsed, loaded.slug, loaded.label, span.start, span.end)
    return Target(
        whole=given.pid is not None,
        pid=loaded.pids[ordinal],
        start=span.start,
        end=span.end,
        exact=None if given.pid is not None else text[span.start : span.end],
        prefix=prefix,
        suffix=suffix,
        address=notation.write(address),
    )


def _span(loaded: Loaded, given: DraftTarget, limits: Limits, field: str) -> Span:
    """Return where a range or a quotation stands."""
    text, exact = loaded.parsed.text, given.exact
    if (given.start is None) != (given.end is None):
        raise Malformed("A range has both start and end.", field=f"{field}.start")
    if exact is not None and len(exact) > SENT_FOR_ONE * limits.span:
        raise Unacceptable(
            f"The quotation has {len(exact):,} characters; a range has at most "
            f'{limits.span:,}. Name the provision ("pid") instead.',
            field=f"{field}.exact",
        )
    if given.start is None or given.end is None:
        span = _found(loaded, given, field)
    elif not 0 <= given.start < given.end <= len(text):
        raise Unacceptable(
            f"A range lies within 0 and {len(text):,} and ends after its start; "
            f"this one is {given.start}–{given.end}.",
            field=f"{field}.start",
        )
    else:
        span = Span(given.start, given.end)
        words = text[span.start : span.end]
        if exact is not None and not foreign_quotation.same_words(words, exact):
            raise QuoteMismatch(
                f"Other words stand at {span.start}–{span.end} of {loaded.slug}@{loaded.label}: "
                f"{words[:SHOWN_OF_A_MISMATCH]!r}. Read the text again and send the new place.",
                field=f"{field}.exact",
                found=words[:SHOWN_OF_A_MISMATCH],
                start=span.start,
                end=span.end,
            )
        if not words.strip():
            message = "The range holds nothing but white space."
            raise Unacceptable(message, field=f"{field}.start")
    if span.end - span.start > limits.span:
        raise Unacceptable(
            f"The range has {span.end - span.start:,} characters; at most {limits.span:,} are "
            'taken. Name the provision ("pid") instead.',
            field=f"{field}.end",
        )
    return span


def _found(loaded: Loaded, given: DraftTarget, field: str) -> Span:
    if not given.exact or not given.exact.strip():
        raise Malformed(
            'A target is a range ("start", "end"), a quotation ("exact") or a provision ("pid").',
            field=field,
        )
    text = loaded.parsed.text
    spans = foreign_quotation.find(text, quotation(given))
    if not spans:
        raise QuoteMismatch(
            f"These words do not stand in {loaded.slug}@{loaded.label}: "
            f"{given.exact[:SHOWN_OF_A_MISMATCH]!r}. Copy them from the text as they are.",
            field=f"{field}.exact",
            found=None,
        )
    if len(spans) > 1:
        candidates = []
        for span in spans:
            prefix, suffix = selectors.context(text, span)
            candidates.append(
                {"start": span.start, "end": span.end, "prefix": prefix, "suffix": suffix}
            )
        raise QuoteAmbiguous(
            f"These words stand in {len(spans)} places; add prefix and suffix, or offsets.",
            field=f"{field}.exact",
            candidates=candidates,
        )
    return spans[0]


def quotation(given: DraftTarget) -> ForeignQuotation:
    """Return what a target quotes, to be sought."""
    return ForeignQuotation(given.exact or "", given.prefix, given.suffix, given.start, given.end)
