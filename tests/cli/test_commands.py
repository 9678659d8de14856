"""What each command does, says and answers, and how it fails."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from annotator.cli import COMMANDS, main
from tests.cli.conftest import GARDEN, Command
from tests.conftest import ROOT, SAMPLES

ANNOTATIONS = [
    {"id": "00000000000000a1", "document": "garden", "edition": "2026-03-01", "author": "sparrow",
     "created": "2026-03-05T10:00:00Z", "body": "Whose dusk?", "tags": ["dusk"],
     "targets": [{"exact": "The north gate is locked at dusk"}]},
    {"id": "00000000000000a2", "author": "keeper", "created": "2026-03-05T11:00:00Z",
     "body": "Mine.", "in_reply_to": "00000000000000a1"},
    {"id": "00000000000000a3", "document": "garden", "edition": "2026-03-01", "author": "sparrow",
     "created": "2026-03-06T10:00:00Z", "body": None, "motivation": "highlighting",
     "targets": [{"exact": "Ring the bell once."}]},
]  # fmt: skip


@pytest.fixture
def annotations(tmp_path: Path) -> str:
    """A file of three annotations, the reply before what it answers."""
    lines = [json.dumps(ANNOTATIONS[n]) for n in (1, 0, 2)]
    path = tmp_path / "remarks.jsonl"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


def test_every_command_has_help() -> None:
    from click.testing import CliRunner

    def walk(command: object, words: list[str]) -> int:
        answer = CliRunner().invoke(main, [*words, "--help"])
        assert answer.exit_code == 0, words
        assert len(answer.output.splitlines()) > 3
        if not isinstance(command, click.Group):
            return 1
        context = click.Context(command)
        names = command.list_commands(context)
        return 1 + sum(walk(command.get_command(context, it), [*words, it]) for it in names)

    assert walk(main, []) > 20


def test_adding_again_changes_nothing_and_says_so(garden: Command, tmp_path: Path) -> None:
    add = ("document", "add", GARDEN, "--slug", "garden", "--edition")
    assert "nothing was changed" in garden(*add, "2026-03-01").output
    recognised = garden(*add, "2026-05-05").output
    assert "garden@2026-03-01" in recognised
    assert "nothing was added" in recognised
    other = ("document", "add", str(SAMPLES / "garden-2.md"), "--slug", "garden", "--edition")
    refused = garden(*other, "2026-03-01", status=1).output
    assert "An edition never changes" in refused
    assert garden("document", "list").output.count("2026-03-01") == 1


def test_a_new_edition_is_lined_up_and_everything_placed(garden: Command, annotations: str) -> None:
    garden("annotation", "import", annotations)
    done = garden("document", "add", str(SAMPLES / "garden-2.md"), "--slug", "garden",
                  "--edition", "2026-04-01")  # fmt: skip
    assert "same" in done.output
    assert "retired" in done.output
    assert "Comments carried over: 1 edited, 1 exact." in done.output
    assert "No faults." in garden("check").output
    again = garden("document", "place", "garden").output
    assert "garden@2026-04-01: 1 edited, 1 exact" in again


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("empty.md", b"", "empty"),
        ("binary.md", b"\x00\x01\x02" * 400, ""),
        ("latin.md", "# Caf\xe9\n\nText.\n".encode("latin-1"), "UTF-8"),
        ("bare.md", b"Words without any heading.\n", "heading"),
        ("huge.md", b"# One\n\n" + b"word " * 10_000_001, ""),
    ],
)  # fmt: skip
def test_a_source_that_cannot_be_read_is_told_and_leaves_nothing(
    command: Command, tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    (tmp_path / name).write_bytes(data)
    done = command(
        "document", "add", str(tmp_path / name), "--slug", "x", "--edition", "1", status=1
    )
    assert told in done.output
    assert len(done.output) < 600
    assert command("document", "list").stdout == ""


@pytest.mark.parametrize(
    ("slug", "label"),
    [("../x", "1"), ("X", "1"), ("", "1"), ("x", "a/b"), ("x", ".."), ("x" * 65, "1")],
)
def test_names_that_cannot_be_an_address_are_refused(
    command: Command, slug: str, label: str
) -> None:
    command("document", "add", GARDEN, "--slug", slug, "--edition", label, status=1)


def test_an_older_edition_needs_its_place_named(garden: Command) -> None:
    older = ("document", "add", str(SAMPLES / "garden-2.md"), "--slug", "garden", "--edition")
    assert "--after" in garden(*older, "2026-02-01", status=1).output


def test_another_document_is_refused_unless_forced(garden: Command, tmp_path: Path) -> None:
    other = tmp_path / "other.md"
    other.write_text("# Bread\n\n" + "Flour, water and salt are mixed by hand. " * 40)
    add = ("document", "add", str(other), "--slug", "garden", "--edition", "2026-06-01")
    assert "another document" in garden(*add, status=1).output
    assert "added" in garden(*add, "--force").output


def test_a_second_import_changes_nothing(garden: Command, annotations: str) -> None:
    assert "dry run" in garden("annotation", "import", annotations, "--dry-run").output
    assert "3 added" in garden("annotation", "import", annotations).output
    assert "3 unchanged" in garden("annotation", "import", annotations).output


def test_an_export_is_stable_and_can_be_narrowed(
    garden: Command, annotations: str, tmp_path: Path
) -> None:
    garden("annotation", "import", annotations)
    file = tmp_path / "out.json"
    assert "3 annotations written" in garden("annotation", "export", "--output", str(file)).output
    first = file.read_bytes()
    garden("annotation", "export", "--output", str(file))
    assert file.read_bytes() == first
    exported = json.loads(first)
    assert (exported["total"], len(exported["items"])) == (3, 3)
    assert exported["items"][0]["created"] == "2026-03-05T10:00:00Z"
    pid = exported["items"][0]["pid"]

    def ids(*words: str) -> list[str]:
        lines = garden("annotation", "export", "--format", "jsonl", *words).output.splitlines()
        return [json.loads(line)["id"][-2:] for line in lines]

    assert ids() == ["a1", "a2", "a3"]
    assert ids("--provision", "garden@2026-03-01/paths-and-gates/1") == ["a1", "a2"]
    assert ids("--provision", f"garden/p/{pid}") == ["a1", "a2"]
    assert ids("--provision", "garden@2026-03-01 > Paths and gates > ¶1") == ["a1", "a2"]
    assert ids("--provision", "garden@2026-03-01/paths-and-gates") == ["a1", "a2", "a3"]
    assert ids("--author", "keeper") == ["a2"]
    assert ids("--thread", "00000000000000a1") == ["a1", "a2"]
    assert ids("--query", "dusk", "--document", "garden") == ["a1"]
    assert (
        "no provision"
        in garden("annotation", "export", "--provision", "garden/p/zzzzz", status=1).output
    )


def test_what_cannot_be_placed_is_kept_and_what_cannot_be_read_is_told_with_its_place(
    garden: Command, tmp_path: Path
) -> None:
    lost = dict(ANNOTATIONS[0], targets=[{"exact": "no such words"}])
    orphan = dict(ANNOTATIONS[1], id="00000000000000a9", in_reply_to="00000000000000zz")
    path = tmp_path / "mixed.json"
    path.write_text(json.dumps({"total": 3, "items": [lost, orphan, ANNOTATIONS[2]]}))
    done = garden("annotation", "import", str(path), status=1)
    assert "lost: item 1: no position was found for 'no such words'" in done.output
    assert "refused: item 2: it replies to '00000000000000zz', which is not on" in done.output
    assert "3 annotations read: 1 added, 1 lost, 1 refused." in done.output
    path.write_text('{"id": 1}\n{"broken', encoding="utf-8")
    done = garden("annotation", "import", str(path), status=1)
    assert "line 1: it is not an annotation" in done.output
    assert "line 2: the file ends in the middle of it" in done.output
    path.write_bytes(b"PK\x03\x04 and so on")
    assert "zip archive" in garden("annotation", "import", str(path), status=1).output


def test_a_file_that_is_no_commentary_is_given_up(garden: Command, tmp_path: Path) -> None:
    path = tmp_path / "numbers.jsonl"
    path.write_text(json.dumps(ANNOTATIONS[0]) + "\n" + "{}\n" * 12_000)
    for more in ("--dry-run",), ():
        done = garden("annotation", "import", str(path), *more, status=1).output
        assert "in a row were refused, the last at line 10500; the rest was not read" in done
        assert "10,500 annotations read: 1 added, 10,499 refused." in done


def test_search_finds_and_explains(garden: Command, annotations: str) -> None:
    garden("annotation", "import", annotations)
    assert "/a/00000000000000a1" in garden("search", "whose dusk").output
    answer = json.loads(garden("search", "dusk", "--json", "--document", "garden").output)
    assert answer["total"] == len(answer["items"]) > 1
    assert garden("search", '"open', status=1).output.startswith("Error:")


def test_the_index_can_be_compared_thrown_away_and_rebuilt(
    garden: Command, annotations: str, tmp_path: Path
) -> None:
    garden("annotation", "import", annotations)
    before = garden("search", "dusk").output
    assert "0 waiting, 0 missing, 0 stale, 0 extra." in garden("index", "status").output
    import shutil

    shutil.rmtree(tmp_path / "var" / "index")
    assert "missing" in garden("index", "status", status=1).output
    garden("index", "rebuild")
    assert garden("search", "dusk").output == before
    garden("index", "status")


def test_tokens_are_the_last_line_and_accounts_are_made_once(garden: Command) -> None:
    assert garden("token", "create", "Ada").output.splitlines()[-1].startswith("ann_")
    assert "taken" in garden("user", "add", "ada", status=1).output
    garden("user", "add", "Mo", "--role", "moderator", "--password-stdin", text="correct horse\n")
    garden("user", "add", "X y", "--role", "king", status=2)
    garden("token", "create", "Nobody", status=1)


def test_wrong_calls_and_faulty_settings_end_with_their_status(
    command: Command, tmp_path: Path
) -> None:
    command("nonsense", status=2)
    command("document", "add", status=2)
    assert "No such file" in command(
        "document", "add", "none.md", "--slug", "x", "--edition", "1", status=1).output  # fmt: skip
    (tmp_path / "bad.toml").write_text('[server]\nport = 0\nhots = "x"\n[limits]\nbody = "x"\n')
    told = command("document", "list", "--config", str(tmp_path / "bad.toml"), status=1).output
    for key in ("server.port", "server.hots", "limits.body"):
        assert key in told


def test_the_text_is_printed_as_it_is(garden: Command) -> None:
    text = garden("document", "text", "garden@2026-03-01").output
    assert text.startswith("Purpose\nThe garden is kept")
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    assert "opening-hours" in garden("document", "show", "garden").output


def test_a_ledger_gives_the_same_pids_on_another_site(
    garden: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = garden("document", "ledger", "garden@2026-03-01").output
    assert "garden is kept" not in ledger
    shown = garden("document", "show", "garden").output
    sha256 = shown.split("sha256 ")[1].split()[0]
    from annotator.services.exchange import corpus

    (tmp_path / "corpus" / "garden").mkdir(parents=True)
    (tmp_path / "corpus" / "garden" / f"{sha256}.pids").write_text(ledger)
    monkeypatch.setattr(corpus.ledger, "__defaults__", (tmp_path / "corpus",))
    add = ("document", "add", GARDEN, "--slug", "garden", "--edition", "2026-03-01")
    garden(*add, "--data", str(tmp_path / "other"))
    assert (
        garden("document", "ledger", "garden", "--data", str(tmp_path / "other")).output == ledger
    )


def test_shipping_the_charter_twice_changes_nothing(command: Command) -> None:
    first = command("document", "ship", "--no-fetch").output
    assert "charter: 2 editions, 29 comments added." in first
    second = command("document", "ship", "--no-fetch").output
    assert "Nothing to add" in second
    assert "No faults." in command("check").output
    assert (ROOT / "corpus" / "charter" / "document.toml").exists()


def test_the_overview_says_of_each_command_what_its_own_help_says() -> None:
    with click.Context(main) as context:
        for name, (_module, line) in COMMANDS.items():
            command = main.get_command(context, name)
            assert command is not None
            assert command.name == name
            assert command.get_short_help_str(limit=200) == line


def test_the_overview_and_the_version_import_no_part_of_the_site() -> None:
    """So that they are answered at once."""
    code = "import sys; from annotator.cli import main; main(['--help'], standalone_mode=False); "
    code += "assert not {'flask', 'sqlalchemy', 'whoosh'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


HEAVY = {"flask", "pydantic", "bleach", "markdown_it", "lxml", "requests",
         "confusable_homoglyphs", "whoosh.index", "annotator.documents.readers"}  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "needed"),
    [
        ("document list", set()),
        ("document show garden", set()),
        ("cite resolve garden/purpose/1", {"pydantic"}),
        ("search path", {"pydantic", "whoosh.index"}),
        ("index status", {"pydantic", "whoosh.index"}),
        ("annotation export --format jsonl", {"pydantic"}),
        ("essay list garden", {"pydantic"}),
        ("moderation queue", {"pydantic"}),
        (
            "quote {source} --document garden",
            {"pydantic", "markdown_it", "lxml", "annotator.documents.readers"},
        ),
    ],
)
def test_a_command_that_reads_imports_no_more_than_it_needs(
    garden: Command, annotations: str, tmp_path: Path, asked: str, needed: set[str]
) -> None:
    """So that it answers within a second, with commentary too."""
    garden("annotation", "import", annotations)
    code = "import json, sys; from annotator.cli import main; main(standalone_mode=False); "
    code += "print(json.dumps([*sys.modules]), file=sys.stderr)"
    words = asked.format(source=GARDEN).split()
    done = subprocess.run(
        [sys.executable, "-c", code, "--data", str(tmp_path / "var"), *words],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert HEAVY & set(json.loads(done.stderr.splitlines()[-1])) <= needed
