"""Whatever two editions hold, every provision is accounted for once, and pids are never doubled."""

from __future__ import annotations

import random
from collections import Counter, defaultdict

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from annotator.documents import (
    Aligned,
    Parsed,
    align_editions,
    inheritance,
    mint,
    parse,
    read_ledger,
    text_in_common,
    write_ledger,
)

SOME = settings(deadline=None, max_examples=100)

# Few words, so that paragraphs repeat, resemble and contain each other.
FEW = ("we", "the", "reader", "said", "so", "note", "rule,", "all;", "Then", "careful")
sentence = st.lists(st.sampled_from(FEW), min_size=1, max_size=16).map(" ".join)
line = st.one_of(
    sentence,
    sentence,
    st.tuples(st.sampled_from(("# ", "## ", "### ", "- ", "  - ", "> ", "1. ")), sentence).map(
        "".join
    ),
    sentence.map(lambda words: f"**Example** {words}\n\n```\n{words} indeed\n```"),
)
edition = st.lists(line, min_size=1, max_size=14).map(
    lambda lines: read("\n\n".join(["# Rules", *lines]))
)

# Many words, so that no two paragraphs resemble each other by chance.
LONG = 16
SEED = st.integers(0, 10**6)


def vocabulary(seed: int, letters: str = "abcdefghijklmnop") -> list[str]:
    """Ten times `LONG` words, no two of them equal."""
    chance = random.Random(seed)
    found: dict[str, None] = {}
    while len(found) < 10 * LONG:
        found["".join(chance.choices(letters, k=chance.randint(4, 9)))] = None
    return list(found)


MANY = SEED.map(vocabulary)


def read(markdown: str) -> Parsed:
    return parse(markdown.encode(), name="a.md")


def paragraphs(words: list[str]) -> list[str]:
    """Ten paragraphs that have no word in common."""
    return [" ".join(words[at : at + LONG]) + "." for at in range(0, len(words), LONG)]


def of(parts: list[str]) -> Parsed:
    """An edition of two sections, half of the paragraphs in each."""
    middle = len(parts) // 2
    return read("\n\n".join(["# First", *parts[:middle], "# Second", *parts[middle:]]))


def one(parts: list[str]) -> Parsed:
    """An edition of one section."""
    return read("\n\n".join(["# First", *parts]))


def fates(old: Parsed, new: Parsed) -> list[tuple[str, str | None, str | None]]:
    """Return verdict and words of everything that changed."""
    return [
        (row.verdict, words(old, row.old), words(new, row.new))
        for row in align_editions(old, new)
        if row.verdict != "same"
    ]


def words(parsed: Parsed, ordinal: int | None) -> str | None:
    if ordinal is None:
        return None
    blocks = [block for block in parsed.blocks if block.provision == ordinal]
    return "\n".join(parsed.text[block.start : block.end] for block in blocks)


@SOME
@given(edition)
def test_an_edition_lined_up_with_itself_is_all_the_same(parsed: Parsed) -> None:
    ordinals = range(len(parsed.provisions))
    assert align_editions(parsed, parsed) == [Aligned(at, at, "same", 1.0) for at in ordinals]
    assert text_in_common(parsed, parsed) == 1.0


@SOME
@given(edition, edition)
def test_every_provision_is_in_exactly_one_relation(old: Parsed, new: Parsed) -> None:
    rows = align_editions(old, new)
    olds, news = defaultdict(list), defaultdict(list)
    for row in rows:
        olds[row.old].append(row)
        news[row.new].append(row)
    assert olds.keys() - {None} == set(range(len(old.provisions)))
    assert news.keys() - {None} == set(range(len(new.provisions)))
    for row in rows:
        several = len(olds[row.old]) > 1, len(news[row.new]) > 1
        if row.verdict in ("new", "retired"):
            assert (row.old is None, row.new is None) == (
                row.verdict == "new",
                row.verdict == "retired",
            )
        else:
            assert several == (row.verdict == "split", row.verdict == "merged")


@SOME
@given(edition, edition)
def test_a_verdict_says_what_the_words_say(old: Parsed, new: Parsed) -> None:
    for row in align_editions(old, new):
        before, after = words(old, row.old), words(new, row.new)
        assert (before == after) == (row.verdict in ("same", "moved"))
        assert 0.0 <= row.score <= 1.0
        assert (row.score == 1.0) == (before == after)
        assert row.score == 0.0 or None not in (row.old, row.new)


@SOME
@given(edition, edition)
def test_the_order_of_rows_is_that_of_the_new_text_and_always_the_same(
    old: Parsed, new: Parsed
) -> None:
    rows = align_editions(old, new)
    assert rows == align_editions(old, new)
    ordinals = [row.new for row in rows if row.new is not None]
    assert ordinals == sorted(ordinals)


@SOME
@given(edition, edition)
def test_no_two_provisions_inherit_one_pid(old: Parsed, new: Parsed) -> None:
    rows = align_editions(old, new)
    heirs = inheritance(rows, len(new.provisions))
    inherited = [at for at in heirs if at is not None]
    assert len(set(inherited)) == len(inherited)
    related = {(row.old, row.new) for row in rows}
    assert all(old_at is None or (old_at, at) in related for at, old_at in enumerate(heirs))
    # Whatever survives in some form leaves its pid to one heir, unless it was merged into another.
    survivors = {row.old for row in rows if row.new is not None and row.verdict != "merged"} - {
        None
    }
    assert survivors <= set(inherited)


@SOME
@given(MANY, st.integers(0, 9))
def test_a_deleted_paragraph_is_retired_and_no_other(many: list[str], at: int) -> None:
    parts = paragraphs(many)
    kept = parts[:at] + parts[at + 1 :]
    assert fates(one(parts), one(kept)) == [("retired", parts[at], None)]


@SOME
@given(MANY, st.integers(0, 9))
def test_an_inserted_paragraph_is_new_and_no_other(many: list[str], at: int) -> None:
    parts = paragraphs(many)
    kept = parts[:at] + parts[at + 1 :]
    assert fates(one(kept), one(parts)) == [("new", None, parts[at])]


@SOME
@given(MANY, st.integers(0, 9), st.integers(0, 9))
def test_a_paragraph_taken_elsewhere_in_its_section_has_moved(
    many: list[str], at: int, to: int
) -> None:
    assume(abs(at - to) > 1)
    parts = paragraphs(many)
    order = parts[:at] + parts[at + 1 :]
    order.insert(to, parts[at])
    assert fates(one(parts), one(order)) == [("moved", parts[at], parts[at])]


@SOME
@given(MANY, st.integers(0, 4), st.integers(6, 10))
def test_a_paragraph_taken_to_another_section_has_moved(many: list[str], at: int, to: int) -> None:
    parts = paragraphs(many)
    old = read("\n\n".join(["# First", *parts[:5], "# Second", *parts[5:]]))
    second = parts[5:]
    second.insert(to - 5, parts[at])
    new = read("\n\n".join(["# First", *parts[:at], *parts[at + 1 : 5], "# Second", *second]))
    assert fates(old, new) == [("moved", parts[at], parts[at])]


@SOME
@given(MANY, st.integers(0, 9), st.integers(4, 12))
def test_a_paragraph_cut_in_two_is_split(many: list[str], at: int, cut: int) -> None:
    parts = paragraphs(many)
    halves = [" ".join(parts[at].split()[:cut]), " ".join(parts[at].split()[cut:])]
    after = [*parts[:at], *halves, *parts[at + 1 :]]
    assert fates(of(parts), one_like(of(parts), after, at)) == [
        ("split", parts[at], halves[0]),
        ("split", parts[at], halves[1]),
    ]


@SOME
@given(MANY, st.integers(0, 9), st.integers(4, 12))
def test_paragraphs_joined_are_merged(many: list[str], at: int, cut: int) -> None:
    parts = paragraphs(many)
    halves = [" ".join(parts[at].split()[:cut]), " ".join(parts[at].split()[cut:])]
    before = [*parts[:at], *halves, *parts[at + 1 :]]
    assert fates(one_like(of(parts), before, at), of(parts)) == [
        ("merged", halves[0], parts[at]),
        ("merged", halves[1], parts[at]),
    ]


def one_like(parsed: Parsed, parts: list[str], at: int) -> Parsed:
    """An edition of the same two sections, where paragraph `at` has become two."""
    middle = 6 if at < 5 else 5
    return read("\n\n".join(["# First", *parts[:middle], "# Second", *parts[middle:]]))


@SOME
@given(MANY, st.lists(st.integers(0, 159), max_size=24, unique=True))
def test_a_few_other_words_are_an_edit(many: list[str], changed: list[int]) -> None:
    edited = ["zzz" if at in changed else word for at, word in enumerate(many)]
    old, new = paragraphs(many), paragraphs(edited)
    hits = Counter(at // LONG for at in changed)
    assume(max(hits.values(), default=0) <= LONG // 2)
    assert fates(of(old), of(new)) == [
        ("edited", before, after) for before, after in zip(old, new, strict=True) if before != after
    ]


@SOME
@given(SEED)
def test_other_words_altogether_are_retired_and_new(seed: int) -> None:
    old, new = of(paragraphs(vocabulary(seed))), of(paragraphs(vocabulary(seed, "qrstuvwxyz")))
    verdicts = Counter(row.verdict for row in align_editions(old, new))
    assert verdicts == {"same": 2, "retired": 10, "new": 10}
    assert text_in_common(old, new) == 0.0


@SOME
@given(edition, SEED)
def test_a_ledger_gives_back_what_was_written(parsed: Parsed, seed: int) -> None:
    pids = mint(random.Random(seed), (), len(parsed.provisions))
    assert read_ledger(write_ledger(parsed, pids), parsed) == pids
