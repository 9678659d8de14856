"""A remark's Markdown becomes safe HTML; pure. One policy, in one place: `policy`."""

from annotator.markup.render import plain, render, sanitize

__all__ = ["plain", "render", "sanitize"]
