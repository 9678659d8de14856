"""The site's own words in the language it is set to: English, or what a catalogue makes of that.

A catalogue is a gettext file, `locale/LANGUAGE.po` in the data folder; its messages are the English
as the templates, `pages/words.py` and `static/js/words.js` have it, with places `%(name)s`. It is
read and checked once, when the site starts.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from gettext import GNUTranslations, NullTranslations, c2py
from pathlib import Path

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
LARGEST = 1_000_000  # bytes; the English is 100,000, and a much longer file takes minutes to read
MOST_SHOWN = 20


@dataclass(frozen=True)
class Language:
    """What a site speaks.

    `state` changes with the catalogue, for what is kept by browsers. `rule` tells which form the
    number `n` takes, as C and JavaScript write it; `examples` has a number for each form.
    """

    tag: str = "en"
    words: NullTranslations = field(default_factory=NullTranslations)
    state: str = ""
    rule: str = "n != 1"
    examples: tuple[int, ...] = (1, 2)


ENGLISH = Language()


def load(config: Config) -> Language:
    """Give what the site says in its language. Raises ConfigFault with all that is wrong there."""
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
        if path.stat().st_size > LARGEST:
            raise ValueError(f"A catalogue has at most {LARGEST:,} bytes")
        catalogue = polib.pofile(str(path), encoding="utf-8")
        catalogue.metadata["Content-Type"] = "text/plain; charset=UTF-8"
        rule, examples = _plurals(catalogue.metadata.setdefault("Plural-Forms", TWO_FORMS))
        faults, compiled = list(_faults(catalogue)), catalogue.to_binary()
        words = GNUTranslations(io.BytesIO(compiled))
    except (OSError, ValueError) as error:
        raise _broken(path, [str(error)]) from error
    if faults:
        raise _broken(path, faults)
    return Language(tag, words, hashlib.sha256(compiled).hexdigest(), rule, examples)


def _plurals(header: str) -> tuple[str, tuple[int, ...]]:
    """Read a catalogue's rule for numbers, with an example of each form. Raises ValueError."""
    found = re.fullmatch(r"\s*nplurals\s*=\s*([1-9]);\s*plural\s*=([^;/]+);?\s*", header)
    if not found:
        raise ValueError(f"Plural-Forms is written like {TWO_FORMS!r}, not {header!r}")
    if DIVIDED_BY_NOTHING.search(found[2]):
        raise ValueError("Plural-Forms: write a number from 1 on after each %")
    taken = [c2py(found[2])(many) for many in range(1000)]
    if max(taken) >= int(found[1]):
        raise ValueError(f"Plural-Forms: the rule has more than nplurals={found[1]} forms")
    forms = range(int(found[1]))
    return found[2].strip(), tuple(taken.index(it) if it in taken else 0 for it in forms)


def _broken(path: Path, faults: list[str]) -> ConfigFault:
    told = "\n".join(f"  {fault}" for fault in faults[:MOST_SHOWN])
    return ConfigFault(
        f"The catalogue {path} has faults:\n{told}\nMend them, or set site.language to "
        f"{ENGLISH.tag}.",
        faults=faults,
    )


def _faults(catalogue: polib.POFile) -> Iterator[str]:
    """Find translations that would break a page: their places and tags must be the English ones."""
    for entry in catalogue.translated_entries():
        english = [entry.msgid, entry.msgid_plural] if entry.msgid_plural else [entry.msgid]
        forms = list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]
        for form in forms:
            if fault := _fault(english, form):
                yield f"line {entry.linenum}: {fault}: {form!r}"


def _fault(english: list[str], form: str) -> str:
    places = {name for text in english for name in PLACE.findall(text)}
    if unknown := set(PLACE.findall(form)) - places:
        return f"there is no place {' or '.join(sorted(unknown))} in the English"
    if "%" in PLACE.sub("", form).replace("%%", ""):
        return "a % that begins no place %(name)s is written %%"
    if sorted(TAG.findall(form)) not in [sorted(TAG.findall(text)) for text in english]:
        return "the tags must be those of the English"
    return ""


def install(templates: Environment, language: Language) -> None:
    """Let templates say what they mark, `{% trans %}` and `_()`, in the site's language.

    What they mark is HTML already; a quotation mark could end the attribute that a text stands in.
    """
    words = language.words

    def in_html(text: str) -> str:
        return text if "<" in text else text.replace('"', "&#34;")

    class Once(Extension):
        """Says what has no places once, when a template is compiled, and not for each page."""

        def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
            return ALONE.sub(put, source)

    def put(found: re.Match[str]) -> str:
        said = in_html(words.gettext(found[1]))
        return found[0] if "{" in said or "%" in said else said

    templates.add_extension("jinja2.ext.i18n")
    templates.add_extension(Once)
    both: tuple[Callable[..., str], Callable[..., str]] = (
        lambda text: in_html(words.gettext(text)),
        lambda one, more, many: in_html(words.ngettext(one, more, many)),
    )
    if language == ENGLISH:  # a test holds that no message has a quotation mark
        both = words.gettext, words.ngettext
    templates.install_gettext_callables(*both, newstyle=True)  # type: ignore[attr-defined]
