"""The bodies of annotations in the W3C's dialect: words, tags, and the wording of a suggestion."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from annotator import markup
from annotator.formats.readership import listed
from annotator.schemas.annotations import AnnotationValue, DraftTarget
from annotator.schemas.base import require_text
from annotator.schemas.suggestions import Act

JSON = dict[str, Any]
WEB = ("https://", "http://")


def written(annotation: AnnotationValue) -> list[JSON]:
    """Return the bodies of an annotation: the wording it suggests, its words, its tags."""
    bodies: list[JSON] = []
    if annotation.suggestion is not None:
        bodies.append({"type": "TextualBody", "value": annotation.suggestion.wording,
                       "format": "text/plain", "purpose": "editing"})  # fmt: skip
    if annotation.body is not None:
        purpose = "replying" if annotation.in_reply_to else annotation.motivation
        purpose = "commenting" if annotation.suggestion else purpose
        bodies.append({"type": "TextualBody", "value": annotation.body, "format": "text/markdown",
                       "purpose": purpose})  # fmt: skip
    return bodies + [
        {"type": "TextualBody", "value": tag, "format": "text/plain", "purpose": "tagging"}
        for tag in annotation.tags
    ]


def is_html(body: JSON) -> bool:
    """Return whether a body is HTML."""
    return str(body.get("format", "")).strip().lower().startswith(("text/html", "application/xh"))


def read(
    bodies: list[Any], value: str | None, edited: DraftTarget | None
) -> tuple[str | None, list[str], tuple[Act, str] | None]:
    """Return an annotation's Markdown, its tags, and its suggestion for the `edited` target.

    The Markdown has the texts, and links to external bodies.
    """
    suggestion = _suggestion(bodies, edited)
    words, tags = [] if value is None else [require_text(value)], []
    for body in bodies:
        if suggestion and _is_wording(body):
            continue
        text = body.get("value") if isinstance(body, dict) else None
        if text is not None and "tagging" in listed(body.get("purpose")):
            tags.append(require_text(text))
        elif text is not None:
            words.append(markup.text_of(text) if is_html(body) else require_text(text))
        else:
            words += [f"<{name}>" for name in _names(body) if name.startswith(WEB)]
    shown = "\n\n".join(word for word in words if word.strip())
    return shown or None, tags, suggestion


def _suggestion(bodies: list[Any], quoted: DraftTarget | None) -> tuple[Act, str] | None:
    """Return what an annotation proposes for its only target; an empty wording strikes it."""
    wordings = [require_text(each["value"]) for each in bodies if _is_wording(each)]
    if len(wordings) != 1 or not quoted or "\n" in wordings[0].strip():
        return None
    same = wordings[0] == quoted.exact
    return None if same else ("replace" if wordings[0].strip() else "strike", wordings[0].strip())


def _is_wording(body: Any) -> bool:
    return (
        isinstance(body, dict)
        and isinstance(body.get("value"), str)
        and "editing" in listed(body.get("purpose"))
        and "text/plain" in listed(body.get("format"))
    )


def _names(body: Any) -> Iterator[str]:
    """Yield the addresses of an external body, and of each in a choice."""
    if isinstance(body, str):
        yield body
    elif isinstance(body, dict):
        for inner in [*listed(body.get("items")), *listed(body.get("source"))]:
            yield from _names(inner)
        if isinstance(body.get("id"), str):
            yield body["id"]
