"""Moderation: reports, appeals, decisions, the log and the queue."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field, StrictInt, model_validator

from annotator.db import now
from annotator.schemas import charter
from annotator.schemas.annotations import LOG, AnnotationValue
from annotator.schemas.base import JSON, Answer, Count, Page, Shape, Text, Whole, about, one_of
from annotator.schemas.charter import ACTS

ON_SELECTIONS = ("hide", "approve", "restore")
QUEUE_KINDS = ("appeal", "flag", "held", "reworded", "new")

Number = Annotated[StrictInt, Field(ge=1, lt=2**31)]
Ground = Annotated[Text, about(f"A ground of the charter: {', '.join(charter.GROUNDS)}.")]
Cited = Annotated[Text, about(f"A rule of the charter: {', '.join(charter.RULES)}.")]


class FlagShape(Shape):
    """A report of an annotation: a ground of the charter, and why."""

    rule: Ground
    words: Annotated[Text, about("Why.")]


class AppealShape(Shape):
    """An appeal: why a decision was wrong."""

    words: Annotated[Text, about("Why.")]


class SeenShape(Shape):
    """An annotation and the state that a moderator saw."""

    id: Text
    state: Annotated[Text | None, about("The state that you saw.")] = None


class SelectionShape(Shape):
    """The annotations of a bulk action, as `/api/moderation/selection` returned them."""

    author: Text = ""
    q: Text = ""
    document: Text = ""
    state: Text


class ActShape(Shape):
    """A moderator's decision and its object."""

    act: Annotated[Text, about("The action.", ACTS)]
    rule: Cited = ""
    reason: Annotated[Text, about("In a sentence or two; shown in the public log.")]
    annotations: list[SeenShape] = Field([], max_length=200)
    selection: SelectionShape | None = None
    account: Text = ""
    state: Text | None = None
    days: Annotated[StrictInt | None, about("The length of a suspension.")] = None
    version: Annotated[
        StrictInt | None, about("The version to remove, from 1; the last is the current one.")
    ] = None
    entry: Annotated[Number | None, about("The decision to undo.")] = None
    batch: Annotated[Text, about("The bulk action to undo.")] = ""
    appeal: Annotated[Number | None, about("The appeal to answer.")] = None


class Flagged(Answer):
    """A report of an annotation, as stored."""

    annotation: str
    rule: str
    created: datetime


class Appealed(Answer):
    """An appeal, as stored."""

    id: int
    entry: int
    created: datetime


class LogEntry(Answer):
    """A moderator's decision in the public log.

    `account` is set if it was about an account. `stood_since` is the time of the decision that this
    one reverses, if any.
    """

    id: int
    act: Annotated[str, one_of(ACTS)]
    annotation: str | None
    account: str | None
    document: str | None
    title: str = Field(default="", exclude=True)  # the document's
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
    def _derive(cls, values: JSON) -> JSON:
        return values | {"log": f"{LOG}/{values['id']}"}

    @property
    def name(self) -> str:
        """Name the rule: `Private information`."""
        rule = charter.RULES.get(self.rule)
        return rule.name if rule else self.rule

    @property
    def place(self) -> str:
        """Cite the rule for people."""
        rule = charter.RULES.get(self.rule)
        return rule.place if rule else self.cited


class Log(Page[LogEntry]):
    """A page of the public log, newest first."""


class Acts(Whole[LogEntry]):
    """The decisions made, one entry for each annotation."""


class Statement(Answer):
    """A person's report or appeal; `rule` is the ground that a report names."""

    by: str
    words: str
    created: datetime
    rule: str | None = None


class QueueItem(Answer):
    """A case to decide about; an action on it names its `state`.

    `took_part` means that the moderator is involved and must leave it to another. `entry` is the
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
        """Return whether the answer is overdue."""
        return self.due is not None and self.due < now()

    @property
    def key(self) -> str:
        """Return the case's id in a page: `flag-01j…`."""
        return f"{self.kind}-{self.id}"


class Queue(Page[QueueItem]):
    """A page of the moderation queue, and the number of each kind."""

    counts: dict[str, Count]


class Selection(Whole[str]):
    """The annotations of a bulk action; `left` counts those that other moderators must decide."""

    left: Count
    state: str


class RuleCount(Answer):
    """The numbers of a quarter for one rule of the charter."""

    rule: str
    hidden: Count
    appealed: Count
    reversed: Count


class Quarter(Answer):
    """The numbers of a quarter, from `begin` to before `end`.

    `over` means that the quarter has ended. `rules` are those with actions, in the charter's order.
    A decision counts as appealed, and as reversed, in the quarter of the appeal.
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


class Quarters(Whole[Quarter]):
    """Every quarter, the newest first."""
