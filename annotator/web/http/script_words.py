"""What `static/js/words.js` says, found for the catalogue and put into another language.

The file is translated on its way to the browser, so that scripts load nothing more than in English.
Each of its literals is a message, `${name}` in it the place `%(name)s`; what stands in
`plural(count, one, more)` is one message with two forms.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from annotator.web.http.translation import PLACE, Language

TEXT = r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`'
SAID = re.compile(
    rf"/\*.*?\*/|Intl\.\w+\([^)]*\)|plural\((?P<count>\w+), (?P<one>{TEXT}), (?P<more>{TEXT})\)"
    rf"|(?P<text>{TEXT})",
    re.DOTALL,
)
RULE = "n !== 1"  # which form a number takes in English, as words.js has it
DATES = '"en-GB"'


def messages(script: str) -> Iterator[tuple[str, ...]]:
    """Return each message, one with two forms as a pair."""
    for found in SAID.finditer(script):
        if found["text"] and _spoken(found["text"]):
            yield (_message(found["text"]),)
        elif found["one"]:
            yield (_message(found["one"]), _message(found["more"]))


def translated(script: str, language: Language) -> str:
    """Return the script with every message in another language, which has been checked."""
    words = language.words

    def put(found: re.Match[str]) -> str:
        if found["text"] and _spoken(found["text"]):
            return _literal(words.gettext(_message(found["text"])))
        if found["one"]:
            one, more = _message(found["one"]), _message(found["more"])
            forms = [_literal(words.ngettext(one, more, many)) for many in language.examples]
            return f"plural({found['count']}, {', '.join(forms)})"
        return found[0].replace(DATES, json.dumps(language.tag))

    return SAID.sub(put, script).replace(RULE, language.rule)


def _spoken(literal: str) -> bool:
    """Return whether there are words in it besides the places."""
    return any(letter.isalpha() for letter in PLACE.sub("", _message(literal)))


def _message(literal: str) -> str:
    inside = literal[1:-1].replace("%", "%%")
    if literal[0] == "`":
        return re.sub(r"\$\{(\w+)\}", r"%(\1)s", inside)
    return str(json.loads(f'"{inside}"'))


def _literal(message: str) -> str:
    if not PLACE.search(message):
        return json.dumps(message.replace("%%", "%"), ensure_ascii=False)
    inside = PLACE.sub(r"${\1}", re.sub(r"[\\`]|\$(?=\{)", r"\\\g<0>", message))
    return f"`{inside.replace('%%', '%')}`"
