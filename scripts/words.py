"""Collect all messages for translators in `annotator/locale/annotator.pot`.

They are in the templates, in `pages/words.py`, in `static/js/words.js`, and in errors without data.
The same messages give the same file: no dates, no line numbers.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import polib
from jinja2 import Environment

from annotator import errors
from annotator.schemas import charter
from annotator.web.http import errors as answers
from annotator.web.http import translation
from annotator.web.pages import words

PACKAGE = Path(__file__).parent.parent / "annotator"
TEMPLATE = PACKAGE / "locale" / "annotator.pot"
PACKAGES = ("web", "services", "schemas", "auth", "search")  # whose errors pages show
ERRORS = {name for name, value in vars(errors).items() if isinstance(value, type)}
Message = tuple[str, ...]  # singular, and plural if there is one


def of_templates() -> Iterator[tuple[Path, Message]]:
    """Yield the marked messages of templates."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    for path in sorted((PACKAGE / "web" / "templates").glob("*.html")):
        for _, _, marked in environment.extract_translations(path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            forms = (marked,) if isinstance(marked, str) else marked or ()  # a word of a table's
            if forms := tuple(form for form in forms if form is not None):
                yield path, forms


def of_words() -> Iterator[tuple[Path, Message]]:
    """Yield the messages of `pages/words.py`: tables, counted nouns, and calls of `_`."""
    path = Path(words.__file__)
    for value in vars(words).values():
        if isinstance(value, words.Table):
            yield from ((path, (text,)) for text in value.values())
    for singular, plural, none in words.COUNTED.values():
        yield from ((path, (singular, plural)), (path, (none,)))
    yield from ((path, (text,)) for text in _first_arguments(path, {"_"}))


def of_scripts() -> Iterator[tuple[Path, Message]]:
    """Yield the messages of the scripts."""
    path = PACKAGE / "web" / "static" / "js" / "words.js"
    text = path.read_text(encoding="utf-8")
    yield from ((path, message) for message in translation.script_messages(text))


def of_errors() -> Iterator[tuple[Path, Message]]:
    """Yield the messages of errors without data."""
    yield from ((Path(answers.__file__), (text,)) for text in answers.WORDS.values())
    for package in PACKAGES:
        for path in sorted((PACKAGE / package).rglob("*.py")):
            yield from ((path, (text,)) for text in _first_arguments(path, ERRORS))


def _first_arguments(path: Path, names: set[str]) -> Iterator[str]:
    """Yield each literal text that is the first argument of a call of one of the functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name),
                args=[ast.Constant(value=str(text)), *_],
            ) if name in names:
                yield text


def of_rules() -> Iterator[tuple[Path, Message]]:
    """Yield the names of the rules that moderators cite."""
    yield from ((Path(charter.__file__), (rule.name,)) for rule in charter.RULES.values())


def template() -> str:
    """Return the template of every catalogue."""
    catalogue, entries = polib.POFile(wrapwidth=100), {}
    catalogue.metadata = {
        "Project-Id-Version": "annotator",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
    }
    for source in (of_templates, of_words, of_scripts, of_rules, of_errors):
        for path, (message, *more) in source():
            entry = entries.setdefault(message, polib.POEntry(msgid=message))
            if more:
                entry.msgid_plural, entry.msgstr_plural = more[0], {0: "", 1: ""}
            place = (path.relative_to(PACKAGE.parent).as_posix(), "")
            if place not in entry.occurrences:
                entry.occurrences.append(place)
    catalogue.extend(entries.values())
    return f"{catalogue}\n"


if __name__ == "__main__":
    TEMPLATE.write_text(template(), encoding="utf-8")
