"""Checking what somebody wants to store: its words, its tags, and the words it was made on.

Pure but for the editions handed in. Every fault is raised as an error that names its field.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from annotator.config import Limits
from annotator.documents.address import addresses
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
    clean = dict.fromkeys(" ".join(unicodedata.normalize("NFC", tag).split()) for tag in given)
    kept = [tag for tag in clean if tag]
    if len(kept) > limits.tags:
        raise Unacceptable(f"At most {limits.tags} tags are taken.", field="tags")
    for tag in kept:
        refuse_controls(tag, "tags")
        if len(tag) > limits.tag:
            raise Unacceptable(f"A tag has at most {limits.tag} characters.", field="tags")
    return kept


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
    single = len(given) == 1
    return [
        target(loaded, item, limits, "target" if single else f"targets[{ordinal}]")
        for ordinal, item in enumerate(given)
    ]


def target(loaded: Loaded, given: DraftTarget, limits: Limits, field: str) -> Target:
    """Find what a target names: a whole provision, a range, or a quotation.

    Raises Malformed, NotFound, Unacceptable, QuoteMismatch or QuoteAmbiguous with the field.
    """
    if given.pid is not None:
        ordinal = loaded.ordinals.get(given.pid)
        if ordinal is None:
            message = f"{loaded.slug}@{loaded.label} has no provision {given.pid!r}."
            raise NotFound(message, field=f"{field}.pid")
        provision = loaded.parsed.provisions[ordinal]
        return _target(loaded, Span(provision.start, provision.end), loaded.pids[ordinal])
    if (given.start is None) != (given.end is None):
        raise Malformed("A range has both start and end.", field=f"{field}.start")
    if given.exact is not None and len(given.exact) > SENT_FOR_ONE * limits.span:
        raise Unacceptable(
            f"The quotation has {len(given.exact):,} characters; a range has at most "
            f'{limits.span:,}. Name the provision ("pid") instead.',
            field=f"{field}.exact",
        )
    span = _range(loaded, given, field) if given.start is not None else _found(loaded, given, field)
    if span.end - span.start > limits.span:
        raise Unacceptable(
            f"The range has {span.end - span.start:,} characters; at most {limits.span:,} are "
            'taken. Name the provision ("pid") instead.',
            field=f"{field}.end",
        )
    return _target(loaded, span)


def _range(loaded: Loaded, given: DraftTarget, field: str) -> Span:
    text = loaded.parsed.text
    assert given.start is not None  # noqa: S101  both are given, as `target` has checked
    assert given.end is not None  # noqa: S101
    if not 0 <= given.start < given.end <= len(text):
        raise Unacceptable(
            f"A range lies within 0 and {len(text):,} and ends after its start; "
            f"this one is {given.start}–{given.end}.",
            field=f"{field}.start",
        )
    span = Span(given.start, given.end)
    found = text[span.start : span.end]
    if given.exact is not None and not foreign_quotation.same_words(found, given.exact):
        raise QuoteMismatch(
            f"Other words stand at {span.start}–{span.end} of {loaded.slug}@{loaded.label}: "
            f"{found[:SHOWN_OF_A_MISMATCH]!r}. Read the text again and send the new place.",
            field=f"{field}.exact",
            found=found[:SHOWN_OF_A_MISMATCH],
            start=span.start,
            end=span.end,
        )
    if not found.strip():
        raise Unacceptable("The range holds nothing but white space.", field=f"{field}.start")
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
        raise QuoteAmbiguous(
            f"These words stand in {len(spans)} places; add prefix and suffix, or offsets.",
            field=f"{field}.exact",
            candidates=[_candidate(text, span) for span in spans],
        )
    return spans[0]


def quotation(given: DraftTarget) -> ForeignQuotation:
    """Return what a target quotes, to be sought."""
    return ForeignQuotation(given.exact or "", given.prefix, given.suffix, given.start, given.end)


def _candidate(text: str, span: Span) -> dict[str, object]:
    prefix, suffix = selectors.context(text, span)
    return {"start": span.start, "end": span.end, "prefix": prefix, "suffix": suffix}


def _target(loaded: Loaded, span: Span, pid: str | None = None) -> Target:
    text = loaded.parsed.text
    prefix, suffix = selectors.context(text, span)
    address = address_of(loaded.parsed, loaded.slug, loaded.label, span.start, span.end)
    return Target(
        whole=pid is not None,
        pid=pid or loaded.pids[placer.innermost(loaded.parsed, span.start, span.end)],
        start=span.start,
        end=span.end,
        exact=None if pid else text[span.start : span.end],
        prefix=prefix,
        suffix=suffix,
        address=addresses.write(address),
    )
