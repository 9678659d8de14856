"""Verification of mentions (Webmention, section 3.2.2).

`look` fetches the source outside of any transaction; `store` stores the result. A page whose
content has changed waits for review again; one that is gone or links here no more takes its mention
with it.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from annotator.documents.readers.source import decode_page
from annotator.errors import NotFound, TooLarge, Unacceptable, Unavailable
from annotator.formats import mention
from annotator.formats.mention import Kind, MentionContent
from annotator.models import Mention, MentionPlace
from annotator.outside import Client
from annotator.quotations import Match
from annotator.services.essays import quotation_report
from annotator.services.placement import placer
from annotator.services.webmention import mentions

MOST_SECONDS = 1  # of processor time, after the program has been loaded
MOST_MEMORY = 1 << 30
PATIENCE_SECONDS = 60
KINDS: dict[str, Kind] = {"text/html": "html", "application/xhtml+xml": "html",
                          "application/json": "json", "text/plain": "text",
                          "text/markdown": "text"}  # fmt: skip
CLIENT = Client(seconds=10.0, most=1_000_000, kinds=tuple(KINDS))
GONE = {404, 410}
MOST_PLACES = 50
AT_ONCE = 20


def read(text: str, kind: Kind, url: str, target: str) -> MentionContent | None:
    """Parse a page as `mention.read` does. Raises Unacceptable if it exceeds the limits."""
    request = json.dumps({"text": text, "kind": kind, "url": url, "target": target})
    try:
        done = subprocess.run(  # noqa: S603  our own program; the page goes in by its input
            [sys.executable, "-m", __name__], input=request.encode(), capture_output=True,
            timeout=PATIENCE_SECONDS, check=True,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unacceptable("The page takes too long to read.") from error
    content = json.loads(done.stdout)
    return None if content is None else MentionContent(**content)


def main() -> None:
    """Parse the page on standard input and write the result to standard output, as JSON."""
    request = json.loads(sys.stdin.buffer.read())
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    content = mention.read(**request)
    sys.stdout.write(json.dumps(content and asdict(content)))


if __name__ == "__main__":
    main()


@dataclass(frozen=True, slots=True)
class Verification:
    """The result of a verification: the content of the source, or the trouble.

    `gone` means that the source is gone or does not link here, not that it failed to respond.
    """

    content: MentionContent | None = None
    text: str = ""
    kind: Kind = "html"
    trouble: str = ""
    gone: bool = False


def due(session: Session) -> Sequence[Mention]:
    """Return the mentions to verify next, the longest queued first."""
    query = select(Mention).where(Mention.due.is_not(None)).order_by(Mention.due, Mention.id)
    return session.scalars(query.limit(AT_ONCE)).all()


def look(due: Mention, client: Client = CLIENT) -> Verification:
    """Fetch the source within the client's limits and check that it links to the target."""
    try:
        fetched = client.get(due.source)
    except (Unavailable, Unacceptable) as error:
        return Verification(trouble=error.message, gone=error.details.get("answered") in GONE)
    kind = KINDS.get(fetched.kind)
    if kind is None:
        return Verification(trouble=f"{fetched.kind} is not supported.", gone=True)
    text = decode_page(fetched.data, fetched.charset)
    try:
        content = read(text, kind, fetched.url, due.target)
    except Unacceptable as error:
        return Verification(trouble=error.message, gone=True)
    if content is None:
        return Verification(trouble="The source does not link to the target.", gone=True)
    return Verification(content, text, kind)


def store(session: Session, due: Mention, looked: Verification) -> str:
    """Store a verification; return the mention's state, or `kept` if the source did not respond."""
    row = mentions.get(session, due.id, lock=True)
    if row.due == due.due:  # otherwise it was queued again
        row.due = None
    row.trouble = looked.trouble
    before = row.state
    content, places = looked.content or MentionContent(), []
    page = (content.title, content.author, content.excerpt)
    if looked.content is None:
        if before != "queued" and not looked.gone:
            return "kept"
        row.state = "refused" if before == "queued" else "gone"
    else:
        try:
            places = list(_places(session, row, looked))
        except NotFound as error:  # its document does not exist any more
            row.trouble, row.state = error.message, "refused"
        else:
            same = page == (row.title, row.author, row.excerpt)
            if before != "hidden" and not (before == "shown" and same):
                row.state = "waiting"
    row.title, row.author, row.excerpt = page
    session.execute(delete(MentionPlace).where(MentionPlace.mention_id == row.id))
    session.add_all(places)
    if row.state != before:
        row.before = ""
    if "shown" in (before, row.state):
        placer.next_state(session, row.document_id)
    return row.state


def _places(session: Session, row: Mention, looked: Verification) -> Iterator[MentionPlace]:
    aim = mentions.aim(session, row.target)
    ranges: dict[tuple[int, int, int], tuple[str, bool]] = {}
    if aim.pid is not None:
        ranges[aim.loaded.edition_id, aim.start, aim.end] = (aim.pid, False)
    matches: Iterable[Match] = ()
    # A text that is too long or has no words quotes nothing.
    with suppress(TooLarge, Unacceptable):
        if looked.kind != "json":
            report = quotation_report.report(session, aim.loaded.slug, looked.text, looked.kind)
            matches = (match for entry in report.quotations for match in entry.quotation.matches)
    for match in matches:
        loaded = report.editions[match.edition]
        pid = loaded.pids[loaded.parsed.provision_at(match.start, match.end)]
        ranges.setdefault((loaded.edition_id, match.start, match.end), (pid, True))
    for ordinal, (at, (pid, quoted)) in enumerate(list(ranges.items())[:MOST_PLACES]):
        yield MentionPlace(mention_id=row.id, ordinal=ordinal, edition_id=at[0], start=at[1],
                           end=at[2], pid=pid, quoted=quoted)  # fmt: skip
