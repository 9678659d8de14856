"""Posts that wait for a moderator, and the switches that make them wait."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from annotator.config import Limits
from annotator.errors import (
    Conflict,
    NotFound,
)
from annotator.models import Annotation
from annotator.schemas.annotations import Draft
from annotator.services.annotations import annotations, listings
from annotator.services.site import switches
from tests.services.scene import FINE, Scene, found, held


def test_the_first_posts_of_a_new_account_wait_until_a_moderator_lets_one_stand(
    scene: Scene,
) -> None:
    posts = held(scene, hold_first_posts=1)
    assert posts("First.")
    assert posts("Second, still waiting.")
    with scene.site.parts.db.reading() as session:
        first = session.scalar(
            select(func.min(Annotation.id)).where(Annotation.visibility == "held")
        )
    assert found(scene)["all"] == 1
    scene.act(scene.mia, FINE, ident=first)
    assert found(scene)["all"] == 2
    assert not posts("Third.")
    assert not posts("A moderator's first.", scene.max)
    assert scene.told(scene.ben) == [("approve", "author")]
    assert scene.consistent() == []


def test_posts_with_many_links_wait_however_they_are_written(scene: Scene) -> None:
    posts = held(scene, hold_links=2)
    assert not posts("One [link](https://a.example).")
    assert posts("[one](https://a.example) [two](https://b.example)")
    assert posts("https://a.example and www.b.example")
    assert posts("[one](https://a.example) and ![two](https://b.example/p.png)")


def test_the_same_words_at_many_places_wait_from_the_place_that_the_settings_name(
    scene: Scene,
) -> None:
    posts = held(scene, hold_repeats=3)
    words = "Buy my book on gardens, the best of all books."
    assert [posts(words) for _ in range(4)] == [False, False, True, True]
    assert not posts("Other words, as long as the others, said only once.")
    assert [posts("I agree.") for _ in range(4)] == [False] * 4


def test_an_edit_that_adds_links_waits_as_well(scene: Scene) -> None:
    held(scene, hold_links=2)
    reply = scene.post(scene.ben, "No.", to=scene.annotation)
    links = "https://a.example https://b.example"
    scene.do(
        lambda s: annotations.edit(s, scene.ada, scene.annotation, body=links, limits=Limits())
    )
    with scene.site.parts.db.reading() as session:
        head, answer = listings.thread(session, reply)
    assert (head.held, head.body, answer.body) == (True, None, "No.")
    assert scene.consistent() == []


def test_a_held_post_is_there_for_its_author_and_moderators_only(scene: Scene) -> None:
    scene.do(lambda s: switches.throw(s, "approve_everything", True, "Mia"))
    ident = scene.post(scene.ben, "Waiting.")
    assert scene.read(scene.ben, ident).held
    assert scene.read(scene.mia, ident).body == "Waiting."
    for who in (scene.ada, scene.eve):
        with pytest.raises(NotFound):
            scene.read(who, ident)
    answer = Draft(body="To what?", in_reply_to=ident)
    assert isinstance(
        scene.fault(lambda s: annotations.create(s, scene.ada, answer, Limits())), NotFound
    )
    assert isinstance(
        scene.fault(lambda s: annotations.create(s, scene.ben, answer, Limits())), Conflict
    )


def test_a_switch_wins_over_the_configuration_until_it_is_thrown_again(scene: Scene) -> None:
    posts = held(scene, approve_everything=True)
    assert posts("Waits.")
    scene.do(lambda s: switches.throw(s, "approve_everything", False, "Mia"))
    assert not posts("Does not.")
    assert isinstance(scene.fault(lambda s: switches.throw(s, "nonsense", True, "Mia")), NotFound)
