"""The W3C's own lists over every annotation, page and collection of a site.

All is read through HTTP. What the lists do not check is checked here.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient

from annotator.app import create_app
from annotator.config import Config, Limits
from annotator.schemas.annotations import MOTIVATIONS, Draft, DraftTarget
from annotator.services.annotations import annotations
from annotator.services.editions import editions
from tests.conftest import ROOT, Site, site_of

SUITE = ROOT.parent / "shared" / "w3c"
MANY = 300  # so many hold each kind of target with each motivation and each body
BODIES = (
    "Which *gate*?",
    "שלום, and <script>alert(1)</script>",
    "🌱 " * 40,
    "A [link](https://a.example).",
)
TAGS = ((), ("gates",), ("двери", "🚪", "a b"))
HERE = "http://localhost"
WORDS = {"value", "exact", "prefix", "suffix", "name", "nickname", "generator"}


@pytest.fixture(scope="module")
def reader(
    tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path
) -> Iterator[FlaskClient]:
    """Somebody who reads a site with annotations of every kind."""
    data = tmp_path_factory.mktemp("lists")
    (data / "annotator.sqlite3").write_bytes(sqlite_template.read_bytes())
    limits = Limits(enabled=False, page=60)
    site = site_of(Config(data=data, limits=limits))
    site.add()
    site.add("garden-2.md", "2026-06-01")
    _fill(site)
    yield create_app(site.parts.config, site.parts).test_client()
    site.parts.close()


def _fill(site: Site) -> None:
    people = [site.person(name) for name in ("Ada", "Øyvind", "קים")]
    limits = site.parts.config.limits
    with site.parts.db.transaction() as session:
        made: list[str] = []
        for number in count():
            if len(made) == MANY:
                break
            draft = _draft(session, number, made)
            ident = annotations.create(session, people[number % 3], draft, limits)
            if number % 50 == 49:  # these are no annotations any more
                annotations.delete(session, people[number % 3], ident)
            else:
                made.append(ident)
            if number % 40 == 3:
                annotations.edit(session, people[number % 3], ident, body="Other.", limits=limits)


def _draft(session: Any, number: int, made: list[str]) -> Draft:
    loaded = editions.labelled(session, "garden", ("2026-03-01", "2026-06-01")[number % 2])
    text = loaded.parsed.text
    start = number * 7 % (len(text) - 60)
    some = DraftTarget(start, start + 5 + number % 50)
    whole = DraftTarget(pid=loaded.pids[number % len(loaded.pids)])
    kinds: tuple[tuple[DraftTarget, ...], ...] = ((some,), (whole,), (), (some, whole), (some,))
    body = f"{BODIES[number % 4]} {number}"
    if number % 6 == 5:
        return Draft(body=body, in_reply_to=made[number // 2], tags=TAGS[number % 3])
    motivation = MOTIVATIONS[number % len(MOTIVATIONS)]
    light = number % 11 == 10
    return Draft("garden", loaded.label, kinds[number % 5], None if light else body,
                 TAGS[number % 3], "highlighting" if light else motivation)  # fmt: skip


def _get(client: FlaskClient, address: str) -> dict[str, Any]:
    answer = client.get(address.removeprefix(HERE))
    assert answer.status_code == 200
    value: dict[str, Any] = answer.get_json(force=True)
    return value


def _pages(client: FlaskClient, address: str) -> Iterator[dict[str, Any]]:
    at: str | None = f"{address}&page=0"
    while at is not None:
        page = _get(client, at)
        yield page
        at = page.get("next")


@pytest.fixture(scope="module")
def pages(reader: FlaskClient) -> list[dict[str, Any]]:
    """Every page of the document's container, with descriptions."""
    return list(_pages(reader, "/w3c/garden/?iris=0"))


def _form(value: Any) -> Any:
    """Return what the lists see of a value: without its words, numbers and what addresses hold.

    Those, motivations, purposes and times are checked for every annotation by the tests below.
    """
    if isinstance(value, dict):
        return tuple(
            (key, key in WORDS or _form(item))
            for key, item in sorted(value.items()) if key not in {"motivation", "purpose"}
        )  # fmt: skip
    if isinstance(value, list):
        return tuple(map(_form, value))
    if not isinstance(value, str):
        return type(value)
    return re.sub(r"[\w%]+", "x", value) if ":" in value else value


def _told(test: str, folder: Path, values: list[dict[str, Any]]) -> str:
    """Run a list over values, each in a file of its own; give what it says in the end."""
    files = [folder / f"{number}.json" for number in range(len(values))]
    for file, value in zip(files, values, strict=True):
        file.write_text(json.dumps(value))
    command = [sys.executable, SUITE / "check_model.py", SUITE / "annotation-model", test, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[-1]


lists = pytest.mark.skipif(
    not SUITE.exists(), reason="the W3C's lists are not beside the repository"
)


@lists
@pytest.mark.shared
def test_every_form_of_annotation_meets_every_must(
    reader: FlaskClient, pages: list[dict[str, Any]], tmp_path: Path
) -> None:
    alone = [_get(reader, item["id"]) for page in pages for item in page["items"]]
    assert len(alone) == MANY
    assert [
        {**item, "@context": alone[0]["@context"]} for page in pages for item in page["items"]
    ] == alone
    forms = list({_form(each): each for each in alone}.values())
    assert len(forms) > 20
    told = _told("annotations/annotationMusts.test", tmp_path, forms)
    assert f"54 assertions x {len(forms)} files" in told
    assert f"no MUST failure: {len(forms)}/{len(forms)}" in told


@lists
@pytest.mark.shared
def test_every_page_meets_every_must(
    reader: FlaskClient, pages: list[dict[str, Any]], tmp_path: Path
) -> None:
    every = (
        pages + list(_pages(reader, "/w3c/garden/?iris=1")) + list(_pages(reader, "/w3c/?iris=0"))
    )
    assert len(every) > MANY // 50
    told = _told("collections/pages/pageMusts.test", tmp_path, every)
    assert f"15 assertions x {len(every)} files" in told
    assert f"no MUST failure: {len(every)}/{len(every)}" in told


@lists
@pytest.mark.shared
def test_every_collection_meets_every_must(reader: FlaskClient, tmp_path: Path) -> None:
    pids = [
        it["pid"] for it in _get(reader, "/api/documents/garden/editions/2026-06-01")["provisions"]
    ]
    addresses = ["/w3c/", "/w3c/garden/", *(f"/w3c/garden/p/{pid}/" for pid in pids)]
    every = [_get(reader, f"{at}?iris={iris}") for at in addresses for iris in "01"]
    told = _told("collections/collectionMusts.test", tmp_path, every)
    assert f"10 assertions x {len(every)} files" in told
    assert f"no MUST failure: {len(every)}/{len(every)}" in told


def test_times_motivations_creators_and_names_are_what_they_must_be(
    pages: list[dict[str, Any]],
) -> None:
    for item in (item for page in pages for item in page["items"]):
        for moment in (item["created"], item["modified"]):
            assert moment.endswith("Z")
            assert datetime.fromisoformat(moment)
        assert item["motivation"] in MOTIVATIONS
        for address in (item["id"], item["creator"]["id"], item["rights"]):
            assert urlsplit(address).scheme in {"http", "https"}
            assert address.isascii()
        assert all(body["format"] != "text/html" for body in item.get("body", []))
        assert all(body["purpose"] in MOTIVATIONS for body in item.get("body", []))
    assert all(page["partOf"]["modified"].endswith("Z") for page in pages)


def test_quoted_words_stand_at_their_offsets_in_the_source(
    reader: FlaskClient, pages: list[dict[str, Any]]
) -> None:
    texts: dict[str, str] = {}
    looked = 0
    for item in (item for page in pages for item in page["items"]):
        targets = item["target"] if isinstance(item["target"], list) else [item["target"]]
        for target in (each for each in targets if isinstance(each, dict)):
            source = target["source"]
            if source not in texts:
                texts[source] = reader.get(source.removeprefix(HERE)).text
            found = {each["type"]: each for each in target.get("selector", [])}
            position, quote = found.get("TextPositionSelector"), found.get("TextQuoteSelector")
            assert position is None or 0 <= position["start"] < position["end"] <= len(
                texts[source]
            )
            if position and quote:
                assert texts[source][position["start"] : position["end"]] == quote["exact"]
                looked += 1
    assert looked > MANY // 3


def test_all_targets_lead_somewhere(reader: FlaskClient, pages: list[dict[str, Any]]) -> None:
    targets = [item["target"] for page in pages for item in page["items"]]
    every = [each for it in targets for each in (it if isinstance(it, list) else [it])]
    leading = {each if isinstance(each, str) else each["scope"] for each in every}
    assert len(leading) > MANY // 10
    for address in leading:
        assert reader.get(address.removeprefix(HERE)).status_code == 200
