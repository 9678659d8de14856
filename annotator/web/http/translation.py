"""The site's language: English, or the translation in a catalogue.

A catalogue is a gettext file, `locale/LANGUAGE.po` in the data folder; its messages are the English
as the templates, `pages/words.py` and `static/js/words.js` have it, with places `%(name)s`. It is
read and checked once, when the site starts.

`static/js/words.js` is translated on its way to the browser, so that scripts load no extra files.
Each of its literals is a message, with `%(name)s` for `${name}`; what is in `plural(count, one,
more)` is one message with two forms.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations, NullTranslations, c2py

import polib
from jinja2 import Environment
from jinja2.ext import Extension

from annotator.config import Config
from annotator.errors import ConfigFault

PLACE = re.compile(r"%\((\w+)\)s")
ALONE = re.compile(r'\{\{ _\("([^"\\]+)"\) \}\}')
TAG = re.compile(r"<[^>]*>?")
TWO_FORMS = "nplurals=2; plural=(n != 1);"
DIVIDED_BY_NOTHING = re.compile(r"%(?!\s*[1-9])")  # a rule fails at some number, on some page
MAX_SIZE = 1_000_000  # bytes; the English is 100,000, and a much longer file takes minutes to read
MAX_SHOWN = 20
TEXT = r'"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`'
LITERALS = re.compile(
    rf"/\*.*?\*/|Intl\.\w+\([^)]*\)|plural\((?P<count>\w+), (?P<one>{TEXT}), (?P<more>{TEXT})\)"
    rf"|(?P<text>{TEXT})",
    re.DOTALL,
)
RULE = "n !== 1"  # the plural form in English, as in words.js
DATES = '"en-GB"'


@dataclass(frozen=True)
class Language:
    """A site's language.

    `state` changes with the catalogue, for browsers' caches. `rule` is the plural rule for `n`, in
    the syntax of C and JavaScript; `examples` has a number for each form.
    """

    tag: str = "en"
    words: NullTranslations = field(default_factory=NullTranslations)
    state: str = ""
    rule: str = "n != 1"
    examples: tuple[int, ...] = (1, 2)


ENGLISH = Language()


def load(config: Config) -> Language:
    """Load the site's language. Raises ConfigFault with all faults of its catalogue."""
    tag = config.site.language
    if tag == ENGLISH.tag:
        return ENGLISH
    path = config.data / "locale" / f"{tag}.po"
    if not path.is_file():
        raise ConfigFault(
            f"site.language: there is no catalogue for {tag} at {path}; put it there "
            f"(docs/translation.md says how to make one), or set the language to {ENGLISH.tag}."
        )
    try:
        if path.stat().st_size > MAX_SIZE:
            raise ValueError(f"A catalogue has at most {MAX_SIZE:,} bytes")
        catalogue = polib.pofile(str(path), encoding="utf-8")
        catalogue.metadata["Content-Type"] = "text/plain; charset=UTF-8"
        rule, examples = _plurals(catalogue.metadata.setdefault("Plural-Forms", TWO_FORMS))
        faults, compiled = list(_faults(catalogue)), catalogue.to_binary()
        words = GNUTranslations(io.BytesIO(compiled))
    except (OSError, ValueError) as error:
        faults = [str(error)]
    if faults:
        listed = "\n".join(f"  {fault}" for fault in faults[:MAX_SHOWN])
        raise ConfigFault(
            f"The catalogue {path} has faults:\n{listed}\nCorrect them, or set site.language to "
            f"{ENGLISH.tag}.",
            faults=faults,
        )
    return Language(tag, words, hashlib.sha256(compiled).hexdigest(), rule, examples)


def _plurals(header: str) -> tuple[str, tuple[int, ...]]:
    """Parse a catalogue's plural rule, with an example of each form. Raises ValueError."""
    match = re.fullmatch(r"\s*nplurals\s*=\s*([1-9]);\s*plural\s*=([^;/]+);?\s*", header)
    if not match:
        raise ValueError(f"Plural-Forms is written like {TWO_FORMS!r}, not {header!r}")
    if DIVIDED_BY_NOTHING.search(match[2]):
        raise ValueError("Plural-Forms: write a number from 1 on after each %")
    indexes = [c2py(match[2])(many) for many in range(1000)]
    if max(indexes) >= int(match[1]):
        raise ValueError(f"Plural-Forms: the rule has more than nplurals={match[1]} forms")
    forms = range(int(match[1]))
    return match[2].strip(), tuple(indexes.index(form) if form in indexes else 0 for form in forms)


def _faults(catalogue: polib.POFile) -> Iterator[str]:
    """Find translations whose placeholders or tags differ from the English message's."""
    for entry in catalogue.translated_entries():
        english = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        places = {name for text in english for name in PLACE.findall(text)}
        tags = [sorted(TAG.findall(text)) for text in english]
        for form in forms:
            if unknown := set(PLACE.findall(form)) - places:
                fault = f"the English message has no placeholder {' or '.join(sorted(unknown))}"
            elif "%" in PLACE.sub("", form).replace("%%", ""):
                fault = "a % that does not begin a placeholder such as %(name)s must be written %%"
            elif sorted(TAG.findall(form)) not in tags:
                fault = "the tags must be those of the English message"
            else:
                continue
            yield f"line {entry.linenum}: {fault}: {form!r}"


def install(templates: Environment, language: Language) -> None:
    """Install `{% trans %}` and `_()` in templates, in the site's language.

    Marked text is already HTML; a quotation mark could end the attribute that contains it.
    """
    words = language.words

    def in_html(text: str) -> str:
        return text if "<" in text else text.replace('"', "&#34;")

    class Once(Extension):
        """Translate messages without placeholders once, when a template is compiled."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return ALONE.sub(put, source)

    def put(match: re.Match[str]) -> str:
        html = in_html(words.gettext(match[1]))
        return match[0] if "{" in html or "%" in html else html

    templates.add_extension("jinja2.ext.i18n")
    templates.add_extension(Once)
    both: tuple[Callable[..., str], Callable[..., str]] = (
        lambda text: in_html(words.gettext(text)),
        lambda singular, more, many: in_html(words.ngettext(singular, more, many)),
    )
    if language == ENGLISH:  # a test checks that no message has a quotation mark
        both = words.gettext, words.ngettext
    templates.install_gettext_callables(*both, newstyle=True)  # type: ignore[attr-defined]


def script_messages(script: str) -> Iterator[tuple[str, ...]]:
    """Return each message of the script; one with a plural is a pair."""
    for match in LITERALS.finditer(script):
        if match["text"] and _spoken(match["text"]):
            yield (_message(match["text"]),)
        elif match["one"]:
            yield (_message(match["one"]), _message(match["more"]))


def translated_script(script: str, language: Language) -> str:
    """Return the script with every message translated."""
    words = language.words

    def put(match: re.Match[str]) -> str:
        if match["text"] and _spoken(match["text"]):
            return _literal(words.gettext(_message(match["text"])))
        if match["one"]:
            singular, more = _message(match["one"]), _message(match["more"])
            forms = [_literal(words.ngettext(singular, more, many)) for many in language.examples]
            return f"plural({match['count']}, {', '.join(forms)})"
        return match[0].replace(DATES, json.dumps(language.tag))

    return LITERALS.sub(put, script).replace(RULE, language.rule)


def _spoken(literal: str) -> bool:
    """Return whether a literal has words besides its placeholders."""
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
