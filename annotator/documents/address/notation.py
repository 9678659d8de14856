"""The notation of addresses: how a provision, a sentence, some words or a range is cited.

Pinned to an edition, `constitution@2026-01-20/being-honest/6`; or living, `constitution/p/k7m2x`.
After the section comes the number of a provision (see `provisions`); `0` is the section's heading.

- `6.s2-3` is sentences 2 to 3 of unit 6; `6~"diplomatically honest"` is those words in it, and
  `6.s2~"honest"` the words in its second sentence. `6~"first words … last words"` abbreviates long
  words; `6~2"the"` is the second "the" of the unit, for words that occur more than once.
- A range goes from the start of its first place to the end of its last: `6-8`, `6.s2-7.s1`,
  `6.2-6.4`, and into another section `6.s2-other-section/1.s1`. After a sentence a bare number is a
  sentence, so a range from a sentence to a whole unit names the section: `6.s2-being-honest/7`.

The convention in use for these texts is read as well: `constitution@2026-01-20 > Being broadly
ethical > Being honest > ¶18 s1-4`, `model-spec > #avoid_sycophancy > p2 s1`, `¶4 s2 - ¶5 s1`, with
`›` for `>`, and the version and any of the outer headings optional. It counts in its own way (see
`convention`). `locate` finds the target of an address in a text, and `cite` makes the address of a
range.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from annotator.errors import Malformed

# A citation is a line of text; the longest heading path and quotation fit in this many characters.
LONGEST_ADDRESS = 2000

ELLIPSIS = "…"
_NUMBER = r"(?P<number>[0-9]{1,6}(?:\.[0-9]{1,6})?(?:p[0-9]{1,6})?)"
_QUOTED = r"(?P<nth>[0-9]{1,4})?(?:\"(?P<plain>[^\"]+)\"|“(?P<curly>[^”]+)”)"

_HEAD = re.compile(r"(?P<document>[a-z0-9][a-z0-9-]{0,99})(?:@(?P<edition>[\w.+-]{1,100}))?")
_PID = re.compile(r"/p/(?P<pid>[a-z0-9]{5})(?![a-z0-9])")
_SECTION = re.compile(r"/(?P<section>#?[^/~#>›\s][^/~>›]*)")
_UNIT = re.compile("/" + _NUMBER)
_SENTENCES = re.compile(r"\.s(?P<first>[0-9]{1,6})(?:-(?P<last>[0-9]{1,6})(?![\w./-]))?")
_WORDS = re.compile("~" + _QUOTED)
# Letters of any script with their marks: no white space, and no punctuation of ASCII's but - and _.
_NAME = r"\w[^\s!-,./:-@\[-^`{-~>›…“”]*"
_RANGE = re.compile(rf"-(?:(?P<section>{_NAME})/)?" + _NUMBER)
_SLUG = re.compile(_NAME)
_ANCHORED = re.compile(r".*\{#([A-Za-z0-9_-]+)(?:\s[^{}]*)?\}", re.DOTALL)

_ARROW = re.compile(r"\s*[>›]\s*")
_MARKED = re.compile(r"(?:¶{1,2}|pp?\.?|par(?:a|agraph)?\.?)\s*" + _NUMBER, re.IGNORECASE)
_MARKED_SENTENCES = re.compile(
    r"[\s,]*(?:ss?|sentences?)\.?\s*(?P<first>[0-9]{1,6})(?:\s*[-–]\s*s?(?P<last>[0-9]{1,6}))?(?!\w)",
    re.IGNORECASE,
)
_MARKED_WORDS = re.compile(r"[\s,:]*~?" + _QUOTED)
_MARKED_RANGE = re.compile(r"\s*[-–—]\s*(?:¶{1,2}|pp?\.?)?\s*" + _NUMBER, re.IGNORECASE)
_ELLIPSIS = re.compile(r"\s+(?:…|\.\.\.)\s+")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class AddressWords:
    """Words quoted in an address: all of them in `first`, or their beginning and their end.

    `nth` is the occurrence, counted from 1; None if there is only one. `words_of` makes them of a
    quotation.
    """

    first: str
    last: str | None = None
    nth: int | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """One place in a document: a section, a provision, sentences or words of it.

    `path` are headings, outermost first, each as a slug, `#anchor` or words; empty in the end of a
    range within one section, and in an address by pid. `number` is empty for the section itself.
    `sentences` are the first and the last, counted from 1.
    """

    path: tuple[str, ...] = ()
    number: str = ""
    sentences: tuple[int, int] | None = None
    words: AddressWords | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """A citation: pinned if it has an edition, living if it has a pid but none.

    With `counted_by_convention` its numbers are those of the convention.
    """

    document: str
    edition: str | None = None
    pid: str | None = None
    start: Place = Place()
    end: Place | None = None
    counted_by_convention: bool = False


def read(text: str) -> Address:
    """Parse an address in our form or in the convention's; raises `Malformed`."""
    if len(text) > LONGEST_ADDRESS:
        raise Malformed(
            f"The address has {len(text)} characters; the limit is {LONGEST_ADDRESS}. Cite a "
            f"section, a paragraph and a few words.",
            field="address",
        )
    if fault := _CONTROL.search(text):
        raise Malformed(
            f"The address contains the character U+{ord(fault.group()):04X}, which is not "
            f"allowed. Type it again.",
            field="address",
        )
    reader = _AddressReader(text.strip())
    head = reader.take(_HEAD, "it begins with a document, such as `constitution@2026-01-20`")
    document, edition = head["document"], head["edition"]
    if reader.at_end():
        return Address(document, edition)
    if reader.take_if(_ARROW):
        return _convention(reader, document, edition)
    if pid := reader.take_if(_PID):
        return Address(document, edition, pid["pid"], reader.last_place())
    return _read_own_form(reader, document, edition)


def write(address: Address) -> str:
    """Write an address in the form in which its numbers count.

    `read` returns an equal address for every address that it returned or that was made for a text.
    """
    head = address.document + (f"@{address.edition}" if address.edition else "")
    start, end = address.start, address.end
    if address.pid:
        return f"{head}/p/{address.pid}{_after_number(start)}"
    if not start.path:
        return head
    # A slug is written after `/`, and so must be headings that look like a ¶.
    is_ours = len(start.path) == 1 and (
        start.number
        or start.words
        or _SLUG.fullmatch(start.path[0])
        or _MARKED.match(start.path[0])
    )
    if address.counted_by_convention or not is_ours:
        places = [_marked_place(place) for place in (start, end) if place and start.number]
        return " > ".join([head, *start.path, *([" - ".join(places)] if places else [])])
    written = f"{head}/{start.path[0]}" + (f"/{start.number}" if start.number else "")
    written += _after_number(start)
    if end is not None:
        section = "".join(f"{name}/" for name in end.path)
        written += f"-{section}{end.number}{_after_number(end)}"
    return written


def words_of(quotation: str, nth: int | None = None) -> AddressWords:
    """Return the words of a quotation as in an address.

    An ellipsis between two spaces omits words. Quotes are folded when the words are looked up, so a
    curly one replaces the straight one, which would end the address's own quotation.
    """
    first, *rest = _ELLIPSIS.split(quotation.strip().replace('"', "”"), maxsplit=1)
    return AddressWords(first, rest[0] if rest else None, nth)


def _read_own_form(reader: _AddressReader, document: str, edition: str | None) -> Address:
    section = reader.take(_SECTION, "a section follows the document, such as `/being-honest`")
    path = (_name(section["section"]),)
    unit = reader.take_if(_UNIT)
    if unit is None:
        return Address(document, edition, None, reader.last_place(path))
    start = reader.place(path, unit["number"])
    another = reader.take_if(_RANGE)
    if another is None:
        reader.end()
        return Address(document, edition, None, start)
    there = (another["section"],) if another["section"] else ()
    return Address(document, edition, None, start, reader.last_place(there, another["number"]))


def _convention(reader: _AddressReader, document: str, edition: str | None) -> Address:
    *headings, last = _ARROW.split(reader.rest())
    if not all(headings):
        raise reader.fault("a heading is expected between `>` and `>`")
    if not last:
        raise reader.fault("a heading or a paragraph such as `¶6` must follow `>`")
    path = tuple(_name(heading) for heading in headings)
    start, end = _marked_range(path, last)
    if start is None:
        return Address(document, edition, None, Place((*path, _name(last))))
    if not path:
        raise reader.fault("a paragraph needs the heading above it")
    return Address(document, edition, None, start, end, True)


def _marked_range(path: tuple[str, ...], text: str) -> tuple[Place | None, Place | None]:
    """Parse `¶4 s2 - ¶5 s1`; return None if the text is a heading that only begins like it."""
    reader = _AddressReader(text)
    number = reader.take_if(_MARKED)
    if number is None:
        return None, None
    start = reader.place(path, number["number"], _MARKED_SENTENCES, _MARKED_WORDS)
    end = None
    if another := reader.take_if(_MARKED_RANGE):
        end = reader.place((), another["number"], _MARKED_SENTENCES, _MARKED_WORDS)
    if not reader.at_end() and not text.startswith("¶"):
        return None, None
    reader.end()
    return start, end


def _name(section: str) -> str:
    """Return a section's name for look-up: `#anchor`, and `Words {#anchor}`, as anchor."""
    section = section.strip()
    anchored = _ANCHORED.fullmatch(section)
    anchor = anchored[1] if anchored else section.removeprefix("#")
    return anchor if _SLUG.fullmatch(anchor) else section


class _AddressReader:
    """Reads a string from left to right and remembers its position."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._place = 0

    def at_end(self) -> bool:
        return self._place == len(self._text)

    def rest(self) -> str:
        return self._text[self._place :]

    def take_if(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Return the match of `pattern` here and move after it, if there is one."""
        match = pattern.match(self._text, self._place)
        self._place = match.end() if match else self._place
        return match

    def take(self, pattern: re.Pattern[str], rule: str) -> re.Match[str]:
        """Return the match of `pattern`, which the `rule` requires here."""
        match = self.take_if(pattern)
        if match is None:
            raise self.fault(rule)
        return match

    def place(
        self,
        path: tuple[str, ...],
        number: str,
        sentences: re.Pattern[str] = _SENTENCES,
        words: re.Pattern[str] = _WORDS,
    ) -> Place:
        """Read the optional sentences and words after a number."""
        span = self.take_if(sentences)
        quoted = self.take_if(words)
        numbers = (int(span["first"]), int(span["last"] or span["first"])) if span else None
        if quoted is None:
            return Place(path, number, numbers)
        nth = int(quoted["nth"]) if quoted["nth"] else None
        return Place(path, number, numbers, words_of(quoted["plain"] or quoted["curly"], nth))

    def last_place(self, path: tuple[str, ...] = (), number: str = "") -> Place:
        """Read optional sentences and words after a number or a whole section, then the end."""
        place = self.place(path, number)
        self.end()
        return place

    def end(self) -> None:
        """Raise `Malformed` unless everything has been read."""
        if not self.at_end():
            raise self.fault(f"`{self.rest()[:20]}` is not expected there")

    def fault(self, rule: str) -> Malformed:
        """Return the error with the position and the rule."""
        return Malformed(
            f"`{self._text[:80]}` is not an address from character {self._place + 1} on: {rule}.",
            field="address",
        )


def _after_number(place: Place) -> str:
    sentences = f".s{_numbers(place.sentences)}" if place.sentences else ""
    return sentences + (f"~{_quotation(place.words)}" if place.words else "")


def _numbers(span: tuple[int, int]) -> str:
    first, last = span
    return str(first) if first == last else f"{first}-{last}"


def _quotation(words: AddressWords) -> str:
    parts = (part for part in (words.first, words.last) if part)
    return f'{words.nth or ""}"{f" {ELLIPSIS} ".join(parts)}"'


def _marked_place(place: Place) -> str:
    sentences = f" s{_numbers(place.sentences)}" if place.sentences else ""
    return f"¶{place.number}{sentences}" + (f" ~{_quotation(place.words)}" if place.words else "")
