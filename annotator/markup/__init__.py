"""A comment's Markdown becomes safe HTML; pure. One policy, in one place: `policy`.

The renderer and its sanitizers are imported when the first name of theirs is asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from annotator.markup.hrefs import absolute_links, runs

if TYPE_CHECKING:
    from annotator.markup.renderer import (
        check_foreign,
        escaped,
        fingerprint,
        links,
        plain,
        render,
        sanitize,
        text_of,
    )

__all__ = ["absolute_links", "check_foreign", "escaped", "fingerprint", "links", "plain", "render",
           "runs", "sanitize", "text_of"]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from annotator.markup import renderer

    return getattr(renderer, name)
