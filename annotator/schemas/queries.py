"""The query parameters of the API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Annotated, Literal, get_args

from pydantic import BeforeValidator, Field, WithJsonSchema

from annotator.models import VERDICT_BITS
from annotator.schemas.annotations import FIELDS, AnnotationValue, read_stamp
from annotator.schemas.answers import ANSWER_FILTERS
from annotator.schemas.base import (
    JSON,
    Answer,
    Count,
    Label,
    Page,
    Shape,
    Slug,
    Text,
    about,
    list_of,
    optional,
)
from annotator.schemas.moderation import ON_SELECTIONS, Cited
from annotator.schemas.suggestions import PICKS, SUGGESTED, Adopted
from annotator.search.engine import SORTS as SEARCH_SORTS
from annotator.search.record import KINDS, Kind


class Fragment(Answer):
    """A piece of a snippet; `hit` if it matches the query."""

    text: str
    hit: bool


class FoundWords(Answer):
    """A search result with its snippet as plain text."""

    kind: Kind
    score: float
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
    place: str = Field(exclude=True)

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


class Results(Page[FoundAnnotation | FoundProvision]):
    """A page of search results."""

    facets: Facets
    notes: tuple[str, ...]


FORMATS = ("native", "jsonl", "w3c", "csv", "markdown", "html")
ANNOTATED = ("comment", "highlight", "reply", "suggestion")
SORTS = ("place", "newest", "oldest", "recent", "replied", "agreements")
MAY_BE_EMPTY, LISTS = frozenset({"q", "prefix"}), frozenset({"fields", "kind"})


def _moment(text: object) -> datetime:
    """Parse a time in UTC; a date means its start."""
    try:
        return read_stamp(str(text))
    except (ValueError, OverflowError) as error:
        raise ValueError("write 2026-01-31 or 2026-01-31T12:00:00Z") from error


def _fields(known: Sequence[str], value: object) -> frozenset[str]:
    """Parse a list of some of the `known` fields."""
    chosen = frozenset(name.strip() for name in str(value).split(","))
    unknown = sorted(chosen - set(known))
    if unknown:
        raise ValueError(f"there is no field {unknown[0]!r}; there are: {', '.join(known)}")
    return chosen


def _when(text: str) -> WithJsonSchema:
    kinds = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
    return WithJsonSchema({"anyOf": kinds, "description": text})


Parsed = BeforeValidator(_moment)
WHAT = "What to search; default everything. Can be a list with commas."
CHOSEN = (
    "The fields to return. Can be a list with commas. Default: all; lists leave out what they "
    "would say twice, as docs/api.md says."
)
Fields = Annotated[
    frozenset[str],
    BeforeValidator(partial(_fields, FIELDS)),
    list_of(FIELDS, CHOSEN),
]
FoundFields = Annotated[
    frozenset[str],
    BeforeValidator(partial(_fields, FOUND_FIELDS)),
    list_of(FOUND_FIELDS, CHOSEN),
]
Author = Annotated[Text, about("By this author; former names work too.")]
Tagged = Annotated[Text, about("With this tag; with all of these, separated by commas.")]
CommentKind = Annotated[
    Text, about("Comments with words, highlights without, or replies.", ANNOTATED)
]
Thread = Annotated[Text, about("In the thread of this annotation.")]
Provision = Annotated[Text, about("On this provision or within it: a pid or an address.")]
After = Annotated[datetime, Parsed, _when("Made at this moment or later, in UTC.")]
Before = Annotated[datetime, Parsed, _when("Made before this moment, in UTC.")]
Since = Annotated[datetime, Parsed, _when("Count annotations created after this time.")]
Section = Annotated[Text, about("In this section: its slug or any pid.")]
Judged = Annotated[Text, about("On words with this verdict in the edition.", tuple(VERDICT_BITS))]
Adoption = Annotated[
    Text, about("Suggestions of which the edition has this; needs a document.", get_args(Adopted))
]
AnswerGiven = Annotated[
    Text, about("Comments that the publisher can answer, by their answer.", ANSWER_FILTERS)
]
Searched = Annotated[Text, about("Full-text search; see docs/query-language.md.")]
Sorted = Annotated[Text, about("The order.", SORTS)]


class LimitQuery(Shape):
    """The length of a page."""

    limit: int = Field(50, ge=1, description="The page size; at most 200.")


class PageQuery(LimitQuery):
    """The cursor and the length of a page."""

    cursor: Annotated[Text | None, about("The `next` of the previous page.")] = None


class EditionQuery(Shape):
    """The edition, and the length of a page."""

    edition: Label | None = None
    fields: Fields | None = None


class ProvisionQuery(PageQuery):
    """A page of commentary on one provision."""

    edition: Label | None = None
    sort: Sorted = "place"
    fields: Fields | None = None


class CommentaryQuery(Shape):
    """Filters of commentary; `section` is a pid or a slug."""

    author: Author | None = None
    tag: Tagged | None = None
    kind: CommentKind | None = None
    after: After | None = None
    before: Before | None = None
    section: Section | None = None
    verdict: Judged | None = None
    adoption: Adoption | None = None
    answer: AnswerGiven | None = None
    q: Searched | None = None


class FilterQuery(CommentaryQuery):
    """Filters of all commentary."""

    document: Slug | None = None
    edition: Label | None = None
    provision: Provision | None = None
    thread: Thread | None = None


class ListQuery(PageQuery, FilterQuery):
    """A filtered page of commentary."""

    start: Annotated[int | None, about("Start of a range that targets overlap.")] = None
    end: Annotated[int | None, about("End of that range, exclusive.")] = None
    sort: Sorted = "oldest"
    fields: Fields | None = None


class ExportQuery(FilterQuery):
    """An export of filtered commentary."""

    format: Annotated[Text, about("The file format.", FORMATS)] = "native"


class StandingQuery(PageQuery):
    """Suggestions that an edition could adopt."""

    edition: Label | None = None
    conflicting: Annotated[Text | None, about("Only the others on the words of this one.")] = None


class SuggestionsQuery(Shape):
    """The suggestions to export."""

    document: Slug
    edition: Label | None = None
    format: Annotated[Text, about("The form.", SUGGESTED)] = "patch"
    ids: Annotated[Text, about("Only these annotations, separated by commas.")] | None = None
    q: Searched | None = None
    pick: Annotated[
        Text,
        about("Of conflicting suggestions, take `none`, or the most agreed with.", PICKS),
    ] = "none"


class SearchQuery(PageQuery):
    """A full-text search."""

    q: Searched = ""
    document: Slug | None = None
    kind: Annotated[Text, list_of(KINDS, WHAT)] | None = None
    sort: Annotated[Text, about("The order.", SEARCH_SORTS)] = "relevance"
    fields: FoundFields | None = None
    limit: int = Field(20, ge=1, description="The page size; at most 200.")


class CiteQuery(Shape):
    """A range of an edition, to be cited."""

    document: Slug
    edition: Label | None = None
    start: Annotated[int, about("Start, in code points.")]
    end: Annotated[int, about("End, exclusive.")]


class ResolveQuery(Shape):
    """An address to be looked up."""

    cite: Annotated[Text, about("An address in any form, or a page's URL.")]
    quote: Annotated[Text | None, about("Words at that place.")] = None
    edition: Annotated[
        Text | None, about("The edition to compare with; default the cited one.")
    ] = None


class StateQuery(Shape):
    """The time since when annotations are new, and the account to exclude."""

    since: Since | None = None
    by: Text | None = Field(None, alias="except", description="Exclude annotations by this author.")


class ContainerQuery(Shape):
    """The page of a W3C container, and whether it lists IRIs or descriptions."""

    iris: Literal["0", "1"] | None = None
    page: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class TagsQuery(LimitQuery):
    """A filter of tags."""

    document: Slug | None = None
    prefix: Annotated[Text, about("The start of the tags, in any case.")] = ""


class LogQuery(PageQuery):
    """A filtered page of the log."""

    rule: Cited | None = None
    document: Slug | None = None
    annotation: Annotated[Text | None, about("About this annotation.")] = None


class QueueQuery(PageQuery):
    """A page of the moderation queue."""

    kind: Annotated[
        Literal["appeal", "flag", "held", "reworded", "new"] | None, about("The kind of case.")
    ] = None


class SelectionQuery(Shape):
    """The selection of a bulk action."""

    act: Annotated[Text, about("The action.", ON_SELECTIONS)]
    author: Author = ""
    q: Searched = ""
    document: Slug = ""
