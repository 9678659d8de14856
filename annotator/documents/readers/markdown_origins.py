"""Record the source offsets of the Markdown parser's tokens during parsing.

`token.meta["origins"]` of a block's words, code or HTML are the `Origins` of its content, in the
parser's text. Of an inline token, `token.meta["at"]` are the places of its words in that content:
pairs of an offset in the token's and the offset where the words from there on begin.
"""

from __future__ import annotations

from typing import Literal

from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from annotator.documents.origins import Origins, Run


def note_blocks(state: StateCore) -> None:
    """Record the origins of each block's content, whose lines end as those of the source."""
    notes, opened = _BlockNotes(state.src), Token("", "", 0)
    for token in state.tokens:
        if token.type == "inline" and opened.type in ("th_open", "td_open"):
            token.meta["origins"] = Origins(notes.cell(token))
        elif token.type in ("inline", "fence", "code_block", "html_block"):
            token.meta["origins"] = Origins(notes.lines(token))
        opened = token


class _BlockNotes:
    def __init__(self, text: str) -> None:
        self._text = text
        self._lines = text.split("\n")
        self._starts: list[int] = []
        at = 0
        for line in self._lines:
            self._starts.append(at)
            at += len(line) + 1
        self._cell = (0, 0)

    def cell(self, token: Token) -> list[Run]:
        """Return the origins of a table's cell; an escaped `|` has lost its escape there."""
        number = token.map[0] if token.map else 0
        before = self._cell[1] if self._cell[0] == number else 0
        written = token.content.replace("|", "\\|")
        at = max(self._lines[number].find(written, before), 0)
        self._cell = number, at + len(written)
        runs, at = [], at + self._starts[number]
        for part in token.content.split("|"):
            runs += [(len(part), at, at + len(part)), (1, at + len(part), at + len(part) + 2)]
            at += len(part) + 2
        return runs[:-1]

    def lines(self, token: Token) -> list[Run]:
        """Return the origins of lines that were only stripped at the start."""
        first, end = token.map or (0, 0)
        number = first + (token.type == "fence")
        if number < len(self._starts) and self._text.startswith(
            token.content, at := self._starts[number]
        ):
            return [(len(token.content), at, at + len(token.content))]
        runs: list[Run] = []
        for line in token.content.split("\n"):
            words = line.strip()
            while number < end - 1 and words not in self._lines[number]:
                number += 1
            number = min(number, len(self._lines) - 1)
            there = self._lines[number]
            # What follows the words on their line is no word: a heading's signs, white space.
            lead = line.find(words) if words else len(line)
            at = self._starts[number] + (there.rfind(words) if words else len(there))
            runs.append((lead, max(at - lead, self._starts[number]), at))
            runs.append((len(line) - lead + 1, at, at + len(line) - lead + 1))
            number += 1
        runs[-1] = runs[-1][0] - 1, runs[-1][1], runs[-1][2] - 1
        return runs


def parse_inline(state: StateCore) -> None:
    """Parse the words of every block, as the parser's own rule of this name does."""
    for token in state.tokens:
        if token.type == "inline":
            inline = _NotingState(token.content, state.md, state.env, token.children or [])
            state.md.inline.tokenize(inline)
            for rule in state.md.inline.ruler2.getRules(""):
                rule(inline)
            token.children = inline.tokens


class _NotingState(StateInline):
    """Records the offsets of each token's words in the content; see the module docstring."""

    _places: tuple[tuple[int, int], ...] = ()
    _length = 0
    _next = -1
    _latest: tuple[Token | None, int, int] = (None, -1, 0)

    def append_pending(self, text: str) -> None:
        """Append words; `pos` is still their start in the content."""
        if self.pos != self._next:
            self._places = (*self._places, (self._length, self.pos))
        super().append_pending(text)
        self._length += len(text)
        self._next = self.pos + len(text)

    def pushPending(self) -> Token:  # noqa: N802  the parser's name
        """Make a token of the words that were taken."""
        token = super().pushPending()
        token.meta["at"] = self._places
        return token

    def push(self, ttype: str, tag: str, nesting: Literal[-1, 0, 1]) -> Token:
        """Make a token; several words that a rule finds at one place follow each other."""
        token = super().push(ttype, tag, nesting)
        before, place, at = self._latest
        if ttype == "text" and before is not None and place == self.pos:
            at += len(before.content)
        else:
            at = self.posMax if ttype == "link_open" else self.pos
        self._latest = (token if ttype == "text" else None), self.pos, at
        self._places, self._length, self._next = (), 0, -1
        token.meta["at"] = ((0, at),)
        return token


def words_of(token: Token, content: str, origins: Origins) -> list[Run]:
    """Return where the words of an inline token came from; of a link, where its target did."""
    places: tuple[tuple[int, int], ...] = token.meta["at"]
    words, at = token.content, places[0][1]
    if token.type == "text" and len(places) > 1:
        ends = [*(start for start, _ in places[1:]), len(words)]
        return [
            run
            for (start, place), end in zip(places, ends, strict=True)
            if start < end
            for run in origins.within(place, place + min(end, len(words)) - start)
        ]
    if token.type == "link_open":  # the label, which is `?` where it counts, ends here
        target = str(token.attrs.get("href", ""))
        if content.startswith(target, at + 2):
            return origins.within(at + 2, at + 2 + len(target))
        return [(len(target), *origins.source(max(content.rfind("?", 0, at), 0), at))]
    if token.type == "code_inline":
        at += len(token.markup)
        at += content[at : at + len(words)].replace("\n", " ") != words
    elif token.type in ("softbreak", "hardbreak"):
        return [(1, *origins.source(at, at + 1 + (content[at] == "\\")))]
    elif token.type != "text":  # an escape, an entity, a tag or a picture
        at += 2 * (token.type == "image")
        return [(len(words), *origins.source(at, at + len(token.markup or words)))]
    elif not content.startswith(words, at):  # a web address in angle brackets
        at += 1
        if not content.startswith(words, at):
            return [(len(words), *origins.source(at, content.find(">", at)))]
    return origins.within(at, at + len(words))
