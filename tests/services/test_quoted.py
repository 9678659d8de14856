"""Where a document is quoted: by essays and by comments, as long as anyone may read them."""

from __future__ import annotations

import pytest

from annotator.models import WHOLE_DOCUMENT
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from annotator.services.essays import essays, quotation_index
from annotator.services.essays.proposals import EssaySubmission
from annotator.services.essays.quotation_index import MAY_QUOTE, QuotedIn
from tests.conftest import Site

GATES = "There are three gates. The north gate is locked at dusk, the other two are never locked."
ESSAY = EssaySubmission(f"# Gates\n\n> {GATES}\n\nWhy three?", "markdown")


@pytest.fixture
def garden(site: Site) -> Site:
    """A site with the garden and Ada."""
    site.add()
    site.person("Ada")
    return site


def _say(site: Site, words: str, body: str) -> str:
    with site.parts.db.transaction() as session:
        draft = Draft(document="garden", targets=(DraftTarget(exact=words),), body=body)
        return annotations.create(session, accounts.viewer_named(session, "Ada"), draft,
                                  site.parts.config.limits)  # fmt: skip


def _edit(site: Site, ident: str, body: str) -> None:
    with site.parts.db.transaction() as session:
        annotations.edit(session, accounts.viewer_named(session, "Ada"), ident, body=body,
                         limits=site.parts.config.limits)  # fmt: skip


def _quoted_in(site: Site, words: str = GATES) -> QuotedIn:
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        start = loaded.parsed.text.index(words)
        at = loaded.parsed.innermost(start, start + len(words))
        assert at is not None
        return quotation_index.of_provision(session, loaded, at)


def test_a_annotation_elsewhere_that_quotes_a_provision_is_named_there(garden: Site) -> None:
    ident = _say(garden, "A wheelchair is no bicycle.", f"Compare:\n\n> {GATES}\n\nSo which?")
    _say(garden, "A wheelchair is no bicycle.", "It's “three gates” too few; a 'moat' is no gate.")
    found = _quoted_in(garden)
    assert [it.id for it in found.annotations] == [ident]
    assert (found.essays, found.total) == ((), 1)


def test_a_annotation_does_not_quote_what_it_is_about(garden: Site) -> None:
    _say(garden, GATES, "“The north gate is locked at dusk”, and why?")
    assert _quoted_in(garden).total == 0


def test_an_essay_that_quotes_is_named_with_how_often(garden: Site) -> None:
    with garden.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        done = essays.publish(session, ada, "garden", ESSAY, garden.parts.config.limits)
    found = _quoted_in(garden)
    assert [(it.title, many) for it, many in found.essays] == [("Gates", 1)]
    with garden.parts.db.transaction() as session:
        essays.remove(session, accounts.viewer_named(session, "Ada"), done.id)
    assert _quoted_in(garden).total == 0


def test_edits_and_deletions_are_followed(garden: Site) -> None:
    ident = _say(garden, "A wheelchair is no bicycle.", "No quotation yet.")
    assert _quoted_in(garden).total == 0
    _edit(garden, ident, f"> {GATES}\n\nNow there is.")
    assert _quoted_in(garden).total == 1
    _edit(garden, ident, "And now there is none again.")
    assert _quoted_in(garden).total == 0
    _edit(garden, ident, f"> {GATES}\n\nOr is there?")
    with garden.parts.db.transaction() as session:
        annotations.delete(session, accounts.viewer_named(session, "Ada"), ident)
    assert _quoted_in(garden).total == 0


def test_quotations_are_counted_by_provision_and_by_who_quotes(garden: Site) -> None:
    for body in ("First", "Second"):
        _say(garden, "A wheelchair is no bicycle.", f"{body}:\n\n> {GATES}")
    garden.parts.indexer.drain()
    with garden.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
        found = quotation_index.tallies(session, loaded)
    section = loaded.parsed.numbered["paths-and-gates", ""]
    assert found[WHOLE_DOCUMENT] == found[section] == (2, 1)
    assert (2, 1) not in [found.get(at) for at in range(section)]


def test_only_bodies_with_marks_of_a_quotation_are_searched() -> None:
    quoting = ["He says 'so it is'.", "\u2019words\u2019", "say \u201cit\u201d", "\u2018it\u2019",
               '"it"', "a\n> it", "the readers\u2019 words", "\u00abit\u00bb"]  # fmt: skip
    assert [body for body in quoting if not MAY_QUOTE.search(body)] == []
    plain = ["It doesn't, and Claude\u2019s doesn\u2019t.", "a > b", "No marks."]
    assert [body for body in plain if MAY_QUOTE.search(body)] == []
