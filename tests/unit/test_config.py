"""Settings: every fault at once, every key described, secrets for their owner only."""

from __future__ import annotations

import stat
import tomllib
from dataclasses import fields
from pathlib import Path

import pytest

from annotator import config, private
from annotator.config import SECTIONS, Config
from annotator.errors import ConfigFault
from tests.conftest import ROOT

KEYS = [f"{name}.{item.name}" for name, kind in SECTIONS.items() for item in fields(kind)]


def test_all_faults_are_reported_at_once_with_their_keys(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('[server]\nport = "high"\n[site]\nnmae = "x"\n[limits]\nbody = 0\n[serach]\n')
    with pytest.raises(ConfigFault) as told:
        config.load(file, environ={"ANNOTATOR_SITE_SIGN_UP": "maybe", "ANNOTATOR_SITE_NAM": "x"})
    for key in ("server.port", "site.nmae", "did you mean name", "limits.body", "serach",
                "ANNOTATOR_SITE_SIGN_UP", "ANNOTATOR_SITE_NAM"):  # fmt: skip
        assert key in told.value.message
    assert len(told.value.details["faults"]) == 6  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["= 1", "\x00", "[site", "a = \xff", f"a = {'[' * 5000}"])
def test_a_broken_file_is_told_with_its_name(tmp_path: Path, text: str) -> None:
    file = tmp_path / "mine.toml"
    file.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigFault, match=r"mine\.toml"):
        config.load(file, environ={})


@pytest.mark.parametrize("key", ["site.address", "openid.issuer"])
@pytest.mark.parametrize(
    "value",
    ["http://[", "https://[::1", "https://", "https://x:99999/", "https://x:0/", "ftp://x/"],
)
def test_an_address_that_is_none_is_a_fault(tmp_path: Path, key: str, value: str) -> None:
    section, name = key.split(".")
    file = tmp_path / "config.toml"
    file.write_text(f'[{section}]\n{name} = "{value}"\n')
    with pytest.raises(ConfigFault, match=rf"{key}: must b"):
        config.load(file, environ={})


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigFault, match="cannot be read"):
        config.load(tmp_path / "none.toml", environ={})


def test_a_variable_wins_over_the_file_and_an_option_over_both(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('data = "one"\n[server]\nport = 1\nhosts = ["a.org"]\n')
    environ = {"ANNOTATOR_SERVER_PORT": "2", "ANNOTATOR_DATA": "two", "ANNOTATOR_LIMITS": "off"}
    found = config.load(file, environ=environ)
    assert (found.server.port, found.data, found.limits.enabled) == (2, Path("two"), False)
    assert found.server.hosts == ("a.org",)
    assert config.load(file, data=Path("three"), environ=environ).data == Path("three")


def test_the_example_shows_every_key_with_the_value_that_holds_without_it() -> None:
    shown = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    found = config.load(ROOT / "config.example.toml", environ={})
    assert [f"{name}.{key}" for name, table in shown.items() for key in table] == KEYS
    assert found == Config()


def test_the_page_on_settings_describes_every_key() -> None:
    page = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert [key for key in KEYS if f"| `{key}` |" not in page] == []


def test_a_secret_is_made_once_and_read_by_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secrets" / "session"
    secret = private.secret(path)
    assert len(secret) > 40
    assert private.secret(path) == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("section", "line", "trouble"),
    [
        (
            "search",
            'engine = "memory"',
            "search.engine: must be 'whoosh', 'postgresql' or 'opensearch', not 'memory'",
        ),
        ("server", 'port = "80"', "server.port: must be a whole number, not '80'"),
        ("server", "port = 65536", "server.port: must be at most 65535, not 65536"),
        ("server", "port = true", "server.port: must be a whole number, not True"),
        ("server", "workers = 0", "server.workers: must be at least 1, not 0"),
        ("server", 'hosts = "a.org"', "server.hosts: must be a list of strings, not 'a.org'"),
        ("search", "seconds = 0", "search.seconds: must be more than 0, not 0"),
        ("search", 'engine = "opensearch"', "search.urls: must name its nodes"),
        ("search", 'urls = ["one.example:9200"]', "search.urls: must look like https://one."),
        (
            "search",
            'urls = ["https://u:secret@a.org"]',
            "search.urls: must look like https://one.",
        ),
        ("search", 'index = "Notes"', "search.index: must be lower-case letters"),
        ("search", "shards = 0", "search.shards: must be at least 1"),
        ("search", 'certificates = "/none"', "search.certificates: must be a file"),
        ("limits", "enabled = 1", "limits.enabled: must be true or false, not 1"),
        ("log", 'form = "xml"', "log.form: must be 'text' or 'json', not 'xml'"),
        ("site", "name = 3", "site.name: must be text, not 3"),
        ("site", 'name = " "', "site.name: must not be empty"),
        ("rates", 'post = "often"', "rates.post: must be written like 20/hour"),
        ("mail", 'host = "m.org"\nsender = "a@m.org"', "mail.host: email links to this site"),
    ],
)
def test_a_fault_names_its_file_and_key_and_what_would_be_right(
    tmp_path: Path, section: str, line: str, trouble: str
) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(f"[{section}]\n{line}\n")
    with pytest.raises(ConfigFault) as told:
        config.load(file, environ={})
    assert f"{file}: {trouble}" in told.value.message


@pytest.mark.parametrize(
    ("variable", "text", "found"),
    [
        ("ANNOTATOR_SERVER_HOSTS", "a.org, b.org", ("a.org", "b.org")),
        ("ANNOTATOR_SERVER_PORT", "80", 80),
        ("ANNOTATOR_SEARCH_SECONDS", "0.5", 0.5),
        ("ANNOTATOR_SITE_SIGN_UP", "off", False),
        ("ANNOTATOR_SITE_NAME", "3", "3"),
    ],
)
def test_a_variable_is_text_of_any_type(variable: str, text: str, found: object) -> None:
    section, key = variable.removeprefix("ANNOTATOR_").lower().split("_", 1)
    assert getattr(getattr(config.load(environ={variable: text}), section), key) == found


def test_a_fault_of_a_variable_names_the_variable() -> None:
    with pytest.raises(ConfigFault, match="ANNOTATOR_SEARCH_ENGINE: must be 'whoosh'"):
        config.load(environ={"ANNOTATOR_SEARCH_ENGINE": "memory"})
    with pytest.raises(ConfigFault, match="ANNOTATOR_RATES_POST: must be written like"):
        config.load(environ={"ANNOTATOR_RATES_POST": "often"})


def test_secrets_come_from_variables_and_must_be_long(tmp_path: Path) -> None:
    given = {"ANNOTATOR_SECRET_SESSION": "s" * 32, "ANNOTATOR_SECRET_MAIL": "m"}
    found = config.load(environ=given, data=tmp_path)
    assert found.secrets == {"session": "s" * 32, "mail": "m"}
    assert found.external_secret("mail") == "m"
    assert "sss" not in repr(found)
    with pytest.raises(ConfigFault, match="SECRET_LIMITS: must have at least 32") as told:
        config.load(environ={"ANNOTATOR_SECRET_LIMITS": "hush"}, data=tmp_path)
    assert "hush" not in told.value.message
