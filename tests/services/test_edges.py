"""Words that begin or end at a space keep an honest verdict in every edition."""

from __future__ import annotations

from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from tests.conftest import Site
from tests.helpers import checks


def test_a_space_left_behind_at_the_edge_is_no_exact_placement(site: Site) -> None:
    site.add()
    ada, limits = site.person("Ada"), site.parts.config.limits
    site.add("garden-2.md", "2026-04-01")
    with site.parts.db.transaction() as session:
        loaded = editions.newest(session, "garden")
        text = loaded.parsed.text
        spaces = [at for at, char in enumerate(text[:-25]) if char == " "]
        for at in spaces[::4]:
            annotations.create(session, ada, Draft("garden", targets=(
                DraftTarget(start=at, end=at + 19),), body="Hm."), limits)  # fmt: skip
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        assert list(checks.faults(session, site.parts.engine)) == []
