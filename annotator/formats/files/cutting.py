"""Cutting the annotations out of a JSON text that is read in parts, by its brackets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from annotator.errors import Malformed

HEAD = 2_000  # code points in which a file must name its list of annotations
DEEPEST = 64
HOPELESS = 100_000  # open brackets in one annotation, after which its end is not waited for
LARGEST = 1_000_000  # code points in one annotation
LARGEST_FRAME = 5_000_000  # code points around the annotations; what follows is let go
HOLDERS = frozenset({("items",), ("rows",), ("annotations",), ("replies",), ("first", "items")})
# The next string or bracket; nothing is found in a string that has not come to its end.
STRING_END = r'[^"\\]*+(?:\\.[^"\\]*+)*+"'
TOKEN = re.compile(rf'[^"{{}}\[\]]*+(?P<sign>"{STRING_END}|[{{}}\[\]])', re.DOTALL)
REST_OF_STRING = re.compile(STRING_END, re.DOTALL)
BETWEEN = re.compile(r'[^"{}\[\]]*+')
# An object whose own keys, as far as they can be seen, name a list of annotations.
HOLDER = re.compile(
    r'\{(?:[^{}\[\]"]|"(?:[^"\\]|\\.)*+"|\[[^\[\]{}]*+\]|\{[^{}]*+\})*?'
    r'"(?:items|rows|annotations|replies|first)"\s*:\s*[\[{]'
)


@dataclass(frozen=True, slots=True)
class Cut:
    """An annotation's text, and which it is, from 1; `text` is None where it is too large."""

    number: int
    text: str | None


class Cutter:
    """Follows the brackets of a JSON text and cuts out each annotation.

    What stands around them is the frame.
    """

    def __init__(self) -> None:
        self._frame: list[str] = []
        self._frame_room = LARGEST_FRAME
        self._rest = ""  # what has come and is not yet cut
        self._seen = 0  # how much of it has been looked at
        self._begin: int | None = None  # where in it the present annotation begins
        self._depth = 0  # brackets that are open within that annotation
        self._around: list[tuple[str, str]] = []  # those open around it, each with its key
        self._key = ""
        self._number = 0
        self._too_large = False
        self._in_string = False  # of one so long that its words were let go

    def feed(self, text: str, *, final: bool = False) -> Iterator[Cut]:
        """Read more of the file; yield the annotations that have come to their end.

        Until all is there (`final`), an object at the top waits for its first keys to be seen.
        """
        self._rest += text
        if self._in_string and not self._leave_string():
            return
        while found := TOKEN.match(self._rest, self._seen):
            at_top = self._begin is None and not self._around and found["sign"] == "{"
            if at_top and not final and len(self._rest) - found.start("sign") < HEAD:
                return
            self._seen = found.end()
            if found["sign"].startswith('"'):
                self._key = self._key if self._begin is not None else found["sign"][1:-1]
            elif self._begin is not None:
                self._depth += 1 if found["sign"] in "{[" else -1
                if self._depth == 0:
                    yield self._cut(found.end())
                elif self._depth > HOPELESS:
                    raise Malformed(f"Item {self.number_left} is nested too deeply to be passed.")
            else:
                self._outside(found["sign"], found.start("sign"))
        if between := BETWEEN.match(self._rest, self._seen):
            self._seen = between.end()
        self._shorten()

    @property
    def frame(self) -> str:
        """The text around the annotations, as JSON in which each run of them is one null."""
        return "".join(self._frame)

    @property
    def number_left(self) -> int | None:
        """The number of an annotation that has not come to its end."""
        return None if self._begin is None else self._number + 1

    @property
    def unfinished(self) -> bool:
        """Return whether something around the annotations has not come to its end."""
        return bool(self._around or self._rest.strip())

    def _outside(self, sign: str, start: int) -> None:
        """Pass a bracket that stands outside all annotations, or begin one with it."""
        if sign == "{" and self._is_item(start):
            self._begin, self._depth = start, 1
        elif sign in "{[":
            if len(self._around) == DEEPEST:
                raise Malformed("The file is nested too deeply; there are no annotations in that.")
            self._around.append((sign, self._key))
            self._key = ""
        elif self._around:
            self._key = self._around.pop()[1]

    def _is_item(self, start: int) -> bool:
        """Return whether an object that begins here is an annotation."""
        if not self._around:
            return HOLDER.match(self._rest, start) is None
        if self._around[-1][0] == "{":
            return False
        return len(self._around) == 1 or tuple(key for _, key in self._around if key) in HOLDERS

    def _cut(self, end: int) -> Cut:
        text = None if self._too_large else self._rest[self._begin : end]
        if text is not None and len(text) > LARGEST:
            text = None
        self._keep(self._rest[: self._begin])
        if self._frame[-1:] != ["null"]:
            self._keep("null")
        self._rest, self._seen = self._rest[end:], 0
        self._begin, self._too_large = None, False
        self._number += 1
        return Cut(self._number, text)

    def _keep(self, text: str) -> None:
        """Add a text to the frame, unless it only parts two annotations."""
        plain = text.strip()
        if plain and not (plain == "," and self._frame[-1:] == ["null"]):
            self._frame.append(text[: self._frame_room])
            self._frame_room -= len(self._frame[-1])

    def _shorten(self) -> None:
        """Drop what has been looked at, and of all of an annotation that is too large."""
        if self._begin is None:
            self._keep(self._rest[: self._seen])
            self._rest, self._seen = self._rest[self._seen :], 0
        elif len(self._rest) - self._begin > LARGEST:
            self._too_large = True
            self._rest, self._begin, self._seen = self._rest[self._seen :], 0, 0
        if len(self._rest) - self._seen > LARGEST:
            self._too_large = self._begin is not None
            self._in_string = '"' in self._rest[self._seen :]
            self._let_go()

    def _leave_string(self) -> bool:
        """Pass over the rest of a very long string; tell whether it has come to its end."""
        found = REST_OF_STRING.match(self._rest, self._seen)
        if found:
            self._in_string = False
            self._rest = self._rest[: self._seen] + self._rest[found.end() :]
            return True
        self._let_go()
        return False

    def _let_go(self) -> None:
        """Skip what follows, except for a backslash, whose letter is still to come."""
        escaped = (len(self._rest) - len(self._rest.rstrip("\\"))) % 2
        self._rest = self._rest[: self._seen] + "\\" * escaped
