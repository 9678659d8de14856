"""The filter of commentary on pages: its fields, its address, and the active values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flask import request

from annotator.errors import AnnotatorError, Malformed
from annotator.schemas.annotations import read_stamp
from annotator.services.annotations.filters import Filter
from annotator.services.editions.editions import Loaded
from annotator.web.pages import words

FIELDS = (
    "author", "tag", "kind", "after", "before", "section", "verdict", "adoption", "answer", "q",
)  # fmt: skip
DESK = (*FIELDS, "assigned", "label", "unread", "campaign")
EVERYWHERE = ("author", "tag", "kind", "after", "before", "q")  # those that need no document
MOMENTS = ("after", "before")
NAMED = {
    "verdict": words.VERDICTS, "adoption": words.ADOPTIONS, "kind": words.ANNOTATED,
    "answer": words.DESK_ANSWERS,
}  # fmt: skip
TAGS = 12  # offered as links


class Chip(NamedTuple):
    """An active value, and the address without it."""

    label: str
    value: str
    url: str


@dataclass(frozen=True)
class FilterBar:
    """The filter of a page.

    `at` returns the page's address with other arguments; None omits one. `hidden` are the page's
    other arguments. `tags` are those in use, with their counts.
    """

    given: dict[str, str]
    at: Callable[..., str]
    hidden: dict[str, str]
    fields: Sequence[str] = FIELDS
    loaded: Loaded | None = None
    tags: Sequence[tuple[str, int]] = ()
    error: AnnotatorError | None = None

    @property
    def clear(self) -> str:
        """The address without any filter."""
        return self.at(**dict.fromkeys(self.given))

    @property
    def chosen_tags(self) -> list[str]:
        """The tags that are required."""
        return tags_of(self.given)

    def chips(self) -> Iterator[Chip]:
        """Yield the active values, one chip for each tag."""
        for field, value in self.given.items():
            label = words._(words.FILTERS[field])
            if field == "tag":
                for tag in self.chosen_tags:
                    rest = ", ".join(each for each in self.chosen_tags if each != tag)
                    yield Chip(label, tag, self.at(tag=rest or None))
            else:
                yield Chip(label, self._named(field, value), self.at(**{field: None}))

    def offered(self) -> Iterator[tuple[str, int, str]]:
        """Yield the most used tags that are not active: each with the address that adds it."""
        unused = [each for each in self.tags if each[0] not in self.chosen_tags][:TAGS]
        for tag, count in unused:
            yield tag, count, self.at(tag=", ".join([*self.chosen_tags, tag]))

    def _named(self, field: str, value: str) -> str:
        if value in NAMED.get(field, ()):
            return words._(NAMED[field][value])
        if field == "section" and self.loaded and (value, "") in self.loaded.parsed.numbered:
            return words.place(self.loaded.parsed, self.loaded.parsed.numbered[value, ""])
        return value


def given(fields: Sequence[str] = FIELDS) -> dict[str, str]:
    """Return the filter in the request's address."""
    return {name: value for name in fields if (value := request.args.get(name, "").strip())}


def tags_of(fields: dict[str, str]) -> list[str]:
    """Return the tags of a filter, which are separated by commas."""
    return [tag for each in fields.get("tag", "").split(",") if (tag := each.strip())]


def read(fields: dict[str, str]) -> Filter:
    """Parse the filter of a form. Raises Malformed with the field."""
    values: dict[str, Any] = dict(fields)
    for name, value in values.items():
        if "\0" in value or any("\ud800" <= char <= "\udfff" for char in value):
            raise Malformed("This contains a character that is not allowed.", field=name)
    for name in MOMENTS:
        if name in values:
            try:
                values[name] = read_stamp(values[name])
            except (ValueError, OverflowError) as fault:
                raise Malformed("Enter a date such as 2026-01-31.", field=name) from fault
    return Filter(**values)
