"""Essays become commentary, keep up with their revisions, and go without a trace but tombstones."""

from __future__ import annotations

from dataclasses import replace

import pytest

from annotator.auth.permissions import NOBODY, Viewer
from annotator.errors import AnnotatorError, Gone, NotAllowed, NotSignedIn, Unacceptable
from annotator.schemas.annotations import AnnotationValue, Draft
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings
from annotator.services.annotations import annotations as commentary
from annotator.services.annotations.filters import Filter
from annotator.services.essays import essays, proposals
from annotator.services.essays.essays import Published
from annotator.services.essays.proposals import EssaySubmission
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look
from annotator.services.personal_data import account_deletion
from tests.conftest import Site

TEXT = """# On the rules

The town says that “the town asks little in return”. I doubt it.

It asks *a lot* of those who climb over.

> There are three gates. The north gate is locked at dusk, the other two are never locked.

Why is the north gate another?

Later it says “keep quiet” twice, and that a “bicycles are pushed, not ridden” rule is kind.
"""
ESSAY = EssaySubmission(TEXT, "markdown", source_url="https://example.org/rules")


@pytest.fixture
def garden(site: Site) -> Site:
    """A site with the garden, and Ada and Ben."""
    site.add()
    site.person("Ada")
    site.person("Ben")
    return site


def _viewer(site: Site, name: str) -> Viewer:
    with site.parts.db.reading() as session:
        return accounts.viewer_named(session, name)


def _publish(site: Site, essay: EssaySubmission, name: str = "Ada") -> Published:
    with site.parts.db.transaction() as session:
        return essays.publish(
            session, _viewer(site, name), "garden", essay, site.parts.config.limits
        )


def _annotations(site: Site) -> list[AnnotationValue]:
    with site.parts.db.reading() as session:
        return list(listings.everything(session, Filter(document="garden"), "place"))


def _faults(site: Site) -> list[str]:
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        return list(consistency.run(Look(session, site.parts.engine)))


def test_an_essays_argument_stands_at_what_it_quotes(garden: Site) -> None:
    done = _publish(garden, ESSAY)
    assert (done.added, done.changed, done.unchanged, done.removed) == (3, 0, 0, 0)
    first, third, second = _annotations(garden)  # by place in the text
    assert first.author == "Ada"
    assert first.targets[0].exact == "the town asks little in return"
    assert first.body == (
        "The town says that “the town asks little in return”. I doubt it.\n\n"
        "It asks *a lot* of those who climb over."
    )
    assert second.body == "Why is the north gate another?"
    assert [target.exact for target in third.targets][-1] == "bicycles are pushed, not ridden"
    with garden.parts.db.reading() as session:
        (listed,) = essays.listed(session, "garden")
        assert (listed.title, listed.author, listed.annotations) == ("On the rules", "Ada", 3)
        assert listed.source_url == "https://example.org/rules"
        _, inside = essays.with_comments(session, done.id)
        assert [it.id for it in inside] == [first.id, second.id, third.id]
    assert _faults(garden) == []


def test_the_same_essay_again_changes_nothing(garden: Site) -> None:
    first = _publish(garden, ESSAY)
    before = _annotations(garden)
    assert _publish(garden, ESSAY) == Published(first.id, 0, 0, 3, 0)
    assert _annotations(garden) == before


def test_a_revised_essay_changes_its_own_annotations_and_no_others(garden: Site) -> None:
    done = _publish(garden, ESSAY)
    other = _publish(garden, replace(ESSAY, source_url=""), "Ben")
    before = {it.id: it for it in _annotations(garden)}
    cut = TEXT[TEXT.index("> There") : TEXT.index("Later")]
    revised = TEXT.replace("I doubt it.", "I no longer doubt it.").replace(cut, "")
    assert _publish(garden, replace(ESSAY, text=revised)) == Published(done.id, 0, 1, 1, 1)
    after = {it.id: it for it in _annotations(garden)}
    assert {it.author for it in after.values()} == {"Ada", "Ben"}
    changed = [it for it in after.values() if before[it.id] != it.but(essay=before[it.id].essay)]
    assert ["I no longer doubt it." in (it.body or "") for it in changed] == [True]
    assert changed[0].edits == 1
    assert other.id != done.id


def test_what_its_author_took_back_by_hand_stays_away(garden: Site) -> None:
    _publish(garden, ESSAY)
    first = _annotations(garden)[0]
    with garden.parts.db.transaction() as session:
        annotations.delete(session, _viewer(garden, "Ada"), first.id)
    _publish(garden, replace(ESSAY, text=TEXT + "\nOne line more."))
    assert first.id not in {it.id for it in _annotations(garden)}
    assert len(_annotations(garden)) == 2


def test_removing_it_leaves_tombstones_where_somebody_answered(garden: Site) -> None:
    done = _publish(garden, ESSAY)
    first = _annotations(garden)[0]
    with garden.parts.db.transaction() as session:
        commentary.create(session, _viewer(garden, "Ben"), Draft(in_reply_to=first.id, body="No."),
                          garden.parts.config.limits)  # fmt: skip
    with garden.parts.db.transaction() as session, pytest.raises(NotAllowed):
        essays.remove(session, _viewer(garden, "Ben"), done.id)
    with garden.parts.db.transaction() as session:
        assert essays.remove(session, _viewer(garden, "Ada"), done.id) == 3
    assert [(it.deleted, it.body) for it in _annotations(garden)] == [(True, None), (False, "No.")]
    with garden.parts.db.reading() as session:
        assert essays.listed(session, "garden") == []
        with pytest.raises(Gone):
            essays.with_comments(session, done.id)
    assert _faults(garden) == []
    assert _publish(garden, ESSAY).added == 3


def test_its_author_chooses_what_is_posted(garden: Site) -> None:
    assert _publish(garden, replace(ESSAY, layout="---bgg")).added == 1
    (only,) = _annotations(garden)
    assert len(only.targets) >= 2
    assert (only.body or "").startswith("Why is the north gate another?\n\nLater")


def test_a_part_that_quotes_nothing_stands_on_what_the_one_above_quotes(garden: Site) -> None:
    assert _publish(garden, replace(ESSAY, layout="-bb---")).added == 2
    first, second = _annotations(garden)
    assert [it.exact for it in first.targets] == [it.exact for it in second.targets]
    assert second.body == "It asks *a lot* of those who climb over."
    with pytest.raises(Unacceptable, match="nothing to post"):
        _publish(garden, replace(ESSAY, layout="b-----"))


def test_an_ambiguous_quotation_waits_for_its_author_to_pick(garden: Site) -> None:
    text = "It says “Keep to the paths.” I stray."
    written = EssaySubmission(text, "text", title="Paths")
    with garden.parts.db.reading() as session:
        found = proposals.propose(session, "garden", written, garden.parts.config.limits)
    (part,) = found.comments
    assert part.trouble
    many = len(found.report.quotations[0].candidates)
    assert many >= 2
    assert _publish(garden, replace(written, picks={0: many - 1})).added == 1
    assert _annotations(garden)[0].targets[0].exact.rstrip(".") == "Keep to the paths"  # type: ignore[union-attr]


def test_who_leaves_takes_the_essay_along_or_leaves_it(garden: Site) -> None:
    _publish(garden, ESSAY)
    _publish(garden, ESSAY, "Ben")
    for name, keep in (("Ada", True), ("Ben", False)):
        with garden.parts.db.transaction() as session:
            account_deletion.leave(session, _viewer(garden, name).account or 0, keep=keep)
    with garden.parts.db.reading() as session:
        assert [it.author for it in essays.listed(session, "garden")] == ["A former member"]
    assert _faults(garden) == []


@pytest.mark.parametrize(
    ("essay", "fault", "field"),
    [(replace(ESSAY, source_url="javascript:alert(1)"), Unacceptable, "source_url"),
     (replace(ESSAY, source_url="https://a b"), Unacceptable, "source_url"),
     (replace(ESSAY, source_url="https://[x"), Unacceptable, "source_url"),
     (EssaySubmission("“the town asks little in return” it says.", "text"), Unacceptable, "title"),
     (replace(ESSAY, title="a\x00b"), Unacceptable, "title"),
     (EssaySubmission("# T\n\nNothing is quoted here.", "markdown"), Unacceptable, "essay"),
     (EssaySubmission("  \n", "markdown", "T"), Unacceptable, "essay")],
)  # fmt: skip
def test_what_cannot_be_posted_is_named_and_nothing_is(
    garden: Site, essay: EssaySubmission, fault: type[AnnotatorError], field: str
) -> None:
    with pytest.raises(fault) as raised:
        _publish(garden, essay)
    assert raised.value.field == field
    assert _annotations(garden) == []


def test_nobody_publishes_without_an_account(garden: Site) -> None:
    with garden.parts.db.transaction() as session, pytest.raises(NotSignedIn):
        essays.publish(session, NOBODY, "garden", ESSAY, garden.parts.config.limits)
