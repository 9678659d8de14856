"""What comes in from elsewhere keeps its authors, dates, replies and words, and comes in once."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import rdflib
from rdflib.compare import isomorphic

from annotator import formats
from annotator.config import Limits
from annotator.formats.files import reading
from annotator.schemas.annotations import AnnotationValue
from annotator.services.annotations import listings
from annotator.services.annotations.filters import Filter
from annotator.services.editions import editions
from annotator.services.exchange import exports
from tests.conftest import ROOT, Site
from tests.helpers import checks, importing
from tests.helpers.importing import ImportReport

W3C = ROOT.parent / "shared" / "w3c"
DUSK = "The north gate is locked at dusk"
ADDRESS = "https://notes.example"
shared = pytest.mark.skipif(not W3C.exists(), reason="the W3C's samples are not here")


def take(site: Site, value: Any, name: str | None = None) -> ImportReport:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    with site.parts.db.transaction() as session:
        return importing.take_in(session, reading.read(io.BytesIO(data), name), Limits())


def everything(site: Site) -> list[AnnotationValue]:
    with site.parts.db.reading() as session:
        return list(listings.everything(session, Filter()))


def export(site: Site, name: str) -> str:
    chosen = formats.named(name)
    with site.parts.db.reading() as session:
        found = exports.export(session, chosen, Filter(), "CC-BY-4.0", ADDRESS)
        return "".join(chosen.write(found.annotations, found.envelope))


def faults(site: Site) -> list[str]:
    site.parts.indexer.drain()
    with site.parts.db.reading() as session:
        return list(checks.faults(session, site.parts.engine))


def hypothesis(ident: str, **changes: Any) -> dict[str, Any]:
    """Make an annotation as the API of Hypothesis gives it."""
    return {
        "id": ident, "created": "2026-02-03T10:20:30.123456+00:00",
        "updated": "2026-02-04T10:20:30.123456+00:00", "user": "acct:ann.b@hypothes.is",
        "uri": "https://garden.example/rules", "text": "Whose *dusk*?", "tags": ["dusk"],
        "references": [], "permissions": {"read": ["group:__world__"]}, "group": "__world__",
        "target": [{"source": "https://garden.example/rules", "selector": [
            {"type": "RangeSelector", "startContainer": "/div[1]", "startOffset": 3},
            {"type": "TextPositionSelector", "start": 9120, "end": 9152},
            {"type": "TextQuoteSelector", "exact": DUSK, "prefix": "gates. ", "suffix": ", the"},
        ]}],
    } | changes  # fmt: skip


def web(ident: str, **changes: Any) -> dict[str, Any]:
    """Make an annotation as the W3C's Recommendation has it."""
    return {
        "@context": "http://www.w3.org/ns/anno.jsonld", "id": ident, "type": "Annotation",
        "created": "2026-02-03T10:20:30Z", "motivation": "commenting",
        "body": {"type": "TextualBody", "value": "Hm."}, "target": "https://x.example/page",
    } | changes  # fmt: skip


@pytest.mark.parametrize("kind", ["SvgSelector", "XPathSelector", "RangeSelector", "Own"])
def test_a_selector_that_is_not_read_is_told(site: Site, kind: str) -> None:
    site.add()
    target = {"source": "https://x.example/a.png", "selector": [{"type": kind, "value": "/p[1]"}]}
    report = take(site, web("https://x.example/1", target=target))
    assert dict(report.outcomes) == {"lost": 1}
    assert f"{kind} is not read here" in report.lines[0]
    (made,) = everything(site)
    assert made.targets == ()
    assert json.loads(export(site, "w3c"))["first"]["items"][0]["target"] == target
    assert faults(site) == []


def test_hypothesis_keeps_author_dates_tags_and_finds_the_words(site: Site) -> None:
    site.add()
    report = take(site, {"total": 1, "rows": [hypothesis("kTKcAFkGEe6XiGf6Ccqugg")]})
    assert dict(report.outcomes) == {"added": 1}
    (made,) = everything(site)
    assert (made.id, made.author) == ("kTKcAFkGEe6XiGf6Ccqugg", "ann.b hypothes.is")
    assert (made.body, made.tags) == ("Whose *dusk*?", ("dusk",))
    assert made.created.isoformat() == "2026-02-03T10:20:30.123456+00:00"
    assert made.modified.day == 4
    assert made.targets[0].exact == DUSK
    assert made.placements[0].verdict == "exact"
    assert made.via == "https://hypothes.is/a/kTKcAFkGEe6XiGf6Ccqugg"
    assert faults(site) == []


def test_page_notes_highlights_and_replies_stay_what_they_are(site: Site) -> None:
    site.add()
    rows = [
        hypothesis("reply1", references=["gone", "head01"], target=[{"source": "x"}], text="No."),
        hypothesis("head01"),
        hypothesis("note01", target=[{"source": "https://garden.example/rules"}]),
        hypothesis("mark01", text="", tags=[]),
    ]
    assert dict(take(site, rows).outcomes) == {"added": 4}
    found = {annotation.id: annotation for annotation in everything(site)}
    assert (found["reply1"].in_reply_to, found["reply1"].motivation) == ("head01", "replying")
    assert found["note01"].targets == ()
    assert (found["mark01"].body, found["mark01"].motivation) == (None, "highlighting")
    assert faults(site) == []


def test_words_that_stand_nowhere_are_kept_as_lost(site: Site) -> None:
    site.add()
    quote = {"type": "TextQuoteSelector", "exact": "words of another page"}
    lost = hypothesis("lost01", target=[{"source": "x", "selector": [quote]}])
    report = take(site, [lost])
    assert dict(report.outcomes) == {"lost": 1}
    assert "words of another page" in report.lines[0]
    (made,) = everything(site)
    assert (made.targets[0].exact, made.targets[0].start) == ("words of another page", None)
    assert (made.placements[0].verdict, made.placements[0].pid) == ("lost", None)
    assert faults(site) == []


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (lambda at, text: {"start": at, "end": at + 3}, "exact"),
        (lambda at, text: {"start": at, "end": at + 3, "prefix": text[at - 9 : at]}, "exact"),
        (lambda at, text: {"start": at + 1, "end": at + 4, "prefix": text[at - 9 : at]}, "exact"),
        (lambda at, text: {"start": 1, "end": 4, "prefix": text[at - 9 : at]}, "exact"),
        (lambda at, text: {"start": at - len(text), "end": at + 3 - len(text)}, "lost"),
        (lambda at, text: {}, "lost"),
    ],
)
def test_words_in_many_places_stand_where_offsets_or_surroundings_put_them(
    site: Site, change: Callable[[int, str], dict[str, Any]], outcome: str
) -> None:
    site.add()
    with site.parts.db.reading() as session:
        text = editions.newest(session, "garden").parsed.text
    assert text.count("the") > 2
    at = text.index("the", text.index("the") + 1)
    target = {"exact": "the"} | change(at, text)
    take(site, [{"id": "many1", "document": "garden", "author": "Ada", "body": "Which?",
                 "target": target}])  # fmt: skip
    (made,) = everything(site)
    assert made.placements[0].verdict == outcome
    assert made.targets[0].start == (at if outcome == "exact" else None)
    assert faults(site) == []


def test_a_second_import_of_any_dialect_changes_nothing(site: Site) -> None:
    site.add()
    take(site, [hypothesis("head01"), hypothesis("reply1", references=["head01"])])
    for name in ("native", "jsonl", "w3c"):
        before = export(site, name)
        report = take(site, before.encode())
        assert set(report.outcomes) == {"unchanged"}, name
        assert export(site, name) == before
    assert dict(take(site, [hypothesis("head01")]).outcomes) == {"unchanged": 1}


@pytest.mark.both_databases
@pytest.mark.parametrize(
    ("broken", "why"),
    [
        (hypothesis("x1", created="2999-01-01T00:00:00Z"), "future"),
        (hypothesis("x2", references=["nowhere"]), "not on this"),
        ({"id": "x3", "uri": "u", "user": "acct:a@b", "target": 7}, "not an annotation"),
        ({"id": "x4", "document": "garden", "body": "b"}, "'author' is missing"),
        ({"id": 7, "document": "garden", "body": "b", "author": "Ada"}, "is not a string"),
        ({"id": "x5", "document": "garden", "body": ["b"], "author": "Ada"}, "is not a string"),
        (
            {"id": "x6", "document": "garden", "body": "b", "author": "Ada", "created": "soon"},
            "soon",
        ),
        (
            {
                "id": "x7",
                "document": "garden",
                "body": "b",
                "author": "Ada",
                "created": "0001-01-01T00:00:00+14:00",
            },
            "not an annotation",
        ),
        ({"id": "x9", "document": "garden", "body": "b\0", "author": "Ada"}, "control character"),
        (
            {
                "id": "y1",
                "document": "garden",
                "body": "b",
                "author": "Ada",
                "target": {"start": 1.5, "end": 3},
            },
            "is not an integer",
        ),
        ({"id": "y2", "document": "garden", "body": "b" * 20_000, "author": "Ada"}, "Shorten it"),
        (
            {"id": "y3", "document": "garden", "body": "b", "author": "Ada", "via": "x" * 3_000},
            "longer than",
        ),
        (
            {
                "id": "y4",
                "document": "garden",
                "body": "b",
                "author": "Ada",
                "via": "java\nscript:alert(1)",
            },
            "not the address",
        ),
        (web("https://x.example/1", target="javascript:alert(1)"), "not the address"),
        (web("https://x.example/1", target={"source": " JavaScript:alert(1)"}), "not the address"),
        (web("javascript:alert(1)"), "not the address"),
    ],
)
def test_what_cannot_be_taken_in_is_told_and_the_rest_goes_in(
    site: Site, broken: Any, why: str
) -> None:
    site.add()
    report = take(site, [broken, hypothesis("fine01")])
    assert dict(report.outcomes) == {"refused": 1, "added": 1}
    assert "item 1" in report.lines[0]
    assert why in report.lines[0]


def test_html_of_others_is_kept_only_as_far_as_it_is_safe(site: Site) -> None:
    site.add()
    bodies = {"fine": "<p>Kind.</p>", "evil": "<p onclick='x()'>So<script>run()</script>.</p>"}
    rows = [
        web(f"https://x.example/{name}", body={"type": "TextualBody", "format": "text/html",
                                                "value": html})
        for name, html in bodies.items()
    ]  # fmt: skip
    assert dict(take(site, rows).outcomes) == {"added": 2}
    assert sorted(made.body or "" for made in everything(site)) == ["Kind.", "So."]
    for name in formats.FORMATS:
        written = export(site, name)
        assert "run()" not in written, name
        assert "onclick" not in written, name


def test_a_reply_may_come_long_before_what_it_answers(site: Site) -> None:
    site.add()
    replies = [hypothesis(f"re{n}", references=["head01"], text=f"No, {n}.") for n in range(700)]
    assert dict(take(site, [*replies, hypothesis("head01")]).outcomes) == {"added": 701}
    assert {made.thread for made in everything(site)} == {"head01"}
    assert faults(site) == []


def test_a_deleted_annotation_comes_in_as_an_empty_place_once_it_is_answered(site: Site) -> None:
    site.add()
    head = {"id": "head01", "document": "garden", "author": "Ada", "deleted": True, "body": None,
            "motivation": "commenting", "created": "2026-01-01T00:00:00Z"}  # fmt: skip
    assert dict(take(site, [head]).outcomes) == {"added": 1}
    assert everything(site) == []
    reply = head | {"id": "reply1", "deleted": False, "body": "No.", "in_reply_to": "head01"}
    assert dict(take(site, [reply]).outcomes) == {"added": 1}
    assert [(made.id, made.deleted) for made in everything(site)] == [
        ("head01", True), ("reply1", False)
    ]  # fmt: skip
    assert faults(site) == []


def test_replies_in_a_circle_are_refused(site: Site) -> None:
    site.add()
    rows = [hypothesis("aa", references=["bb"]), hypothesis("bb", references=["aa"])]
    assert dict(take(site, rows).outcomes) == {"refused": 2}
    assert everything(site) == []


def test_an_id_that_is_anothers_here_is_refused(site: Site) -> None:
    site.add()
    mine = {"id": "0000000000000001", "document": "garden", "body": "Mine.", "author": "Ada",
            "created": "2026-01-01T00:00:00Z"}  # fmt: skip
    take(site, [mine])
    report = take(site, [dict(mine, author="Eve")])
    assert dict(report.outcomes) == {"refused": 1}
    assert "another annotation" in report.lines[0]
    assert [annotation.author for annotation in everything(site)] == ["Ada"]


def graph(value: dict[str, Any]) -> rdflib.Graph:
    """Read JSON-LD with the W3C's context, which lies beside the repository."""
    context = json.loads((W3C / "anno.jsonld").read_text())["@context"]
    data = json.dumps(value | {"@context": context})
    return rdflib.Graph().parse(data=data, format="json-ld")


def samples() -> list[Path]:
    return sorted((W3C / "samples").glob("anno*.json"))


@shared
@pytest.mark.shared
@pytest.mark.parametrize("path", samples(), ids=lambda path: path.stem)
def test_the_w3cs_samples_come_out_as_they_went_in(small_site: Site, path: Path) -> None:
    sample = json.loads(path.read_text())
    report = take(small_site, sample)
    if path.stem in {"anno11", "anno12", "anno13"}:
        assert dict(report.outcomes) == {"refused": 1}
        assert "dropped from the Recommendation" in report.lines[0]
        return
    if path.stem == "anno16":  # its audience is teachers
        assert dict(report.outcomes) == {"private": 1}
        return
    assert set(report.outcomes) <= {"added", "lost"}
    (out,) = json.loads(export(small_site, "w3c"))["first"]["items"]
    if path.stem == "anno15":  # whose email address it is, is nobody else's to know
        assert sample["creator"].pop("email_sha1")
    assert isomorphic(graph(out), graph(sample))
    assert faults(small_site) == []
