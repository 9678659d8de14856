"""The pages that people read and write on; every one works without JavaScript.

A view reads the request, checks it, calls services and answers. Texts are in `templates/`.
"""

# ruff: noqa: F401  every module adds its addresses to the blueprint
from annotator.web.pages import (
    about,
    annotations,
    answers,
    discussion_map,
    essays,
    feeds,
    quotations,
    revisions,
    search,
)
from annotator.web.pages.blueprint import pages
from annotator.web.pages.moderators import flags_and_appeals, moderation
from annotator.web.pages.people import account, news, openid, people, sign_in
from annotator.web.pages.text import listing, print_edition, provisions, reading, suggestions

__all__ = ["pages"]
