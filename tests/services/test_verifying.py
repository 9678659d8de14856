"""Looking at the source of a mention: what of it counts, and what no source can do to a site."""

from __future__ import annotations

import gzip
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace

import pytest

from annotator.outside import Client, is_public
from annotator.services.webmention import verification
from tests.conftest import Site
from tests.services.mentioning import (
    HERE,
    PLACE,
    SOURCE,
    Elsewhere,
    decide,
    linking,
    newest,
    page,
    places,
    receive,
    row,
    run,
    shown,
)  # fmt: skip
from tests.unit.test_outside import HOME, OK, Answer, Peer

FRAGMENTS = {
    "char": ("garden#char={start},{end}", "The north gate is locked at dusk"),
    "char to the end of it": ("garden#char={start},{end};length={length}",
                              "The north gate is locked at dusk"),
    "of another text": ("garden#char={start},{end};length=7", None),
    "words": ("garden#:~:text=the%20NORTH%20gate%20is%20locked%20at%20dusk",
              "The north gate is locked at dusk"),
    "from to": ("garden#:~:text=The%20north%20gate,at%20dusk", "The north gate is locked at dusk"),
    "before": ("garden#:~:text=gates.-,The%20north%20gate", "The north gate"),
    "after": ("garden#:~:text=gate,-is%20locked", "gate"),
    "words that are not there": ("garden#:~:text=herons", None),
    "an anchor": ("garden#{pid}", "{provision}"),
    "nonsense": ("garden#char=9,1", None),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAGMENTS)
def test_a_range_in_the_link_is_where_the_mention_stands(
    garden: Site, elsewhere: Elsewhere, name: str
) -> None:
    link, expected = FRAGMENTS[name]
    loaded = newest(garden)
    start = loaded.parsed.text.index("The north gate is locked at dusk")
    end = start + len("The north gate is locked at dusk")
    at = loaded.parsed.innermost(start, end)
    assert at is not None
    it = loaded.parsed.provisions[at]
    known = {"start": start, "end": end, "length": len(loaded.parsed.text),
             "pid": loaded.pids[at],
             "provision": loaded.parsed.text[it.start : it.end]}  # fmt: skip
    target = f"{HERE}/d/{link.format(**known)}"
    elsewhere.pages[SOURCE] = linking(target=target)
    ident = receive(garden, target=target)
    assert run(garden, elsewhere) == {"waiting": 1}
    found = [] if expected is None else [(expected.format(**known), False)]
    assert places(garden, ident) == found


def test_what_the_page_quotes_is_where_it_is_mentioned_too(
    garden: Site, elsewhere: Elsewhere
) -> None:
    quotes = (
        "<p>It says “the town asks little in return”, and “bicycles are pushed, not ridden”.</p>"
    )
    elsewhere.pages[SOURCE] = linking(quotes, f"{HERE}/d/garden")
    ident = receive(garden, target=f"{HERE}/d/garden")
    run(garden, elsewhere)
    assert ("the town asks little in return", True) in places(garden, ident)
    decide(garden, ident, "approve")
    assert shown(garden, "the town asks little in return") == [ident]
    assert shown(garden, "The north gate is locked") == []


@pytest.mark.parametrize(
    ("body", "kind"),
    [("<a href='https://elsewhere.example.org/'>x</a>", "text/html"),
     (f"<p>{PLACE}</p><!-- <a href='{PLACE}'>x</a> -->", "text/html"),
     (f"<script>'<a href={PLACE}>'</script>", "text/html"),
     (f"<a href='{PLACE}0'>x</a>", "text/html"), ("", "text/html"), ("<" * 50_000, "text/html"),
     ("<div>" * 50_000, "text/html"), ("\0\1\2", "text/html"),
     (f"{PLACE}0 and more", "text/plain"), ("[" * 100_000, "application/json"),
     (f'{{"a": "see {PLACE}"}}', "application/json"), (PLACE, "image/png")],
)  # fmt: skip
def test_a_page_that_does_not_link_here_is_refused(
    garden: Site, elsewhere: Elsewhere, body: str, kind: str
) -> None:
    elsewhere.pages[SOURCE] = page(body, kind)
    ident = receive(garden)
    assert run(garden, elsewhere) == {"refused": 1}
    assert row(garden, ident).trouble
    assert places(garden, ident) == []


@pytest.mark.parametrize(
    ("body", "kind", "title"),
    [(f"Gates again\n\nSee {PLACE}.\n", "text/plain", "Gates again"),
     (f'{{"title": "Gates", "links": [{{"to": "{PLACE}"}}]}}', "application/json", "Gates"),
     (f"<title>x</title><img src={PLACE}>", "text/html", "x"),
     ("<base href='https://notes.example.net/d/'><title>x</title>"
      "<a href=' garden/paths-and-gates/1 '>", "application/xhtml+xml", "x")],
)  # fmt: skip
def test_a_link_counts_in_text_json_and_any_element(
    garden: Site, elsewhere: Elsewhere, body: str, kind: str, title: str
) -> None:
    elsewhere.pages[SOURCE] = page(body, kind)
    ident = receive(garden)
    assert run(garden, elsewhere) == {"waiting": 1}
    assert row(garden, ident).title == title


def test_an_entry_s_name_and_author_are_taken_as_plain_short_text(
    garden: Site, elsewhere: Elsewhere
) -> None:
    elsewhere.pages[SOURCE] = page(
        "<title>No</title><div class='h-entry x'><a class='p-author h-card'><img src=y> <b class="
        "'p-name'>Zoë</b></a><h1 class='p-name'>&lt;script&gt;alert(1)&lt;/script&gt; \u202e"
        f"{'gate ' * 200}</h1><p class='p-summary'>Of  gates.</p><a href='{PLACE}'>x</a></div>"
    )
    ident = receive(garden)
    run(garden, elsewhere)
    found = row(garden, ident)
    assert (found.author, found.excerpt) == ("Zoë", "Of gates.")
    assert found.title.startswith("<script>alert(1)</script> gate gate")
    assert len(found.title) <= 200
    assert "\u202e" not in found.title
    assert elsewhere.asked == [SOURCE]


ATTRIBUTES = " ".join(f"a{at}=1" for at in range(100_000))
MANY = [f"<a {ATTRIBUTES}>", "<a " + " ".join(f'a{at}=">"' for at in range(80_000)) + ">"]


@pytest.mark.parametrize("body", MANY, ids=["attributes", "attributes that end a tag"])
def test_a_page_that_takes_too_much_to_read_is_refused(
    garden: Site, elsewhere: Elsewhere, body: str
) -> None:
    """A parser is at 100,000 attributes of one element for half a minute."""
    elsewhere.pages = {SOURCE: page(f"{body}<a href='{PLACE}'>x</a>", "text/html"),
                       "https://a.org/": linking()}  # fmt: skip
    ident = receive(garden)
    receive(garden, "https://a.org/")
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    assert run(garden, elsewhere) == {"refused": 1, "waiting": 1}
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 10
    assert row(garden, ident).trouble == "The page takes too long to read."


def test_a_page_that_trips_its_reader_keeps_no_other_from_its_turn(
    garden: Site, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere.pages = {SOURCE: page("worst"), "https://a.org/": linking()}
    ident = receive(garden)
    receive(garden, "https://a.org/")
    read = verification.read

    def tripping(text: str, *more: object) -> object:
        return 1 / 0 if text == "worst" else read(text, *more)  # type: ignore[arg-type]

    monkeypatch.setattr(verification, "read", tripping)
    assert run(garden, elsewhere) == {"refused": 1, "waiting": 1}
    assert row(garden, ident).trouble == "It cannot be read."


@pytest.fixture
def peers() -> Iterator[Callable[..., Peer]]:
    """Start servers on loopback."""
    started: list[Peer] = []

    def start(*answers: Answer) -> Peer:
        started.append(Peer(*answers))
        return started[-1]

    yield start
    for each in started:
        each.close()


def asking(peer: Peer, **more: object) -> Client:
    """The client as it is, whose every name is loopback's, and that may go there."""
    settings = {"resolve": lambda *_: [HOME], "may": lambda number: number == HOME,
                "ports": frozenset({peer.port}), "seconds": 1.0}  # fmt: skip
    return replace(verification.CLIENT, **settings | more)  # type: ignore[arg-type]


def dripping(connected: socket.socket) -> None:
    """Answer a byte now and then, for ever."""
    connected.sendall(OK + b"\r\n")
    with suppress(OSError):
        while True:
            connected.sendall(b"<")
            connected.settimeout(0.05)
            with suppress(TimeoutError):
                if not connected.recv(1):
                    return


def endless(connected: socket.socket) -> None:
    connected.sendall(OK + b"\r\n")
    with suppress(OSError):
        while True:
            connected.sendall(b"<p>more</p>" * 1_000)


BOMB = gzip.compress(b" " * 30_000_000)
HOSTILE: dict[str, tuple[Answer, str]] = {
    "slow": (dripping, "longer than 1 second"),
    "endless": (endless, "larger than 1,000,000 bytes"),
    "a bomb": (OK + b"Content-Encoding: gzip\r\n\r\n" + BOMB, "larger than 1,000,000 bytes"),
    "a picture": (b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\n\r\nx", "cannot be read here"),
    "broken off": (OK + b"Content-Length: 90\r\n\r\nx", "cannot be reached"),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_a_source_that_is_slow_endless_a_bomb_or_no_page_is_refused_in_bounded_time(
    garden: Site, peers: Callable[..., Peer], name: str
) -> None:
    answer, told = HOSTILE[name]
    peer = peers(answer)
    ident = receive(garden, f"http://blog.example.org:{peer.port}/",
                    ports=frozenset({peer.port}))  # fmt: skip
    assert run(garden, asking(peer)) == {"refused": 1}
    assert told in row(garden, ident).trouble


@pytest.mark.parametrize(
    "number", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "::ffff:127.0.0.1", "fe80::1"]
)
def test_a_source_on_a_private_network_is_not_asked(garden: Site, number: str) -> None:
    ident = receive(garden)
    client = replace(verification.CLIENT, resolve=lambda *_: [number])
    assert run(garden, client) == {"refused": 1}
    assert "not on the public internet" in row(garden, ident).trouble


def test_a_redirect_to_a_private_network_is_not_followed(
    garden: Site, peers: Callable[..., Peer]
) -> None:
    inside = peers(OK + b"\r\n" + b"secret")
    outside = peers(f"HTTP/1.1 302 Found\r\nLocation: http://inside.example.org:{inside.port}/\r\n"
                    "\r\n".encode())  # fmt: skip
    ports = frozenset({outside.port, inside.port})
    numbers = {"blog.example.org": HOME, "inside.example.org": "10.0.0.1"}
    ident = receive(garden, f"http://blog.example.org:{outside.port}/", ports=ports)
    client = asking(outside, resolve=lambda host, _: [numbers[host]], ports=ports,
                    may=lambda number: number == HOME or is_public(number))  # fmt: skip
    assert run(garden, client) == {"refused": 1}
    assert "not on the public internet" in row(garden, ident).trouble
    assert inside.asked == []
