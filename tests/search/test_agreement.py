"""Every engine finds, counts and orders the same, whatever is in it and whatever is asked."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotator.errors import Malformed
from annotator.search.engine import Engine
from annotator.search.query import Query, parse
from annotator.search.record import Change, Deletion
from tests.search.conftest import EngineKind
from tests.search.making import record
from tests.search.memory_engine import MemoryEngine

WORDS = [
    "be",
    "being",
    "beings",
    "honest",
    "honestly",
    "don’t",
    "long-term",
    "to",
    "not",
    "漢字",
    "Ünï",
]
words = st.sampled_from(WORDS)
texts = st.lists(words, max_size=9).map(" ".join)
names = st.sampled_from(["Jane Roe", "jane", "Honest", "long‑term", ""])
records = st.builds(
    record,
    st.integers(0, 9),
    texts,
    quote=texts,
    author=names,
    tags=st.lists(names, max_size=2).map(tuple),
    sections=st.lists(names, max_size=3).map(tuple),
    document=st.sampled_from(["constitution", "model-spec"]),
    placement=st.sampled_from(["exact", "lost", ""]),
    start=st.integers(0, 2),
)
changes: st.SearchStrategy[Change] = records | st.integers(0, 9).map(lambda n: Deletion(f"a:{n}"))

fields = st.sampled_from(["", "", "text:", "quote:", "tag:", "author:", "section:", "document:"])
atoms = st.one_of(
    st.builds("{}{}".format, fields, words),
    st.builds('{}"{}"'.format, fields, texts.filter(bool) | names.filter(bool)),
    st.builds("{}{}*".format, fields, st.sampled_from(["be", "hon", "don", "lo", "ja", "un"])),
    st.sampled_from(["after:2026-01-04", "before:2026-01-07", "placement:lost", "kind:annotation"]),
)
queries = st.recursive(
    atoms,
    lambda part: st.one_of(
        st.lists(part, min_size=2, max_size=3).map(" ".join),
        st.lists(part, min_size=2, max_size=3).map(lambda parts: f"({' OR '.join(parts)})"),
        part.map("-{}".format),
    ),
    max_leaves=5,
)


def test_engines_agree(kind: EngineKind, request: pytest.FixtureRequest) -> None:
    @settings(max_examples=kind.examples)
    @given(
        st.lists(queries, min_size=1, max_size=4),
        st.lists(st.lists(changes, max_size=8), max_size=4),
    )
    def agree(asked: list[str], commits: list[list[Change]]) -> None:
        engine, plain = kind.open(kind.place(request)), MemoryEngine()
        engine.rebuild([])  # the place is the same for every example
        for commit in commits:
            engine.apply(commit)
            plain.apply(commit)
        read = [parse(query) for query in asked if _reads(query)]
        for query in read:
            _agree(engine, plain, query)
        while engine.tidy():
            pass
        for query in read:
            _agree(engine, plain, query)
        assert [*engine.revisions()] == [*plain.revisions()]
        engine.close()

    agree()


def _reads(query: str) -> bool:
    try:
        parse(query)
    except Malformed:
        return False
    return True


def _agree(engine: Engine, plain: Engine, query: Query) -> None:
    assert [*engine.keys(query)] == [*plain.keys(query)]
    for sort in ("newest", "oldest", "place"):
        ours, theirs = (each.search(query, sort=sort, limit=5) for each in (engine, plain))
        assert ours == type(ours)(
            hits=tuple(
                type(hit)(hit.key, ours.hits[n].score, hit.snippet)
                for n, hit in enumerate(theirs.hits)
            ),
            total=theirs.total,
            facets=theirs.facets,
            next=theirs.next,
        )
    assert engine.search(query).total == plain.search(query).total
