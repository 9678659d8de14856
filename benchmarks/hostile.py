"""Hostile requests: the costliest known input of each endpoint, in processor time.

    python -m benchmarks.hostile [--count 20000] [--only WORDS]

Every address and method of the app is asked as usual and then in every way that this file knows:
each parameter, field, header and part of the path that the endpoint reads is filled with each of
`TEXTS`, and some endpoints are asked what `SPECIAL` has for them. The row shows what cost most.
Processor time is this process's; the baseline of a row is the ordinary request to the same address.
What starts no request (a mention's source is read apart) has no row here.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from flask import Flask, Request
from werkzeug.datastructures import ImmutableMultiDict

from annotator.app import create_app
from annotator.config import Limits
from annotator.parts import Parts, open_parts
from annotator.services.accounts import accounts
from annotator.services.editions import editions
from benchmarks.site import CONSTITUTION, prepare

MOST_SECONDS, MOST_ESSAY_SECONDS = 0.5, 1.5
PASSWORD = "a long enough pass phrase"  # noqa: S105  of a site that is made here
LINE = 7_000  # characters of a request's line, of which a server takes 8,190
TEXTS = {
    "letters": "a", "stars": "*_", "words": "the ", "phrases": '"of the" ', "OR": "a OR ",
    "prefixes": "ab* ", "NOT": "-a ", "parentheses": "(", "slashes": "a/", "dots": "../",
    "arrows": " > a", "spaces": " ", "ligatures": "\ufdfa", "accents": "a\u0316\u0301",
    "digits": "9", "commas": "a,", "brackets": "[", "comments": "<!---->", "tags": "<a ",
    "dashes": " - ", "ranges": "1..", "quotation marks": "“a” ",
}  # fmt: skip
MARKDOWN = {
    "a table": "|a" * 30 + "\n" + "|-" * 30 + "\n" + "x\n" * 4900,
    "tables in quotations": ("> |a|b|\n> |-|-|\n" + "> x\n" * 20) * 90,
    "a shared address": f"[a]: http://{'x' * 5000}\n\n" + "[a]" * 1600,
    "quotations in quotations": (">" * 20 + "a\n\n") * 400, "pictures": "![](b)" * 1600,
    "open pictures": "![" * 5000, "brackets": "[" * 10_000, "links": "[](b)" * 2000,
    "emphasis in emphasis": "*a " * 1600 + "b* " * 1600, "marks": "*_" * 2500 + "a" + "_*" * 2500,
    "items": "-\n" * 5000, "paragraphs": "a\n\n" * 3333, "small tables": "|a|\n|-|\n|b|\n\n" * 700,
    "fences": "```\n" * 2500, "ampersands": "&" * 10_000,
}  # fmt: skip
HEADERS = {
    "If-None-Match": 'W/"a", ', "If-Match": '"a", ', "Accept-Language": "de;q=0.1, ",
    "Accept": "text/a;q=0.1, ", "Range": "bytes=0-1,", "Cookie": "a=b; ", "Referer": "http://a/",
    "Prefer": 'return=minimal; include="a", ', "Authorization": "Bearer a",
    "If-Modified-Since": "Sun, ", "Accept-Encoding": "gzip;q=0.1, ", "User-Agent": "a/",
    "Idempotency-Key": "a", "X-Forwarded-For": "1.1.1.1, ", "Access-Control-Request-Headers": "a,",
}  # fmt: skip


@dataclass(frozen=True)
class Asking:
    """One request; `name` describes it."""

    name: str
    path: str
    query: list[tuple[str, str]] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    form: dict[str, Any] | None = None
    json: Any = None
    data: bytes | None = None


@dataclass(frozen=True)
class Row:
    """An endpoint's costliest request and its ordinary one."""

    door: str
    name: str
    status: int
    seconds: float
    ordinary: float


class Recorder(ImmutableMultiDict[str, str]):
    """Parameters of a request that record which names are read."""

    asked: set[str] = set()  # noqa: RUF012  shared on purpose: Flask makes the objects

    def get(self, key: str, *more: Any, **named: Any) -> Any:
        """Note a name."""
        self.asked.add(key)
        return super().get(key, *more, **named)

    def getlist(self, key: str, *more: Any, **named: Any) -> Any:
        """Note a name."""
        self.asked.add(key)
        return super().getlist(key, *more, **named)

    def __getitem__(self, key: str) -> str:
        """Note a name."""
        self.asked.add(key)
        return super().__getitem__(key)


class Recording(Request):
    """A request that records the parameters that are read."""

    parameter_storage_class = Recorder


class Stage:
    """A site of the real text with much commentary, and a signed-in administrator."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.app: Flask = create_app(parts.config, parts)
        self.app.request_class = Recording
        with parts.db.transaction() as session:
            if accounts.find(session, "Root") is None:
                accounts.sign_up(session, "Root", PASSWORD, role="administrator")
        with parts.db.reading() as session:
            loaded = editions.newest(session, "d")
            self.fill = {"slug": "d", "name": "d", "label": loaded.label, "pid": loaded.pids[9],
                         "labels": f"{loaded.label}..{loaded.label}", "form": "atom"}  # fmt: skip
            self.ident = _some(session)
        self.sign_in()

    def sign_in(self) -> None:
        """Sign in as an administrator, who has all permissions."""
        self.client = self.app.test_client()
        token = _token(self.client.get("/sign-in").text)
        form = {"name": "Root", "password": PASSWORD, "csrf_token": token}
        self.client.post("/sign-in", data=form)
        self.csrf = _token(self.client.get("/account").text)

    def path(self, rule: str, texts: dict[str, str] | None = None) -> str:
        """Fill the places of a rule with things that are there, or with `texts`."""

        def fill(found: re.Match[str]) -> str:
            name = found["name"]
            if texts and name in texts:
                return texts[name]
            number = "1" if "int" in (found["kind"] or "") else "x"
            return self.fill.get(name, self.ident if name == "ident" else number)

        return re.sub(r"<(?:(?P<kind>[^:<>]+):)?(?P<name>\w+)>", fill, rule)

    def ask(self, method: str, asking: Asking) -> tuple[float, int]:
        """Send a request; return the processor time of its response, and the status."""
        headers = {"X-CSRFToken": self.csrf, **asking.headers}
        began = time.process_time()
        answer = self.client.open(
            asking.path, method=method, query_string=asking.query, headers=headers,
            data=asking.form if asking.form is not None else asking.data, json=asking.json,
        )  # fmt: skip
        answer.get_data()
        return time.process_time() - began, answer.status_code


def _token(page: str) -> str:
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    return found[1]


def _some(session: Any) -> str:
    from sqlalchemy import select

    from annotator.models import Annotation

    return str(session.scalars(select(Annotation.id).limit(1)).one())


def doors(app: Flask) -> list[tuple[str, str]]:
    """Name every method and rule of the app."""
    found = {(method, str(rule)) for rule in app.url_map.iter_rules()
             for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}  # fmt: skip
    return sorted(found, key=lambda it: (it[1], it[0]))


def attacks(stage: Stage, method: str, rule: str) -> Iterator[Asking]:
    """Yield the requests to one endpoint, the ordinary one first."""
    usual = Asking("as usual", stage.path(rule), form=None if method == "GET" else {})
    Recorder.asked = set()
    yield usual
    read = sorted(Recorder.asked)
    yield from _parts_of_the_path(stage, rule, usual)
    for name, value in HEADERS.items():
        long = value * (LINE // len(value))
        yield replace(usual, name=f"{name}, long", headers={name: long})
    sizes = LINE if method == "GET" else 100_000
    for parameter in read:
        for name, piece in TEXTS.items():
            text = piece * max(1, sizes // len(piece.encode()) // (1 if method != "GET" else 3))
            given = [(parameter, text)]
            if method == "GET":
                yield replace(usual, name=f"{parameter}: {name}", query=given)
            else:
                yield replace(usual, name=f"{parameter}: {name}", form=dict(given))
        if method == "GET":
            many = [(parameter, f"a{at}") for at in range(700)]
            yield replace(usual, name=f"{parameter}, 700 times", query=many)
    if method != "GET":
        yield from _bodies(usual)
    yield from _special(stage, method, rule, usual)


def _parts_of_the_path(stage: Stage, rule: str, usual: Asking) -> Iterator[Asking]:
    for name in re.findall(r"<(?:[^:<>]+:)?(\w+)>", rule):
        for what, piece in TEXTS.items():
            text = piece * (LINE // 3 // len(piece.encode()))
            yield replace(usual, name=f"<{name}>: {what}",
                          path=stage.path(rule, {name: text.replace("?", "")}))  # fmt: skip


def _bodies(usual: Asking) -> Iterator[Asking]:
    """Yield bodies that are expensive to parse for any endpoint."""
    fields = {f"a{at}": "1" for at in range(900)}
    yield replace(usual, name="900 fields", form=fields)
    many = b"a&" * 950_000
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    yield replace(usual, name="950,000 fields", form=None, data=many, headers=form)
    parts = b"".join(b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
                     for _ in range(30_000)) + b"--b--"  # fmt: skip
    yield replace(usual, name="30,000 parts", form=None, data=parts,
                  headers={"Content-Type": "multipart/form-data; boundary=b"})  # fmt: skip
    sent = {"Content-Type": "application/json"}
    for name, data in {
        "JSON, nested": b"[" * 900_000, "JSON, objects": b'{"a":' * 300_000,
        "JSON, a number": b"9" * 1_900_000, "JSON, keys": json.dumps(
            {f"a{at}": at for at in range(120_000)}).encode(),
        "JSON, list": b"[" + b"1," * 900_000 + b"1]", "JSON, escapes": b'"' + b"\\u0041" * 300_000,
    }.items():  # fmt: skip
        yield replace(usual, name=name, form=None, data=data, headers=sent)


def _special(stage: Stage, method: str, rule: str, usual: Asking) -> Iterator[Asking]:
    """Yield the requests that are specific to this endpoint."""
    if "search" in rule or rule.startswith("/feeds/search"):
        for name, text in QUERIES.items():
            yield replace(usual, name=f"q: {name}", query=[("q", text)])
    if method == "GET":
        return
    if "quotations" in rule or "essays" in rule:
        for name, (text, kind) in essays_of().items():
            shown = {"essay": text, "kind": kind, "title": "On it"}
            if rule.startswith("/api/"):
                sent = {"essay": text, "format": kind}
                yield replace(usual, name=f"essay: {name}", form=None, json=sent)
            else:
                yield replace(usual, name=f"essay: {name}", form=shown)
        if rule.endswith("/quotations") and not rule.startswith("/api/"):
            file = (io.BytesIO(b"<!---->" * 60_000 + b"x"), "essay")
            yield replace(usual, name="a file of comments", form={"file": file})
    for name, text in MARKDOWN.items():
        body = text[:10_000]
        if rule in ("/api/preview", "/api/annotations") or rule == "/api/annotations/<ident>":
            sent = {"body": body} | ({"document": "d"} if rule == "/api/annotations" else {})
            yield replace(usual, name=f"body: {name}", form=None, json=sent)
        elif rule.startswith("/w3c/"):
            said = {"type": "Annotation", "target": f"http://localhost/d/d/p/{stage.fill['pid']}",
                    "body": {"type": "TextualBody", "value": body}}  # fmt: skip
            yield replace(usual, name=f"body: {name}", form=None, json=said)
        elif rule.startswith("/a/") or rule == "/d/<slug>/p/<pid>":
            for do in ("preview", "post"):
                yield replace(usual, name=f"{do}: {name}", form={"body": body, "do": do})
    if rule == "/api/annotations":
        for name, target in TARGETS.items():
            sent = {"document": "d", "body": "x", **target}
            yield replace(usual, name=name, form=None, json=sent)


QUERIES = {
    "64 short prefixes": " ".join(f"{a}{b}*" for a in "abcdefgh" for b in "aeiounst"),
    "64 frequent words or": " OR ".join(["the of to and in is a that it be"] * 6),
    "phrases of frequent words": " ".join(['"the of the to the and the in"'] * 8),
    "one long phrase": '"' + "the of " * 32 + '"', "negated prefixes": " ".join(
        f"-{a}{b}*" for a in "stac" for b in "aeiou"),
    "parentheses, 20 deep": "(" * 20 + "the" + ")" * 20, "authors": "author:a* " * 60,
    "tags and sections": 'section:a* tag:a* author:a* ' * 20,
}  # fmt: skip
TARGETS = {
    "a long quotation": {"target": {"exact": "the " * 100_000}},
    "spaces": {"target": {"exact": "a" + " " * 900_000 + "b"}},
    "dashes": {"target": {"exact": " - " * 300_000}},
    "a long prefix": {"target": {"exact": "the", "prefix": "the " * 200_000}},
    "50 quotations": {"targets": [{"exact": "of the", "prefix": "a " * 999}] * 50},
    "5,000 targets": {"targets": [{"exact": "the"}] * 5_000},
    "90,000 tags": {"tags": [f"t{at}" for at in range(90_000)]},
    "a tag of ligatures": {"tags": ["\ufdfa" * 300_000]},
}


def essays_of() -> dict[str, tuple[str, str]]:
    """Make essays of 500,000 characters that quote the text in every costly way."""
    text = CONSTITUTION.read_text(encoding="utf-8")
    words, most = text.split(), 499_000

    def some(at: int, length: int) -> str:
        start = at * 7919 % (len(words) - length)
        return " ".join(words[start : start + length])

    def quoted(number: int, runs: int, length: int, between: str) -> str:
        each = ("“" + between.join(some(at * 31 + run, length) for run in range(runs)) + "”"
                for at in range(number))  # fmt: skip
        return "\n\n".join(each)[:most]

    return {
        "900 quotations of 30 parts": (quoted(900, 30, 3, " … "), "markdown"),
        "parts of frequent words": (("“" + "of the … " * 59 + "”\n\n") * 900, "text"),
        "words shuffled": (quoted(700, 25, 4, " "), "markdown"),
        "one quotation": (quoted(1, 40_000, 2, " "), "text"),
        "brackets": (quoted(900, 30, 3, " [x] "), "markdown"),
        "short quotations": (("“of the” " * 60_000)[:most], "text"),
        "paragraphs": ("x\n\n" * 160_000, "markdown"),
        "lines": ("x\n\n" * 160_000, "text"),
        "lines of one paragraph": ("x\n" * 240_000, "markdown"),
        "fewer lines": ("x\n\n" * 9_000, "text"),
        "paragraphs and quotations": (quoted(900, 1, 9, "") + "\n\nx" * 120_000, "markdown"),
        "a table": ("|a" * 30 + "\n" + "|-" * 30 + "\n" + "x\n" * 240_000, "markdown"),
        "references": ("".join(f"[{at}]: b\n" for at in range(19_000)), "markdown"),
        "spaces": (f"<sup>“a [{' ' * 490_000}x”", "markdown"),
        "marks": (("“\"‘'”’«»" * 65_000)[:most], "markdown"), "tags": ("<a " * 160_000, "html"),
        "the text itself": ((text * 3)[:most], "markdown"),
    }  # fmt: skip


def worst(stage: Stage, method: str, rule: str) -> Row:
    """Send every request to an endpoint; return the costliest."""
    stage.sign_in()
    ordinary, best = 0.0, Row("", "", 0, -1.0, 0.0)
    for number, asking in enumerate(attacks(stage, method, rule)):
        seconds, status = stage.ask(method, asking)
        if number == 0:
            seconds, status = stage.ask(method, asking)  # again, now with caches
            ordinary = seconds
        if seconds > best.seconds:
            best = Row(f"{method} {rule}", asking.name, status, seconds, ordinary)
    return best


def main() -> None:
    """Print one table; mark values over their limit."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--only", default="")
    parser.add_argument("--site", type=Path, help="a site that an earlier run has left")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.site or Path(made)
        if not (folder / "annotator.sqlite3").exists():
            prepare(folder, CONSTITUTION, given.count)
        config = replace(open_config(folder), limits=Limits(enabled=False))
        stage = Stage(open_parts(config))
        print(
            f"{'endpoint':<58}{'costliest input':<40}{'status':>6}{'s':>8}{'usual':>8}{'ratio':>8}"
        )
        over = 0
        for method, rule in doors(stage.app):
            if given.only in f"{method} {rule}":
                row = worst(stage, method, rule)
                essay = "quotations" in rule or "essays" in rule
                far = row.seconds > (MOST_ESSAY_SECONDS if essay else MOST_SECONDS)
                over += far
                print(f"{row.door[:57]:<58}{row.name[:39]:<40}{row.status:>6}{row.seconds:>8.3f}"
                      f"{row.ordinary:>8.3f}{row.seconds / max(row.ordinary, 1e-4):>8.1f}"
                      f"{'  OVER' if far else ''}", flush=True)  # fmt: skip
        print(f"{over} endpoints over {MOST_SECONDS} s (essays {MOST_ESSAY_SECONDS} s)")
        stage.parts.close()


def open_config(folder: Path) -> Any:
    """Return the settings of a site in a folder."""
    from annotator.config import Config

    return Config(data=folder)


if __name__ == "__main__":
    main()
