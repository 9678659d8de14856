"""Parsing of untrusted pages in a process with limits on time and memory.

Every HTML parser is slow on some input (60,000 attributes of one element: several seconds).
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
from dataclasses import asdict

from annotator.errors import Unacceptable
from annotator.formats import mention
from annotator.formats.mention import Kind, MentionContent

MOST_SECONDS = 1  # of processor time, after the program has been loaded
MOST_MEMORY = 1 << 30
PATIENCE_SECONDS = 60


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
