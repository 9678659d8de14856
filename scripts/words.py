"""Collect every message of the site's own for translators, in `annotator/locale/annotator.pot`.

They stand in the templates, in `pages/words.py`, in `static/js/words.js`, and in the errors that
have no data in them. The file is the same whenever the messages are: no dates, no line numbers.
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
SAYING = ("web", "services", "schemas", "auth", "search")  # the rooms whose errors pages show
ERRORS = {name for name, it in vars(errors).items() if isinstance(it, type)}
Message = tuple[str, ...]  # one form, or one and more


def of_templates() -> Iterator[tuple[Path, Message]]:
    """Give what templates mark."""
    environment = Environment(autoescape=True, extensions=["jinja2.ext.i18n"])
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]
    for path in sorted((PACKAGE / "web" / "templates").glob("*.html")):
        for _, _, found in environment.extract_translations(path.read_text(encoding="utf-8")):  # type: ignore[attr-defined]
            forms = (found,) if isinstance(found, str) else found or ()  # a word of a table's
            if forms := tuple(form for form in forms if form is not None):
                yield path, forms


def of_words() -> Iterator[tuple[Path, Message]]:
    """Give what `pages/words.py` has: its tables, what it counts, what its functions say."""
    path = Path(words.__file__)
    for value in vars(words).values():
        if isinstance(value, words.Table):
            yield from ((path, (text,)) for text in value.values())
    for one, more, none in words.COUNTED.values():
        yield from ((path, (one, more)), (path, (none,)))
    yield from ((path, (text,)) for text in _given(path, {"_"}))


def of_scripts() -> Iterator[tuple[Path, Message]]:
    """Give what the scripts say."""
    path = PACKAGE / "web" / "static" / "js" / "words.js"
    yield from (
        (path, found) for found in translation.script_messages(path.read_text(encoding="utf-8"))
    )


def of_errors() -> Iterator[tuple[Path, Message]]:
    """Give what errors say where it is always the same."""
    yield from ((Path(answers.__file__), (text,)) for text in answers.WORDS.values())
    for room in SAYING:
        for path in sorted((PACKAGE / room).rglob("*.py")):
            yield from ((path, (text,)) for text in _given(path, ERRORS))


def _given(path: Path, names: set[str]) -> Iterator[str]:
    """Give each text that stands first in a call of one of these functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        match node:
            case ast.Call(
                func=ast.Name(id=name) | ast.Attribute(attr=name),
                args=[ast.Constant(value=str(text)), *_],
            ) if name in names:
                yield text


def of_rules() -> Iterator[tuple[Path, Message]]:
    """Give the names of the rules that moderators cite."""
    yield from ((Path(charter.__file__), (rule.name,)) for rule in charter.RULES.values())


def template() -> str:
    """Write the catalogue that every translation begins with."""
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
