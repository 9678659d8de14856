"""Turtle: the terms mean what the W3C's context says, nothing is fetched, nothing breaks it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import rdflib
from rdflib.compare import isomorphic

from annotator.formats import turtle
from tests.conftest import ROOT

W3C = ROOT.parent / "shared" / "w3c"


def read(text: str) -> rdflib.Graph:
    return rdflib.Graph().parse(data=text, format="turtle")


@pytest.mark.shared
@pytest.mark.skipif(not W3C.exists(), reason="the W3C's samples are not beside the repository")
@pytest.mark.parametrize("path", sorted((W3C / "samples").glob("*.json")), ids=lambda it: it.stem)
def test_the_w3cs_samples_say_in_turtle_what_they_say_in_json_ld(path: Path) -> None:
    sample = json.loads(path.read_text())
    context = json.loads((W3C / "anno.jsonld").read_text())["@context"]
    data = json.dumps(sample | {"@context": context})
    said = rdflib.Graph().parse(data=data, format="json-ld", publicID=sample["id"])
    assert isomorphic(read(turtle.write(sample)), said)


def test_contexts_inside_are_never_fetched() -> None:
    context = "http://127.0.0.1:1/context.jsonld"
    value = {"id": "urn:a", "type": "Annotation", "@context": context,
             "body": [{"@context": context, "type": "TextualBody", "value": "Hm."}],
             "target": "urn:b"}  # fmt: skip
    assert len(read(turtle.write(value))) == 5


def test_names_that_are_no_iris_are_written_all_the_same() -> None:
    value = {"id": "urn:a", "type": "Annotation", "target": 'http://a.example/<x y>"{}'}
    (target,) = read(turtle.write(value)).objects(
        None, rdflib.URIRef(f"{turtle.SPACES['oa']}hasTarget")
    )
    assert str(target) == "http://a.example/%3Cx%20y%3E%22%7B%7D"


def test_a_relative_name_is_within_the_annotation_and_tells_nothing_of_the_machine() -> None:
    value = {"id": "http://a.example/1", "type": "Annotation", "target": "x"}
    text = turtle.write(value)
    assert "file:" not in text
    assert "<http://a.example/x>" in text
