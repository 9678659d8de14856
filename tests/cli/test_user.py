"""`annotator user` and `annotator token`: everything that those who run a site do with accounts."""

from __future__ import annotations

from tests.cli.conftest import Command

LONG = "a long enough pass phrase\n"


def last(output: str) -> str:
    """Return the last line."""
    return output.strip().splitlines()[-1]


def test_an_account_is_made_listed_and_shown(command: Command) -> None:
    command("user", "add", "Mona", "--role", "moderator", "--password-stdin", text=LONG)
    command("user", "add", "Ada")
    listed = command("user", "list").stdout.splitlines()
    assert [line.split("\t")[:2] for line in listed] == [["Ada", "member"], ["Mona", "moderator"]]
    assert command("user", "list", "--role", "moderator").stdout.startswith("Mona\t")
    shown = command("user", "show", "Mona").output
    assert "password:      set" in shown
    assert "argon2" not in shown


def test_a_role_is_given(command: Command) -> None:
    command("user", "add", "Ada")
    assert "Ada is now moderator" in command("user", "role", "Ada", "moderator").output
    command("user", "role", "Ada", "king", status=2)
    command("user", "role", "Bob", "member", status=1)


def test_a_renamed_author_is_found_under_both_names(garden: Command) -> None:
    key = last(garden("token", "create", "Ada").output)
    assert key.startswith("ann_")
    assert "Ada is now Lovelace" in garden("user", "rename", "Ada", "Lovelace").output
    assert "earlier names: Ada" in garden("user", "show", "Ada").output
    assert "taken" in garden("user", "add", "ada", status=1).output


def test_a_password_is_set_and_a_recovery_link_is_the_last_line(command: Command) -> None:
    command("user", "add", "Ada")
    password = ("user", "password", "Ada", "--password-stdin")
    assert "new password" in command(*password, text=LONG).output
    assert "8 to" in command(*password, text="x\n", status=1).output
    link = last(command("user", "recover", "Ada").output)
    assert link.startswith("http://127.0.0.1:8000/recover/")
    command("user", "recover", "Nobody", status=1)


def test_a_password_ends_tokens_unless_they_are_kept(command: Command) -> None:
    command("user", "add", "Ada")
    password = ("user", "password", "Ada", "--password-stdin")
    command("token", "create", "Ada", "--label", "Mine")
    assert "tokens keep working" in command(*password, "--keep-tokens", text=LONG).output
    assert "Mine" in command("token", "list", "Ada").output
    assert "API tokens are revoked" in command(*password, text=LONG).output
    assert "Mine" not in command("token", "list", "Ada").output


def test_a_deleted_account_is_gone_and_its_name_stays_taken(garden: Command) -> None:
    assert "--keep or --remove" in garden("user", "delete", "Ada", "--yes", status=1).output
    garden("user", "delete", "Ada", "--keep", text="n\n", status=1)
    garden("user", "show", "Ada")
    assert "0 comments kept" in garden("user", "delete", "Ada", "--keep", "--yes").output
    assert "was deleted" in garden("user", "show", "Ada", status=1).output
    assert "taken" in garden("user", "add", "Ada", status=1).output


def test_nobody_becomes_the_one_who_stands_for_all_who_left(garden: Command) -> None:
    former = "A former member"
    garden("user", "delete", "Ada", "--keep", "--yes")
    for words in (("role", former, "member"), ("rename", former, "Ada2"), ("recover", former),
                  ("delete", former, "--keep", "--yes")):  # fmt: skip
        assert "deleted accounts" in garden("user", *words, status=1).output
    assert "is reserved" in garden("user", "add", former, "--role", "moderator", status=1).output


def test_tokens_are_listed_without_their_secret_and_revoked(command: Command) -> None:
    command("user", "add", "Mona", "--role", "moderator")
    command("user", "add", "Ada")
    key = last(command("token", "create", "Mona", "--scope", "moderate", "--label", "queue").output)
    command("token", "create", "Mona", "--days", "7")
    listed = command("token", "list", "Mona").stdout
    assert key not in listed
    lines = [line.split("\t") for line in listed.splitlines()]
    assert [(line[1], line[4], line[5]) for line in lines] == [
        ("read,write", "never", ""), ("moderate", "never", "queue")]  # fmt: skip
    command("token", "revoke", "Ada", lines[0][0], status=1)
    command("token", "revoke", "Mona", lines[0][0])
    command("token", "revoke", "Mona", lines[0][0], status=1)
    assert len(command("token", "list", "Mona").stdout.splitlines()) == 1
    assert "moderator" in command("token", "create", "Ada", "--scope", "moderate", status=1).output
    command("token", "create", "Ada", "--scope", "all", status=2)
