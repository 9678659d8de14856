"""`annotator check` accepts what the product makes, and names each fault put in by hand."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import create_engine, delete, insert, update
from sqlalchemy.orm import Session

from annotator import markup
from annotator.db import now
from annotator.markup.renderer import forbidden
from annotator.models import (
    Account,
    Alias,
    Alignment,
    Annotation,
    Change,
    Coverage,
    Edition,
    EditionSource,
    Outbox,
    Pid,
    Placement,
    Provision,
    Restatement,
    Tag,
    Target,
    Version,
    Withdrawn,
)
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.search import outbox
from annotator.search.record import Deletion, annotation_key
from annotator.services.accounts import accounts
from annotator.services.annotations import annotations, listings, restatements, store, suggestions
from annotator.services.operations import consistency
from annotator.services.operations.checks import Look
from tests.conftest import Site
from tests.helpers import checks

FULL: dict[str, str] = {}


@pytest.fixture
def full(small_site: Site) -> Site:
    """A site with something of everything: two editions, a thread, a restatement, a suggestion."""
    with small_site.parts.db.transaction() as session:
        ada = accounts.viewer_named(session, "Ada")
        limits = small_site.parts.config.limits

        def write(**draft: Any) -> str:
            return annotations.create(session, ada, Draft(**draft), limits)

        at = {"document": "garden", "targets": (DraftTarget(exact="keep quiet"),)}
        FULL["head"] = write(**at, body="A **heron**.", tags=("bird", "quiet"))
        FULL["reply"] = write(in_reply_to=FULL["head"], body="An egret.")
        FULL["answer"] = write(in_reply_to=FULL["reply"], body="Neither.")
        FULL["alone"] = write(**at, body="A swan.")
        FULL["highlight"] = write(**at, body=None, motivation="highlighting")
        FULL["gone"] = write(**at, body="A crow.", tags=("bird",))
        FULL["suggestion"] = write(**at, suggestion=("replace", "be quiet"))
        bob = accounts.viewer_named(session, accounts.sign_up(session, "Bob", None).name)
        suggestions.agree(session, bob, FULL["suggestion"], agrees=True)
        annotations.edit(session, ada, FULL["head"], body="A *grey* heron.", limits=limits)
        annotations.delete(session, ada, FULL["reply"])
        annotations.delete(session, ada, FULL["gone"])
    small_site.add("garden-2.md", "2026-04-01")
    with small_site.parts.db.transaction() as session:
        restatements.restate(session, ada, FULL["alone"], DraftTarget(exact="nightfall"), limits)
    small_site.parts.indexer.drain()
    return small_site


def found(site: Site) -> list[str]:
    with site.parts.db.reading() as session:
        return list(checks.faults(session, site.parts.engine))


def spoil(site: Site, act: Callable[[Session], object]) -> list[str]:
    """Break the state past all that guards it, and give what the check says of it."""
    unguarded = create_engine(site.parts.config.database_url)
    with Session(unguarded) as session, session.begin():
        act(session)
    unguarded.dispose()
    site.parts.db.cache.clear()
    return found(site)


def test_a_site_with_something_of_everything_is_accepted(full: Site) -> None:
    assert found(full) == []


def test_it_says_in_numbers_what_it_looked_at(full: Site) -> None:
    with full.parts.db.reading() as session:
        look = Look(session, full.parts.engine)
        assert list(consistency.run(look)) == []
    assert look.counted["annotations"] == 7
    assert look.counted["tombstones"] == 2
    assert look.counted["editions"] == 2
    assert look.counted["bodies"] == 4
    assert all(number > 0 for number in look.counted.values())


def of(name: str) -> Any:
    return Annotation.id == FULL[name]


NEWEST = Edition.sequence == 1
BROKEN: dict[str, tuple[Callable[[], Any], str]] = {
    "another text": (
        lambda: update(Edition).where(NEWEST).values(text=Edition.text + " "),
        "garden@2026-04-01: the text does not match its sha256",
    ),
    "a layout that cannot be read": (
        lambda: update(Edition).where(NEWEST).values(layout=[["paragraph", 0]]),
        "garden@2026-04-01: its layout cannot be read",
    ),
    "a block gone from the layout": (
        lambda: update(Edition).where(NEWEST).values(layout=[["paragraph", 0, 7, 0, []]]),
        "garden@2026-04-01: its blocks do not span the text",
    ),
    "a mark outside its block": (
        lambda: update(Edition)
        .where(NEWEST)
        .values(layout=[["paragraph", 0, 7, 0, [[0, 9, "em", ""]]]]),
        "garden@2026-04-01, block 0: a mark is outside it",
    ),
    "a source of another file": (
        lambda: update(EditionSource).values(sha256="0" * 64),
        "garden@2026-04-01: its source does not match its sha256",
    ),
    "a source that cannot be unpacked": (
        lambda: update(EditionSource).values(content=b"PK"),
        "garden@2026-04-01: its source cannot be read",
    ),
    "a source whose offsets are wrong": (
        lambda: update(EditionSource).values(origins=zlib.compress(b"[[7,0,7]]")),
        "garden@2026-04-01: its source offsets do not cover its text",
    ),
    "a gap in the succession": (
        lambda: update(Edition).where(NEWEST).values(sequence=4),
        "garden: its 2 editions are numbered from 0 to 4",
    ),
    "a provision with other words": (
        lambda: update(Provision).where(Provision.ordinal == 1).values(digest="0" * 64),
        "its words do not match its digest",
    ),
    "a provision outside its parent": (
        lambda: update(Provision).where(Provision.ordinal == 1).values(parent=90),
        "its parent does not come before it",
    ),
    "a pid of another document": (
        lambda: update(Pid).values(document_id=77),
        "belongs to another document",
    ),
    "a pid that was replaced and lives": (
        lambda: update(Pid).values(became=Pid.pid),
        "is still in use, but was replaced by",
    ),
    "an alignment that is not whole": (
        lambda: delete(Alignment).where(Alignment.new == 1),
        "not every provision is in the alignment",
    ),
    "an alignment that is not there": (
        lambda: delete(Alignment),
        "garden@2026-04-01: not aligned with the edition before",
    ),
    "a quotation that stands elsewhere": (
        lambda: update(Target).where(Target.annotation_id == FULL["head"]).values(start=3),
        "its quote is not at its offsets",
    ),
    "a pid that is not in the edition": (
        lambda: update(Target).where(Target.annotation_id == FULL["head"]).values(pid="zzzz9"),
        "its pid zzzz9 is not in garden@2026-03-01",
    ),
    "a restatement that stands elsewhere": (
        lambda: update(Restatement).values(exact="daybreak"),
        "in garden@2026-04-01: its quote is not at its offsets",
    ),
    "a placement on other words": (
        lambda: update(Placement)
        .where(Placement.annotation_id == FULL["head"], Placement.verdict == "exact")
        .values(start=0, end=10),
        "its placements are not what its targets imply",
    ),
    "a placement outside the text": (
        lambda: update(Placement).where(Placement.start.is_not(None)).values(end=10**6),
        "its placements are not what its targets imply",
    ),
    "a verdict without its place": (
        lambda: update(Placement).values(start=None, end=None, verdict="exact"),
        "its placements are not what its targets imply",
    ),
    "a placement in no provision": (
        lambda: update(Placement).values(provision=999),
        "its placements are not what its targets imply",
    ),
    "a placement that is missing": (
        lambda: delete(Placement).where(Placement.annotation_id == FULL["highlight"]),
        "its placements are not what its targets imply",
    ),
    "coverage that is missing": (
        lambda: delete(Coverage).where(Coverage.annotation_id == FULL["highlight"]),
        "its coverage is not what its targets imply",
    ),
    "coverage that is thin": (
        lambda: delete(Coverage).where(
            Coverage.annotation_id == FULL["head"], Coverage.provision == 0
        ),
        "its coverage is not what its targets imply",
    ),
    "a stored number of annotations": (
        lambda: update(Change).values(annotations=Change.annotations + 1),
        "its stored number of annotations is wrong",
    ),
    "a stored number of lost words": (
        lambda: update(Change).values(lost=Change.lost + 1),
        "its stored number of lost is wrong",
    ),
    "coverage of what is on no list": (
        lambda: update(Annotation).where(of("alone")).values(listed=False),
        "it should have no coverage there",
    ),
    "a comment taken off the lists": (
        lambda: update(Annotation).where(of("alone")).values(listed=False),
        "it should be listed",
    ),
    "a tombstone nobody answers": (
        lambda: update(Annotation).where(of("gone")).values(listed=True),
        "it should not be listed",
    ),
    "a reply in another thread": (
        lambda: update(Annotation).where(of("answer")).values(thread_id=FULL["alone"]),
        "it is not in the thread of what it replies to",
    ),
    "a thread that begins with a reply": (
        lambda: update(Annotation).where(of("answer")).values(thread_id=FULL["reply"]),
        "its thread begins with a reply",
    ),
    "a comment that answers itself": (
        lambda: update(Annotation).where(of("alone")).values(in_reply_to=FULL["alone"]),
        "it is a reply to itself",
    ),
    "a reply with a target": (
        lambda: update(Annotation).where(of("alone")).values(in_reply_to=FULL["head"]),
        "a reply has no target of its own",
    ),
    "words in a tombstone": (
        lambda: update(Annotation).where(of("gone")).values(body="A crow."),
        "it was deleted and still has words",
    ),
    "tags on a tombstone": (
        lambda: insert(Tag).values(annotation_id=FULL["gone"], ordinal=0, tag="bird"),
        "it was deleted and still has tags",
    ),
    "earlier words of a tombstone": (
        lambda: update(Version).values(annotation_id=FULL["gone"]),
        "it was deleted and still has earlier versions",
    ),
    "words kept aside of what lives": (
        lambda: update(Withdrawn).where(Withdrawn.annotation_id == FULL["gone"])
        .values(annotation_id=FULL["alone"]),
        "it was not deleted, but has words stored as withdrawn",
    ),
    "a gap among the tags": (
        lambda: update(Tag).where(Tag.ordinal == 1).values(ordinal=5),
        "its tags are not numbered from 0 on",
    ),
    "tags that cannot be read": (
        lambda: update(Version).values(tags="bird"),
        "the tags of an earlier version cannot be read",
    ),
    "an author who is not there": (
        lambda: update(Annotation).where(of("alone")).values(author_id=99),
        "its author_id refers to a missing row",
    ),
    "a tag on nothing": (
        lambda: insert(Tag).values(annotation_id="nothing", ordinal=0, tag="bird"),
        "tags nothing/0: its annotation_id refers to a missing row",
    ),
    "an edition of another document": (
        lambda: update(Annotation).where(of("alone")).values(document_id=77),
        "its edition belongs to another document",
    ),
    "an errand that nobody understands": (
        lambda: insert(Outbox).values(kind="parcel", key="x"),
        "is not something that the index contains",
    ),
    "a role that is none": (
        lambda: update(Account).values(role="king"),
        "account 'Ada': 'king' is not a role",
    ),
    "a name under another's key": (
        lambda: update(Account).where(Account.name == "Ada").values(name_key="eve"),
        "account 'Ada': it has the key of another name",
    ),
    "a former name that somebody else has": (
        lambda: insert(Alias).values(name="Ada", name_key="ada", account_id=77, until=now()),
        "former name 'Ada': another account has it now",
    ),
    "an account that left with an address": (
        lambda: update(Account).values(left=now(), email="ada@example.org"),
        "account 'Ada': it was deleted, but has a password or an address",
    ),
    "a comment under the name of one who left": (
        lambda: update(Account).values(left=now()),
        "its author's account was deleted",
    ),
    "a comment that the index does not know": (
        lambda: update(Annotation).where(of("alone")).values(body="A goose."),
        "is stale",
    ),
}  # fmt: skip


@pytest.mark.parametrize("fault", BROKEN)
def test_a_fault_put_in_by_hand_is_named(full: Site, fault: str) -> None:
    act, told = BROKEN[fault]
    lines = spoil(full, lambda session: session.execute(act()))
    assert any(told in line for line in lines), lines


def test_a_token_of_one_who_left_is_named(full: Site) -> None:
    full.token("Ada")
    lines = spoil(full, lambda session: session.execute(update(Account).values(left=now())))
    assert "account 'Ada': it was deleted, but still has rows in tokens" in lines


def test_a_check_that_a_broken_state_stops_does_not_stop_the_others(full: Site) -> None:
    lines = spoil(full, lambda session: session.execute(update(Placement).values(provision=999)))
    assert any("the check of index could not be finished" in line for line in lines)


def test_the_index_is_compared_record_by_record(full: Site) -> None:
    engine = full.parts.engine
    with full.parts.db.reading() as session:
        version = outbox.version(session)
    engine.apply([Deletion(annotation_key(FULL["alone"]), version)])
    assert found(full) == [f"the index: a:{FULL['alone']} is missing"]
    with full.parts.db.transaction() as session:
        session.add(Outbox(kind="annotation", key=FULL["alone"]))
    assert found(full) == []  # the index has still to hear of it
    full.parts.indexer.drain()
    assert found(full) == []
    with full.parts.db.transaction() as session:
        row = session.get_one(Annotation, FULL["alone"])
        row.body, row.deleted = None, now()
    assert f"the index: a:{FULL['alone']} is extra" in found(full)


def test_what_a_sanitizer_let_through_is_noticed(
    full: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(markup, "render", lambda body: f"<p onclick='x'>{body}</p><script>")
    monkeypatch.setattr(markup, "fingerprint", lambda: "another")
    store.rebuild_html(full.parts.db, wait=lambda _seconds: None)
    lines = found(full)
    assert any("the attribute onclick of p" in line for line in lines)
    assert any("its earlier words produce forbidden HTML" in line for line in lines)


def test_html_that_is_not_what_the_words_become_is_noticed(full: Site) -> None:
    with full.parts.db.transaction() as session:
        session.execute(update(Annotation).values(html="<p>Other words.</p>"))
    lines = found(full)
    assert f"annotation {FULL['alone']}: the HTML of its words does not match them" in lines
    with full.parts.db.reading() as session:  # nor is it shown
        assert "Other words" not in (listings.get(session, FULL["alone"]).html or "")
    assert any("its words were removed, but their HTML was not" in line for line in lines)


def test_words_that_their_html_was_not_made_of_are_noticed(full: Site) -> None:
    with full.parts.db.transaction() as session:
        alone = update(Annotation).where(Annotation.id == FULL["alone"])
        session.execute(alone.values(body="Other words."))
    line = f"annotation {FULL['alone']}: the HTML of its words does not match them"
    assert line in found(full)


@pytest.mark.parametrize(
    ("html", "told"),
    [
        ("<img src=x>", "the element img"),
        ('<a href="java\tscript:alert(1)">x</a>', "the address"),
        ('<a href="https://x.example" target="_blank">x</a>', "the attribute target of a"),
        ("<p>x<!-- y --></p>", "the comment"),
        ("<!doctype html><p>x", "the declaration"),
        ("<?php echo 1 ?>", "the instruction"),
        ("<p>x</p></svg>", "the end of svg"),
        ("<![><p>", "a declaration that no parser reads"),
        ('<a rel="me">x</a>', "the attribute rel of a"),
    ],
)
def test_the_walk_names_what_the_policy_does_not_know(html: str, told: str) -> None:
    assert told in forbidden(html)[0]


def test_the_walk_accepts_what_annotations_become() -> None:
    body = (
        "# Head\n\n1. one [two](https://x.example 'three') <b>\n\n```\n<script>\n```\n\n|a|\n|-|\n"
    )
    assert forbidden(markup.render(body)) == []
