"""Reading a page elsewhere in a process of its own, which may use only so much.

No parser of HTML takes linear time on everything: 60,000 attributes of one element cost several
seconds in each. So what a stranger's page costs is bounded from outside, whatever it holds.
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
    """Read what a page says, as `mention.read` does. Raises Unacceptable where it takes long."""
    asked = json.dumps({"text": text, "kind": kind, "url": url, "target": target})
    try:
        done = subprocess.run(  # noqa: S603  our own program; the page goes in by its input
            [sys.executable, "-m", __name__], input=asked.encode(), capture_output=True,
            timeout=PATIENCE_SECONDS, check=True,
        )  # fmt: skip
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise Unacceptable("It takes too long to read.") from error
    said = json.loads(done.stdout)
    return None if said is None else MentionContent(**said)


def main() -> None:
    """Read the page that stands on the standard input, and write what it says."""
    asked = json.loads(sys.stdin.buffer.read())
    used = resource.getrusage(resource.RUSAGE_SELF)
    seconds = int(used.ru_utime + used.ru_stime) + 1 + MOST_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    said = mention.read(**asked)
    sys.stdout.write(json.dumps(said and asdict(said)))


if __name__ == "__main__":
    main()
