"""A client that a program makes from the description can use every operation and every answer."""

from __future__ import annotations

import importlib
import json
import logging
import subprocess
import sys
import typing
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple
from urllib.parse import parse_qsl

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator

from annotator import formats
from annotator.schemas.annotations import read_stamp
from annotator.web.api.operations import OPERATIONS, Operation
from tests.api.conftest import Script
from tests.api.every_form import every_form
from tests.api.test_statuses import IN_A_BROWSER, Ask, World, asks
from tests.conftest import Site

httpx = pytest.importorskip("httpx", reason="the client that is made needs httpx")
pytest.importorskip("openapi_python_client", reason="it makes the client")
LAST = ("create_acts", "delete_annotation")
UNDOING = tuple(it for it in OPERATIONS if it.name in {"restore_annotation", "undo_answer"})
OTHERS = tuple(
    sorted(
        (it for it in OPERATIONS if it not in UNDOING), key=lambda it: (it.name in LAST, it.name)
    )
)
# What lists leave out.
LEFT_OUT = {"html": None, "targets": [], "placements": [], "author_account": None, "held": False,
            "hidden": None, "via": None, "essay": None, "suggestion": None, "agreements": 0,
            "adoption": None, "for_publisher": False, "answer": None}  # fmt: skip
log = logging.getLogger(__name__)


class Made(NamedTuple):
    """The package that was made, and what it was made from."""

    name: str
    described: dict[str, Any]

    def operation(self, name: str) -> ModuleType:
        """Import the module of an operation."""
        return importlib.import_module(f"{self.name}.api.default.{name}")

    def models(self, name: str) -> ModuleType:
        """Import the module of a shape."""
        return importlib.import_module(f"{self.name}.models.{name}")

    def client(self, app: Flask, token: str) -> Any:
        """Make a client that has a token, and asks the app without a network."""
        made = importlib.import_module(f"{self.name}.client").AuthenticatedClient
        over = {"transport": httpx.WSGITransport(app=app)}
        return made(base_url="http://localhost", token=token, httpx_args=over)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of which packages can be imported."""
    made = tmp_path_factory.mktemp("generated")
    sys.path.insert(0, str(made))
    yield made
    sys.path.remove(str(made))


@pytest.fixture
def made(client: FlaskClient, folder: Path) -> Made:
    """Make the client once; a warning is a fault."""
    found = Made("generated_client", client.get("/api/openapi.json").get_json())
    if (folder / found.name).exists():
        return found
    (folder / "openapi.json").write_text(json.dumps(found.described), encoding="utf-8")
    (folder / "settings.yaml").write_text("post_hooks: []\n", encoding="utf-8")
    command = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none",
               "--path", "openapi.json", "--config", "settings.yaml", "--fail-on-warning",
               "--output-path", found.name]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return found


@pytest.mark.parametrize("chosen", [OTHERS, UNDOING], ids=["others", "undoing"])
def test_every_operation_can_be_called_and_every_answer_read(
    made: Made, small_site: Site, chosen: tuple[Operation, ...]
) -> None:
    world, called, raw = World(small_site), Counter[str](), 0
    world.furnish()
    for operation in chosen:
        for status, ask in asks(operation):
            if ask.who == IN_A_BROWSER:
                continue
            module = made.operation(operation.name)
            client = made.client(world.app, world.tokens[ask.who])
            answer, typed = call(module, client, operation, world.filled(ask))
            assert answer.status_code == status, (operation.name, ask, answer.content)
            check_read(answer)
            called[operation.name] += typed
            raw += not typed
    log.info(
        "%d of %d operations; %d answers to calls, %d to requests that the client cannot say",
        len(called), len(chosen), sum(called.values()), raw,
    )  # fmt: skip
    assert called.keys() == {it.name for it in chosen}
    assert all(called.values())


def call(module: ModuleType, client: Any, operation: Operation, ask: Ask) -> tuple[Any, bool]:
    """Call an operation; tell too whether the client's types allow the request.

    What is wrong on purpose they do not: it is sent as it is, and its answer read all the same.
    """
    try:
        given = _arguments(module, ask)
    except (AttributeError, KeyError, TypeError, ValueError):
        path = operation.path.format_map(ask.at) + ask.query
        sent = {} if ask.body is None else {"json": ask.body}
        asked = client.get_httpx_client()
        raw = asked.request(operation.method, path, headers=ask.headers, **sent)
        return module._build_response(client=client, response=raw), False
    return module.sync_detailed(client=client, **given), True


def _arguments(module: ModuleType, ask: Ask) -> dict[str, Any]:
    """Say a request in the client's types; raises what they raise where it cannot be."""
    kinds = typing.get_type_hints(module._get_kwargs)
    given: dict[str, Any] = {name: value for name, value in ask.at.items() if name in kinds}
    for name, value in parse_qsl(ask.query.removeprefix("?"), strict_parsing=bool(ask.query)):
        key = name if name in kinds else f"{name}_"
        given[key] = _typed(kinds[key], value)
    for name, value in ask.headers.items():
        given[name.lower().replace("-", "_")] = _typed(kinds[name.lower().replace("-", "_")], value)
    if ask.body is not None:
        given["body"] = kinds["body"].from_dict(ask.body)
        if given["body"].to_dict() != ask.body:
            raise ValueError
    return given


def _typed(kind: Any, value: str) -> Any:
    """Make a parameter's value of one of the types that the client takes."""
    for each in typing.get_args(kind) or (kind,):
        if typing.get_origin(each) is list:
            return [typing.get_args(each)[0](it) for it in value.split(",")]
        if each in (date, datetime):
            return read_stamp(value)
        if each is not type(None) and each.__name__ != "Unset":
            return each(value)
    raise TypeError(kind)


def check_read(answer: Any) -> None:
    """Make sure that nothing of an answer is lost in the client's model of it."""
    if answer.status_code in {204, 304}:
        assert not answer.content
    elif answer.headers["Content-Type"].startswith("application/json") and not isinstance(
        answer.parsed, str
    ):
        assert same(answer.parsed.to_dict(), json.loads(answer.content)), answer.content
    else:
        file = getattr(answer.parsed, "payload", None)
        assert (file.read() if file else answer.parsed.encode()) == answer.content


def same(read: Any, sent: Any) -> bool:
    """Return whether two values are equal; times may have two forms."""
    if isinstance(sent, dict):
        return (
            isinstance(read, dict)
            and read.keys() == sent.keys()
            and all(same(read[key], sent[key]) for key in sent)
        )
    if isinstance(sent, list):
        return len(read) == len(sent) and all(map(same, read, sent))
    if isinstance(sent, str) and isinstance(read, str) and read != sent:
        return read_stamp(read) == read_stamp(sent)
    return bool(read == sent)


def test_every_form_of_annotation_is_read_and_is_as_described(
    made: Made, app: Flask, script: Script, small_site: Site
) -> None:
    ids = every_form(script, small_site)
    small_site.parts.indexer.drain()
    token = small_site.token("Mia", scopes=("read", "write", "moderate"))
    client = made.client(app, token)
    one, several = made.operation("get_annotation"), made.operation("list_annotations")
    shapes = {"components": made.described["components"]}
    whole = Draft202012Validator(shapes | {"$ref": "#/components/schemas/Annotation"})
    parsed, seen, lost = 0, set(), 0
    for ident, label in [(ident, label) for ident in ids for label in ("2026-03-01", "2026-06-01")]:
        answer = one.sync_detailed(client=client, ident=ident, edition=label)
        check_read(answer)
        parsed += answer.status_code == 200
        if answer.status_code == 200:
            whole.validate(json.loads(answer.content))
            seen |= {it.verdict for it in answer.parsed.placements}
            lost += any(it.pid is it.start is None for it in answer.parsed.targets)
        else:
            assert answer.status_code == 410
    assert (seen, lost) == ({"exact", "edited", "lost"}, 2)
    listed = several.sync_detailed(client=client, limit=200)
    check_read(listed)
    for item in json.loads(listed.content)["items"]:
        whole.validate(LEFT_OUT | item)
    fields = made.models("list_annotations_fields_item").ListAnnotationsFieldsItem
    check_read(several.sync_detailed(client=client, fields=[fields.ID, fields.TARGET]))
    for name in ("list_queue", "list_log", "list_tags", "search"):
        check_read(made.operation(name).sync_detailed(client=client))
    kinds = made.models("export_format").ExportFormat
    assert {it.value for it in kinds} == formats.FORMATS.keys()
    for kind in kinds:
        answer = made.operation("export").sync_detailed(client=client, format_=kind)
        assert answer.status_code == 200
        file = getattr(answer.parsed, "payload", None)
        assert (file.read() if file else answer.parsed.encode()) == answer.content
        assert len(answer.parsed) > 1_000, kind
    log.info("%d annotations read in 2 editions: %d whole, %d withheld or deleted; %d listed",
             len(ids), parsed, 2 * len(ids) - parsed, len(listed.parsed.items))  # fmt: skip
