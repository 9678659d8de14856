"""A comment's Markdown becomes safe HTML; pure. One policy, in one place: `policy`."""

from annotator.markup.hrefs import absolute_links
from annotator.markup.render import escaped, fingerprint, links, plain, render, sanitize

__all__ = ["absolute_links", "escaped", "fingerprint", "links", "plain", "render", "sanitize"]
