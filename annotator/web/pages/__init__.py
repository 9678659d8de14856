"""The pages that people read and write on; every one works without JavaScript.

Each view reads, checks, does and answers. What a page says stands in `templates/`.
"""

from annotator.web.pages import (
    annotations,
    discussion_map,
    essays,
    feeds,
    home,
    quotations,
    revisions,
    search,
)
from annotator.web.pages.blueprint import pages
from annotator.web.pages.moderators import flags_and_appeals, mentions, moderation, moderation_log
from annotator.web.pages.people import account, openid, people, recovery, sign_in
from annotator.web.pages.text import listing, print_edition, provisions, reading

__all__ = [
           "account",
           "annotations",
           "discussion_map",
           "essays",
           "feeds",
           "flags_and_appeals",
           "home",
           "listing",
           "mentions",
           "moderation",
           "moderation_log",
           "openid",
           "pages",
           "people",
           "print_edition",
           "provisions",
           "quotations",
           "reading",
           "recovery",
           "revisions",
           "search",
           "sign_in",
]  # fmt: skip
