"""Addresses answer the same for ever, say what became of their words, and never guess."""

from __future__ import annotations

import contextlib
import random

import pytest

from annotator.errors import Malformed, NotFound
from annotator.schemas.documents import Resolution
from annotator.services.addressing import resolver
from annotator.services.editions import editions
from annotator.services.revisions import add_edition
from tests.conftest import Site

OLD, NEW = "2026-03-01", "2026-04-01"
GATES = f"garden@{OLD}/paths-and-gates/1"


@pytest.fixture
def two(site: Site) -> Site:
    """The garden's rules in two editions."""
    site.add()
    site.add("garden-2.md", NEW)
    return site


def resolve(site: Site, cite: str, **more: str) -> Resolution:
    with site.parts.db.reading() as session:
        return resolver.resolve(session, cite, **more)


def pid_of(site: Site, cite: str) -> str:
    found = resolve(site, cite).pid
    assert found is not None
    return found


@pytest.mark.parametrize(
    "cite",
    [
        GATES,
        f"garden@{OLD} > Paths and gates > ¶1",
        f"garden@{OLD} › paths and gates › p1",
        f"garden@{OLD} > #paths-and-gates > ¶1",
        f"https://notes.example.org/d/{GATES}",
        f"/d/{GATES}#x",
    ],
)  # fmt: skip
def test_every_form_of_an_address_gives_the_same_answer(two: Site, cite: str) -> None:
    answer = resolve(two, cite)
    assert (answer.status, answer.edition, answer.address) == ("same", OLD, GATES)
    assert answer.text is not None
    assert answer.text.startswith("There are three gates. The north gate is locked at dusk")
    with two.parts.db.reading() as session:
        loaded = editions.labelled(session, "garden", OLD)
    assert loaded.parsed.text[answer.start : answer.end] == answer.text
    assert answer.sha256 == loaded.sha256


def test_a_pinned_address_answers_the_same_before_and_after_a_revision(site: Site) -> None:
    site.add()
    cites = [GATES, f"{GATES}.s2", f'{GATES}~"locked at dusk"', f"garden@{OLD}/purpose"]
    before = [resolve(site, cite) for cite in cites]
    site.add("garden-2.md", NEW)
    assert [resolve(site, cite) for cite in cites] == before


def test_edited_words_come_with_both_texts_and_their_difference(two: Site) -> None:
    answer = resolve(two, GATES, edition=NEW)
    assert answer.status == "edited"
    assert 0.8 < (answer.score or 0) < 1
    assert answer.cited is not None
    assert "dusk" in answer.cited.text
    assert "nightfall" in (answer.text or "")
    changes = [(item.change, item.text) for item in answer.diff or []]
    assert ("struck", "dusk") in changes
    assert ("added", "nightfall") in changes
    words = resolve(two, f'{GATES}~"locked at dusk"', edition=NEW)
    assert (words.status, words.text) == ("edited", "locked at nightfall")


def test_a_retired_provision_answers_with_its_last_text(two: Site) -> None:
    pid = pid_of(two, f"garden@{OLD}/purpose/2")
    for cite in (f"garden/p/{pid}", f"garden@{NEW}/p/{pid}"):
        answer = resolve(two, cite)
        assert answer.status == "retired", cite
        assert (answer.text or "").startswith("We say “keep quiet”")
        assert any(OLD in note for note in answer.notes)
    assert resolve(two, f"garden@{OLD}/purpose/2", edition=NEW).status == "retired"


def test_a_pid_without_an_edition_means_the_newest_it_lives_in(two: Site) -> None:
    answer = resolve(two, f"garden/p/{pid_of(two, GATES)}")
    assert (answer.edition, answer.status) == (NEW, "same")
    assert "nightfall" in (answer.text or "")


def test_an_ordinal_without_an_edition_answers_with_a_warning(two: Site) -> None:
    answer = resolve(two, "garden/paths-and-gates/1")
    assert answer.edition == NEW
    assert "names no edition" in answer.notes[0]


def test_an_ordinal_out_of_range_is_not_found_with_the_nearest(two: Site) -> None:
    answer = resolve(two, f"garden@{OLD}/purpose/9")
    assert answer.status == "not_found"
    assert [item.address for item in answer.candidates] == [f"garden@{OLD}/purpose/2"]


def test_what_cannot_be_found_exactly_walks_up_and_says_so(two: Site) -> None:
    answer = resolve(two, f"garden@{OLD}/purpose/1.s9")
    assert (answer.status, answer.walked_up, answer.address) == (
        "walked_up", True, f"garden@{OLD}/purpose/1")  # fmt: skip
    assert answer.notes


def test_among_equals_nothing_is_guessed(site: Site) -> None:
    site.add(
        data=b"# A\n\n## Scope\n\nOne.\n\n# B\n\n## Scope\n\nTwo.\n", name="x.md", slug="twice"
    )
    answer = resolve(site, "twice > Scope > \u00b61")
    assert answer.status == "ambiguous"
    assert len(answer.candidates) == 2
    assert resolve(site, "twice > B > Scope > \u00b61").text == "Two."


def test_a_misspelt_section_is_offered_its_likes(two: Site) -> None:
    answer = resolve(two, f"garden@{OLD}/opening-huors/1")
    assert answer.status == "ambiguous"
    assert answer.candidates[0].address == f"garden@{OLD}/opening-hours"


def test_a_former_name_of_a_section_still_leads_there(site: Site) -> None:
    words = "Everyone may sit on the grass, and nobody needs to ask for it first."
    site.add(data=f"# Sitting\n\n{words}\n".encode(), name="x.md", slug="lawn")
    site.add(data=f"# Sitting down\n\n{words}\n".encode(), name="x.md", slug="lawn", label=NEW)
    answer = resolve(site, "lawn/sitting/1")
    assert (answer.address, answer.status) == (f"lawn@{NEW}/sitting-down/1", "same")
    assert any("sitting-down" in note for note in answer.notes)


def test_a_quote_narrows_and_says_when_it_does_not_stand_there(two: Site) -> None:
    assert resolve(two, GATES, quote="NORTH gate").text == "north gate"
    assert "do not occur there" in resolve(two, GATES, quote="south gate").notes[-1]


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "cite",
    ["", " ", "x" * 10_000, "garden@%00/purpose/1", "garden\x00", "@", "garden@/1", "//", "a/../x"],
)
def test_what_is_no_address_is_told(two: Site, cite: str) -> None:
    with pytest.raises((Malformed, NotFound)):
        resolve(two, cite)


def test_unknown_documents_and_editions_are_told(two: Site) -> None:
    for cite in ("meadow@2026-03-01/purpose/1", "garden@1999-01-01/purpose/1", "garden/p/zzzzz"):
        with pytest.raises(NotFound):
            resolve(two, cite)


def test_any_string_gets_an_answer_or_an_error_of_the_product(two: Site) -> None:
    pieces = [
        "garden",
        "@",
        OLD,
        "/",
        "purpose",
        "1",
        ".s",
        "-",
        "~",
        '"',
        " > ",
        "¶",
        "p",
        "#",
        "🐕",
    ]
    chance = random.Random(11)
    for _ in range(300):
        cite = "".join(chance.choices(pieces, k=chance.randint(1, 12)))
        with contextlib.suppress(Malformed, NotFound):
            assert resolve(two, cite).status


def test_remembered_words_are_found_whatever_their_quotes_and_case(two: Site) -> None:
    with two.parts.db.reading() as session:
        found = resolver.find(session, "garden", "a CHILD'S bicycle may be ridden")
        assert [item.address for item in found] == [
            f'garden@{NEW}/paths-and-gates/3.1~"A child\'s bicycle may be ridden"'
        ]
        assert len(resolver.find(session, "garden", "keep to the paths")) == 3
        with pytest.raises(NotFound):
            resolver.find(session, "garden", "no such words")


def test_a_locator_in_circulation_counts_the_lines_of_the_source(site: Site) -> None:
    text = (
        '# Rules\n\n## Boats {#boats}\n\n!!! meta "Why"\n\n    Boats sink.\n\n'
        "**Bold.** One. Two.\n\nThe end.\n"
    )
    with site.parts.db.transaction() as session:
        add_edition.add(session, slug="boats", label=OLD, data=text.encode(), name="boats.md")
    assert resolve(site, f"boats@{OLD} > #boats > ¶3 s1").text == "Bold. One."
    assert resolve(site, f"boats@{OLD}/boats/2.s1").text == "Bold."
    assert resolve(site, f"boats@{OLD} > Boats {{#boats}} > ¶2").text == "Boats sink."
    told = resolve(site, f"boats@{OLD} > #boats > ¶7")
    assert (told.status, told.notes[0]) == ("not_found", "There is no ¶7 in “boats”, which has 4.")
    assert told.candidates[0].text == "The end."
    assert resolve(site, f"boats@{OLD} > #boats > ¶1").status == "not_found"
