"""The pages that people read and write on; every one works without JavaScript.

Each view reads, checks, does and answers. What a page says stands in `templates/`.
"""

from annotator.web.pages import (
    account,
    accounts,
    asking,
    essays,
    feeds,
    heat,
    home,
    mentions,
    moderation,
    modlog,
    openid,
    people,
    printing,
    provisions,
    quotations,
    reading,
    recovery,
    remarks,
    revisions,
    search,
)
from annotator.web.pages.blueprint import pages

__all__ = ["account", "accounts", "asking", "essays", "feeds", "heat", "home", "mentions",
           "moderation", "modlog", "openid", "pages", "people", "printing", "provisions",
           "quotations", "reading", "recovery", "remarks", "revisions", "search"]  # fmt: skip
