"""The pages that people read and write on; every one works without JavaScript.

Each view reads, checks, does and answers. What a page says stands in `templates/`.
"""

from annotator.web.pages import (
    accounts,
    home,
    people,
    provisions,
    reading,
    remarks,
    revisions,
    search,
)
from annotator.web.pages.blueprint import pages

__all__ = ["accounts", "home", "pages", "people", "provisions", "reading", "remarks",
           "revisions", "search"]  # fmt: skip
