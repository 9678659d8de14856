"""Suggestions of other words, as they are sent and answered."""

from __future__ import annotations

from typing import Annotated, Literal

from annotator.relocation.diff import DiffPiece
from annotator.schemas.base import Answer, Count, Page, Shape, Share, Text, about

Act = Literal["replace", "insert", "strike"]
Adopted = Literal["same", "part", "other", "open", "gone", "already"]
SUGGESTED = ("patch", "critic", "pull-request")  # forms of an export
PICKS = ("none", "agreements")  # of suggestions that conflict


class SuggestionShape(Shape):
    """Other words for the target: `replace` and `strike` a range, `insert` after a provision."""

    act: Act
    wording: Annotated[Text, about("Plain text; of an `insert`, one paragraph per line.")] = ""


class SuggestionValue(Answer):
    """A proposed change of the target's words.

    `result` is the paragraph after it, `diff` compares the target's words with the wording.
    `typographic` ones change no word. `why_not` is why the publisher's file cannot be patched.
    """

    act: Act
    wording: str
    result: str
    diff: tuple[DiffPiece, ...]
    typographic: bool
    patchable: bool
    why_not: str | None

    @property
    def critic(self) -> str:
        """The change of the words in CriticMarkup."""
        marks = {"same": "{}", "struck": "{{--{}--}}", "added": "{{++{}++}}"}
        return "".join(marks[piece.change].format(piece.text) for piece in self.diff)


class AdoptionValue(Answer):
    """Whether `edition` adopted a suggestion; `score` is the share of its added words there."""

    edition: str
    verdict: Adopted
    score: Share


class StandingValue(Answer):
    """A suggestion that an edition could adopt: a change of its text from `start` to `end`.

    An `insert` adds paragraphs after it. `relation` is its relation to the requested suggestion.
    """

    id: str
    author: str
    act: Act
    start: Count
    end: Count
    wording: str
    agreements: Count
    relation: Literal["same", "conflict"] | None = None


class StandingSuggestions(Page[StandingValue]):
    """The suggestions that an edition could adopt, in the order of the text."""


class Agreements(Answer):
    """The number of accounts that agree with a suggestion."""

    agreements: Count
