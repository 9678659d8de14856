"""What people can write, and what is refused, on either database."""

from __future__ import annotations

import io
import json
import random
from typing import Any

import pytest
from sqlalchemy import select

from annotator.auth.permissions import NOBODY, Viewer
from annotator.config import Limits
from annotator.errors import (
    AnnotatorError,
    Conflict,
    Gone,
    Malformed,
    NotAllowed,
    NotFound,
    NotSignedIn,
    QuoteAmbiguous,
    QuoteMismatch,
    Unacceptable,
)
from annotator.formats.files import reading
from annotator.models import Outbox
from annotator.schemas.annotations import AnnotationValue, Draft, DraftTarget
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers import checks, importing

LIMITS = Limits()
DUSK = "The north gate is locked at dusk"


def write(
    site: Site, viewer: Viewer, body: str | None = "A comment.", **more: object
) -> AnnotationValue:
    draft = Draft(document="garden", body=body, **more)  # type: ignore[arg-type]
    with site.parts.db.transaction() as session:
        ident = annotations.create(session, viewer, draft, LIMITS)
    with site.parts.db.reading() as session:
        return listings.get(session, ident)


def quote(exact: str, **more: object) -> dict[str, object]:
    return {"targets": (DraftTarget(exact=exact, **more),)}  # type: ignore[arg-type]


def listed(site: Site, **narrow: object) -> list[str]:
    with site.parts.db.reading() as session:
        found = listings.page(session, Filter(document="garden", **narrow), "place", limit=200)  # type: ignore[arg-type]
        assert found.total == len(found.items)
        return [item.id for item in found.items]


def text_of(site: Site) -> str:
    with site.parts.db.reading() as session:
        return editions.newest(session, "garden").parsed.text


def test_a_quote_without_offsets_is_placed_where_it_stands(site: Site, ada: Viewer) -> None:
    annotation = write(site, ada, **quote(DUSK))
    target = annotation.targets[0]
    assert text_of(site)[target.start : target.end] == DUSK == target.exact
    assert annotation.placements[0].verdict == "exact"


def test_offsets_without_a_quote_are_filled_in_from_the_text(site: Site, ada: Viewer) -> None:
    start = text_of(site).index("🐕")
    annotation = write(site, ada, targets=(DraftTarget(start=start, end=start + 1),))
    assert annotation.targets[0].exact == "🐕"


def test_a_quote_is_compared_after_normalization(site: Site, ada: Viewer) -> None:
    start = text_of(site).index("caf")
    exact = text_of(site)[start : start + 5].replace("é", "e\u0301")
    annotation = write(site, ada, targets=(DraftTarget(start=start, end=start + 5, exact=exact),))
    assert annotation.targets[0].exact == text_of(site)[start : start + 5]


def test_every_quote_of_the_text_finds_its_place_or_is_ambiguous(site: Site, ada: Viewer) -> None:
    text, chance = text_of(site), random.Random(5)
    for _ in range(40):
        start = chance.randrange(len(text) - 40)
        exact = text[start : start + chance.randrange(8, 40)]
        if not exact.strip():
            continue
        context = {
            "prefix": text[max(0, start - 32) : start],
            "suffix": text[start + len(exact) :][:32],
        }
        assert write(site, ada, **quote(exact, **context)).targets[0].start == start


def target(**values: object) -> dict[str, object]:
    return {"targets": (DraftTarget(**values),)}  # type: ignore[arg-type]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("more", "error", "field"),
    [
        (target(start=-1, end=4), Unacceptable, "target.start"),
        (target(start=4, end=10**9), Unacceptable, "target.start"),
        (target(start=9, end=4), Unacceptable, "target.start"),
        (target(start=4, end=4), Unacceptable, "target.start"),
        (target(start=4), Malformed, "target.start"),
        (target(exact="no such words stand here"), QuoteMismatch, "target.exact"),
        (target(start=0, end=7, exact="garden!"), QuoteMismatch, "target.exact"),
        (target(exact="Keep to the paths."), QuoteAmbiguous, "target.exact"),
        (target(exact="  "), Malformed, "target"),
        (target(), Malformed, "target"),
        (target(pid="zzzzz"), NotFound, "target.pid"),
        ({"edition": "1999-01-01"}, NotFound, "edition"),
        ({"body": "x" * 10_001}, Unacceptable, "body"),
        ({"body": " \n "}, Unacceptable, "body"),
        ({"body": None}, Unacceptable, "body"),
        ({"body": "a\x00b"}, Unacceptable, "body"),
        ({"body": "a\ud800b"}, Unacceptable, "body"),
        ({"body": "a\x1bb"}, Unacceptable, "body"),
        ({"tags": tuple("abcdefghijklmnopqrstuvwxyz")}, Unacceptable, "tags"),
        ({"tags": ("x" * 61,)}, Unacceptable, "tags"),
        ({"tags": ("a\x07",)}, Unacceptable, "tags"),
        ({"motivation": "shouting"}, Unacceptable, "motivation"),
        ({"in_reply_to": "nosuchid"}, NotFound, "in_reply_to"),
    ],
)
def test_what_cannot_be_taken_names_its_field_and_leaves_nothing(
    site: Site, ada: Viewer, more: dict[str, object], error: type[AnnotatorError], field: str
) -> None:
    if more == {"body": None}:
        more = {**more, "motivation": "commenting"}
    with pytest.raises(error) as told:
        write(site, ada, **more)  # type: ignore[arg-type]
    assert told.value.field == field
    assert listed(site) == []


def test_a_range_of_more_than_the_limit_is_refused_and_a_whole_section_is_not(site: Site) -> None:
    words = "A garden is a long promise. " * 600
    site.add(data=f"# One\n\n{words}\n\n{words}".encode(), name="long.md", slug="garden")
    ada = site.person()
    with pytest.raises(Unacceptable) as told:
        write(site, ada, **target(start=0, end=10_001))
    assert told.value.field == "target.end"
    with pytest.raises(Unacceptable, match="The quotation has 900,000 characters") as told:
        write(site, ada, **target(exact=" - " * 300_000))
    assert told.value.field == "target.exact"
    with site.parts.db.reading() as session:
        pid = editions.newest(session, "garden").pids[0]
    assert write(site, ada, **target(pid=pid)).targets[0].whole


def test_an_ambiguous_quote_is_refused_with_its_candidates(site: Site, ada: Viewer) -> None:
    with pytest.raises(QuoteAmbiguous) as told:
        write(site, ada, **quote("Keep to the paths."))
    found = told.value.details["candidates"]
    assert [text_of(site)[c["start"] : c["end"]] for c in found] == ["Keep to the paths."] * 2  # type: ignore[attr-defined]
    assert (
        write(site, ada, **quote("Keep to the paths.", suffix=" Keep")).targets[0].start
        == found[0]["start"]
    )  # type: ignore[index]


def test_nobody_writes_without_an_account_and_nobody_touches_anothers(
    site: Site, ada: Viewer
) -> None:
    with pytest.raises(NotSignedIn):
        write(site, NOBODY)
    annotation, bob = write(site, ada), site.person("Bob")
    acts: list[Any] = [
        lambda session: annotations.edit(session, bob, annotation.id, body="x", limits=LIMITS),
        lambda session: annotations.delete(session, bob, annotation.id),
    ]
    for act in acts:
        with pytest.raises(NotAllowed), site.parts.db.transaction() as session:
            act(session)


def test_an_edit_keeps_every_earlier_version(site: Site, ada: Viewer) -> None:
    annotation = write(site, ada, "First.", tags=("a",))
    for body in ("Second.", "Third.", "Third."):
        with site.parts.db.transaction() as session:
            annotations.edit(session, ada, annotation.id, body=body, limits=LIMITS)
    with site.parts.db.reading() as session:
        assert [item.body for item in listings.versions(session, annotation.id)] == [
            "First.",
            "Second.",
        ]
        assert listings.get(session, annotation.id).body == "Third."
        assert listings.get(session, annotation.id).edits == 2


def test_edits_are_counted_for_whoever_wants_to_change_what_they_read(
    site: Site, ada: Viewer
) -> None:
    ident = write(site, ada).id
    for number in range(3):
        with site.parts.db.transaction() as session:
            assert annotations.edits(session, ident) == number
            annotations.edit(session, ada, ident, body=f"Edit {number}.", limits=Limits())
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, ident)
        with pytest.raises(Gone):
            annotations.changeable(session, ada, "annotation.edit", ident)


def test_a_deleted_annotation_leaves_a_tombstone_only_while_it_has_replies(
    site: Site, ada: Viewer
) -> None:
    head = write(site, ada, **quote(DUSK))
    reply = write(site, ada, in_reply_to=head.id)
    second = write(site, ada, in_reply_to=reply.id)
    assert {reply.thread, second.thread} == {head.id}

    def delete(ident: str) -> None:
        with site.parts.db.transaction() as session:
            annotations.delete(session, ada, ident)

    delete(head.id)
    assert listed(site) == [head.id, reply.id, second.id]
    with site.parts.db.reading() as session:
        tomb = listings.get(session, head.id)
    assert (tomb.deleted, tomb.body, tomb.targets, tomb.tags) == (True, None, (), ())
    with pytest.raises(Conflict):
        write(site, ada, in_reply_to=head.id)
    with pytest.raises(Gone):
        delete(head.id)
    delete(reply.id)
    assert listed(site) == [head.id, reply.id, second.id]
    delete(second.id)
    assert listed(site) == []


def test_each_change_goes_into_the_outbox_in_its_own_transaction(site: Site, ada: Viewer) -> None:
    site.parts.indexer.drain()
    annotation = write(site, ada)
    with pytest.raises(Unacceptable):
        write(site, ada, "x" * 20_000)
    with site.parts.db.reading() as session:
        assert [row.key for row in session.scalars(select(Outbox))] == [annotation.id]


def brute_force(site: Site, annotations: list[AnnotationValue], pid: str) -> set[str]:
    """What stands on a provision, by the words of the promise and no index."""
    with site.parts.db.reading() as session:
        loaded = editions.newest(session, "garden")
    ordinal = loaded.ordinals[pid]
    wanted = loaded.parsed.provisions[ordinal]

    def inside(at: int | None) -> bool:
        while at is not None and at != ordinal:
            at = loaded.parsed.provisions[at].parent
        return at is not None

    found = set()
    for annotation in annotations:
        for item in annotation.targets:
            if item.whole:
                if inside(loaded.ordinals[item.pid]):
                    found.add(annotation.id)
            elif item.start < wanted.end and item.end > wanted.start:
                found.add(annotation.id)
    return found


def test_a_provision_lists_what_is_on_it_overlaps_it_or_stands_inside_it(
    site: Site, ada: Viewer
) -> None:
    text, chance = text_of(site), random.Random(7)
    with site.parts.db.reading() as session:
        pids = editions.newest(session, "garden").pids
    made = [write(site, ada, **target(pid=pid)) for pid in pids[::2]]
    for _ in range(60):
        start = chance.randrange(len(text) - 5)
        end = min(len(text), start + chance.randrange(2, 400))
        if text[start:end].strip():
            made.append(write(site, ada, **target(start=start, end=end)))
    write(site, ada)  # on the document as a whole: on no provision
    for pid in pids:
        assert set(listed(site, provision=pid)) == brute_force(site, made, pid), pid
    assert len(listed(site)) == len(made) + 1


@pytest.mark.both_databases
@pytest.mark.parametrize("sort", listings.SORTS)
def test_pages_hold_exactly_the_total_and_each_annotation_once(
    site: Site, ada: Viewer, sort: str
) -> None:
    heads = [write(site, ada, **quote(DUSK)) for _ in range(5)]
    heads += [write(site, ada, **quote("quiet")) for _ in range(4)]
    replies = [write(site, ada, in_reply_to=head.id) for head in heads[::2]]
    seen, cursor = [], None
    with site.parts.db.reading() as session:
        while True:
            found = listings.page(session, Filter(document="garden"), sort, cursor, 3)
            assert found.total == 14
            seen += [item.id for item in found.items]
            cursor = found.next
            if cursor is None:
                break
    assert len(seen) == len(set(seen)) == 14
    by_time = [item.id for item in [*heads, *replies]]
    if sort == "place":
        for reply in replies:
            assert seen.index(reply.id) == seen.index(reply.thread) + 1
        assert seen[0] == heads[5].id
    elif sort in ("recent", "replied"):
        answered = [[head.id, reply.id] for head, reply in zip(heads[::2], replies, strict=True)]
        alone = [[head.id] for head in heads[1::2]]
        assert seen == [ident for one in (*answered[::-1], *alone[::-1]) for ident in one]
    elif sort == "agreements":  # nobody agrees: the newest thread first
        answers = {reply.thread: [reply.id] for reply in replies}
        threads = ([head.id, *answers.get(head.id, [])] for head in heads[::-1])
        assert seen == [ident for thread in threads for ident in thread]
    else:
        assert seen == (by_time if sort == "oldest" else by_time[::-1])


def test_threads_are_sorted_by_their_newest_annotation_and_by_their_replies(
    site: Site, ada: Viewer
) -> None:
    first, second, third = (write(site, ada, **quote(DUSK)) for _ in range(3))
    one = write(site, ada, in_reply_to=first.id)
    two = write(site, ada, in_reply_to=one.id)
    late = write(site, ada, in_reply_to=third.id)
    elsewhere = write(site, ada, **quote("quiet"))

    def sorted_by(sort: str, **narrow: object) -> list[str]:
        with site.parts.db.reading() as session:
            asked = Filter(document="garden", **narrow)  # type: ignore[arg-type]
            return [item.id for item in listings.page(session, asked, sort).items]

    threads = [[first.id, one.id, two.id], [third.id, late.id], [second.id]]
    pid = first.targets[0].pid
    assert sorted_by("replied", provision=pid) == [ident for one in threads for ident in one]
    assert sorted_by("recent", provision=pid) == [third.id, late.id, *threads[0], second.id]
    assert sorted_by("recent")[0] == elsewhere.id
    assert sorted_by("replied", among=(second.id, late.id)) == [late.id, second.id]


def test_a_head_comes_before_replies_whose_ids_are_smaller(site: Site, ada: Viewer) -> None:
    """What is imported keeps its ids, and they do not grow with time."""
    lines = [
        {"id": "zzzzzzzzzzzzzzzz", "document": "garden", "body": "Why?",
         "targets": [{"exact": DUSK}], "created": "2026-03-02T10:00:00Z"},
        {"id": "mmmmmmmmmmmmmmmm", "in_reply_to": "zzzzzzzzzzzzzzzz", "body": "First.",
         "document": "garden", "created": "2026-03-03T10:00:00Z"},
        {"id": "aaaaaaaaaaaaaaaa", "in_reply_to": "zzzzzzzzzzzzzzzz", "body": "Second.",
         "document": "garden", "created": "2026-03-04T10:00:00Z"},
    ]  # fmt: skip
    data = "\n".join(json.dumps({**line, "author": "Ben"}) for line in lines).encode()
    with site.parts.db.transaction() as session:
        importing.take_in(session, reading.read(io.BytesIO(data), "jsonl"), LIMITS)
    with site.parts.db.reading() as session:
        thread = [item.body for item in listings.thread(session, "aaaaaaaaaaaaaaaa")]
        for sort in listings.OF_A_DOCUMENT:
            page = listings.page(session, Filter(document="garden"), sort)
            assert [item.body for item in page.items] == thread == ["Why?", "First.", "Second."]


@pytest.mark.both_databases
@pytest.mark.parametrize("cursor", ["", "x", "W10", "bnVsbA", "💥", "A" * 5000])
def test_a_cursor_of_another_list_is_told(site: Site, ada: Viewer, cursor: str) -> None:
    for sort in listings.SORTS:
        with pytest.raises(Malformed), site.parts.db.reading() as session:
            listings.page(session, Filter(document="garden"), sort, cursor)


def test_nothing_of_all_this_leaves_the_site_inconsistent(site: Site, ada: Viewer) -> None:
    head = write(site, ada, **quote(DUSK))
    write(site, ada, in_reply_to=head.id)
    write(site, ada, None, **quote("quiet"))
    with site.parts.db.transaction() as session:
        annotations.delete(session, ada, head.id)
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []
