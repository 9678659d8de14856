"""A comment's Markdown becomes safe HTML; pure. One policy, in one place: `policy`."""

from annotator.markup.hrefs import absolute_links, runs
from annotator.markup.render import (
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
