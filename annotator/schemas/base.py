"""What all shapes are made of: objects of an answer, objects that are sent, and kinds of fields.

An answer's fields say what they are to mypy, and their bounds to the OpenAPI document; the tests
check every answer against that. What is sent is checked in full before anything else looks at it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictStr,
    WithJsonSchema,
)

S = TypeVar("S", bound=BaseModel)
JSON = dict[str, Any]
SHOWN = 60
UNWRITABLE = re.compile("[\0\ud800-\udfff]")


def require_text(value: object) -> str:
    """Return a text as it is. Raises TypeError for anything else."""
    if not isinstance(value, str):
        raise TypeError(f"{ascii(value)[:SHOWN]} stands where a text belongs")
    return value


def require_number(value: object) -> int:
    """Return a whole number as it is. Raises TypeError for anything else, true and false too."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{ascii(value)[:SHOWN]} stands where a whole number belongs")
    return value


class Answer(BaseModel):
    """An object in an answer; it has these fields and no others."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, defer_build=True,
        json_schema_serialization_defaults_required=True,
    )  # fmt: skip

    def to_json(self, licence: str = "") -> JSON:
        """Return it as JSON's values; annotations that name no licence are under this one."""
        return self.model_dump(mode="json", context={"licence": licence})


class Page(Answer):
    """A list: how many there are on all pages, and the cursor of the next page or null."""

    total: Count
    next: str | None


class Whole(Answer):
    """A list that is always given whole."""

    total: Count
    next: None = None


class Shape(BaseModel):
    """A body or a query. Unknown fields are refused by name, so that a misspelt one is noticed."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def about(text: str, values: Sequence[str] = ()) -> Any:
    """Describe a field, for the OpenAPI document: what it is, and what it may be."""
    return Field(description=text, json_schema_extra={"enum": list(values)} if values else None)


def one_of(values: Sequence[str]) -> Any:
    """Describe a text that is one of `values`."""
    return Field(json_schema_extra={"enum": list(values)})


def list_of(values: Sequence[str], text: str) -> WithJsonSchema:
    """Describe a list of some of `values`."""
    items = {"type": "string", "enum": list(values)}
    return WithJsonSchema({"type": "array", "items": items, "minItems": 1, "description": text})


def _storable(text: str) -> str:
    """Refuse what no database takes: half a surrogate pair, and NUL."""
    if UNWRITABLE.search(text):
        raise ValueError("it holds a NUL or half a surrogate pair")
    return text


Count = Annotated[int, Field(json_schema_extra={"minimum": 0})]
Share = Annotated[float, Field(json_schema_extra={"minimum": 0, "maximum": 1})]
Rounded = Annotated[float, PlainSerializer(lambda score: round(score, 4), return_type=float)]
Sha256 = Annotated[str, Field(json_schema_extra={"pattern": "^[0-9a-f]{64}$"})]
Text = Annotated[StrictStr, AfterValidator(_storable)]
Slug = Annotated[Text, about("The name of a document in addresses.")]
Label = Annotated[Text, about("The label of an edition; the newest if left out.")]
