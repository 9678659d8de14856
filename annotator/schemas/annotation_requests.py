"""Annotations as requests send them."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StrictInt

from annotator.schemas.annotations import MOTIVATIONS
from annotator.schemas.base import Shape, Text, about
from annotator.schemas.suggestions import SuggestionShape

Offset = Annotated[StrictInt, Field(ge=-(2**53), le=2**53)]


class TargetShape(Shape):
    """A range, a quotation, or a whole provision."""

    start: Annotated[Offset | None, about("Start, in code points.")] = None
    end: Annotated[Offset | None, about("End, exclusive.")] = None
    exact: Annotated[Text | None, about("The quoted words.")] = None
    prefix: Annotated[Text | None, about("The text before them.")] = None
    suffix: Annotated[Text | None, about("The text after them.")] = None
    pid: Annotated[Text | None, about("A whole provision, by its pid.")] = None
    whole: Annotated[
        bool | None, about("Accepted so that a target of an answer can be sent back.")
    ] = None


class AnnotationShape(Shape):
    """An annotation to be created."""

    document: Annotated[Text, about("The name of a document in addresses.")] | None = None
    edition: Annotated[Text, about("The label of an edition; default the newest.")] | None = None
    target: Annotated[TargetShape | None, about("Short for `targets` with one item.")] = None
    targets: Annotated[list[TargetShape] | None, about("The targets; none means the document.")] = (
        None
    )
    body: Annotated[Text | None, about("Markdown; null for a highlight.")] = None
    tags: list[Text] | None = None
    motivation: Annotated[Text | None, about("The purpose; default `commenting`.", MOTIVATIONS)] = (
        None
    )
    in_reply_to: Annotated[Text | None, about("The annotation to reply to.")] = None
    suggestion: Annotated[SuggestionShape | None, about("The words that you propose.")] = None


class ChangeShape(Shape):
    """Changes to an annotation; omitted fields are unchanged."""

    body: Annotated[Text | None, about("Markdown.")] = None
    tags: list[Text] | None = None
