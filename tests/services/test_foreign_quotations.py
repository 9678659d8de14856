"""Words as other programs write them find their place at every door, or are refused with places."""

from __future__ import annotations

import itertools
import json

import pytest

from annotator.config import Limits
from annotator.errors import QuoteAmbiguous, QuoteMismatch, Unacceptable
from annotator.formats import w3c
from annotator.schemas.annotations import Draft, DraftTarget
from annotator.services.annotations import annotations, listings
from annotator.services.annotations.filters import Filter
from annotator.services.dialects import w3c_containers
from annotator.services.dialects.w3c_containers import Container
from annotator.services.editions import editions
from tests.conftest import Site
from tests.services.test_imports import hypothesis, take

LIMITS = Limits()
SOURCE = """# How to quote

Put words between “quotation marks”.

- Copy somebody else’s remark.
- Keep the spelling, as it is.

One line\\
and another.

Twice. Twice.
"""
FOREIGN = {
    "blocks without a separator": ("How to quotePut words", "How to quote\nPut words"),
    "list items": ("else’s remark.Keep the", "else’s remark.\nKeep the"),
    "two line feeds": ("else’s remark.\n\nKeep the", "else’s remark.\nKeep the"),
    "a space": ("else’s remark. Keep the", "else’s remark.\nKeep the"),
    "a straight apostrophe": ("somebody else's remark", "somebody else’s remark"),
    "straight quotation marks": ('between "quotation marks"', "between “quotation marks”"),
    "a line break": ("One lineand another", "One line and another"),
    "no-break spaces": ("Keep\u00a0the\u00a0spelling", "Keep the spelling"),
    "invisible characters": ("Ke\u00adep \u200bthe\ufeff spell\u2060ing", "Keep the spelling"),
}
# Without offsets, words in another case are found too.
WITHOUT_OFFSETS = FOREIGN | {"capitals": ("ELSE’S REMARK. keep THE", "else’s remark.\nKeep the")}
ADDRESS = "https://notes.example"
NUMBERS = itertools.count()


@pytest.fixture
def quoting(site: Site) -> Site:
    site.add(data=SOURCE.encode(), name="quoting.md", slug="garden")
    return site


def exact(site: Site) -> str | None:
    with site.parts.db.reading() as session:
        (annotation,) = listings.page(session, Filter(document="garden"), "newest").items
    return annotation.targets[0].exact if annotation.targets[0].start is not None else None


def post(site: Site, **target: object) -> None:
    draft = Draft(document="garden", body="So.", targets=(DraftTarget(**target),))  # type: ignore[arg-type]
    viewer = site.person(f"Ada {next(NUMBERS)}")
    with site.parts.db.transaction() as session:
        annotations.create(session, viewer, draft, LIMITS)


@pytest.mark.parametrize("name", WITHOUT_OFFSETS)
def test_a_post_without_offsets(quoting: Site, name: str) -> None:
    words, stands = WITHOUT_OFFSETS[name]
    post(quoting, exact=words)
    assert exact(quoting) == stands


@pytest.mark.parametrize("name", FOREIGN)
def test_a_post_with_offsets_keeps_the_words_of_the_text(quoting: Site, name: str) -> None:
    words, stands = FOREIGN[name]
    with quoting.parts.db.reading() as session:
        text = editions.newest(session, "garden").parsed.text
    start = text.index(stands)
    post(quoting, exact=words, start=start, end=start + len(stands))
    assert exact(quoting) == stands


@pytest.mark.parametrize(
    "path", ["/d/garden@2026-03-01", "/api/documents/garden/editions/2026-03-01/text"]
)
@pytest.mark.parametrize("name", WITHOUT_OFFSETS)
def test_the_protocol(quoting: Site, name: str, path: str) -> None:
    words, stands = WITHOUT_OFFSETS[name]
    value = {"type": "Annotation", "bodyValue": "So.",
             "target": {"source": f"{ADDRESS}{path}",
                        "selector": {"type": "TextQuoteSelector", "exact": words}}}  # fmt: skip
    viewer = quoting.person("Ada")
    with quoting.parts.db.transaction() as session:
        container = Container(editions.newest(session, "garden"))
        w3c_containers.post(session, viewer, container, w3c.sent(value), ADDRESS, LIMITS, None)
    assert exact(quoting) == stands


@pytest.mark.parametrize("dialect", ["hypothesis", "w3c", "native"])
@pytest.mark.parametrize("name", WITHOUT_OFFSETS)
def test_an_import(quoting: Site, name: str, dialect: str) -> None:
    words, stands = WITHOUT_OFFSETS[name]
    selector = {"type": "TextQuoteSelector", "exact": words}
    target = {"source": "https://x.example", "selector": [selector]}
    value = {
        "hypothesis": hypothesis("1", target=[target]),
        "w3c": {"id": "https://x.example/1", "type": "Annotation", "bodyValue": "So.",
                "target": target},
        "native": {"document": "garden", "author": "Ann", "body": "So.",
                   "target": {"start": 3, "end": 9, "exact": words}},
    }[dialect]  # fmt: skip
    report = take(quoting, value)
    assert report.outcomes == {"added": 1}, report.lines
    assert exact(quoting) == stands


BLANK = ["\u200b", " \u00ad\n\u2060", "\ufeff", "\u3164", "\u2800\ufe0f", "\u202e\u200d"]


@pytest.mark.parametrize("body", BLANK)
@pytest.mark.parametrize("dialect", ["hypothesis", "native", "post"])
def test_a_body_that_nobody_can_see_is_refused(quoting: Site, body: str, dialect: str) -> None:
    if dialect == "post":
        viewer = quoting.person("Ada")
        draft = Draft(document="garden", body=body)
        with quoting.parts.db.transaction() as session, pytest.raises(Unacceptable):
            annotations.create(session, viewer, draft, LIMITS)
        return
    value = {"hypothesis": hypothesis("1", text=body, target=[]),
             "native": {"document": "garden", "author": "Ann", "body": body}}[dialect]  # fmt: skip
    assert take(quoting, value).outcomes == {"refused": 1}


def test_what_stands_in_several_places_or_nowhere_is_refused(quoting: Site) -> None:
    with pytest.raises(QuoteAmbiguous) as told:
        post(quoting, exact="Twice.")
    assert len(json.loads(json.dumps(told.value.details["candidates"]))) == 2
    for words in ("Thrice.", "how to quote others"):
        with pytest.raises(QuoteMismatch):
            post(quoting, exact=words)
    with pytest.raises(QuoteMismatch):
        post(quoting, exact="how to quote", start=0, end=12)


@pytest.mark.parametrize(
    ("words", "why"),
    [("Twice.", "they appear in several places"), ("Thrice.", "they are not in the text")],
)
def test_an_import_keeps_what_it_cannot_place_and_says_why(
    quoting: Site, words: str, why: str
) -> None:
    target = {"selector": [{"type": "TextQuoteSelector", "exact": words}]}
    report = take(quoting, hypothesis("1", target=[target]))
    assert report.outcomes == {"lost": 1}
    assert why in report.lines[0]
    assert exact(quoting) is None
