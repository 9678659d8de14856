"""The guarded client: what it asks for, whom it connects to, and how much it takes."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import pytest

from annotator.errors import AnnotatorError, Unacceptable, Unavailable
from annotator.outside import Client, is_public
from annotator.outside.client import follow, parse_link

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
HOME = "127.0.0.1"
BIG = 40_000_000

PRIVATE = [
    *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "192.168.1.1", "0.0.0.0"),  # noqa: S104  refused
    *("169.254.169.254", "100.64.0.1", "100.100.100.200", "168.63.129.16", "192.0.0.192"),
    *("192.0.2.1", "198.18.0.1", "224.0.0.1", "239.1.2.3", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1"),
    *("::ffff:127.0.0.1", "::ffff:169.254.169.254", "::127.0.0.1", "64:ff9b::127.0.0.1"),
    *("64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "2002:7f00:1::", "2002:0808:0808::", "2001::1"),
    *("2001:db8::1", "100::1", "4000::1", "not a number", "127.1", "0x7f000001", "2130706433"),
]  # fmt: skip


@pytest.mark.parametrize("number", PRIVATE)
def test_no_number_that_is_not_public_is_connected_to(number: str) -> None:
    assert not is_public(number)
    with pytest.raises(Unacceptable, match="not on the public internet"):
        Client(resolve=lambda *_: ["9.9.9.9", number]).get("http://there.example.org/")


@pytest.mark.parametrize(
    "number", ["9.9.9.9", "2606:4700::1111", "::ffff:9.9.9.9", "64:ff9b::9.9.9.9"]
)
def test_public_numbers_are(number: str) -> None:
    assert is_public(number)


@pytest.mark.parametrize(
    "url",
    ["ftp://a.org/", "file:///etc/passwd", "gopher://a.org/", "//a.org/", "a.org", "http://", "",
     "http:///x", "http://user@a.org/", "http://user:secret@a.org/", "http://@a.org/",
     "http://a.org:22/", "http://a.org:0/", "http://a.org:99999/", "http://a.org:x/",
     "http://a.org/\r\nHost: b.org", "http://a.org/a b", "http://a.org\\@b.org/", "http://a\0.org/",
     "http://2130706433/", "http://0x7f000001/", "http://017700000001/", "http://0177.0.0.1/",
     "http://127.1/", "http://0x7f.0.0.1/", "http://256.1.1.1/", "http://1.2.3.4.5/",
     "http://[::1/", "http://[fe80::1%25eth0]/", "http://a..org/", "http://\u2025/",
     "http://a.org/" + "x" * 2_000],
)  # fmt: skip
def test_an_address_of_another_form_is_refused_before_anything_is_looked_up(url: str) -> None:
    with pytest.raises(Unacceptable):
        Client(resolve=lambda *_: pytest.fail("was looked up")).get(url)


def test_an_address_is_sent_in_ascii() -> None:
    link = parse_link("HTTPS://Bücher.example.org:443/straße?q=ä%20b#here")
    assert link.url == "https://xn--bcher-kva.example.org/stra%C3%9Fe?q=%C3%A4%20b"


def test_a_full_width_number_is_the_number_it_looks_like() -> None:
    with pytest.raises(Unacceptable, match="public"):
        Client(resolve=lambda host, _: [host]).get("http://１２７．0.0.1/")


def test_nothing_leads_from_https_to_http() -> None:
    link = parse_link("https://a.org/x/y")
    assert follow(link, "../z") == "https://a.org/z"
    for location in ("http://a.org/", "HTTP://a.org/", "ftp://a.org/", "javascript:alert(1)"):
        with pytest.raises(Unacceptable, match="from https"):
            follow(link, location)


Answer = bytes | Callable[[socket.socket], None]


class Peer:
    """A server on loopback that answers each connection with the next of its answers."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.asked: list[bytes] = []
        self._answers, self._tls = list(answers), tls
        self._listening = socket.create_server((HOME, 0))
        self.port = int(self._listening.getsockname()[1])
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        for answer in self._answers:
            try:
                connected, _ = self._listening.accept()
            except OSError:
                return
            with closing(connected), suppress(OSError):  # the client may have gone
                self._answer(connected, answer)

    def _answer(self, connected: socket.socket, answer: Answer) -> None:
        if self._tls is not None:
            connected = self._tls.wrap_socket(connected, server_side=True)
        with closing(connected):
            self.asked.append(connected.recv(65_536))
            if callable(answer):
                answer(connected)
            else:
                connected.sendall(answer)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def peer() -> Iterator[Callable[..., Peer]]:
    """Start servers on loopback."""
    started: list[Peer] = []

    def start(*answers: Answer, **more: Any) -> Peer:
        started.append(Peer(*answers, **more))
        return started[-1]

    yield start
    for each in started:
        each.close()


def client(peer: Peer, **more: Any) -> Client:
    """A client whose every name is loopback's, and that may go there and nowhere else."""
    settings: dict[str, Any] = {"resolve": lambda *_: [HOME], "may": lambda number: number == HOME,
                                "ports": frozenset({peer.port})}  # fmt: skip
    return Client(**settings | more)


def address(peer: Peer, path: str = "/", host: str = "there.example.org") -> str:
    return f"http://{host}:{peer.port}{path}"


def sized(data: bytes, more: bytes = b"") -> bytes:
    return OK + more + b"Content-Length: %d\r\n\r\n" % len(data) + data


def test_what_is_asked_names_the_host_and_carries_nothing_of_ours(peer: Any) -> None:
    server = peer(sized(b"words"))
    found = client(server).get(address(server, "/a?b=c#d"))
    assert (found.data, found.kind, found.charset) == (b"words", "text/html", "utf-8")
    lines = server.asked[0].decode().split("\r\n")
    assert lines[0] == "GET /a?b=c HTTP/1.1"
    assert f"Host: there.example.org:{server.port}" in lines
    names = {line.partition(":")[0] for line in lines[1:] if line}
    assert names == {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"}


def test_no_proxy_of_the_environment_is_asked(peer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, server = peer(sized(b"of the proxy")), peer(sized(b"words"))
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, f"http://{HOME}:{proxy.port}")
        monkeypatch.setenv(name.upper(), f"http://{HOME}:{proxy.port}")
    assert client(server).get(address(server)).data == b"words"
    assert proxy.asked == []


@pytest.mark.parametrize(
    "host",
    ["[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]", "[::]", "[fe80::1]", "169.254.169.254"],
)
def test_a_number_in_the_address_is_checked_like_one_that_was_looked_up(host: str) -> None:
    with pytest.raises(Unacceptable, match="not on the public internet"):
        Client(resolve=lambda asked, _: [asked]).get(f"http://{host}/")


def test_a_name_is_looked_up_once_and_the_connection_made_to_that_number(peer: Any) -> None:
    server, numbers = peer(sized(b"words")), iter([HOME])
    found = client(server, resolve=lambda *_: [next(numbers)]).get(address(server))
    assert found.data == b"words"


def test_where_one_number_does_not_answer_the_next_is_tried(peer: Any) -> None:
    server = peer(sized(b"words"))
    both = client(server, resolve=lambda *_: ["127.0.0.3", HOME], may=lambda _: True)
    assert both.get(address(server)).data == b"words"


def redirect(to: str) -> bytes:
    return f"HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n".encode()


@pytest.mark.parametrize(
    "to",
    ["http://inside.example.org:{port}/", "//inside.example.org:{port}/", "http://[::1]:{port}/",
     "http://169.254.169.254:{port}/", "http://2130706433:{port}/", "http://there.example.org:22/",
     "http://a:b@there.example.org:{port}/", "file:///etc/passwd", "ftp://there.example.org/"],
)  # fmt: skip
def test_a_redirect_is_checked_like_an_address(peer: Any, to: str) -> None:
    def point(connected: socket.socket) -> None:
        connected.sendall(redirect(to.format(port=server.port)))

    server = peer(point, sized(b"secret"))
    numbers = {"there.example.org": HOME}
    guarded = client(server, resolve=lambda host, _: [numbers.get(host, host)])
    with pytest.raises(Unacceptable):
        guarded.get(address(server))
    assert len(server.asked) == 1


def test_redirects_are_followed_so_far_and_no_further(peer: Any) -> None:
    server = peer(redirect("/two"), redirect("three"), sized(b"words"))
    found = client(server, redirects=2).get(address(server))
    assert (found.url, found.data) == (address(server, "/three"), b"words")
    server = peer(*[redirect("/again")] * 9)
    with pytest.raises(Unavailable, match="redirects too often"):
        client(server).get(address(server))
    assert len(server.asked) == 5
    server = peer(redirect("/two"))
    with pytest.raises(Unavailable, match="redirects to"):
        client(server, redirects=0).get(address(server))


def test_packed_answers_are_unpacked(peer: Any) -> None:
    for name, packed in (
        (b"gzip", gzip.compress(b"words", mtime=0)),
        (b"deflate", zlib.compress(b"words")),
    ):
        server = peer(sized(packed, b"Content-Encoding: %s\r\n" % name))
        assert client(server).get(address(server)).data == b"words"


@pytest.mark.parametrize(
    "answer",
    [sized(gzip.compress(bytes(BIG), mtime=0), b"Content-Encoding: gzip\r\n"),
     sized(zlib.compress(bytes(BIG)), b"Content-Encoding: deflate\r\n"),
     sized(bytes(3_000_000)),
     OK + b"\r\n" + bytes(3_000_000),
     OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"10000\r\n%s\r\n" % bytes(65_536) * 60],
    ids=["gzip bomb", "deflate bomb", "long", "endless", "chunked"],
)  # fmt: skip
def test_what_is_too_large_is_dropped_on_the_way(peer: Any, answer: bytes) -> None:
    server = peer(answer)
    with pytest.raises(Unavailable, match="larger than 2,000,000 bytes"):
        client(server).get(address(server))


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1", b"nonsense\r\n\r\n", OK + b"Content-Length: 10\r\n\r\nshort",
     OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"words", mtime=0)[:-9],
     OK + b"Content-Encoding: gzip\r\n\r\nnot gzip", sized(b"x", b"Content-Encoding: br\r\n"),
     sized(b"x", b"Content-Encoding: gzip, gzip\r\n"), OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
     OK + b"X: y\r\n" * 200 + b"\r\n", b"HTTP/1.1 404 Not Found\r\n\r\n", b"HTTP/1.1 302 \r\n\r\n",
     OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n"],
)  # fmt: skip
def test_a_broken_answer_is_told_and_never_half_taken(peer: Any, answer: bytes) -> None:
    server = peer(answer)
    with pytest.raises(Unavailable):
        client(server).get(address(server))


def test_other_kinds_than_are_wanted_are_not_read(peer: Any) -> None:
    server = peer(b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 9\r\n\r\n")
    with pytest.raises(Unavailable, match="image/png"):
        client(server, kinds=("text/",)).get(address(server))


def drip(connected: socket.socket, before: bytes) -> None:
    """Send a byte now and then, for ever: each comes before a time-out would."""
    connected.sendall(before)
    waiting = threading.Event()
    while not waiting.wait(0.02):
        connected.sendall(b"x")


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 200 OK\r\nX: ", OK + b"\r\n"])
def test_a_peer_that_drips_is_left_at_the_deadline(peer: Any, before: bytes) -> None:
    server = peer(lambda connected: drip(connected, before))
    with pytest.raises(Unavailable, match=r"longer than 0\.3 seconds"):
        client(server, seconds=0.3).get(address(server))


def test_a_peer_that_says_nothing_is_left_at_the_deadline(peer: Any) -> None:
    server = peer(lambda connected: connected.recv(1))
    with pytest.raises(Unavailable, match=r"longer than 0\.3 seconds"):
        client(server, seconds=0.3).get(address(server))


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for there.example.org, with its key."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
               "-keyout", "key", "-out", "certificate", "-subj", "/CN=there.example.org",
               "-addext", "subjectAltName=DNS:there.example.org"]  # fmt: skip
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    both = folder / "both.pem"
    both.write_bytes((folder / "key").read_bytes() + (folder / "certificate").read_bytes())
    return both


def test_tls_is_checked_against_the_name_though_the_number_is_connected_to(
    peer: Any, certificate: Path
) -> None:
    theirs = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    theirs.load_cert_chain(certificate)
    server = peer(*[sized(b"words")] * 3, tls=theirs)
    trusting = client(server, tls=ssl.create_default_context(cafile=str(certificate)))
    url = f"https://there.example.org:{server.port}/"
    assert trusting.get(url).data == b"words"
    with pytest.raises(Unavailable, match="ostname"):
        trusting.get(url.replace("there", "elsewhere"))
    with pytest.raises(Unavailable, match="certificate"):
        client(server).get(url)


def test_a_tls_peer_that_says_nothing_is_left_at_the_deadline(peer: Any) -> None:
    server = peer(lambda connected: drip(connected, b""))
    with pytest.raises(AnnotatorError):
        client(server, seconds=0.3).get(f"https://there.example.org:{server.port}/")
