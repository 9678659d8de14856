"""What only the OpenSearch engine promises: its index, its cluster, and what is wrong with them."""

from __future__ import annotations

import logging
import threading
import time
from base64 import b64encode
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from annotator.app import create_app
from annotator.config import Config, Limits, Search
from annotator.db import Database
from annotator.errors import Unavailable
from annotator.parts import Parts
from annotator.search.engine import SORTS
from annotator.search.engines.opensearch import OpenSearchEngine, requests
from annotator.search.engines.opensearch.requests import FORMAT, layout
from annotator.search.query import EVERYTHING, parse
from annotator.search.record import Deletion
from tests.conftest import Site, free_port
from tests.search.conftest import open_opensearch
from tests.search.making import record
from tests.search.memory_engine import MemoryEngine

PASSWORD = "correct horse"


def indexes(place: str) -> list[str]:
    url, name = place.split()
    found = urllib3.request("GET", f"{url}/{name},{name}.*?ignore_unavailable=true").json()
    return sorted(found)


def test_an_index_in_several_parts_answers_as_one(opensearch_place: str) -> None:
    engine, plain = open_opensearch(opensearch_place, shards=5), MemoryEngine()
    records = [
        record(
            n % 40,
            "word " * (n % 3 + 1) + "other " * (n % 7 == 0),
            key=f"a:{n}",
            author=f"Author {n % 30}",
            tags=(f"t{n % 25}", "ALL" if n % 2 else "all"),
            sections=("top", f"s{n % 4}"),
        )
        for n in range(300)
    ]
    for each in (engine, plain):
        assert each.rebuild(records) == 300
    for query in ("word", "other OR tag:t1", '-other author:"author 3"', "", '"word word word"'):
        for sort in ("newest", "oldest", "place"):
            ours, theirs = (e.search(parse(query), sort=sort) for e in (engine, plain))
            assert [hit.key for hit in ours.hits] == [hit.key for hit in theirs.hits]
            assert (ours.total, ours.facets, ours.next) == (
                theirs.total,
                theirs.facets,
                theirs.next,
            )
            assert ours.facets_exact
        assert [*engine.keys(parse(query))] == [*plain.keys(parse(query))]
    for sort in SORTS:
        found, cursor = [], None
        while True:
            page = engine.search(parse("word OR other"), sort=sort, after=cursor, limit=7)
            found += [hit.key for hit in page.hits]
            if (cursor := page.next) is None:
                break
        assert len(found) == len({*found}) == 300


def test_facets_of_very_many_values_say_that_they_may_be_inexact(opensearch_place: str) -> None:
    engine = open_opensearch(opensearch_place, shards=2)
    engine.rebuild(record(n, "word", key=f"a:{n}", author=f"a{n}") for n in range(2_500))
    assert not engine.search(parse("word")).facets_exact
    assert engine.search(parse("author:a1")).facets_exact


def test_more_records_than_one_request_gives_are_all_listed(
    opensearch_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotator.search.engines.opensearch.PORTION", 3)
    engine = open_opensearch(opensearch_place)
    engine.rebuild(record(n, "word", revision=f"r{n}") for n in range(10))
    assert [*engine.keys(parse("word"))] == [f"a:{n}" for n in range(10)]
    assert dict(engine.revisions()) == {f"a:{n}": f"r{n}" for n in range(10)}


def test_an_index_of_another_version_is_not_used_until_it_is_rebuilt(
    opensearch_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(requests, "FORMAT", FORMAT - 1)
        open_opensearch(opensearch_place).apply([record(1, "word")])
    engine = open_opensearch(opensearch_place)
    assert not engine.ready()
    with pytest.raises(Unavailable, match="is being built"):
        engine.apply([record(2, "word")])
    assert engine.rebuild([record(3, "word")]) == 1
    assert engine.ready()
    assert {*engine.keys(EVERYTHING)} == {"a:3"}
    assert len(indexes(opensearch_place)) == 1


def test_an_index_of_a_newer_version_is_left_alone(
    opensearch_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(requests, "FORMAT", FORMAT + 1)
        open_opensearch(opensearch_place).apply([record(1, "word")])
    engine = open_opensearch(opensearch_place)
    with pytest.raises(Unavailable, match="newer version of this program"):
        engine.ready()
    with pytest.raises(Unavailable, match="newer version of this program"):
        engine.rebuild([record(3, "word")])
    assert {*engine.keys(EVERYTHING)} == {"a:1"}


def test_an_index_of_another_site_is_left_alone(opensearch_place: str) -> None:
    ours = open_opensearch(opensearch_place)
    ours.apply([record(1, "word")])
    theirs = OpenSearchEngine(ours._settings, lambda: "another site")
    for use in (
        theirs.ready,
        lambda: theirs.apply([record(2, "word"), Deletion("a:1")]),
        lambda: theirs.rebuild([]),
    ):
        with pytest.raises(Unavailable, match=r"another site.*search\.index"):
            use()
    assert {*ours.keys(EVERYTHING)} == {"a:1"}


def test_an_index_of_another_program_is_left_alone(opensearch_place: str) -> None:
    url, name = opensearch_place.split()
    urllib3.request("PUT", f"{url}/{name}/_doc/1?refresh=true", json={"text": "word"})
    try:
        engine = open_opensearch(opensearch_place)
        for use in (engine.ready, lambda: engine.rebuild([]), lambda: engine.apply([record(1)])):
            with pytest.raises(Unavailable, match=r"search\.index"):
                use()
        assert urllib3.request("GET", f"{url}/{name}/_count").json()["count"] == 1
    finally:
        urllib3.request("DELETE", f"{url}/{name}")


def test_an_index_that_is_gone_is_not_begun_anew_by_a_change(opensearch_place: str) -> None:
    url, name = opensearch_place.split()
    engine = open_opensearch(opensearch_place)
    engine.apply([record(1, "word")])
    urllib3.request("DELETE", f"{url}/{name}.*")
    with pytest.raises(Unavailable, match="is being built"):
        engine.apply([record(2, "word")])
    with pytest.raises(Unavailable, match="is being built"):
        engine.search(EVERYTHING)
    assert not engine.ready()
    assert indexes(opensearch_place) == []


def test_a_write_that_comes_too_late_makes_no_new_index(opensearch_place: str) -> None:
    engine = open_opensearch(opensearch_place)
    engine.apply([record(1, "word")])
    paused = engine._indexes()
    engine.rebuild([record(2, "word")])
    engine._writable = lambda: paused  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        engine.apply([record(1, "stale")])
    assert len(indexes(opensearch_place)) == 1
    assert {*open_opensearch(opensearch_place).keys(EVERYTHING)} == {"a:2"}


def test_a_new_index_that_lacks_a_change_does_not_come_into_force(opensearch_place: str) -> None:
    engine, other = open_opensearch(opensearch_place), open_opensearch(opensearch_place)
    engine.apply([record(1, "old")])

    def records() -> Iterator[object]:
        yield record(1, "old")
        building = next(index for index in other._indexes() if not index.current)
        url, _ = opensearch_place.split()
        urllib3.request("DELETE", f"{url}/{building.name}")
        other.apply([record(2, "meanwhile")])
        yield record(3, "old")

    with pytest.raises(Unavailable):
        engine.rebuild(records())  # type: ignore[arg-type]
    assert {*engine.keys(EVERYTHING)} == {"a:1", "a:2"}
    assert len(indexes(opensearch_place)) == 1


def test_the_words_of_what_was_deleted_leave_the_files_within_a_day(
    opensearch_place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def soon(*given: Any) -> Any:
        made = layout(*given)
        assert made["settings"]["soft_deletes.retention_lease.period"] == "1h"
        made["settings"]["soft_deletes.retention_lease.period"] = "100ms"
        return made  # the cluster looks at that every 30 seconds

    monkeypatch.setattr("annotator.search.engines.opensearch.requests.layout", soon)
    monkeypatch.setattr("annotator.search.engines.opensearch.PURGE_SECONDS", 0)
    engine = open_opensearch(opensearch_place)
    engine.apply([record(n, "quokka", version=1) for n in range(9)])
    engine.apply([Deletion("a:1", 2), record(2, "wombat", version=2)])
    url, name = opensearch_place.split()

    def deleted() -> int:
        stats = urllib3.request("GET", f"{url}/{name}/_stats/docs").json()
        return int(stats["_all"]["primaries"]["docs"]["deleted"])

    assert deleted()
    for _ in range(90):
        assert not engine.tidy()
        time.sleep(1)
        if not deleted():
            break
    assert deleted() == 0
    engine.apply([record(1, "stale", version=1), record(2, "stale", version=1)])
    assert {*engine.keys(parse("stale"))} == set()
    assert engine.count() == 8


@pytest.fixture
def cluster_of_one_answer(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a cluster that has one answer to everything: a status, after so long."""
    status, seconds, *bodies = request.param
    body = bodies[0] if bodies else b"{}"

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            time.sleep(seconds)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_GET  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.mark.parametrize("cluster_of_one_answer", [(200, 3)], indirect=True)
def test_a_search_that_takes_too_long_is_given_up_and_says_what_to_do(
    cluster_of_one_answer: str,
) -> None:
    engine = open_opensearch(f"{cluster_of_one_answer} index", seconds=0.1)
    with pytest.raises(Unavailable, match="rarer words"):
        engine.search(parse("word"))


@pytest.mark.parametrize("cluster_of_one_answer", [(401, 0), (403, 0)], indirect=True)
def test_wrong_credentials_are_named_and_never_shown(
    cluster_of_one_answer: str, caplog: pytest.LogCaptureFixture
) -> None:
    settings = Search(urls=(cluster_of_one_answer,), user="annotator")
    engine = OpenSearchEngine(settings, lambda: "site", PASSWORD)
    with caplog.at_level(logging.DEBUG), pytest.raises(Unavailable, match="credentials") as caught:
        engine.ready()
    assert "search.user" in caplog.text
    for text in (caplog.text, repr(caught.value)):
        assert PASSWORD not in text
        assert b64encode(f"annotator:{PASSWORD}".encode()).decode() not in text


@pytest.mark.parametrize(
    "cluster_of_one_answer",
    [(200, 0, b"<h1>It works</h1>"), (200, 0, b"[1]"), (200, 0, b'{"x": {"a": 1}}'), (301, 0, b""),
     (400, 0, b'"bad"'), (404, 0, b"Not found"), (500, 0, b"")],
    indirect=True,
)  # fmt: skip
def test_an_address_where_something_else_answers_is_named(cluster_of_one_answer: str) -> None:
    engine = open_opensearch(f"{cluster_of_one_answer} index")
    for act in (
        lambda: engine.search(parse("word")),
        engine.count,
        lambda: [*engine.revisions()],
        lambda: engine.apply([record(1, "word")]),
        lambda: engine.rebuild([record(1, "word")]),
    ):
        with pytest.raises(Unavailable, match=r"not OpenSearch.*search\.urls"):
            act()


@pytest.mark.parametrize("cluster_of_one_answer", [(200, 0)], indirect=True)
def test_a_connection_that_cannot_be_secure_names_the_certificates(
    cluster_of_one_answer: str,
) -> None:
    engine = open_opensearch(f"{cluster_of_one_answer.replace('http', 'https')} index")
    with pytest.raises(Unavailable, match=r"secure connection.*search\.certificates"):
        engine.ready()


@pytest.mark.parametrize("cluster_of_one_answer", [(503, 0)], indirect=True)
def test_a_node_that_fails_is_passed_over(
    cluster_of_one_answer: str, opensearch_place: str
) -> None:
    engine = open_opensearch(
        f"http://127.0.0.1:{free_port()} {cluster_of_one_answer} {opensearch_place}"
    )
    engine.apply([record(1, "word")])
    assert {*engine.keys(EVERYTHING)} == {"a:1"}


def test_a_site_whose_cluster_is_down_does_all_but_search(
    small_site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    port = free_port()
    config = Config(
        data=small_site.parts.config.data,
        limits=Limits(enabled=False),
        search=Search(engine="opensearch", urls=(f"http://127.0.0.1:{port}",)),
    )
    parts = Parts(config, Database.of(config))
    client = create_app(config, parts).test_client()
    ident = Site(parts).post("keep quiet", "A heron.")
    assert client.get(f"/a/{ident}").status_code == 200
    answer = client.get("/api/search?q=heron")
    assert answer.status_code == 503
    assert "does not answer" in answer.json["error"]["message"]
    assert int(answer.headers["Retry-After"]) > 0
    assert client.get("/search?q=heron").status_code == 503
    health = client.get("/health").json
    assert (health["status"], health["index_waiting"]) == ("degraded", 2)
    assert "does not answer" in health["problems"][0]
    assert str(port) not in answer.text + str(health)
    with pytest.raises(Unavailable):
        parts.indexer.drain()
    assert client.get("/health").json["index_waiting"] == 2
    parts.close()
