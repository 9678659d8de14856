"""Search results: annotations and provisions with snippets."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from annotator.schemas.annotations import AnnotationValue
from annotator.schemas.base import JSON, Answer, Count, Page, Rounded, optional
from annotator.search.record import Kind


class Fragment(Answer):
    """A piece of a snippet; `hit` if it matches the query."""

    text: str
    hit: bool


class FoundWords(Answer):
    """A search result with its snippet as plain text."""

    kind: Kind
    score: Rounded
    snippet: str
    fragments: tuple[Fragment, ...]


class FoundAnnotation(AnnotationValue, FoundWords):
    """An annotation that a search found."""

    model_config = optional()

    kind: Literal["annotation"] = "annotation"

    def repetitions(self) -> JSON:
        """Return what lists leave out, as pydantic's `exclude`."""
        return super().repetitions() | {"fragments": True}


class FoundProvision(FoundWords):
    """A provision that a search found; `headings` are the sections around it, outermost first."""

    model_config = optional()

    kind: Literal["provision"] = "provision"
    document: str
    edition: str
    pid: str
    address: str
    section: str
    number: str
    headings: tuple[str, ...]
    start: Count
    end: Count
    text: str
    path: str = Field(exclude=True)

    def repetitions(self) -> JSON:
        """Return what lists leave out, as pydantic's `exclude`."""
        return {"fragments": True}


FOUND_FIELDS = tuple(dict.fromkeys(
    name for shape in (FoundAnnotation, FoundProvision)
    for name, field in shape.model_fields.items() if not field.exclude
))  # fmt: skip


class FacetOption(Answer):
    """The number of hits with a value; `label` is its name for readers."""

    value: str
    label: str
    count: Count


class Facets(Answer):
    """The facets of the hits."""

    document: list[FacetOption]
    section: list[FacetOption]
    author: list[FacetOption]
    tag: list[FacetOption]


class Results(Page):
    """A page of search results."""

    items: list[FoundAnnotation | FoundProvision]
    facets: Facets
    notes: tuple[str, ...]
