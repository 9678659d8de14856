"""Base classes of the schemas: answers, requests, and types of fields.

Fields have types for mypy and bounds for the OpenAPI document; the tests check every answer against
it. Requests are validated in full before they are used.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Generic, Self, TypeVar

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictStr,
    WithJsonSchema,
)

S = TypeVar("S", bound=BaseModel)
T = TypeVar("T")  # of the items of a list
JSON = dict[str, Any]
SHOWN = 60
UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def require_text(value: object) -> str:
    """Return a string unchanged. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{ascii(value)[:SHOWN]} is not a string")
    return value


def require_number(value: object) -> int:
    """Return an integer unchanged. Raises TypeError for anything else, booleans included."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{ascii(value)[:SHOWN]} is not an integer")
    return value


class Answer(BaseModel):
    """An object in a response; it has no other fields."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True,
        json_schema_serialization_defaults_required=True,
    )  # fmt: skip

    @classmethod
    def from_attributes(cls, source: object, /, **more: Any) -> Self:
        """Return an object whose fields are the attributes of `source`, but for those in `more`."""
        names = cls.model_fields.keys() - more.keys()
        return cls(**{name: getattr(source, name) for name in names}, **more)

    def to_json(self, licence: str = "") -> JSON:
        """Return the object as JSON values; annotations without a licence get this one."""
        return self.model_dump(mode="json", context={"licence": licence})


def optional(*names: str) -> ConfigDict:
    """Describe a shape with optional fields; without names, all are optional."""

    def without(schema: JSON) -> None:
        required = schema.pop("required")
        if names:
            schema["required"] = [name for name in required if name not in names]

    return ConfigDict(json_schema_extra=without)


class Page(Answer, Generic[T]):
    """A page of a list: the total, and the cursor of the next page or null."""

    total: Count
    next: str | None
    items: list[T]


class Whole(Answer, Generic[T]):
    """A list without pages."""

    total: Count
    next: None = None
    items: list[T]


class Shape(BaseModel):
    """A body or a query. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def about(text: str, values: Sequence[str] = ()) -> Any:
    """Describe a field for the OpenAPI document."""
    return Field(description=text, json_schema_extra={"enum": list(values)} if values else None)


def one_of(values: Sequence[str]) -> Any:
    """Describe a string that is one of `values`."""
    return Field(json_schema_extra={"enum": list(values)})


def list_of(values: Sequence[str], text: str) -> WithJsonSchema:
    """Describe a list of some of `values`."""
    items = {"type": "string", "enum": list(values)}
    return WithJsonSchema({"type": "array", "items": items, "minItems": 1, "description": text})


Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]
Share = Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1})]
Sha256 = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9a-f]{64}$"})]
NO_NUL = "^[^\0]*$"  # no database stores one; pydantic refuses halves of surrogate pairs
Text = Annotated[StrictStr, Field(pattern=NO_NUL)]
Slug = Annotated[Text, about("The name of a document in addresses.")]
Label = Annotated[Text, about("The label of an edition; default the newest.")]


class Words(Answer):
    """A place of quoted words, with the text around them."""

    start: Count
    end: Count
    prefix: str
    suffix: str


class Fault(Answer):
    """An error: `code` for programs, `message` for people, `field` names the faulty input.

    The other fields come with some codes: `found` (null if the words were not found), `start` and
    `end` (quote_mismatch), `candidates` (quote_ambiguous), `thread`, `since`, `rule`, `cited`,
    `log` (gone, hidden), `annotation`, `answer`, `act`, `state`, `total`, `account` (conflict),
    `until` (not_allowed), `retry_after` (seconds), `fault` and `position` (a query that cannot be
    read).
    """

    model_config = ConfigDict(json_schema_serialization_defaults_required=False)

    code: str
    message: str
    request_id: str
    field: str = ""
    found: str | None = ""
    start: Count = 0
    end: Count = 0
    candidates: tuple[Words, ...] = ()
    thread: str = ""
    since: Annotated[str, Field(json_schema_extra={"format": "date-time"})] = ""
    rule: str = ""
    cited: str = ""
    log: str = ""
    annotation: str = ""
    account: str | None = None
    answer: str = ""
    act: int | None = None
    state: str = ""
    total: Count = 0
    until: str = ""
    retry_after: Count = 0
    fault: str = ""
    position: Count = 0


class Error(Answer):
    """A response with a status of 400 or more."""

    error: Fault
