"""What the API answers: the shape of every answer, as the OpenAPI document describes it.

Nothing is checked against these at run time; the tests check every answer. Offsets are code points
in an edition's canonical text, `end` exclusive. A field without a default is in every answer.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, RootModel

from annotator.schemas.annotations import MOTIVATIONS, Verdict

Count = Annotated[int, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


def one_of(values: tuple[str, ...]) -> dict[str, Any]:
    """Return the schema of a text that is one of `values`."""
    return {"enum": list(values)}


class Answer(BaseModel):
    """An object in an answer; it has these fields and no others."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Page(Answer):
    """A list: how many there are on all pages, and the cursor of the next page or null."""

    total: Count
    next: str | None


class Whole(Answer):
    """A list that is always given whole."""

    total: Count
    next: None


class Target(Answer):
    """What an annotation was made on. `exact` is null for a whole provision that is very long.

    An imported annotation whose words were not found has only the words it came with: `pid`,
    `start` and `end` are null.
    """

    pid: str | None
    whole: bool
    start: Count | None
    end: Count | None
    exact: str | None
    prefix: str
    suffix: str
    address: str


class Placement(Answer):
    """Where a target stands in `edition`; `start`, `end` and `exact` are null where it is lost.

    `pid` is the provision it stands in, or stood in last; null where it has stood in none.
    """

    edition: str
    start: Count | None
    end: Count | None
    exact: str | None
    verdict: Verdict
    score: Share
    pid: str | None
    basis: Literal["computed", "confirmed", "restated"]


class Hiding(Answer):
    """Since when, and under which rule of the charter, an annotation is hidden; `log` says why."""

    since: Moment
    rule: str
    cited: str
    log: str


class InEssay(Answer):
    """The essay that an annotation is a part of."""

    id: str
    title: str
    source_url: str


class Annotation(Answer):
    """An annotation, a highlight or a reply. One that is deleted or hidden has no words of its own.

    A deleted one has no author either: it is an empty place with the day on it.
    """

    id: str
    document: str
    edition: str
    address: str | None
    pid: str | None
    author: str | None
    author_account: str | None
    motivation: Annotated[str, Field(json_schema_extra=one_of(MOTIVATIONS))]
    body: str | None
    tags: list[str]
    target: Target | None
    targets: list[Target]
    placement: Placement | None
    placements: list[Placement]
    in_reply_to: str | None
    thread: str
    replies: Count
    created: Moment
    modified: Moment
    edits: Count
    deleted: bool
    held: bool
    hidden: Hiding | None
    via: str | None
    licence: str
    html: str | None
    essay: InEssay | None


def _nothing_required(schema: dict[str, Any]) -> None:
    del schema["required"]


class AnnotationPart(Annotation):
    """What `fields` leaves of an annotation: any of its fields."""

    model_config = ConfigDict(json_schema_extra=_nothing_required)


class OneAnnotation(RootModel[Annotation | AnnotationPart]):
    """An annotation, or what `fields` leaves of it."""


class Annotations(Page):
    """A page of commentary."""

    items: list[Annotation | AnnotationPart]


class Version(Answer):
    """What a comment said until `replaced`; one that a moderator `removed` has no words.

    `number` counts from 1, the oldest.
    """

    number: Annotated[int, Field(ge=1)]
    body: str | None
    tags: list[str]
    replaced: Moment
    removed: str | None


class Versions(Whole):
    """What an annotation said before each of its edits, oldest first."""

    items: list[Version]


class DocumentLine(Answer):
    """A document in a list of them; `editions` are labels, oldest first."""

    slug: str
    title: str
    description: str
    publisher: str
    licence: str
    editions: list[str]
    newest: str
    annotations: Count


class Documents(Whole):
    """Every document."""

    items: list[DocumentLine]


class EditionLine(Answer):
    """An edition in a list of them; `characters` counts its canonical text."""

    label: str
    captured: str
    sha256: Sha256
    source_url: str
    characters: Count


class Document(Answer):
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


class Edition(EditionLine):
    """An edition and every provision in it, in the order of the text."""

    document: str
    title: str
    licence: str
    edition: str
    provisions: list[ProvisionLine]


class ProvisionTally(Answer):
    """How much commentary a provision has, and of how many people."""

    pid: str
    remarks: Count
    authors: Count


class Commentary(Answer):
    """Where the commentary on an edition stands; `segments` are pairs, see the section above."""

    state: Count
    total: Count
    authors: Count
    segments: list[Count]
    provisions: list[ProvisionTally]


class State(Answer):
    """What is new in the commentary on a document."""

    state: Count
    new: Count
    latest: Moment | None
    newest: str


class TagCount(Answer):
    """A tag and how many annotations have it."""

    tag: str
    count: Count


class Tags(Whole):
    """The tags in use, most used first."""

    items: list[TagCount]


class Fragment(Answer):
    """A piece of a snippet; `hit` where it is what was searched for."""

    text: str
    hit: bool


class FoundAnnotation(Annotation):
    """An annotation that a search found."""

    kind: Literal["annotation"]
    score: float
    snippet: str
    fragments: list[Fragment]


class FoundProvision(Answer):
    """A provision that a search found."""

    kind: Literal["provision"]
    score: float
    snippet: str
    fragments: list[Fragment]
    document: str
    edition: str
    pid: str
    address: str
    section: str
    number: str
    headings: list[str]
    start: Count
    end: Count
    text: str


class FacetValue(Answer):
    """How many hits have a value; `label` is how a reader knows it."""

    value: str
    label: str
    count: Count


class Facets(Answer):
    """What the hits have in common."""

    document: list[FacetValue]
    section: list[FacetValue]
    author: list[FacetValue]
    tag: list[FacetValue]


class Results(Page):
    """A page of what a search found."""

    items: list[FoundAnnotation | FoundProvision]
    facets: Facets
    notes: list[str]


class Candidate(Answer):
    """A place that may be meant; at most 300 characters of its text."""

    address: str
    pid: str
    start: Count
    end: Count
    text: str


class Heir(Candidate):
    """What a provision lives on in."""

    edition: str


class Cited(Answer):
    """The words that were cited, in the edition that was cited."""

    edition: str
    start: Count
    end: Count
    text: str


class Difference(Answer):
    """A piece of the words, and whether it was struck or added."""

    change: Literal["same", "struck", "added"]
    text: str


class Resolution(Answer):
    """What an address points to, and what became of it."""

    document: str
    edition: str | None
    status: Literal[
        "same", "edited", "moved", "split", "merged", "retired", "walked_up", "ambiguous",
        "not_found",
    ]  # fmt: skip
    sha256: Sha256 | None
    address: str | None
    living: str | None
    pid: str | None
    start: Count | None
    end: Count | None
    text: str | None
    score: Share | None
    walked_up: bool
    cited: Cited | None
    diff: list[Difference] | None
    heirs: list[Heir]
    candidates: list[Candidate]
    notes: list[str]


class Citation(Answer):
    """A range in the forms that people paste; `csl_json` is JSON written as a text."""

    address: str
    sentence: str
    markdown: str
    bibtex: str
    csl_json: str
    text_fragment: str


class Rendered(Answer):
    """Markdown as safe HTML."""

    html: str


class QuotedWords(Answer):
    """Words of the document, and where they stand in an edition."""

    edition: str
    start: Count
    end: Count
    exact: str
    address: str


class Quotation(Answer):
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
    quotations: list[Quotation]


class Described(BaseModel):
    """A description of the API, such as this one."""

    openapi: Literal["3.1.0"]
