"""Moderation: what is flagged, appealed and decided, and what the log and the queue say of it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictInt, model_validator

from annotator.db import now
from annotator.schemas import charter
from annotator.schemas.actions import ACTS
from annotator.schemas.annotations import LOG, AnnotationValue
from annotator.schemas.base import JSON, Answer, Count, Page, Shape, Text, Whole, about, one_of

ON_SELECTIONS = ("hide", "approve", "restore")
QUEUE_KINDS = ("appeal", "flag", "held", "reworded", "new")

Number = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Ground = Annotated[Text, about(f"A ground of the charter: {', '.join(charter.GROUNDS)}.")]
Cited = Annotated[Text, about(f"A rule of the charter: {', '.join(charter.RULES)}.")]


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

    act: Annotated[Text, about("What is decided.", ACTS)]
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


class Flagged(Answer):
    """A request to hide an annotation, as it was taken."""

    annotation: str
    rule: str
    created: datetime


class Appealed(Answer):
    """An appeal, as it was taken."""

    id: int
    entry: int
    created: datetime


class LogEntry(Answer):
    """One decision of a moderator, as the public log has it.

    `account` is given where it was about an account. `stood_since` is when the decision was taken
    that this one puts right, if it does.
    """

    id: int
    act: Annotated[str, one_of(ACTS)]
    annotation: str | None
    account: str | None
    document: str | None
    rule: str
    cited: str
    reason: str
    by: str
    role: str
    created: datetime
    until: datetime | None
    version: int | None
    undoes: int | None
    undone_by: int | None
    batch: str | None
    stood_since: datetime | None
    log: str = ""

    @model_validator(mode="before")
    @classmethod
    def _derive(cls, given: JSON) -> JSON:
        return given | {"log": f"{LOG}/{given['id']}"}

    @property
    def name(self) -> str:
        """Name the rule: `Private information`."""
        known = charter.RULES.get(self.rule)
        return known.name if known else self.rule

    @property
    def place(self) -> str:
        """Cite the rule as people do."""
        known = charter.RULES.get(self.rule)
        return known.place if known else self.cited


class Log(Page):
    """A page of the public log, newest first."""

    items: list[LogEntry]


class Acts(Whole):
    """What was decided, one entry an annotation."""

    items: list[LogEntry]


class Statement(Answer):
    """What somebody said of an annotation or a decision; `rule` is the ground a flag names."""

    by: str
    words: str
    created: datetime
    rule: str | None = None


class QueueItem(Answer):
    """One thing to decide about; an act on it names its `state`.

    `took_part` says that the moderator has a part in it and leaves it to another. `entry` is the
    decision that an appeal or a rewording is about; `due` when an appeal should be answered.
    """

    kind: Annotated[str, one_of(QUEUE_KINDS)]
    id: str
    state: str
    annotation: AnnotationValue | None
    said: tuple[Statement, ...]
    entry: LogEntry | None
    took_part: bool
    hidden_before: Count
    due: datetime | None = None

    @property
    def overdue(self) -> bool:
        """Return whether an answer was promised by now."""
        return self.due is not None and self.due < now()

    @property
    def key(self) -> str:
        """Name the case in a page: `flag-01j…`."""
        return f"{self.kind}-{self.id}"


class Queue(Page):
    """A page of what waits, and how much of each kind."""

    items: list[QueueItem]
    counts: dict[str, Count]


class Selection(Whole):
    """The annotations of a bulk action; `left` counts those that others must judge."""

    items: tuple[str, ...]
    left: Count
    state: str


class RuleCount(Answer):
    """What happened in a quarter under one rule of the charter."""

    rule: str
    hidden: Count
    appealed: Count
    reversed: Count


class Quarter(Answer):
    """What was posted, hidden, appealed and reversed in three months, from `begin` to before `end`.

    `over` says that they ended. `rules` has those under which something happened, in the charter's
    order. A decision counts as appealed, and as reversed, in the quarter of the appeal.
    """

    quarter: str
    begin: datetime
    end: datetime
    over: bool
    posted: Count
    hidden: Count
    appealed: Count
    reversed: Count
    rules: tuple[RuleCount, ...]


class Quarters(Whole):
    """Every quarter, the newest first."""

    items: list[Quarter]
