"""Whatever is revised, spans are placed on their own words or reported lost."""

from __future__ import annotations

import random
import re
from collections import Counter
from itertools import combinations, pairwise, permutations
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from annotator.documents import Parsed, parse
from annotator.relocation.diff import align_words
from annotator.relocation.relocate import Relocator
from benchmarks import revisions
from benchmarks.judging import fenced, known
from benchmarks.relocation import paired, spans_of
from benchmarks.revisions import Line

# Few words, so that phrases are repeated and have to be told apart by where they stand.
WORDS = ("we", "the", "reader", "said", "so", "note", "rule", "well,", "all;", "here.", "Then",
         "careful", "carefully", "publish", "—")  # fmt: skip
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
lines = st.lists(st.tuples(words, st.sampled_from((0, 0, 0, 0, 1, 2))), min_size=1, max_size=8)
seeds = st.integers(0, 10**6)
distinct = st.lists(
    st.text("abcdefghij", min_size=3, max_size=9), min_size=30, max_size=90, unique=True
)
SOME = settings(deadline=None, max_examples=50)
EDITS = {
    "sections shuffled": revisions.shuffle_sections,
    "paragraphs duplicated": revisions.duplicate_paragraphs,
    "paragraphs split": revisions.split_paragraphs,
    "paragraphs merged": revisions.merge_paragraphs,
}


def edition(drawn: list[tuple[str, int]]) -> Parsed:
    return revisions.edition([Line(text, (0,) * len(text), level) for text, level in drawn])


def some_spans(text: str, seed: int) -> list[tuple[int, int]]:
    rng = random.Random(seed)
    bounds = [sorted(rng.sample(range(len(text) + 1), 2)) for _ in range(30)]
    return [(start, end) for start, end in bounds if text[start:end].strip()]


@SOME
@given(lines, seeds)
def test_the_same_edition_gives_back_every_span(drawn: list[tuple[str, int]], seed: int) -> None:
    parsed = edition(drawn)
    pairs = [(at, at) for at in range(len(parsed.provisions))]
    relocator = Relocator(parsed, parsed, pairs)
    for start, end in some_spans(parsed.text, seed):
        found = relocator.span(start, end)
        assert (found.start, found.end, found.verdict, found.score) == (start, end, "exact", 1.0)
    for ordinal, provision in enumerate(parsed.provisions):
        found = relocator.provision(ordinal)
        assert (found.start, found.end, found.near) == (provision.start, provision.end, ordinal)


@SOME
@given(lines, lines, st.data(), seeds)
def test_answers_are_sound_whatever_is_paired(
    old: list[tuple[str, int]], new: list[tuple[str, int]], data: st.DataObject, seed: int
) -> None:
    before, after = edition(old), edition(new)
    pair = st.tuples(st.integers(0, len(old) - 1), st.integers(0, len(new) - 1))
    relocator = Relocator(before, after, data.draw(st.lists(pair, max_size=10)))
    found = [(span, relocator.span(*span)) for span in some_spans(before.text, seed)]
    found += [((p.start, p.end), relocator.provision(at)) for at, p in enumerate(before.provisions)]
    for (start, end), got in found:
        assert 0 <= got.near < len(after.provisions)
        if got.start is None or got.end is None:
            assert (got.start, got.end, got.verdict, got.score) == (None, None, "lost", 0.0)
            continue
        assert 0 <= got.start < got.end <= len(after.text)
        same = after.text[got.start : got.end].strip() == before.text[start:end].strip()
        assert same == (got.verdict in ("exact", "moved")) == (got.score == 1.0)
        assert got.score > 0.0 or got.verdict == "edited"


def blanks(words: str) -> int:
    """Count the blanks that words begin with."""
    return len(words) - len(words.lstrip())


@pytest.mark.parametrize("name", EDITS)
@SOME
@given(drawn=lines, seed=seeds)
@example(  # of a span with blanks at both ends, one is left out
    drawn=[("we careful said", 0), ("we careful — said", 1), ("reader reader careful", 1),
           ("we said careful", 0), ("we", 0)],
    seed=0,
)  # fmt: skip
def test_unchanged_words_come_back_to_where_they_were(
    name: str, drawn: list[tuple[str, int]], seed: int
) -> None:
    old = edition(drawn)
    revision = revisions.revise(old, revisions.lines_of(old), EDITS[name], seed)
    forth = Relocator(old, revision.new, revision.pairs)
    back = Relocator(revision.new, old, [(new, old) for old, new in revision.pairs])
    for start, end in some_spans(old.text, seed):
        there = forth.span(start, end)
        if there.score < 1.0 or there.start is None or there.end is None:
            continue
        again = back.span(there.start, there.end)
        # Blanks at either end of the words may be left out.
        left_out = blanks(old.text[start:end]) - blanks(revision.new.text[there.start : there.end])
        assert (again.start, again.score) == (start + left_out, 1.0)


@SOME
@given(distinct, st.integers(1, 6), seeds)
def test_no_span_is_placed_on_words_that_are_not_its_own(
    drawn: list[str], share: int, seed: int
) -> None:
    paragraphs = [" ".join(drawn[at : at + 15]) for at in range(0, len(drawn), 15)]
    old = edition([(text, 0) for text in paragraphs])
    revision = revisions.revise(
        old, revisions.lines_of(old), revisions.edit_words(share / 20), seed
    )
    judge = known(old, revision)
    relocator = Relocator(old, revision.new, revision.pairs)
    words = [match.span() for match in re.finditer(r"\S+", old.text)]
    for first, last in combinations(words[:: share * 2], 2):
        span = first[0], last[1]
        judged = judge(span, relocator.span(*span))
        assert judged not in ("wrong", "missed"), (old.text[slice(*span)], judged)


@SOME
@given(st.lists(st.sampled_from(WORDS), max_size=30), st.lists(st.sampled_from(WORDS), max_size=30))
def test_an_alignment_covers_both_lists_in_order(old: list[str], new: list[str]) -> None:
    runs = align_words(old, new)
    assert [word for run in runs for word in old[run.a0 : run.a1]] == old
    assert [word for run in runs for word in new[run.b0 : run.b1]] == new
    for run in runs:
        before, after = old[run.a0 : run.a1], new[run.b0 : run.b1]
        assert (run.kind == "same") == (before == after)
        if run.kind == "altered":
            assert len(before) == len(after)
        if run.kind in ("deleted", "inserted", "rewritten"):
            assert (bool(before), bool(after)) == (run.kind != "inserted", run.kind != "deleted")


CONSTITUTION = ("2026-01-20", "2026-01-29")
MODEL_SPEC = ("2025-02-12", "2025-04-11", "2025-09-12", "2025-10-27", "2025-12-18",
              "2025-12-18-rev2")  # fmt: skip
STEPS = [("constitution", *step) for step in permutations(CONSTITUTION)]
STEPS += [("model-spec", *step) for step in pairwise(MODEL_SPEC)]


@pytest.mark.shared
@pytest.mark.parametrize(("slug", "before", "after"), STEPS)
def test_real_revisions_place_no_span_wrongly(
    shared: Path, slug: str, before: str, after: str
) -> None:
    old, new = (
        parse((shared / "corpus" / slug / f"{label}.md").read_bytes(), name=f"{label}.md")
        for label in (before, after)
    )
    relocator, judge = Relocator(old, new, paired(old, new)), fenced(old, new)
    counts: Counter[str] = Counter()
    for span in list(spans_of(old.text))[:: 1 if slug == "constitution" else 5]:
        found = relocator.span(*span)
        counts.update((found.verdict, judge(span, found)))
    assert (counts["wrong"], counts["missed"]) == (0, 0)
    if slug == "constitution":
        assert counts["loose"] == counts["short"] == 0
        assert counts["lost"] <= 0.005 * counts.total() / 2
