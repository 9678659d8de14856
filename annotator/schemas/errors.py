"""Error answers of the API, which `web.http.errors` sends."""

from __future__ import annotations

from typing import Annotated

from pydantic import ConfigDict, Field

from annotator.schemas.base import Answer, Count


class Words(Answer):
    """A place of quoted words, with the text around them."""

    start: Count
    end: Count
    prefix: str
    suffix: str


class Fault(Answer):
    """An error: `code` for programs, `message` for people, `field` names the faulty input.

    The other fields come with some codes: `found` (null for words that are nowhere), `start` and
    `end` (quote_mismatch), `candidates` (quote_ambiguous), `thread`, `since`, `rule`, `cited`,
    `log` (gone, hidden), `annotation`, `act`, `state`, `total`, `account` (conflict), `until`
    (not_allowed), `retry_after` (seconds), `fault` and `position` (a query that cannot be read).
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
    act: int | None = None
    state: str = ""
    total: Count = 0
    until: str = ""
    retry_after: Count = 0
    fault: str = ""
    position: Count = 0


class Error(Answer):
    """An answer with a status from 400 on."""

    error: Fault
