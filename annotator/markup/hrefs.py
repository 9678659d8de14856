"""Links of comments, made absolute wherever text leaves the site: feeds, files, email.

Also which addresses would run something.
"""

from __future__ import annotations

import re
from html import escape, unescape
from urllib.parse import urljoin, urlsplit

_HREF = re.compile(r'(<a (?:[a-z]+="[^"]*" )*?href=")([^"]*)')
_UNSEEN = re.compile(r"[\x00-\x20]+")  # what browsers leave out of an address
_RUNNING = ("javascript:", "vbscript:", "data:")


def runs(address: str) -> bool:
    """Return whether an address would run something where it is followed."""
    return _UNSEEN.sub("", address).lower().startswith(_RUNNING)


def absolute(href: str, base: str) -> str:
    """Resolve an address that may be relative against the page `base`; one that is none stays."""
    try:
        return href if urlsplit(href).scheme else urljoin(base, href)
    except ValueError:  # such as brackets that are no IPv6 address
        return href


def absolute_links(html: str, base: str) -> str:
    """Make the links of a comment's safe HTML (`render`) absolute; `base` is its page."""
    return _HREF.sub(lambda it: it[1] + escape(absolute(unescape(it[2]), base)), html)
