"""Render a comment's Markdown as safe HTML. The policy is in `renderer`.

The renderer and its sanitizers are imported on first use: reading stored HTML needs neither.
"""

from __future__ import annotations

import hashlib
import html
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from annotator.markup.portable import absolute_links, runs

if TYPE_CHECKING:
    from annotator.markup.renderer import check_foreign, links, plain, render, sanitize, text_of

__all__ = ["absolute_links", "check_foreign", "escaped", "fingerprint", "links", "plain", "render",
           "runs", "sanitize", "text_of"]  # fmt: skip


@cache
def fingerprint() -> str:
    """Return a digest of all that determines the HTML: renderer, policy and libraries."""
    renderer = Path(__file__).with_name("renderer.py").read_bytes()
    used = [version(name).encode() for name in ("markdown-it-py", "bleach", "nh3")]
    return hashlib.sha256(b"\0".join([renderer, *used, b"stamped HTML"])).hexdigest()[:16]


def escaped(markdown: str) -> str:
    """Return a comment's source as HTML, for a comment that has not been rendered."""
    return f"<p>{html.escape(markdown, quote=False).replace(chr(10), '<br>')}</p>"


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from annotator.markup import renderer

    globals().update({each: getattr(renderer, each) for each in __all__ if each not in globals()})
    return globals()[name]
