"""Values for the API and commands, without pydantic, which is slow to import."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge


@dataclass(frozen=True, slots=True)
class DocumentLine:
    """A document in a list of them; `editions` are labels, oldest first."""

    __pydantic_config__: ClassVar = {"extra": "forbid"}

    slug: str
    title: str
    description: str
    publisher: str
    licence: str
    editions: tuple[str, ...]
    newest: str
    annotations: Annotated[int, Ge(0)]
