"""A remark's Markdown becomes safe HTML; pure. One policy, in one place: `policy`."""

from annotator.markup.render import links, plain, render, sanitize

__all__ = ["links", "plain", "render", "sanitize"]
