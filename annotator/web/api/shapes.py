"""What the API takes: the shape of every body and query, checked before anything else looks at it.

Offsets are code points. Unknown fields are refused by name, so that a misspelt one is noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from flask import request
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    ValidationError,
    WithJsonSchema,
)
from werkzeug.exceptions import BadRequest

from annotator import formats
from annotator.errors import Malformed
from annotator.models import VERDICT_BITS
from annotator.schemas.annotations import MOTIVATIONS, read_stamp
from annotator.search.engine import SORTS as SEARCH_SORTS
from annotator.search.record import KINDS
from annotator.services.annotations.listings import SORTS
from annotator.services.moderation import actions, bulk_actions, charter
from annotator.web.api import answers


def _storable(text: str) -> str:
    """Refuse what no database takes: half a surrogate pair, and NUL."""
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ValueError("it holds a NUL or half a surrogate pair")
    return text


def _moment(text: object) -> datetime:
    """Read a moment in UTC; a day alone is its first."""
    try:
        return read_stamp(str(text))
    except (ValueError, OverflowError) as error:
        raise ValueError("write 2026-01-31 or 2026-01-31T12:00:00Z") from error


def _fields(asked: object) -> frozenset[str] | None:
    """Read which fields of an annotation are asked for."""
    chosen = frozenset(name.strip() for name in str(asked).split(","))
    unknown = sorted(chosen - answers.Annotation.model_fields.keys())
    if unknown:
        known = ", ".join(answers.Annotation.model_fields)
        raise ValueError(f"an annotation has no field {unknown[0]!r}; there are: {known}")
    return chosen


def _when(text: str) -> WithJsonSchema:
    kinds = [{"type": "string", "format": kind} for kind in ("date-time", "date")]
    return WithJsonSchema({"anyOf": kinds, "description": text})


def _list_of(values: Sequence[str], text: str) -> dict[str, Any]:
    items = {"type": "string", "enum": list(values)}
    return {"type": "array", "items": items, "minItems": 1, "description": text}


def about(text: str, values: Sequence[str] = ()) -> Any:
    """Describe a field, for the OpenAPI document: what it is, and what it may be."""
    return Field(description=text, json_schema_extra={"enum": list(values)} if values else None)


Text = Annotated[StrictStr, AfterValidator(_storable)]
Parsed = BeforeValidator(_moment)
Number = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Offset = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]
WHAT = "What is searched; everything if left out. Also with commas between."
CHOSEN = "Which fields of an annotation are given; all if left out. Also with commas between."
Fields = Annotated[
    frozenset[str],
    BeforeValidator(_fields),
    WithJsonSchema(_list_of(tuple(answers.Annotation.model_fields), CHOSEN)),
]
Slug = Annotated[Text, about("The name of a document in addresses.")]
Label = Annotated[Text, about("The label of an edition; the newest if left out.")]
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
Act = Annotated[Text, about("What is decided.", actions.ACTS)]
Ground = Annotated[Text, about(f"A ground of the charter: {', '.join(charter.GROUNDS)}.")]
Cited = Annotated[Text, about(f"A rule of the charter: {', '.join(charter.RULES)}.")]


class Shape(BaseModel):
    """A body or a query."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetShape(Shape):
    """A range, a quotation, or a whole provision."""

    start: Annotated[Offset | None, about("Where it begins, in code points.")] = None
    end: Annotated[Offset | None, about("Where it ends, exclusive.")] = None
    exact: Annotated[Text | None, about("The words that stand there.")] = None
    prefix: Annotated[Text | None, about("What stands before them.")] = None
    suffix: Annotated[Text | None, about("What stands after them.")] = None
    pid: Annotated[Text | None, about("A whole provision, by its lasting name.")] = None
    whole: Annotated[bool | None, about("Said where an answer is sent back.")] = None


class AnnotationShape(Shape):
    """An annotation to be created."""

    document: Slug | None = None
    edition: Label | None = None
    target: Annotated[TargetShape | None, about("Short for a list `targets` of one.")] = None
    targets: Annotated[list[TargetShape] | None, about("What it is on; none: the document.")] = None
    body: Annotated[Text | None, about("Markdown; null for a highlight.")] = None
    tags: list[Text] | None = None
    motivation: Annotated[Text | None, about("Why; `commenting` if left out.", MOTIVATIONS)] = None
    in_reply_to: Annotated[Text | None, about("The annotation that it answers.")] = None


class ChangeShape(Shape):
    """What may be changed of an annotation; what is left out stays."""

    body: Annotated[Text | None, about("Markdown.")] = None
    tags: list[Text] | None = None


class PreviewShape(Shape):
    """Markdown to be shown as it would look."""

    body: Annotated[Text, about("Markdown.")]


class EssayShape(Shape):
    """An essay whose quotations are to be checked."""

    essay: Annotated[Text, about("Its text.")]
    format: Annotated[Literal["markdown", "html", "text"], about("What it is written in.")] = (
        "markdown"
    )
    edition: Label | None = None


class PageQuery(Shape):
    """Where a list goes on, and how long a page is."""

    cursor: Annotated[Text | None, about("The `next` of the page before.")] = None
    limit: int = Field(50, ge=1, description="How many at once; the site gives 200 at most.")


class EditionQuery(Shape):
    """Which edition the answer speaks of, and what of it is given."""

    edition: Label | None = None
    fields: Fields | None = None


class ProvisionQuery(PageQuery):
    """A page of commentary on one provision."""

    edition: Label | None = None
    sort: Sorted = "place"
    fields: Fields | None = None


class ListQuery(PageQuery):
    """A page of commentary, narrowed."""

    document: Slug | None = None
    edition: Label | None = None
    provision: Provision | None = None
    author: Author | None = None
    tag: Tagged | None = None
    thread: Thread | None = None
    start: Annotated[int | None, about("Overlapping the range that begins here.")] = None
    end: Annotated[int | None, about("Overlapping the range that ends here, exclusive.")] = None
    after: After | None = None
    before: Before | None = None
    section: Section | None = None
    verdict: Judged | None = None
    q: Searched | None = None
    sort: Sorted = "oldest"
    fields: Fields | None = None


class ExportQuery(Shape):
    """All commentary, narrowed, in one file."""

    format: Annotated[Text, about("What kind of file.", tuple(formats.FORMATS))] = "native"
    document: Slug | None = None
    edition: Label | None = None
    provision: Provision | None = None
    author: Author | None = None
    tag: Tagged | None = None
    thread: Thread | None = None
    after: After | None = None
    before: Before | None = None
    section: Section | None = None
    verdict: Judged | None = None
    q: Searched | None = None


class SearchQuery(PageQuery):
    """A full-text search."""

    q: Searched = ""
    document: Slug | None = None
    kind: Annotated[Text, WithJsonSchema(_list_of(KINDS, WHAT))] | None = None
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


class CommentaryQuery(Shape):
    """What the reading page shows of the commentary, narrowed; `section` is a pid or a slug."""

    author: Author | None = None
    tag: Tagged | None = None
    after: After | None = None
    before: Before | None = None
    section: Section | None = None
    verdict: Judged | None = None
    q: Searched | None = None


class StateQuery(Shape):
    """Since when something is new, and whose annotations are new to nobody who asks."""

    since: Since | None = None
    by: Text | None = Field(None, alias="except", description="Leave out what this name wrote.")


class ContainerQuery(Shape):
    """Which page of a W3C container, and whether annotations are named there or described."""

    iris: Literal["0", "1"] | None = None
    page: Annotated[int, Field(ge=0, lt=2**31)] | None = None


class TagsQuery(Shape):
    """Which tags are listed."""

    document: Slug | None = None
    prefix: Annotated[Text, about("How they begin, in capitals or not.")] = ""
    limit: int = Field(50, ge=1, description="How many are listed, at most.")


class FlagShape(Shape):
    """A request to hide an annotation: a ground of the charter, and why."""

    rule: Ground
    words: Annotated[Text, about("Why.")]


class AppealShape(Shape):
    """Why a decision was wrong."""

    words: Annotated[Text, about("Why.")]


class SeenShape(Shape):
    """An annotation, and the state in which a moderator saw it."""

    id: Text
    state: Annotated[Text | None, about("The state in which it was seen.")] = None


class SelectionShape(Shape):
    """Many annotations, as `/api/moderation/selection` showed them."""

    author: Text = ""
    q: Text = ""
    document: Text = ""
    state: Text


class ActShape(Shape):
    """A moderator's decision, and what it is about."""

    act: Act
    rule: Cited = ""
    reason: Annotated[Text, about("In a sentence or two; the log shows it.")]
    annotations: list[SeenShape] = Field([], max_length=200)
    selection: SelectionShape | None = None
    account: Text = ""
    state: Text | None = None
    days: Annotated[StrictInt | None, about("How long a suspension lasts.")] = None
    version: Annotated[
        StrictInt | None, about("Which version is removed, from 1; the last is the present words.")
    ] = None
    entry: Annotated[Number | None, about("The decision that is undone.")] = None
    batch: Annotated[Text, about("The decision on many that is undone.")] = ""
    appeal: Annotated[Number | None, about("The appeal that is answered.")] = None


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

    act: Annotated[Text, about("What is to be decided.", tuple(bulk_actions.FROM))]
    author: Author = ""
    q: Searched = ""
    document: Slug = ""


MAY_BE_EMPTY, LISTS = frozenset({"q", "prefix"}), frozenset({"fields", "kind"})
S = TypeVar("S", bound=Shape)


def body(shape: type[S]) -> S:
    """Read the request's JSON body. Raises Malformed with the field at fault."""
    return _checked(shape, sent())


def sent() -> dict[str, Any]:
    """Read the request's JSON body, whatever is in it. Raises Malformed."""
    try:
        value = request.get_json()
    except (BadRequest, RecursionError) as error:
        if isinstance(error, BadRequest) and error.code != 400:
            raise
        raise Malformed("The body is no valid JSON; send one object.") from error
    if not isinstance(value, dict):
        raise Malformed("The body must be one JSON object.")
    return value


def query(shape: type[S]) -> S:
    """Read the request's query. Raises Malformed with the parameter.

    Words to search for may be empty, which asks for nothing; every other parameter has a value.
    Only lists may be repeated: `fields=id&fields=author` is `fields=id,author`.
    """
    given: dict[str, Any] = {}
    for key, values in request.args.lists():
        if len(values) > 1 and key not in LISTS:
            raise Malformed(f"{key} is given twice.", field=key)
        if not all(values) and key not in MAY_BE_EMPTY:
            raise Malformed(f"{key} has no value; give one, or leave it out.", field=key)
        if values[0]:
            given[key] = ",".join(values)
    return _checked(shape, given)


def _checked(shape: type[S], value: dict[str, Any]) -> S:
    try:
        return shape.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        field = _field(first["loc"])
        if first["type"] == "extra_forbidden":
            known = ", ".join(one.alias or name for name, one in shape.model_fields.items())
            message = f"{field} is not known here; there are: {known}."
        else:
            message = f"{field}: {first['msg'].removeprefix('Value error, ')}."
        raise Malformed(message, field=field) from None


def _field(location: tuple[int | str, ...]) -> str:
    """Write a place in the input: `targets[0].start`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".") or "body"
