"""The log: one line an event, in the data folder or on standard error, as text or JSON.

The fields of a request are chosen in `web.http.hooks`; secrets are never logged.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from contextlib import suppress
from datetime import UTC, datetime
from logging.handlers import WatchedFileHandler

from annotator.config import Config

PLAIN = re.compile(r"[\w./:@+-]+\Z")


def set_up(config: Config) -> None:
    """Configure logging of a server process."""
    path = config.data / "annotator.log"
    to_file = _File(path, encoding="utf-8", errors="backslashreplace", delay=True)
    handler = logging.StreamHandler(sys.stderr) if config.log.place == "stderr" else to_file
    handler.setFormatter(Json() if config.log.form == "json" else TextFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    if config.log.requests:
        logging.getLogger("annotator.requests").setLevel(logging.INFO)


class _File(WatchedFileHandler):
    """A log file; lines that cannot be written to it go to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; never raises."""
        try:
            super().emit(record)
        except OSError:  # the file cannot be opened
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name is logging's
        """Write the line to standard error."""
        with suppress(Exception):
            print(self.format(record), file=sys.stderr)  # noqa: T201


def _fields(record: logging.LogRecord) -> dict[str, object]:
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    more: dict[str, object] = getattr(record, "fields", {})
    message = {"message": record.getMessage()} if record.getMessage() else {}
    return {"time": moment.replace("+00:00", "Z"), "level": record.levelname.lower(),
            "from": record.name, **message, **more}  # fmt: skip


class Json(logging.Formatter):
    """One JSON object a line; an error's traceback is a field."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        fields = _fields(record)
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


class TextFormatter(logging.Formatter):
    """`key=value` for people; no value can start a new line."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line, followed by an error's traceback, indented."""
        line = " ".join(f"{key}={_value(value)}" for key, value in _fields(record).items())
        if record.exc_info:
            lines = self.formatException(record.exc_info).split("\n")
            line += "".join(f"\n    {visible(each)}" for each in lines)
        return line


def _value(value: object) -> str:
    text = str(value)
    if PLAIN.match(text):
        return text
    return visible(json.dumps(text, ensure_ascii=False))


def visible(text: str) -> str:
    """Return a text with all unprintable characters escaped, such as controls and separators.

    No character can then act on a terminal, begin a line, or hide others.
    """
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
