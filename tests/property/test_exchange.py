"""What goes out comes in again: into an empty site with the same editions, byte for byte."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from annotator import formats
from annotator.auth.permissions import Viewer
from annotator.config import Limits
from annotator.errors import AnnotatorError
from annotator.formats.files import reading
from annotator.schemas.annotations import Draft
from annotator.services.annotations import annotations
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.exchange import exports
from annotator.services.moderation import actions
from annotator.services.moderation.actions import Decision
from tests.conftest import Site
from tests.helpers import checks, importing
from tests.property.test_reading import LABELS, People, empty, fresh

LIMITS = Limits()
ADDRESS = "https://notes.example"
WORDS = st.one_of(
    st.sampled_from(
        ["🌱 dusk", "שלום עולם", "مرحبا", "👩‍🌾 and e\u0301", "<b>no</b> & *yes*\n\n> so"]
    ),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), min_size=1, max_size=30),
)
ELSEWHERE = {
    "user": "acct:אבא@hypothes.is",
    "uri": "https://x.example",
    "tags": ["🌱"],
    "text": "?",
}


class Writers(People):
    """People who write in every script, hide, highlight, and bring annotations from elsewhere."""

    def __init__(self, site: Site, choose: Any) -> None:
        super().__init__(site, choose)
        self.moderator = actions.moderator(site.person("Max", role="moderator"))
        self.brought = 0

    def act(self) -> None:
        """Do one thing; what is refused changes nothing."""
        deed = self.choose(st.sampled_from([super().act, self._more, self._more]))
        with suppress(AnnotatorError):
            deed()

    def _more(self) -> None:
        deed = self.choose(st.sampled_from([self.hide, self.mark, self.bring, self.say]))
        with self.site.parts.db.transaction() as session:
            deed(session, self.choose(st.sampled_from(self.viewers)))

    def say(self, session: Session, viewer: Viewer) -> None:
        tags = tuple(self.choose(st.lists(WORDS, max_size=2)))
        draft = Draft(
            document="garden", body=self.choose(WORDS), tags=tags,
            targets=(self._target(editions.newest(session, "garden")),),
        )  # fmt: skip
        self.made.append((viewer, annotations.create(session, viewer, draft, LIMITS)))

    def mark(self, session: Session, viewer: Viewer) -> None:
        targets = (self._target(editions.newest(session, "garden")),)
        draft = Draft(document="garden", targets=targets, motivation="highlighting")
        self.made.append((viewer, annotations.create(session, viewer, draft, LIMITS)))

    def hide(self, session: Session, _viewer: Viewer) -> None:
        decision = Decision("hide", "abuse", "It attacks the gardener instead of the rule.")
        actions.decide(session, self.moderator, decision, self._one()[1])

    def bring(self, session: Session, _viewer: Viewer) -> None:
        self.brought += 1
        quote = {"type": "TextQuoteSelector", "exact": self.choose(WORDS), "prefix": "so "}
        came = ELSEWHERE | {"id": f"came{self.brought}", "created": "2026-02-03T10:20:30.5+00:00",
                            "target": [{"selector": [quote]}]}  # fmt: skip
        take_in(session, json.dumps([came]))


def take_in(session: Session, text: str, *, trust: bool = False) -> importing.ImportReport:
    found = reading.read(io.BytesIO(text.encode()))
    return importing.take_in(session, found, LIMITS, trust_authors=trust)


def write(session: Session, name: str) -> str:
    chosen = formats.named(name)
    found = exports.export(session, chosen, Filter(), "CC-BY-4.0", ADDRESS)
    return "".join(chosen.write(found.annotations, found.envelope))


def emptied(site: Site, ledgers: list[str]) -> Site:
    """Make a site with the same editions and their ledgers, and nothing else."""
    empty(site)
    for number, (label, ledger) in enumerate(zip(LABELS, ledgers, strict=False), 1):
        site.add(f"garden-{number}.md", label, ledger=ledger)
    return site


def ledgers_of(session: Session) -> list[str]:
    document = editions.document(session, "garden")
    return [exports.edition(loaded).ledger for loaded in editions.every(session, document.id)]


def items(text: str) -> Iterator[dict[str, Any]]:
    yield from json.loads(text)["first"]["items"]


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_what_goes_out_comes_in_again(site: Site, data: st.DataObject) -> None:
    """Replies, tombstones, edits, restatements, lost words, hidden annotations; two editions."""
    made = fresh(site)
    writers = Writers(made, data.draw)
    for step in range(data.draw(st.integers(1, 20))):
        writers.act()
        if step == 6:
            made.add("garden-2.md", LABELS[1])
    with made.parts.db.reading() as session:
        before = {name: write(session, name) for name in ("native", "jsonl", "w3c")}
        ledgers = ledgers_of(session)
    for name in ("native", "jsonl"):
        empty = emptied(made, ledgers)
        with empty.parts.db.transaction() as session:
            report = take_in(session, before[name])
        assert report.outcomes["refused"] == 0, report.lines
        with empty.parts.db.reading() as session:
            assert write(session, name) == before[name]
            assert write(session, "w3c") == before["w3c"]
        empty.parts.indexer.rebuild()
        with empty.parts.db.reading() as session:
            assert list(checks.faults(session, empty.parts.engine)) == []
        with empty.parts.db.transaction() as session:
            again = take_in(session, before[name])
        assert set(again.outcomes) <= {"unchanged"}
    empty = emptied(made, ledgers)
    with empty.parts.db.transaction() as session:
        report = take_in(session, before["w3c"])
    with empty.parts.db.reading() as session:
        after = {item["id"]: item for item in items(write(session, "w3c"))}
    wanted = {item["id"]: item for item in items(before["w3c"])}
    left = wanted.keys() - after.keys()
    assert after == {ident: wanted[ident] for ident in wanted if ident not in left}
    assert len(left) == report.outcomes["refused"]
    assert all("which is not on this site" in line for line in report.lines if "refused" in line)
