"""The table that a spreadsheet groups: replies stand where their thread does."""

from __future__ import annotations

import csv
import io

import pytest

from annotator import formats
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.exchange import exports
from tests.conftest import Site
from tests.services.scene import Scene


@pytest.fixture
def scene(site: Site) -> Scene:
    """A site with a comment of Ada's."""
    return Scene(site)


def rows(scene: Scene, narrow: Filter | None = None) -> list[dict[str, str]]:
    """Export, and read the file as a spreadsheet does."""
    chosen = formats.named("csv")
    with scene.site.parts.db.reading() as session:
        found = exports.export(session, chosen, narrow or Filter(), "CC0", "https://n.example")
        text = "".join(chosen.write(found.annotations, found.envelope))
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


PLACE = ("address", "quote", "verdict", "section_title", "paragraph", "position", "placed_in")


def test_a_reply_stands_where_its_thread_does_also_without_it(scene: Scene) -> None:
    answer = scene.post(scene.ben, "It is not.", to=scene.annotation)
    scene.post(scene.ada, "It is.", to=answer)
    head, *replies = rows(scene)
    assert head["quote"] == "The north gate is locked at dusk"
    assert (head["replies"], replies[0]["replies"]) == ("1", "1")
    for reply in replies:
        assert [reply[name] for name in PLACE] == [head[name] for name in PLACE]
    (alone,) = rows(scene, Filter(author="Ben"))
    assert [alone[name] for name in PLACE] == [head[name] for name in PLACE]
    assert alone["link"] == f"https://n.example/a/{answer}"


def test_position_sorts_threads_as_the_text_does(scene: Scene) -> None:
    with scene.site.parts.db.transaction() as session:
        text = exports.editions.newest(session, "garden").parsed.text
    table = sorted(rows(scene), key=lambda row: int(row["position"]))
    assert int(table[0]["position"]) == text.index("The north gate is locked at dusk")


def test_the_place_of_what_is_hidden_or_deleted_says_none_of_its_words(scene: Scene) -> None:
    scene.post(scene.ben, "It is not.", to=scene.annotation)
    before = rows(scene)[0]
    for withhold in (
        lambda: scene.act(scene.mia),
        lambda: scene.do(lambda session: annotations.delete(session, scene.ada, scene.annotation)),
    ):
        withhold()
        gone, reply = rows(scene)
        assert (reply["section_title"], reply["paragraph"], reply["position"]) == (
            before["section_title"], before["paragraph"], before["position"]
        )  # fmt: skip
        assert (gone["body"], gone["quote"], gone["author"], reply["quote"]) == ("", "", "", "")
        assert "north gate" not in str([gone, reply])
