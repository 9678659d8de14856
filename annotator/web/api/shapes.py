"""What the API takes: the shape of every body and query, checked before anything else looks at it.

Offsets are code points. Unknown fields are refused by name, so that a misspelt one is noticed.
"""

from __future__ import annotations

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
)
from werkzeug.exceptions import BadRequest

from annotator.errors import Malformed
from annotator.formats.remark import read_stamp


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


Text = Annotated[StrictStr, AfterValidator(_storable)]
Moment = Annotated[datetime, BeforeValidator(_moment)]
Number = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Offset = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]


class Shape(BaseModel):
    """A body or a query."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TargetShape(Shape):
    """A range, a quotation, or a whole provision."""

    start: Offset | None = None
    end: Offset | None = None
    exact: Text | None = None
    prefix: Text | None = None
    suffix: Text | None = None
    pid: Text | None = None
    whole: bool | None = None


class AnnotationShape(Shape):
    """An annotation to be created."""

    document: Text | None = None
    edition: Text | None = None
    target: TargetShape | None = None
    targets: list[TargetShape] | None = None
    body: Text | None = None
    tags: list[Text] | None = None
    motivation: Text | None = None
    in_reply_to: Text | None = None


class ChangeShape(Shape):
    """What may be changed of an annotation; what is left out stays."""

    body: Text | None = None
    tags: list[Text] | None = None


class PreviewShape(Shape):
    """Markdown to be shown as it would look."""

    body: Text


class EssayShape(Shape):
    """An essay whose quotations are to be checked."""

    essay: Text
    format: Literal["markdown", "html", "text"] = "markdown"
    edition: Text | None = None


class PageQuery(Shape):
    """Where a list goes on, and how long a page is."""

    cursor: Text | None = None
    limit: int = Field(50, ge=1)


class ProvisionQuery(PageQuery):
    """A page of commentary on one provision."""

    edition: Text | None = None
    sort: Text = "place"


class ListQuery(PageQuery):
    """A page of commentary, narrowed."""

    document: Text | None = None
    edition: Text | None = None
    provision: Text | None = None
    author: Text | None = None
    tag: Text | None = None
    thread: Text | None = None
    start: int | None = None
    end: int | None = None
    after: Moment | None = None
    before: Moment | None = None
    verdict: Text | None = None
    q: Text | None = None
    sort: Text = "oldest"


class ExportQuery(Shape):
    """All commentary, narrowed, in one file."""

    format: Text = "native"
    document: Text | None = None
    edition: Text | None = None
    provision: Text | None = None
    author: Text | None = None
    tag: Text | None = None
    thread: Text | None = None
    after: Moment | None = None
    before: Moment | None = None
    verdict: Text | None = None
    q: Text | None = None


class SearchQuery(PageQuery):
    """A full-text search."""

    q: Text = ""
    document: Text | None = None
    kind: Text | None = None
    sort: Text = "relevance"
    limit: int = Field(20, ge=1)


class CiteQuery(Shape):
    """A range of an edition, to be cited."""

    document: Text
    edition: Text | None = None
    start: int
    end: int


class ResolveQuery(Shape):
    """An address to be looked up."""

    cite: Text
    quote: Text | None = None
    edition: Text | None = None


class EditionQuery(Shape):
    """Which edition the answer speaks of; the newest if left out."""

    edition: Text | None = None


class CommentaryQuery(Shape):
    """What the reading page shows of the commentary, narrowed; `section` is a pid or a slug."""

    author: Text | None = None
    tag: Text | None = None
    after: Moment | None = None
    before: Moment | None = None
    section: Text | None = None
    verdict: Text | None = None
    q: Text | None = None


class StateQuery(Shape):
    """Since when something is new, and whose remarks are new to nobody who asks."""

    since: Moment | None = None
    by: Text | None = Field(None, alias="except")


class TagsQuery(Shape):
    """Which tags are listed."""

    document: Text | None = None
    prefix: Text = ""
    limit: int = Field(50, ge=1)


class FlagShape(Shape):
    """A request to hide a remark: a ground of the charter, and why."""

    rule: Text
    words: Text


class AppealShape(Shape):
    """Why a decision was wrong."""

    words: Text


class SeenShape(Shape):
    """An annotation, and the state in which a moderator saw it."""

    id: Text
    state: Text | None = None


class SelectionShape(Shape):
    """Many annotations, as `/api/moderation/selection` showed them."""

    author: Text = ""
    q: Text = ""
    document: Text = ""
    state: Text


class ActShape(Shape):
    """A moderator's decision, and what it is about."""

    act: Text
    rule: Text = ""
    reason: Text
    annotations: list[SeenShape] = Field([], max_length=200)
    selection: SelectionShape | None = None
    account: Text = ""
    state: Text | None = None
    days: StrictInt | None = None
    version: StrictInt | None = None
    entry: Number | None = None
    batch: Text = ""
    appeal: Number | None = None


class LogQuery(PageQuery):
    """A page of the log, narrowed."""

    rule: Text | None = None
    document: Text | None = None
    annotation: Text | None = None


class QueueQuery(PageQuery):
    """A page of what waits."""

    kind: Literal["", "appeal", "flag", "held", "reworded", "new"] = ""


class SelectionQuery(Shape):
    """What one act on many would be upon."""

    act: Text
    author: Text = ""
    q: Text = ""
    document: Text = ""


S = TypeVar("S", bound=Shape)


def body(shape: type[S]) -> S:
    """Read the request's JSON body. Raises Malformed with the field at fault."""
    try:
        value = request.get_json()
    except (BadRequest, RecursionError) as error:
        if isinstance(error, BadRequest) and error.code != 400:
            raise
        raise Malformed("The body is no valid JSON; send one object.") from error
    if not isinstance(value, dict):
        raise Malformed("The body must be one JSON object.")
    return _checked(shape, value)


def query(shape: type[S]) -> S:
    """Read the request's query; an empty value is none. Raises Malformed with the parameter."""
    repeated = next((key for key, values in request.args.lists() if len(values) > 1), None)
    if repeated is not None:
        raise Malformed(f"{repeated} is given twice.", field=repeated)
    return _checked(shape, {key: value for key, value in request.args.items() if value})


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
            message = f"{field}: {first['msg']}."
        raise Malformed(message, field=field) from None


def _field(location: tuple[int | str, ...]) -> str:
    """Write a place in the input: `targets[0].start`."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in location]
    return "".join(parts).removeprefix(".") or "body"
