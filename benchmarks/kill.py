"""Kill -9 under a mixed load: is anything lost that was answered with success?

    python -m benchmarks.kill [--rounds 50] [--seconds 3]

In each round 8 writers post, reply, edit and delete, and 8 readers read, against
`annotator serve --workers 2` on loopback; then every process of the server is killed. The table
says in how many seconds after the next start the index has caught up, how many accepted acts are
not there as they were answered, and how many faults `annotator check` finds. The rounds stop at the
first that is not as it should be.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from annotator.config import Config
from annotator.parts import open_parts
from annotator.services.accounts import accounts, credentials
from annotator.services.revisions import add_edition
from benchmarks.site import CHARTER
from scripts.postgresql import free_port

WRITERS, READERS, WORKERS = 8, 8, 2
LONGEST_WAIT_SECONDS = 60
READS = ("/d/d", "/api/annotations?document=d&sort=newest", "/api/search?q=comment", "/", "/health")
Answer = tuple[int, Any]


@dataclass
class Ledger:
    """The accepted changes: the body of each annotation by its id, None for a deleted one.

    An act that was cut off may have happened or not; what it was on is `unsure` from then on.
    """

    bodies: dict[str, str | None] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    accepted: int = 0
    reads: int = 0
    wrong: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


class Cut(Exception):
    """The server went away before it had answered."""


def ask(port: int, method: str, path: str, body: object = None, token: str = "") -> Answer:
    """Send one request; give its status and its JSON. Raises Cut."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=LONGEST_WAIT_SECONDS)
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        answer = connection.getresponse()
        text = answer.read()
    except (OSError, http.client.HTTPException) as error:
        raise Cut from error
    finally:
        connection.close()
    return answer.status, json.loads(text) if text[:1] == b"{" else None


def prepare(folder: Path) -> list[str]:
    """Make a site with the charter, and a token for each writer."""
    parts = open_parts(Config(data=folder))
    with parts.db.transaction() as session:
        add_edition.add(session, slug="d", label="1", data=CHARTER.read_bytes(), name="d.md")
        made = []
        for number in range(WRITERS):
            accounts.sign_up(session, f"writer {number}", None)
            viewer = accounts.viewer_named(session, f"writer {number}")
            made.append(credentials.create_token(session, viewer))
    parts.close()
    return made


def start(folder: Path, port: int) -> subprocess.Popen[bytes]:
    """Start the server in its own process group; return when it listens."""
    command = [sys.executable, "-m", "annotator", "--data", str(folder), "serve"]
    command += ["--port", str(port), "--workers", str(WORKERS)]
    environment = {**os.environ, "ANNOTATOR_LIMITS": "off"}
    with (folder / "serve.log").open("ab") as log:
        process = subprocess.Popen(
            command, stdout=log, stderr=log, env=environment, start_new_session=True
        )
    for _ in range(LONGEST_WAIT_SECONDS * 20):
        try:
            ask(port, "GET", "/health")
        except Cut:
            time.sleep(0.05)
        else:
            return process
    kill(process)
    raise SystemExit("the server did not start")


def kill(process: subprocess.Popen[bytes]) -> None:
    """End every process of the server at once, as a power cut would."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def write(port: int, token: str, ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Post, reply, edit and delete until the server has ended."""
    chance, own, number = random.Random(seed), list[str](), 0
    while not stop.is_set():
        number += 1
        act = chance.choices(("post", "reply", "edit", "delete"), (5, 2, 2, 1))[0]
        target = chance.choice(own) if own and act != "post" else None
        try:
            _act(port, token, ledger, act, target, own, f"comment {seed} {number}")
        except Cut:
            if target is not None and act != "reply":
                with ledger.lock:
                    ledger.unsure.add(target)
            return


def _act(
    port: int, token: str, ledger: Ledger, act: str, target: str | None, own: list[str], body: str
) -> None:
    if target is None:
        where = {"start": 200, "end": 240}
        status, answer = ask(port, "POST", "/api/annotations",
                             {"document": "d", "body": body, "target": where}, token)  # fmt: skip
    elif act == "reply":
        sent = {"in_reply_to": target, "body": body}
        status, answer = ask(port, "POST", "/api/annotations", sent, token)
    elif act == "edit":
        status, answer = ask(port, "PATCH", f"/api/annotations/{target}", {"body": body}, token)
    else:
        status, answer = ask(port, "DELETE", f"/api/annotations/{target}", None, token)
    with ledger.lock:
        if status in {200, 201}:
            ledger.accepted += 1
            ledger.bodies[answer["id"]] = body
            if status == 201:
                own.append(answer["id"])
        elif status == 204 and target is not None:
            ledger.accepted += 1
            ledger.bodies[target] = None
            own.remove(target)
        elif status != 503:
            ledger.wrong.append(f"{act} was answered with {status}: {answer}")


def read(port: int, ledger: Ledger, stop: threading.Event, seed: int) -> None:
    """Read pages, lists and searches until the server has ended."""
    chance = random.Random(seed)
    while not stop.is_set():
        path = chance.choice(READS)
        try:
            status, _ = ask(port, "GET", path)
        except Cut:
            return
        with ledger.lock:
            ledger.reads += 1
            if status not in {200, 302, 503}:
                ledger.wrong.append(f"GET {path} was answered with {status}")


def load(port: int, made: list[str], ledger: Ledger, seconds: float, seed: int,
         process: subprocess.Popen[bytes]) -> None:  # fmt: skip
    """Have everybody at work for some seconds, and then kill the server under them."""
    stop = threading.Event()
    people = [
        threading.Thread(target=write, args=(port, token, ledger, stop, seed * 100 + number))
        for number, token in enumerate(made)
    ] + [
        threading.Thread(target=read, args=(port, ledger, stop, seed * 100 + 50 + number))
        for number in range(READERS)
    ]
    for each in people:
        each.start()
    time.sleep(seconds)
    kill(process)
    stop.set()
    for each in people:
        each.join()


def caught_up(port: int) -> float:
    """Wait until the index is up to date; return the seconds."""
    began = time.monotonic()
    while time.monotonic() - began < LONGEST_WAIT_SECONDS:
        health = ask(port, "GET", "/health")[1]
        if health.get("index_waiting") == 0 and not health.get("problems"):
            break
        time.sleep(0.05)
    return time.monotonic() - began


def compare(port: int, ledger: Ledger) -> list[str]:
    """Name every accepted act that is not there as it was answered."""
    lost = []
    for ident, body in ledger.bodies.items():
        if ident in ledger.unsure:
            continue
        status, answer = ask(port, "GET", f"/api/annotations/{ident}")
        fits = status == 410 if body is None else status == 200 and answer["body"] == body
        if not fits:
            lost.append(f"{ident} should say {body!r}; the answer is {status} {answer}")
    return lost


def check(folder: Path) -> list[str]:
    """Run `annotator check`; give its faults."""
    command = [sys.executable, "-m", "annotator", "--data", str(folder), "check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return [] if done.returncode == 0 else (done.stdout + done.stderr).splitlines()


def rounds(folder: Path, number: int, seconds: float) -> bool:
    """Kill `number` times; print a row for each, and tell whether all was well."""
    made, whole = prepare(folder), Ledger()
    port = free_port()
    print("round  accepted  reads  caught up, s  lost  faults")
    process = start(folder, port)
    try:
        for at in range(1, number + 1):
            ledger = Ledger()
            load(port, made, ledger, seconds * random.Random(at).uniform(0.3, 1), at, process)
            process = start(folder, port)
            took = caught_up(port)
            lost, faults = compare(port, ledger), check(folder)
            print(f"{at:>5} {ledger.accepted:>9} {ledger.reads:>6} {took:>13.2f} "
                  f"{len(lost):>5} {len(faults):>7}", flush=True)  # fmt: skip
            whole.bodies |= ledger.bodies
            whole.unsure |= ledger.unsure
            whole.accepted += ledger.accepted
            if lost or faults or ledger.wrong:
                print("\n".join([*lost, *faults, *ledger.wrong][:20]))
                return False
        lost = compare(port, whole)
        print(f"{whole.accepted:,} acts accepted in {number} rounds, {len(lost)} lost at the end")
        return not lost
    finally:
        kill(process)


def main() -> None:
    """Run the rounds in a folder that is thrown away."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=50)
    options.add_argument("--seconds", type=float, default=3.0)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        fine = rounds(Path(folder), chosen.rounds, chosen.seconds)
    raise SystemExit(0 if fine else 1)


if __name__ == "__main__":
    main()
