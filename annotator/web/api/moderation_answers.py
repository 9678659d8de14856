"""What the API answers about moderation; see `answers`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from annotator.services.moderation.actions import ACTS
from annotator.services.moderation.moderation_queue import KINDS
from annotator.web.api.answers import AnnotationPart, Answer, Count, Moment, Page, Whole, one_of


class Flagged(Answer):
    """A request to hide an annotation, as it was taken."""

    annotation: str
    rule: str
    created: Moment


class Appealed(Answer):
    """An appeal, as it was taken."""

    id: int
    entry: int
    created: Moment


class Entry(Answer):
    """One decision of a moderator, as the public log has it."""

    id: int
    act: Annotated[str, Field(json_schema_extra=one_of(ACTS))]
    annotation: str | None
    account: str | None
    document: str | None
    rule: str
    cited: str
    reason: str
    by: str
    role: str
    created: Moment
    until: Moment | None
    version: int | None
    undoes: int | None
    undone_by: int | None
    batch: str | None
    stood_since: Moment | None
    log: str


class Log(Page):
    """A page of the public log, newest first."""

    items: list[Entry]


class Acts(Whole):
    """What was decided, one entry an annotation."""

    items: list[Entry]


class Said(Answer):
    """What somebody said of an annotation or a decision; `rule` is the ground a flag names."""

    by: str
    words: str
    created: Moment
    rule: str | None


class Case(Answer):
    """One thing to decide about; an act on it names its `state`."""

    kind: Annotated[str, Field(json_schema_extra=one_of(KINDS))]
    id: str
    state: str
    annotation: AnnotationPart | None  # it has no `html`
    said: list[Said]
    entry: Entry | None
    took_part: bool
    hidden_before: Count
    due: Moment | None


class Queue(Page):
    """A page of what waits, and how much of each kind."""

    items: list[Case]
    counts: dict[str, Count]


class Selection(Whole):
    """The annotations of a bulk action; `left` counts those that others must judge."""

    items: list[str]
    left: Count
    state: str


class RuleCount(Answer):
    """What happened in a quarter under one rule of the charter."""

    rule: str
    hidden: Count
    appealed: Count
    reversed: Count


class Quarter(Answer):
    """What was posted, hidden, appealed and reversed in three months; `over` says they ended."""

    quarter: str
    begin: Moment
    end: Moment
    over: bool
    posted: Count
    hidden: Count
    appealed: Count
    reversed: Count
    rules: list[RuleCount]


class Quarters(Whole):
    """Every quarter, the newest first."""

    items: list[Quarter]
