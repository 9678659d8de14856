"""Validation of drafts: body, tags and targets. Every error names its field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from annotator.config import Limits
from annotator.documents.address import notation
from annotator.documents.address.cite import address_of
from annotator.errors import Malformed, NotFound, QuoteAmbiguous, QuoteMismatch, Unacceptable
from annotator.models import Target
from annotator.relocation import foreign_quotation
from annotator.relocation.foreign_quotation import ForeignQuotation, Span
from annotator.schemas.annotations import MOTIVATIONS, WORDLESS, Draft, DraftTarget
from annotator.services.editions.editions import Loaded

SHOWN_OF_A_MISMATCH = 200
# Code points a client may send for each one quoted: other tools add line breaks and indents and
# decompose letters.
SENT_FOR_ONE = 4
# Unicode's control characters (Cc) but line feed and tab, and halves of characters (Cs).
REFUSED = re.compile("[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\\ud800-\\udfff]")


def motivation(draft: Draft) -> str:
    """Return a draft's motivation, or the usual one for its form. Raises Unacceptable."""
    if draft.suggestion and draft.motivation not in (None, "editing"):
        raise Unacceptable('The motivation of a suggestion is "editing". Leave it out.',
                           field="motivation")  # fmt: skip
    if draft.motivation is None:
        usual = "highlighting" if draft.body is None else "commenting"
        usual = "editing" if draft.suggestion else usual
        return "replying" if draft.in_reply_to else usual
    if draft.motivation not in MOTIVATIONS:
        raise Unacceptable(
            f"Unknown motivation {draft.motivation!r}. Use one of {', '.join(MOTIVATIONS)}.",
            field="motivation",
        )
    return draft.motivation


def words_of(draft: Draft, motivation: str, limits: Limits) -> str | None:
    """Return a draft's body as it is stored; a suggestion needs none. Raises Unacceptable."""
    if draft.suggestion is not None and not (draft.body and draft.body.strip()):
        return None
    return body(draft.body, motivation, limits)


def body(text: str | None, motivation: str, limits: Limits) -> str | None:
    """Return a body as it is stored: line breaks as line feeds. Raises Unacceptable."""
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
        message = f"The comment has {len(text):,} characters. Shorten it to {limits.body:,}."
        raise Unacceptable(message, field="body")
    refuse_controls(text, "body")
    return text


def tags(raw_tags: Iterable[str], limits: Limits) -> list[str]:
    """Return tags as they are stored: trimmed, NFC, each once. Raises Unacceptable."""
    unique: dict[str, None] = {}
    for tag in raw_tags:
        clean = " ".join(unicodedata.normalize("NFC", tag).split())
        refuse_controls(clean, "tags")
        if len(clean) > limits.tag:
            raise Unacceptable(f"Shorten each tag to {limits.tag} characters.", field="tags")
        if clean:
            unique[clean] = None
    if len(unique) > limits.tags:
        raise Unacceptable(f"Use at most {limits.tags} tags.", field="tags")
    return list(unique)


def refuse_controls(text: str, field: str) -> None:
    """Raise Unacceptable if a text contains control characters or lone surrogates."""
    bad = REFUSED.search(text)
    if bad:
        message = f"Remove the control character {bad[0]!a} at position {bad.start()}."
        raise Unacceptable(message, field=field)


def targets(loaded: Loaded, draft_targets: Sequence[DraftTarget], limits: Limits) -> list[Target]:
    """Return the targets of drafts in an edition. Raises as `target` does."""
    if len(draft_targets) > limits.targets:
        raise Unacceptable(f"Use at most {limits.targets} targets.", field="targets")
    return [
        target(loaded, item, limits, "target" if len(draft_targets) == 1 else f"targets[{ordinal}]")
        for ordinal, item in enumerate(draft_targets)
    ]


def target(loaded: Loaded, draft: DraftTarget, limits: Limits, field: str) -> Target:
    """Return the target that a draft names: a whole provision, a range, or a quotation.

    Raises Malformed, NotFound, Unacceptable, QuoteMismatch or QuoteAmbiguous with the field.
    """
    text = loaded.parsed.text
    if draft.pid is not None:
        ordinal = loaded.ordinals.get(draft.pid)
        if ordinal is None:
            message = f"{loaded.slug}@{loaded.label} has no provision {draft.pid!r}."
            raise NotFound(message, field=f"{field}.pid")
        span = Span(loaded.parsed.provisions[ordinal].start, loaded.parsed.provisions[ordinal].end)
    else:
        span = _span(loaded, draft, limits, field)
        ordinal = None
    prefix, suffix = foreign_quotation.context(text, span)
    if ordinal is None:
        ordinal = loaded.parsed.provision_at(span.start, span.end)
    address = address_of(loaded.parsed, loaded.slug, loaded.label, span.start, span.end)
    return Target(
        whole=draft.pid is not None,
        pid=loaded.pids[ordinal],
        start=span.start,
        end=span.end,
        exact=None if draft.pid is not None else text[span.start : span.end],
        prefix=prefix,
        suffix=suffix,
        address=notation.write(address),
    )


def _span(loaded: Loaded, draft: DraftTarget, limits: Limits, field: str) -> Span:
    text, exact = loaded.parsed.text, draft.exact
    if (draft.start is None) != (draft.end is None):
        raise Malformed("A range needs both start and end.", field=f"{field}.start")
    if exact is not None and len(exact) > SENT_FOR_ONE * limits.span:
        raise Unacceptable(
            f"The quotation has {len(exact):,} characters. Shorten it to {limits.span:,}, or name "
            'the provision ("pid") instead.',
            field=f"{field}.exact",
        )
    if draft.start is None or draft.end is None:
        span = _find_quotation(loaded, draft, field)
    elif not 0 <= draft.start < draft.end <= len(text):
        message = f"{draft.start}–{draft.end} is not a range within 0–{len(text)}."
        raise Unacceptable(message, field=f"{field}.start")
    else:
        span = Span(draft.start, draft.end)
        words = text[span.start : span.end]
        if exact is not None and not foreign_quotation.same_words(words, exact):
            raise QuoteMismatch(
                f"{loaded.slug}@{loaded.label} has other words at {span.start}–{span.end}: "
                f"{words[:SHOWN_OF_A_MISMATCH]!r}. Read the text again and correct the offsets.",
                field=f"{field}.exact",
                found=words[:SHOWN_OF_A_MISMATCH],
                start=span.start,
                end=span.end,
            )
        if not words.strip():
            message = "The range contains only white space. Choose some words."
            raise Unacceptable(message, field=f"{field}.start")
    if span.end - span.start > limits.span:
        raise Unacceptable(
            f"The range has {span.end - span.start:,} characters. Shorten it to {limits.span:,}, "
            'or name the provision ("pid") instead.',
            field=f"{field}.end",
        )
    return span


def _find_quotation(loaded: Loaded, draft: DraftTarget, field: str) -> Span:
    if not draft.exact or not draft.exact.strip():
        raise Malformed('Send "start" and "end", or "exact", or "pid" of a target.', field=field)
    text = loaded.parsed.text
    spans = foreign_quotation.find(text, quotation(draft))
    if not spans:
        raise QuoteMismatch(
            f"{loaded.slug}@{loaded.label} does not contain these words: "
            f"{draft.exact[:SHOWN_OF_A_MISMATCH]!r}. Copy them exactly from the text.",
            field=f"{field}.exact",
            found=None,
        )
    if len(spans) > 1:
        contexts = [foreign_quotation.context(text, span) for span in spans]
        raise QuoteAmbiguous(
            f"These words occur in {len(spans)} places. Add prefix and suffix, or offsets.",
            field=f"{field}.exact",
            candidates=[
                {"start": span.start, "end": span.end, "prefix": prefix, "suffix": suffix}
                for span, (prefix, suffix) in zip(spans, contexts, strict=True)
            ],
        )
    return spans[0]


def quotation(draft: DraftTarget) -> ForeignQuotation:
    """Return a draft target as a quotation to search for."""
    return ForeignQuotation(draft.exact or "", draft.prefix, draft.suffix, draft.start, draft.end)
