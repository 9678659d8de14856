"""What the API is asked for: the parameters of each address that takes some."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from annotator.models import VERDICT_BITS
from annotator.schemas.annotations import FIELDS, read_stamp
from annotator.schemas.base import Label, Shape, Slug, Text, about, list_of
from annotator.schemas.moderation import ON_SELECTIONS, Cited
from annotator.search.engine import SORTS as SEARCH_SORTS
from annotator.search.record import KINDS

FORMATS = ("native", "jsonl", "w3c", "csv", "markdown", "html")
SORTS = ("place", "newest", "oldest", "recent", "replied")
MAY_BE_EMPTY, LISTS = frozenset({"q", "prefix"}), frozenset({"fields", "kind"})


def _moment(text: object) -> datetime:
    """Read a moment in UTC; a day alone is its first."""
    try:
        return read_stamp(str(text))
    except (ValueError, OverflowError) as error:
        raise ValueError("write 2026-01-31 or 2026-01-31T12:00:00Z") from error


def _fields(asked: object) -> frozenset[str]:
    """Read which fields of an annotation are asked for."""
    chosen = frozenset(name.strip() for name in str(asked).split(","))
    unknown = sorted(chosen - set(FIELDS))
    if unknown:
        raise ValueError(
            f"an annotation has no field {unknown[0]!r}; there are: {', '.join(FIELDS)}"
        )
    return chosen


def _when(text: str) -> WithJsonSchema:
    kinds = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
    return WithJsonSchema({"anyOf": kinds, "description": text})


Parsed = BeforeValidator(_moment)
WHAT = "What is searched; everything if left out. Also with commas between."
CHOSEN = "Which fields of an annotation are given; all if left out. Also with commas between."
Fields = Annotated[frozenset[str], BeforeValidator(_fields), list_of(FIELDS, CHOSEN)]
Author = Annotated[Text, about("By whom, also under a name that the author had once.")]
Tagged = Annotated[Text, about("With this tag.")]
Thread = Annotated[Text, about("In the thread that this annotation began.")]
Provision = Annotated[Text, about("On this provision, or within it: a pid or an address.")]
After = Annotated[datetime, Parsed, _when("Made at this moment or later, in UTC.")]
Before = Annotated[datetime, Parsed, _when("Made before this moment, in UTC.")]
Since = Annotated[datetime, Parsed, _when("Count what was made after this moment.")]
Section = Annotated[Text, about("In this section: its name, or any pid.")]
Judged = Annotated[Text, about("On words that are so in the edition.", tuple(VERDICT_BITS))]
Searched = Annotated[Text, about("What a full-text search finds; see docs/search.md.")]
Sorted = Annotated[Text, about("In which order.", SORTS)]


class LimitQuery(Shape):
    """How much of a list is given."""

    limit: int = Field(50, ge=1, description="How many at once; the site gives 200 at most.")


class PageQuery(LimitQuery):
    """Where a list goes on, and how long a page is."""

    cursor: Annotated[Text | None, about("The `next` of the page before.")] = None


class EditionQuery(Shape):
    """Which edition the answer speaks of, and what of it is given."""

    edition: Label | None = None
    fields: Fields | None = None


class ProvisionQuery(PageQuery):
    """A page of commentary on one provision."""

    edition: Label | None = None
    sort: Sorted = "place"
    fields: Fields | None = None


class CommentaryQuery(Shape):
    """What is shown of some commentary; `section` is a pid or a slug."""

    author: Author | None = None
    tag: Tagged | None = None
    after: After | None = None
    before: Before | None = None
    section: Section | None = None
    verdict: Judged | None = None
    q: Searched | None = None


class FilterQuery(CommentaryQuery):
    """What is shown of all commentary."""

    document: Slug | None = None
    edition: Label | None = None
    provision: Provision | None = None
    thread: Thread | None = None


class ListQuery(PageQuery, FilterQuery):
    """A page of commentary, narrowed."""

    start: Annotated[int | None, about("Overlapping the range that begins here.")] = None
    end: Annotated[int | None, about("Overlapping the range that ends here, exclusive.")] = None
    sort: Sorted = "oldest"
    fields: Fields | None = None


class ExportQuery(FilterQuery):
    """All commentary, narrowed, in one file."""

    format: Annotated[Text, about("What kind of file.", FORMATS)] = "native"


class SearchQuery(PageQuery):
    """A full-text search."""

    q: Searched = ""
    document: Slug | None = None
    kind: Annotated[Text, list_of(KINDS, WHAT)] | None = None
    sort: Annotated[Text, about("In which order.", SEARCH_SORTS)] = "relevance"
    limit: int = Field(20, ge=1, description="How many at once; the site gives 200 at most.")


class CiteQuery(Shape):
    """A range of an edition, to be cited."""

    document: Slug
    edition: Label | None = None
    start: Annotated[int, about("Where it begins, in code points.")]
    end: Annotated[int, about("Where it ends, exclusive.")]


class ResolveQuery(Shape):
    """An address to be looked up."""

    cite: Annotated[Text, about("An address in any form, or a page's URL.")]
    quote: Annotated[Text | None, about("Words that stand there.")] = None
    edition: Annotated[
        Text | None, about("Tell what became of it in this one; the cited one if left out.")
    ] = None


class StateQuery(Shape):
    """Since when something is new, and whose annotations are new to nobody who asks."""

    since: Since | None = None
    by: Text | None = Field(None, alias="except", description="Leave out what this name wrote.")


class ContainerQuery(Shape):
    """Which page of a W3C container, and whether annotations are named there or described."""

    iris: Literal["0", "1"] | None = None
    page: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class TagsQuery(LimitQuery):
    """Which tags are listed."""

    document: Slug | None = None
    prefix: Annotated[Text, about("How they begin, in capitals or not.")] = ""


class LogQuery(PageQuery):
    """A page of the log, narrowed."""

    rule: Cited | None = None
    document: Slug | None = None
    annotation: Annotated[Text | None, about("About this annotation.")] = None


class QueueQuery(PageQuery):
    """A page of what waits."""

    kind: Annotated[
        Literal["appeal", "flag", "held", "reworded", "new"] | None, about("What kind of case.")
    ] = None


class SelectionQuery(Shape):
    """What one act on many would be upon."""

    act: Annotated[Text, about("What is to be decided.", ON_SELECTIONS)]
    author: Author = ""
    q: Searched = ""
    document: Slug = ""
