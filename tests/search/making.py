"""Records for the tests of the engines."""

from datetime import UTC, datetime, timedelta

from annotator.search.record import Record

FIRST_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def record(number: int, body: str = "", **fields: object) -> Record:
    """Return an annotation made `number` days after FIRST_DAY, at offset `number`."""
    given: dict[str, object] = {
        "key": f"a:{number}",
        "kind": "annotation",
        "document": "constitution",
        "body": body,
        "created": FIRST_DAY + timedelta(days=number),
        "revision": "1",
        "start": number,
        "placement": "exact",
    }
    return Record(**{**given, **fields})  # type: ignore[arg-type]
