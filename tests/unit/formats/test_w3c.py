"""Our JSON-LD against the W3C's own lists, and against what they do not check."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from annotator.formats import w3c
from annotator.schemas.annotations import AnnotationValue
from tests.conftest import ROOT
from tests.unit.formats.making import ENVELOPE, PARSED, annotation, reply

SUITE = ROOT.parent / "shared" / "w3c"
KINDS = [
    annotation(), annotation("a2", None), reply("a3", "a1", "a1"),
    annotation("a4", body=None, motivation="highlighting", tags=()),
    annotation("a5", author="Øyvind 🌱 ק"),
]  # fmt: skip


def whole(ident: str = "a6") -> AnnotationValue:
    made = annotation(ident)
    return made.but(targets=(made.targets[0].model_copy(update={"whole": True}),))


def collection(annotations: list[AnnotationValue]) -> dict[str, Any]:
    value: dict[str, Any] = json.loads("".join(w3c.write(annotations, ENVELOPE)))
    return value


def failures(test: str, *files: Path) -> str:
    """Run one of the W3C's lists over files; give its last line."""
    command = [sys.executable, SUITE / "check_model.py", SUITE / "annotation-model", test, *files]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().splitlines()[-1]


def saved(tmp_path: Path, *values: dict[str, Any]) -> list[Path]:
    paths = [tmp_path / f"{number}.json" for number in range(len(values))]
    for path, value in zip(paths, values, strict=True):
        path.write_text(json.dumps(value))
    return paths


@pytest.mark.shared
@pytest.mark.skipif(not SUITE.exists(), reason="the W3C's lists are not beside the repository")
def test_an_exported_collection_and_its_page_meet_every_must(tmp_path: Path) -> None:
    """What the site's own annotations, pages and collections meet: see api/test_w3c_lists.py."""
    (file,) = saved(tmp_path, collection(KINDS))
    assert "no MUST failure: 1/1" in failures("collections/collectionMusts.test", file)
    page = {"@context": w3c.CONTEXT, **collection(KINDS)["first"]}
    (file,) = saved(tmp_path, page)
    assert "no MUST failure: 1/1" in failures("collections/pages/pageMusts.test", file)


def test_offsets_are_code_points_and_the_quotation_stands_there() -> None:
    target = w3c.alone(annotation(quote="in return"), ENVELOPE)["target"]
    position, quote = target["selector"]
    assert PARSED.text[position["start"] : position["end"]] == quote["exact"] == "in return"


def test_the_source_is_the_text_the_scope_the_provision_and_the_state_the_edition() -> None:
    target = w3c.alone(annotation(), ENVELOPE)["target"]
    text = "https://notes.example/api/documents/garden/editions/2026-03-01/text"
    assert target["source"] == text
    assert target["scope"] == f"https://notes.example/d/garden/p/{annotation().targets[0].pid}"
    assert target["state"] == {
        "type": "TimeState", "cached": text, "sourceDate": "2026-03-01T00:00:00Z",
    }  # fmt: skip


def test_a_whole_provision_is_named_and_quoted() -> None:
    fragment, position, words = w3c.alone(whole(), ENVELOPE)["target"]["selector"]
    assert fragment["type"] == "FragmentSelector"
    assert fragment["value"] == whole().targets[0].pid
    assert position["type"] == "TextPositionSelector"
    assert words["exact"] == whole().targets[0].exact


def test_a_reply_is_about_what_it_answers() -> None:
    value = w3c.alone(reply("a3", "a1", "a1"), ENVELOPE)
    assert value["target"] == "https://notes.example/w3c/annotations/a1"
    assert value["body"][0]["purpose"] == "replying"


def test_a_deleted_annotation_is_no_annotation() -> None:
    gone = annotation(deleted=True, body=None, targets=(), placements=())
    value = collection([gone, annotation("a2")])
    assert value["total"] == len(value["first"]["items"]) == 1


def test_the_licence_is_an_address() -> None:
    assert w3c.rights("CC-BY-4.0") == "https://creativecommons.org/licenses/by/4.0/"
    assert w3c.rights("MIT") == "https://spdx.org/licenses/MIT"
    assert w3c.rights("https://terms.example/") == "https://terms.example/"
