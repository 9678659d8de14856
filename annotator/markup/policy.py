"""The one allow-list: what an annotation's HTML may contain, in every output.

Two sanitizers read it, so that neither alone is trusted (`docs/decisions/sanitizing.md`).
"""

from __future__ import annotations

TAGS = frozenset(
    {
        *("p", "br", "hr", "blockquote", "pre", "ul", "ol", "li", "h3", "h4", "h5", "h6"),
        *("a", "code", "del", "em", "strong"),
        *("table", "thead", "tbody", "tr", "th", "td"),
    }
)
ATTRIBUTES = {"a": frozenset({"href", "title"}), "ol": frozenset({"start"})}
SCHEMES = frozenset({"http", "https", "mailto"})
LINK_REL = "nofollow ugc noopener"
EMPTIED = frozenset({"script", "style"})
