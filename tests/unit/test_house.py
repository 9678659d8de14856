"""The house stands as docs/architecture.md says: its rooms, its import directions, its sizes."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.conftest import ROOT

SOURCES = sorted((ROOT / "annotator").rglob("*.py"))
STATIC = sorted(
    path for kind in ("js", "css", "html") for path in (ROOT / "annotator/web").rglob(f"*.{kind}")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
ROOMS = (
    "documents",
    "relocation",
    "quotations",
    "markup",
    "models",
    "outside",
    "auth",
    "schemas",
    "formats",
    "search",
    "services",
    "web",
    "cli",
)


def test_imports_go_down_only() -> None:
    command = [Path(sys.executable).with_name("lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_room_exists_says_what_it_is_for_and_is_on_the_map() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    for room in ROOMS:
        assert ast.get_docstring(ast.parse((ROOT / "annotator" / room / "__init__.py").read_text()))
        assert f"{room}/" in page


@pytest.mark.parametrize("path", [*SOURCES, *STATIC, *TESTS], ids=lambda path: path.name)
def test_no_file_is_over_450_lines(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 450


def test_functions_are_short() -> None:
    lengths = {}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{path.name}:{node.name}"] = (node.end_lineno or 0) - node.lineno + 1
    assert [name for name, length in lengths.items() if length > 60] == []


def test_a_folder_has_at_most_15_modules() -> None:
    modules = Counter(path.parent for path in SOURCES if path.name != "__init__.py")
    assert [folder for folder, number in modules.items() if number > 15] == []


def test_a_class_name_exists_once() -> None:
    names = Counter(
        node.name
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_")
    )
    assert [name for name, number in names.items() if number > 1] == []


def test_a_public_function_has_a_caller_outside_the_tests() -> None:
    """Views and commands are called through their decorator; all else by its name."""
    places = [*SOURCES, *(ROOT / "annotator" / "web" / "templates").rglob("*.*"),
              *(ROOT / "scripts").glob("*.py"), *(ROOT / "migrations").rglob("*.py")]  # fmt: skip
    words = Counter(
        word for path in places for word in re.findall(r"\w+", path.read_text(encoding="utf-8"))
    )
    uncalled = [
        f"{path.name}:{node.name}"
        for path in SOURCES
        for node in ast.parse(path.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
        if not node.decorator_list and words[node.name] < 2
    ]
    assert uncalled == []


def test_pins_have_hashes_and_no_index_address() -> None:
    for name in ("run", "hosts", "dev"):
        lines = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8").splitlines()
        pins = [line for line in lines if "==" in line and not line.startswith(" ")]
        assert pins
        assert all(line.endswith("\\") for line in pins), "a pin without its hashes"
        assert not any("://" in line or line.startswith("-") for line in lines)


NO_WORDS = {
    "ArrowLeft", "ArrowRight", "ArrowDown", "ArrowUp", "PageDown", "Home", "End", "Enter", "Escape",
    "Accept-Language", "Content-Type", "Idempotency-Key",
}  # fmt: skip
LITERAL = re.compile(r'"((?:[^"\\\n]|\\.)*)"|`((?:[^`\\]|\\.)*)`')
WORDS = re.compile(r"[A-Z][a-z]|.*[a-z]{2}[,;:]? [a-z]{2,}.*[.?…]$")


def spoken(script: str) -> list[str]:
    """List what a script's literals say to people: what begins with a capital, and sentences.

    What a programmer alone would see, the message of an Error, is left out.
    """
    code = re.sub(r"/\*.*?\*/|//[^\n]*", "", script, flags=re.DOTALL)
    code = re.sub(r"new (Range)?Error\(.*", "", code)
    found = (a or re.sub(r"\$\{[^}]*\}", "", b) for a, b in LITERAL.findall(code))
    return [text for text in found if WORDS.match(text) and text not in NO_WORDS]


def test_every_word_that_scripts_and_styles_put_before_a_reader_stands_in_one_place() -> None:
    """So that the pages can be translated: `words.js` for scripts, none at all in styles."""
    static = ROOT / "annotator" / "web" / "static"
    assert spoken('say("Post"); say(`Now ${here} it is so.`); // "Not"') == [
        "Post",
        "Now  it is so.",
    ]
    for script in (static / "js").glob("*.js"):
        if script.name != "words.js":
            assert spoken(script.read_text(encoding="utf-8")) == [], script.name
    for style in (static / "css").glob("*.css"):
        said = re.findall(r'content: "[^"]*[A-Za-z]{2}', style.read_text(encoding="utf-8"))
        assert said == [], style.name


SENTENCE = re.compile(r"[A-Z][a-z]+ [a-z]|.*[a-z]{2}[,;:]? [a-z]{2,}.*[.?…]$")


def said(module: str) -> list[str]:
    """List the sentences among a module's strings, without docstrings and the errors it raises."""
    tree = ast.parse(module)
    beside: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise):
            beside.update(ast.walk(node))
        elif isinstance(node, ast.Expr):
            beside.add(node.value)
    strings = [node for node in ast.walk(tree)
               if isinstance(node, ast.Constant) and isinstance(node.value, str)]  # fmt: skip
    return [str(it.value) for it in strings if it not in beside and SENTENCE.match(str(it.value))]


def test_views_leave_what_pages_say_to_the_templates_and_to_one_module() -> None:
    assert said('"""Not this."""\nraise X("Nor this here.")\nsay("But this here.")') == [
        "But this here."
    ]
    for view in (ROOT / "annotator" / "web" / "pages").glob("*.py"):
        if view.name != "words.py":
            assert said(view.read_text(encoding="utf-8")) == [], view.name


def test_every_threat_names_a_test_that_is_there() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ")]
    threats = [row for row in rows if not row.startswith(("| threat ", "| --- "))]
    assert len(threats) > 40
    for row in threats:
        named = re.findall(r"`(tests/[\w/]+\.py)`", row.rpartition("|")[0].rpartition(" | ")[2])
        assert named, row
        assert [path for path in named if not (ROOT / path).is_file()] == []
