"""The site's log: one line an event, in the data folder or on standard error, as text or as JSON.

What a line may say of a request is decided in `web.watching`; what is secret never comes here.
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
    """Send everything to the log that the settings name; for a process that serves."""
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
    """A log file; what cannot be written to it (a full disk) goes to standard error."""

    def emit(self, record: logging.LogRecord) -> None:
        """Write a line; no request fails for its log."""
        try:
            super().emit(record)
        except OSError:  # the file cannot be opened
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # its name is logging's
        """Write the line where it can be written."""
        with suppress(Exception):
            print(self.format(record), file=sys.stderr)  # noqa: T201


def _fields(record: logging.LogRecord) -> dict[str, object]:
    """Return what a line says: when, how grave, from where, the message, and what belongs to it."""
    moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    more: dict[str, object] = getattr(record, "fields", {})
    said = {"message": record.getMessage()} if record.getMessage() else {}
    return {"time": moment.replace("+00:00", "Z"), "level": record.levelname.lower(),
            "from": record.name, **said, **more}  # fmt: skip


class Json(logging.Formatter):
    """One JSON object a line; an error's traceback is a field."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line."""
        fields = _fields(record)
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


class TextFormatter(logging.Formatter):
    """`key=value` for people; what a stranger wrote cannot begin a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """Write a line, and under it an error's traceback, set in."""
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
    """Escape what cannot be seen: controls, marks of direction, line and paragraph separators.

    No character of the text can then act on a terminal, begin a line, or hide others.
    """
    return "".join(each if each.isprintable() else json.dumps(each)[1:-1] for each in text)
