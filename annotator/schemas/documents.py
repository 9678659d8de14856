"""Responses about documents, their editions, addresses and quotations.

Offsets are code points in an edition's canonical text, `end` exclusive.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from annotator.relocation.diff import DiffPiece
from annotator.schemas.base import Answer, Count, Label, Sha256, Shape, Share, Text, Whole, about
from annotator.schemas.summaries import DocumentLine


class Documents(Whole[DocumentLine]):
    """Every document."""


class EditionLine(Answer):
    """An edition in a list of them; `characters` counts its canonical text."""

    label: str
    captured: str
    sha256: Sha256
    source_url: str
    characters: Count


class DocumentValue(Answer):
    """A document and its editions, oldest first."""

    slug: str
    title: str
    publisher: str
    licence: str
    newest: str
    editions: list[EditionLine]


class ProvisionLine(Answer):
    """A provision's place; `number` is its ¶, empty for a section, `title` a section's heading."""

    pid: str
    kind: str
    section: str
    number: str
    parent: str | None
    title: str | None
    start: Count
    end: Count
    address: str
    normative: bool


class SourceLine(Answer):
    """The publisher's file of an edition; `bytes` is its size."""

    name: str
    media_type: str
    sha256: Sha256
    bytes: Count


class EditionValue(EditionLine):
    """An edition and every provision in it, in the order of the text."""

    document: str
    title: str
    licence: str
    edition: str
    source: SourceLine | None
    provisions: list[ProvisionLine]


class ProvisionTally(Answer):
    """The number of a provision's annotations and of their authors."""

    pid: str
    remarks: Count
    authors: Count


class Commentary(Answer):
    """The commentary on an edition by provision; `segments` are pairs, see the section above."""

    state: Count
    total: Count
    authors: Count
    segments: list[Count]
    provisions: list[ProvisionTally]


class State(Answer):
    """New commentary on a document."""

    state: Count
    new: Count
    latest: datetime | None
    newest: str


class TagCount(Answer):
    """A tag and how many annotations have it."""

    tag: str
    count: Count


class Tags(Whole[TagCount]):
    """The tags in use, most used first."""


class Candidate(Answer):
    """A candidate for a citation, with at most 300 characters of its text."""

    address: str
    pid: str
    start: Count
    end: Count
    text: str


class Heir(Candidate):
    """The provisions that a provision continues in."""

    edition: str


class Cited(Answer):
    """The cited words in the cited edition."""

    edition: str
    start: Count
    end: Count
    text: str


Status = Literal[
    "same", "edited", "moved", "split", "merged", "retired", "walked_up", "ambiguous",
    "not_found",
]  # fmt: skip


class Resolution(Answer):
    """The target of an address, and its state in another edition."""

    document: str
    edition: str | None
    status: Status
    sha256: Sha256 | None = None
    address: str | None = None
    living: str | None = None
    pid: str | None = None
    start: Count | None = None
    end: Count | None = None
    text: str | None = None
    score: Share | None = None
    walked_up: bool = False
    cited: Cited | None = None
    diff: list[DiffPiece] | None = None
    heirs: list[Heir] = Field(default=[])
    candidates: list[Candidate] = Field(default=[])
    notes: list[str] = Field(default=[])


class Citation(Answer):
    """A range in every citation format; `csl_json` is JSON as a string."""

    address: str
    sentence: str
    markdown: str
    bibtex: str
    csl_json: str
    text_fragment: str


class PreviewShape(Shape):
    """Markdown to be rendered."""

    body: Annotated[Text, about("Markdown.")]


class EssayShape(Shape):
    """An essay to check the quotations of."""

    essay: Annotated[Text, about("The essay.")]
    format: Annotated[Literal["markdown", "html", "text"], about("The format of the essay.")] = (
        "markdown"
    )
    edition: Label | None = None


class Rendered(Answer):
    """Markdown as safe HTML."""

    html: str


class QuotedWords(Answer):
    """Words of the document and their position in an edition."""

    edition: str
    start: Count
    end: Count
    exact: str
    address: str


class QuotationValue(Answer):
    """A quotation in an essay; `start` and `end` are code points of the essay as it was sent."""

    as_written: str
    start: Count
    end: Count
    verdict: Literal[
        "verbatim", "altered_marked", "altered_unmarked", "joined_unmarked", "other_edition",
        "ambiguous", "not_found",
    ]  # fmt: skip
    score: Share
    matches: list[QuotedWords]
    candidates: list[QuotedWords]
    corrected: str


class Quotations(Answer):
    """An essay's quotations of a document, in the order of the essay."""

    document: str
    edition: str
    quotations: list[QuotationValue]
