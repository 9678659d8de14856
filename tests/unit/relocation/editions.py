"""Two small editions in Markdown, and the relocation of spans between them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from annotator.documents import Parsed, parse
from annotator.relocation.relocate import Relocated, Relocator


@dataclass(frozen=True)
class Move:
    """A relocated span with its new words."""

    verdict: str
    words: str | None
    result: Relocated


class Editions:
    """An old and a new text; provisions are paired by ordinal unless pairs are given."""

    def __init__(self, old: str, new: str, pairs: Iterable[tuple[int, int]] | None = None) -> None:
        self.old, self.new = read(old), read(new)
        number = min(len(self.old.provisions), len(self.new.provisions))
        self.pairs = [(at, at) for at in range(number)] if pairs is None else list(pairs)
        self.relocator = Relocator(self.old, self.new, self.pairs)

    def span(self, words: str, number: int = 1) -> Move:
        """Relocate the `number`th occurrence of the words."""
        at = -1
        for _ in range(number):
            at = self.old.text.index(words, at + 1)
        return self._move(self.relocator.span(at, at + len(words)))

    def provision(self, ordinal: int) -> Move:
        """Relocate a whole provision."""
        return self._move(self.relocator.provision(ordinal))

    def _move(self, result: Relocated) -> Move:
        lost = result.start is None or result.end is None
        words = None if lost else self.new.text[result.start : result.end]
        return Move(result.verdict, words, result)


def read(markdown: str) -> Parsed:
    """Parse Markdown below a heading, which is provision 0."""
    return parse(f"# Rules\n\n{markdown}\n".encode(), name="rules.md")
