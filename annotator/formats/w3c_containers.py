"""The W3C's containers and their pages as JSON-LD; what they hold is written in `w3c`.

After the Web Annotation Protocol (Recommendation of 2017-02-23), sections 4.2 and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from annotator.formats.w3c import CONTEXT, JSON
from annotator.schemas.annotations import stamp

LDP = "http://www.w3.org/ns/ldp.jsonld"


@dataclass(frozen=True, slots=True)
class Collected:
    """A container as it and its pages speak of it: `address` is its IRI, and ends in a slash.

    `iris` tells that its pages name annotations and do not describe them; `pages` are the numbers
    of those that hold some.
    """

    address: str
    label: str
    total: int
    modified: datetime | None
    pages: Sequence[int]
    iris: bool = False

    @property
    def iri(self) -> str:
        """The name of the representation, which says what its pages hold."""
        return f"{self.address}?iris={int(self.iris)}"

    def page(self, number: int) -> str:
        """Return the name of a page."""
        return f"{self.iri}&page={number}"

    def told(self) -> JSON:
        """Return what a page says of what it is part of."""
        value: JSON = {"id": self.iri, "type": "AnnotationCollection", "label": self.label,
                       "total": self.total}  # fmt: skip
        return value | ({"modified": stamp(self.modified)} if self.modified else {})


def container(collected: Collected, first: JSON | None) -> JSON:
    """Return a container as a document of its own, with its first page in it if that is given."""
    types = ["BasicContainer", "AnnotationCollection"]
    value = {"@context": [CONTEXT, LDP], **collected.told(), "type": types}
    if collected.pages:
        value["first"] = first or collected.page(collected.pages[0])
        value["last"] = collected.page(collected.pages[-1])
    return value


def page(
    collected: Collected,
    number: int,
    start: int,
    items: Sequence[JSON | str],
    near: tuple[int | None, int | None],
) -> JSON:
    """Return a page; `start` is the place of its first annotation among all, from 0.

    `near` are the numbers of the page before it and of the one after it.
    """
    value = {"id": collected.page(number), "type": "AnnotationPage", "partOf": collected.told(),
             "startIndex": start}  # fmt: skip
    for name, other in zip(("prev", "next"), near, strict=True):
        if other is not None:
            value[name] = collected.page(other)
    return value | {"items": items}
