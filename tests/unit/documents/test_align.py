"""Two editions are lined up as a careful reader would, and nothing is guessed."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from annotator.documents import Aligned, Parsed, align_editions, inheritance, parse, text_in_common
from tests.conftest import ROOT
from tests.unit.documents.conftest import read

GATES = "There are three gates, and the keeper locks the north gate at dusk."
BELLS = "Ring the bell once and wait; whoever rings twice waits twice as long."
DOGS = "Dogs are led on a leash past the terrace and never into the flower beds."
BOOTS = "Keep to the paths in the wet months, since grass does not recover from boots."
PONDS = "Nobody swims in the pond except the ducks, who have always done so."

Fate = tuple[str, str | None, str | None]


def words(parsed: Parsed, ordinal: int | None) -> str | None:
    """The own words of a provision."""
    if ordinal is None:
        return None
    blocks = [block for block in parsed.blocks if block.provision == ordinal]
    return "\n".join(parsed.text[block.start : block.end] for block in blocks)


def fates(old: str, new: str) -> list[Fate]:
    """Line two texts up, and give verdict and words of whatever did not stay the same."""
    before, after = read(old), read(new)
    return [
        (row.verdict, words(before, row.old), words(after, row.new))
        for row in align_editions(before, after)
        if row.verdict != "same"
    ]


def text(*paragraphs: str) -> str:
    return "\n\n".join(("# Rules", *paragraphs))


def test_an_edition_is_the_same_as_itself() -> None:
    assert fates(text(GATES, GATES, "- a\n  - a\n- a"), text(GATES, GATES, "- a\n  - a\n- a")) == []


def test_words_that_changed_are_edited_and_scored() -> None:
    changed = GATES.replace("dusk", "nightfall")
    before, after = read(text(GATES, BELLS)), read(text(changed, BELLS))
    row = align_editions(before, after)[1]
    assert (row.old, row.new, row.verdict) == (1, 1, "edited")
    assert 0.8 < row.score < 1.0


@pytest.mark.parametrize("change", [str.upper, lambda one: one.replace(",", " —")])
def test_case_and_punctuation_count_as_an_edit(change: object) -> None:
    assert callable(change)
    assert fates(text(GATES), text(change(GATES))) == [("edited", GATES, change(GATES))]


def test_what_came_is_new_and_what_went_is_retired() -> None:
    assert fates(text(GATES, BELLS), text(GATES, BELLS, DOGS)) == [("new", None, DOGS)]
    assert fates(text(GATES, BELLS, DOGS), text(GATES, DOGS)) == [("retired", BELLS, None)]


def test_other_words_in_the_same_place_are_not_the_same_provision() -> None:
    assert fates(text(GATES, BELLS, DOGS), text(GATES, PONDS, DOGS)) == [
        ("retired", BELLS, None),
        ("new", None, PONDS),
    ]


def test_a_paragraph_to_which_much_was_added_is_still_itself() -> None:
    longer = f"{GATES} {BELLS} {PONDS} {BOOTS}"
    assert fates(text(GATES, DOGS), text(longer, DOGS)) == [("edited", GATES, longer)]


OPENING = "When answering a visitor, the keeper weighs the cost of a wrong answer."
REST = "Signs are painted green, carry white letters and hang at the height of a child's eyes."
REWRITTEN = "When answering visitors, the keeper weighs the costs of an incorrect answer in public."
OTHER_REST = (
    "Maps are for sale at the lodge, where bicycles may also be hired by the hour, and prices of "
    "both are written on a slate that is wiped each evening before the last train departs."
)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ([GATES, f"{OPENING} {REST}"], [GATES, f"{REWRITTEN} {OTHER_REST}"], True),
        ([GATES, f"{OPENING} {REST}", BELLS], [GATES, f"{REWRITTEN} {OTHER_REST}", DOGS], True),
        ([f"{OPENING} {REST}", BELLS], [f"{REWRITTEN} {OTHER_REST}", BELLS], True),
        ([GATES, OPENING], [GATES, f"{REWRITTEN} {OTHER_REST}"], True),
        # Only its first words are the same, or only its other words.
        ([GATES, f"{OPENING} {REST}"],
         [GATES, f"When answering letters, clerks sign with initials and a date. {OTHER_REST}"],
         False),
        ([GATES, f"{OPENING} {REST}"],
         [GATES, f"In public, {REWRITTEN[0].lower()}{REWRITTEN[1:]} {OTHER_REST}"], False),
        # It does not follow what it followed.
        ([GATES, f"{OPENING} {REST}", BELLS], [GATES, PONDS, f"{REWRITTEN} {OTHER_REST}", BELLS],
         False),
        # Others begin so.
        ([GATES, f"{OPENING} {REST}", BELLS, f"When answering a call, be brief. {DOGS}"],
         [GATES, f"{REWRITTEN} {OTHER_REST}", BELLS, f"When answering a call, be brief. {DOGS}"],
         False),
    ],
)  # fmt: skip
def test_a_rewritten_paragraph_is_itself_where_its_first_sentence_stays_in_place(
    old: list[str], new: list[str], same: bool
) -> None:
    before = next(each for each in old if each.startswith(OPENING))
    after = next(each for each in new if each.startswith(("When", "In public")))
    verdicts = fates(text(*old), text(*new))
    assert (("edited", before, after) in verdicts) == same
    assert (("retired", before, None) in verdicts) != same


def test_an_item_without_words_of_its_own_is_compared_too() -> None:
    assert ("new", None, BELLS) in fates(text(f"- - {GATES}"), text(f"- - {BELLS}\n- {DOGS}"))


def test_a_paragraph_out_of_order_has_moved() -> None:
    short = "Keep quiet."
    assert fates(text(short, GATES, BELLS), text(GATES, BELLS, short)) == [("moved", short, short)]


def test_a_paragraph_in_another_section_has_moved() -> None:
    old = f"# A\n\n{GATES}\n\n{BELLS}\n\n# B\n\n{DOGS}"
    new = f"# A\n\n{GATES}\n\n# B\n\n{BELLS}\n\n{DOGS}"
    assert fates(old, new) == [("moved", BELLS, BELLS)]


def test_a_paragraph_that_moved_and_was_edited_is_edited() -> None:
    changed = BELLS.replace("once", "a single time")
    old = f"# A\n\n{GATES}\n\n{BELLS}\n\n# B\n\n{DOGS}"
    new = f"# A\n\n{GATES}\n\n# B\n\n{DOGS}\n\n{changed}"
    assert fates(old, new) == [("edited", BELLS, changed)]


def test_a_paragraph_cut_in_two_is_split_and_the_likest_part_inherits() -> None:
    short, long = "There are three gates.", "The keeper locks the north gate at dusk, as ever."
    before, after = read(text(f"{short} {long}", BELLS)), read(text(short, long, BELLS))
    rows = align_editions(before, after)
    assert [(row.old, row.new, row.verdict) for row in rows] == [
        (0, 0, "same"), (1, 1, "split"), (1, 2, "split"), (2, 3, "same"),
    ]  # fmt: skip
    assert inheritance(rows, 4) == [0, None, 1, 2]


def test_paragraphs_joined_are_merged_and_the_likest_is_inherited_from() -> None:
    before, after = read(text(GATES, "Keep quiet.", DOGS)), read(text(f"{GATES} Keep quiet.", DOGS))
    rows = align_editions(before, after)
    assert [(row.old, row.new, row.verdict) for row in rows] == [
        (0, 0, "same"), (1, 1, "merged"), (2, 1, "merged"), (3, 2, "same"),
    ]  # fmt: skip
    assert inheritance(rows, 3) == [0, 1, 3]


def test_a_paragraph_may_be_split_into_the_items_of_a_list() -> None:
    lead, first, second = "You may always:", "sit down on any bench you like", "read a book aloud"
    old, new = text(f"{lead} {first}, {second}."), text(lead, f"- {first}\n- {second}")
    assert {fate[0] for fate in fates(old, new)} == {"split"}


@pytest.mark.parametrize("heading", ["", "## Other rules\n\n"])
@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize("shared", [GATES, DOGS, PONDS])
def test_of_two_copies_the_one_beside_the_other_parts_is_the_part(
    shared: str, swapped: bool, heading: str
) -> None:
    lists = [
        [BELLS, shared, BOOTS, "Whoever holds a key of the shed signs for it by name."],
        ["The board meets in the first week of each month.", shared, "Rain changes nothing."],
    ]
    first, second = lists[::-1] if swapped else lists
    between = f"{heading}Between both."
    before = read(text(" ".join(first), between, " ".join(second)))
    after = read(text(*(f"- {one}" for one in first), between, *(f"- {one}" for one in second)))
    middles = [one.text.index("Between both.") for one in (before, after)]
    for row in align_editions(before, after):
        if row.old is not None and row.new is not None:
            behind = before.provisions[row.old].start < middles[0]
            assert behind == (after.provisions[row.new].start < middles[1])


def test_a_copy_is_new_and_no_part_of_a_split() -> None:
    changed = GATES.replace("dusk", "nightfall")
    assert fates(text(GATES, DOGS), text(changed, DOGS, GATES)) in (
        [("edited", GATES, changed), ("new", None, GATES)],
        [("new", None, changed), ("moved", GATES, GATES)],
    )


def test_a_renamed_heading_is_edited_and_its_section_stays() -> None:
    old, new = f"# Dogs\n\n{DOGS}\n\n{BELLS}", f"# Animals on a leash\n\n{DOGS}\n\n{BELLS}"
    assert fates(old, new) == [("edited", "Dogs", "Animals on a leash")]


def test_a_section_keeps_its_anchor_through_everything() -> None:
    old = f"# First things {{#start}}\n\n{GATES}\n\n# B\n\n{DOGS}"
    new = f"# Opening {{#start}}\n\n{PONDS}\n\n# B\n\n{DOGS}"
    assert ("edited", "First things", "Opening") in fates(old, new)


def test_the_verdict_on_a_section_is_on_its_heading_alone() -> None:
    old, new = f"# Gates\n\n{GATES}", f"# Gates\n\n{PONDS}"
    assert fates(old, new) == [("retired", GATES, None), ("new", None, PONDS)]


def test_sections_with_one_heading_are_told_apart_by_what_is_above_and_in_them() -> None:
    old = f"# A\n\n{GATES}\n\n## Notes\n\n{BELLS}\n\n# B\n\n{DOGS}\n\n## Notes\n\n{BOOTS}"
    new = f"# A\n\n{GATES}\n\n# B\n\n{DOGS}\n\n## Notes\n\n{BOOTS}"
    assert fates(old, new) == [("retired", "Notes", None), ("retired", BELLS, None)]


def test_sections_that_changed_places_take_their_paragraphs_with_them() -> None:
    a, b, c = f"# A\n\n{GATES}", f"# B\n\n{DOGS}\n\n{BOOTS}", f"# C\n\n{PONDS}"
    assert fates(f"{a}\n\n{b}\n\n{c}", f"{b}\n\n{c}\n\n{a}") == [("moved", "A", "A")]


def test_a_section_moved_under_another_has_moved() -> None:
    old = f"# A\n\n{GATES}\n\n# B\n\n{DOGS}\n\n## D\n\n{BOOTS}"
    new = f"# A\n\n{GATES}\n\n## D\n\n{BOOTS}\n\n# B\n\n{DOGS}"
    assert fates(old, new) == [("moved", "D", "D")]


def test_equal_paragraphs_are_told_apart_by_their_neighbours() -> None:
    old = text(GATES, "Keep quiet.", BELLS, "Keep quiet.", DOGS)
    before, after = read(old), read(text(GATES, BELLS, "Keep quiet.", DOGS))
    pairs = [(row.old, row.new) for row in align_editions(before, after)]
    assert pairs == [(0, 0), (1, 1), (2, None), (3, 2), (4, 3), (5, 4)]


def test_examples_with_one_caption_are_told_apart_by_the_example() -> None:
    caption, old, new = "**Example**", f"```\n{DOGS}\n```", f"```\n{PONDS}\n```"
    assert fates(text(GATES, caption, old), text(GATES, caption, new, caption, old)) == [
        ("new", None, "Example"),
        ("new", None, PONDS),
    ]


def test_an_example_under_the_same_caption_may_change_a_good_deal() -> None:
    old, new = f"Ask.\n{DOGS} {PONDS}", f"Ask.\n{DOGS} {BELLS} {BOOTS} {GATES}"
    before, after = text("**Example**", f"```\n{old}\n```"), text("**Example**", f"```\n{new}\n```")
    assert fates(before, after) == [("edited", old, new)]


def test_list_items_are_recognised_with_what_is_nested_in_them() -> None:
    first = f"- You may:\n  - {GATES}\n  - {BELLS}"
    second = f"- You may not:\n  - {DOGS}\n  - {BOOTS}"
    new = f"- You may at all times:\n  - {GATES}\n  - {BELLS}"
    assert fates(text(f"{first}\n{second}"), text(f"{new}\n{second}")) == [
        ("edited", "You may:", "You may at all times:")
    ]


def test_an_item_is_judged_by_its_own_words() -> None:
    old, new = f"- You may:\n  - {GATES}", f"- You may:\n  - {GATES}\n  - {BELLS}"
    assert fates(text(old), text(new)) == [("new", None, BELLS)]


def test_a_heading_never_becomes_a_paragraph() -> None:
    old, new = f"# A\n\n{GATES}\n\n## {BELLS}\n\n{DOGS}", f"# A\n\n{GATES}\n\n{BELLS}\n\n{DOGS}"
    assert fates(old, new) == [
        ("retired", BELLS, None),
        ("new", None, BELLS),
        ("moved", DOGS, DOGS),
    ]


def test_a_short_text_elsewhere_is_no_evidence() -> None:
    old = f"# A\n\n{GATES}\n\nYes.\n\n# B\n\n{DOGS}"
    new = f"# A\n\n{GATES}\n\n# B\n\n{DOGS}\n\nYes."
    assert fates(old, new) == [("retired", "Yes.", None), ("new", None, "Yes.")]


def test_a_text_without_a_word_is_compared_too() -> None:
    assert fates(text("🐕 🐕", GATES), text("🐕 🐕", GATES)) == []
    assert fates(text("🐕 🐕", GATES), text("🦆", GATES)) == [
        ("retired", "🐕 🐕", None),
        ("new", None, "🦆"),
    ]


def test_a_language_without_spaces_is_cut_into_its_characters() -> None:
    old, new = "門は三つあり、北門は日暮れに閉まる。", "門は三つあり、北門は日没に閉まる。"
    assert fates(text(old), text(new)) == [("edited", old, new)]


def test_what_is_retired_follows_what_became_of_the_one_before() -> None:
    before, after = read(text(GATES, BELLS, DOGS)), read(text(PONDS, GATES, DOGS))
    rows = align_editions(before, after)
    assert [(row.old, row.new) for row in rows] == [(0, 0), (None, 1), (1, 2), (2, None), (3, 3)]


def test_without_a_relation_nothing_is_inherited() -> None:
    assert inheritance([], 3) == [None, None, None]


def test_no_two_inherit_from_one_whatever_the_relation_says() -> None:
    rows = [Aligned(0, 0, "split", 0.5), Aligned(0, 1, "split", 0.5), Aligned(1, 1, "merged", 0.2)]
    assert inheritance(rows, 2) == [0, 1]


def test_the_text_in_common_is_a_share_of_the_new_words() -> None:
    old, other = read(text(GATES, BELLS)), read("# Elsewhere\n\n" + PONDS)
    assert text_in_common(old, old) == 1.0
    assert text_in_common(old, other) == 0.0
    assert 0.4 < text_in_common(old, read(text(GATES, DOGS))) < 0.6


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (["Again and again."] * 3_000, ["Again and again."] * 2_900),
        ([f"Item {at}" for at in range(3_000)], [f"Item {at + 1}" for at in range(3_000)]),
        (["## Again", "Then."] * 1_000, ["## Again", "Then."] * 900),
        (["word " * 30_000], ["words " * 30_000]),
    ],
)  # fmt: skip
def test_a_monotonous_text_is_lined_up_like_any_other(old: list[str], new: list[str]) -> None:
    before, after = read(text(*old)), read(text(*new))
    rows = align_editions(before, after)
    assert len({row.old for row in rows} - {None}) == len(before.provisions)


def test_the_charter_is_lined_up_as_its_authors_revised_it() -> None:
    old, new = (
        parse((ROOT / "corpus" / "charter" / f"{label}.md").read_bytes(), name="charter.md")
        for label in ("2026-09-01", "2026-11-01")
    )
    rows = align_editions(old, new)
    found = [
        (row.verdict, (words(old, row.old) or "")[:22], (words(new, row.new) or "")[:22])
        for row in rows
    ]
    assert Counter(row.verdict for row in rows) == {
        "same": 84, "edited": 18, "moved": 1, "split": 2, "merged": 2, "new": 3, "retired": 2,
    }  # fmt: skip
    for expected in [
        ("edited", "Writing for drafters", "What helps a drafter"),
        ("moved", "If you have an interes", "If you have an interes"),
        ("split", "What we do ask is that", "What we do ask is that"),
        ("split", "What we do ask is that", "A reputation can form "),
        ("merged", "We hold what an accoun", "We hold what an accoun"),
        ("merged", "If an order that binds", "We hold what an accoun"),
        ("retired", "Keep it short. A remar", ""),
        ("new", "", "A remark that a progra"),
        ("new", "", "Every quarter we publi"),
        ("retired", "A discussion ends when", ""),
        ("new", "", "Nobody is obliged to a"),
    ]:
        assert expected in found


# Each step was read row by row. Where a count changes, read what changed before changing it here.
STEPS = [
    ("constitution/2026-01-20", "constitution/2026-01-29", {"same": 297, "edited": 155}),
    ("model-spec/2025-02-12", "model-spec/2025-04-11",
     {"same": 672, "edited": 6, "moved": 2, "merged": 2, "new": 1, "retired": 1}),
    ("model-spec/2025-04-11", "model-spec/2025-09-12",
     {"same": 525, "edited": 132, "moved": 6, "split": 2, "merged": 2, "new": 140, "retired": 16}),
    ("model-spec/2025-09-12", "model-spec/2025-10-27", {"same": 795, "edited": 11, "new": 32}),
    ("model-spec/2025-10-27", "model-spec/2025-12-18",
     {"same": 809, "edited": 13, "split": 4, "new": 30, "retired": 14}),
    ("model-spec/2025-12-18", "model-spec/2025-12-18-rev2", {"same": 855, "edited": 1}),
]  # fmt: skip


@pytest.mark.shared
@pytest.mark.parametrize(("older", "newer", "counts"), STEPS)
def test_a_real_revision_is_lined_up_as_it_was_read(
    shared: Path, older: str, newer: str, counts: dict[str, int]
) -> None:
    old, new = (
        parse((shared / "corpus" / f"{name}.md").read_bytes(), name="a.md")
        for name in (older, newer)
    )
    rows = align_editions(old, new)
    assert Counter(row.verdict for row in rows) == counts
    assert text_in_common(old, new) > 0.7


@pytest.mark.shared
def test_two_documents_have_nothing_in_common(shared: Path) -> None:
    old, new = (
        parse((shared / "corpus" / name).read_bytes(), name="a.md")
        for name in ("constitution/2026-01-20.md", "model-spec/2025-12-18.md")
    )
    assert text_in_common(old, new) < 0.01
    related = [
        row for row in align_editions(old, new) if row.old is not None and row.new is not None
    ]
    assert [words(old, row.old) for row in related] == ["Overview"]
