"""Settings from `config.toml` and `ANNOTATOR_*` variables; every fault is reported at once.

A variable wins over the file: `ANNOTATOR_SITE_NAME` sets `name` in `[site]`.
`docs/configuration.md` describes each key, and a test holds that list complete. What is a secret is
not a setting: secrets are made on the first run and lie in the data folder.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

from annotator import private, rates
from annotator.errors import ConfigFault

DATABASE = "annotator.sqlite3"


@dataclass(frozen=True)
class SiteSettings:
    """What the site calls itself and where it is."""

    name: str = "Annotator"
    language: str = "en"
    address: str = ""
    licence: str = "CC-BY-4.0"
    sign_up: bool = True


@dataclass(frozen=True)
class ServerSettings:
    """How `annotator serve` listens."""

    host: str = "127.0.0.1"
    port: int = 8000
    workers: int = 1
    threads: int = 8
    unfinished: int = 100
    trusted_hops: int = 0
    hosts: tuple[str, ...] = ()
    metrics_port: int = 0
    metrics_host: str = "127.0.0.1"


@dataclass(frozen=True)
class Store:
    """The database; empty means a SQLite file in the data folder."""

    database: str = ""
    busy_seconds: int = 5


@dataclass(frozen=True)
class Search:
    """What searches, and how long a search may take."""

    engine: str = "whoosh"
    seconds: float = 2.0


@dataclass(frozen=True)
class Limits:
    """How much is taken at once. Text is counted in code points, requests in bytes."""

    enabled: bool = True
    body: int = 10_000
    span: int = 10_000
    tags: int = 20
    tag: int = 60
    page: int = 200
    request: int = 2_000_000
    targets: int = 50


@dataclass(frozen=True)
class LogSettings:
    """What is written down, where (`file`, `stderr`) and how (`text`, `json`)."""

    place: str = "file"
    form: str = "text"
    requests: bool = True
    networks: bool = False


@dataclass(frozen=True)
class Rates:
    """How often an act is taken from one account, token or network; see `annotator.rates`.

    `network` is how many times as much all known accounts of a network may do together.
    """

    sign_up: str = "5/hour, 20/day"
    sign_in: str = "60/hour"
    sign_in_name: str = "10/hour"
    recovery: str = "5/hour"
    post: str = "60/hour, 400/day"
    edit: str = "200/hour"
    flag: str = "30/hour"
    appeal: str = "20/hour"
    moderate: str = "600/hour"
    search: str = "60/minute"
    export: str = "20/hour"
    read: str = "1200/minute"
    preview: str = "60/minute"
    quote: str = "20/minute"
    mention: str = "20/hour"
    network: int = 5


@dataclass(frozen=True)
class Mail:
    """The SMTP server that letters go through; without a host none are sent."""

    host: str = ""
    port: int = 587
    security: str = "starttls"
    sender: str = ""
    user: str = ""
    secret_file: str = ""


@dataclass(frozen=True)
class OpenId:
    """The OpenID Connect provider that people may sign in through; without an issuer none."""

    issuer: str = ""
    client_id: str = ""
    label: str = ""
    secret_file: str = ""


@dataclass(frozen=True)
class Moderation:
    """Which posts wait for a moderator, and two switches; both can be thrown while the site runs.

    `hold_first_posts` is how many posts of a new account wait, `hold_links` how many links make a
    post wait, `hold_repeats` at how many places within a day the same words wait; 0 holds none.
    """

    hold_first_posts: int = 0
    hold_links: int = 0
    hold_repeats: int = 0
    approve_everything: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Webmention:
    """Whether pages elsewhere may tell this site that they link to it; see docs/webmention.md."""

    receive: bool = False


@dataclass(frozen=True)
class Config:
    """All settings, checked. `data` is the folder that holds the site's whole state."""

    data: Path = Path("var")
    site: SiteSettings = field(default_factory=SiteSettings)
    server: ServerSettings = field(default_factory=ServerSettings)
    store: Store = field(default_factory=Store)
    search: Search = field(default_factory=Search)
    limits: Limits = field(default_factory=Limits)
    rates: Rates = field(default_factory=Rates)
    log: LogSettings = field(default_factory=LogSettings)
    mail: Mail = field(default_factory=Mail)
    openid: OpenId = field(default_factory=OpenId)
    moderation: Moderation = field(default_factory=Moderation)
    webmention: Webmention = field(default_factory=Webmention)

    @property
    def address(self) -> str:
        """Where the site is, for what is written without a request; no slash at the end."""
        return self.site.address.rstrip("/") or f"http://{self.server.host}:{self.server.port}"

    @property
    def database_url(self) -> str:
        """Where the database is, as SQLAlchemy writes it."""
        return self.store.database or f"sqlite:///{(self.data / DATABASE).resolve()}"

    @property
    def index_folder(self) -> Path:
        """Where an embedded search engine keeps its index; can be deleted at any time."""
        return self.data / "index"

    def secret(self, name: str) -> str:
        """Read the secret `name` from the data folder; make it, for its owner alone, if absent."""
        return private.secret(self.data / "secrets" / name)

    def given_secret(self, name: str, *, optional: bool = False) -> str:
        """Read a secret that somebody else made, for the section `name` (`mail`, `openid`).

        It stands in the section's `secret_file`, or in `secrets/NAME` in the data folder; that need
        not be there where it is `optional`. Raises ConfigFault where it cannot be read.
        """
        named: str = getattr(self, name).secret_file
        path = Path(named or self.data / "secrets" / name)
        if optional and not named and not path.exists():
            return ""
        try:
            return path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigFault(
                f"{name}.secret_file: no secret can be read from {path} "
                f"({getattr(error, 'strerror', None) or 'not text'}); put it there as one line."
            ) from error


SECTIONS: dict[str, type] = {
    "site": SiteSettings,
    "server": ServerSettings,
    "store": Store,
    "search": Search,
    "limits": Limits,
    "rates": Rates,
    "mail": Mail,
    "openid": OpenId,
    "log": LogSettings,
    "moderation": Moderation,
    "webmention": Webmention,
}
ALIASES = {"ANNOTATOR_LIMITS": "ANNOTATOR_LIMITS_ENABLED"}
NOT_SETTINGS = {"ANNOTATOR_CONFIG", "ANNOTATOR_DATA"}
ENGINES = ("whoosh",)
SECURITIES = ("starttls", "tls", "none")
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off"}


def load(
    path: Path | None = None,
    *,
    data: Path | None = None,
    environ: Mapping[str, str] | None = None,
) -> Config:
    """Read the settings from `path` (TOML) and `environ`; `data` wins over both.

    Without `path`, `ANNOTATOR_CONFIG` names the file, else `config.toml` is read where it exists.
    Raises ConfigFault with every fault, its key and what would be right.
    """
    environ = os.environ if environ is None else environ
    faults: list[str] = []
    document = _read_file(path, environ, faults)
    folder = data or Path(environ.get("ANNOTATOR_DATA") or _text(document, "data", faults) or "var")
    parts = {name: _section(name, document.get(name, {}), environ, faults) for name in SECTIONS}
    faults += [
        f"{key}: {_unknown(key, ['data', *SECTIONS])}"
        for key in document
        if key not in {"data", *SECTIONS}
    ]
    faults += _unknown_variables(environ)
    config = Config(data=folder, **parts)
    faults += _range_faults(config)
    faults += [f"data: {fault}"] if (fault := private.folder_fault(folder)) else []
    if faults:
        raise ConfigFault(
            "The configuration has faults:\n" + "\n".join(f"  {fault}" for fault in faults),
            faults=faults,
        )
    return config


def _read_file(path: Path | None, environ: Mapping[str, str], faults: list[str]) -> dict[str, Any]:
    named = path or (Path(environ["ANNOTATOR_CONFIG"]) if "ANNOTATOR_CONFIG" in environ else None)
    source = named or Path("config.toml")
    if named is None and not source.exists():
        return {}
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{source}: cannot be read ({error.strerror}); name another with --config")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        faults.append(f"{source}: is not valid TOML ({error})")
    return {}


def _text(document: Mapping[str, Any], key: str, faults: list[str]) -> str | None:
    value = document.get(key)
    if value is not None and not isinstance(value, str):
        faults.append(f"{key}: must be text, not {value!r}")
        return None
    return value


def _section(name: str, table: Any, environ: Mapping[str, str], faults: list[str]) -> Any:
    kind = SECTIONS[name]
    if not isinstance(table, dict):
        faults.append(f"{name}: must be a table, written [{name}]")
        table = {}
    known = {item.name: item.default for item in fields(kind)}
    faults += [f"{name}.{key}: {_unknown(key, known)}" for key in table if key not in known]
    values: dict[str, Any] = {}
    for key, default in known.items():
        variable = f"ANNOTATOR_{name}_{key}".upper()
        short = next((a for a, full in ALIASES.items() if full == variable and a in environ), None)
        try:
            if short or variable in environ:
                values[key] = _from_text(environ[short or variable], default)
            elif key in table:
                values[key] = _checked(table[key], default)
        except ValueError as error:
            place = short or (variable if variable in environ else f"{name}.{key}")
            faults.append(f"{place}: {error}")
    return kind(**values)


def _from_text(text: str, default: object) -> object:
    """Read an environment variable as the kind of thing that `default` is."""
    match default:
        case bool():
            if text.lower() not in YES | NO:
                raise ValueError(f"must be on or off, not {text!r}")
            return text.lower() in YES
        case int() | float():
            try:
                return type(default)(text)
            except ValueError:
                raise ValueError(f"must be a number, not {text!r}") from None
        case tuple():
            return tuple(part.strip() for part in text.split(",") if part.strip())
    return text


def _checked(value: object, default: object) -> object:
    """Check that a TOML value is the kind of thing that `default` is."""
    names = {
        bool: "true or false",
        int: "a whole number",
        float: "a number",
        str: "text",
        tuple: "a list of texts",
    }
    if isinstance(default, float) and type(value) is int:
        return float(value)
    if isinstance(default, tuple) and isinstance(value, list):
        if all(isinstance(item, str) for item in value):
            return tuple(value)
    elif type(value) is type(default):
        return value
    raise ValueError(f"must be {names[type(default)]}, not {value!r}")


def _unknown(key: str, known: Any) -> str:
    close = difflib.get_close_matches(key, list(known), 1)
    return "is not a setting" + (f"; did you mean {close[0]}?" if close else "")


def _unknown_variables(environ: Mapping[str, str]) -> list[str]:
    known = {
        f"ANNOTATOR_{name}_{item.name}".upper()
        for name, kind in SECTIONS.items()
        for item in fields(kind)
    }
    known |= {*ALIASES, *NOT_SETTINGS}
    given = [key for key in environ if key.startswith("ANNOTATOR_") and key not in known]
    return [f"{key}: {_unknown(key, known)}" for key in sorted(given)]


def _range_faults(config: Config) -> list[str]:
    """Settings of the right kind that make no sense."""
    server, limits = config.server, config.limits
    tests = {
        "server.port: must be between 1 and 65535": 0 < server.port < 65536,
        "server.workers: must be between 1 and 64": 0 < server.workers <= 64,
        "server.threads: must be between 1 and 256": 0 < server.threads <= 256,
        "server.unfinished: must be at least 1": server.unfinished >= 1,
        "server.trusted_hops: must be between 0 and 16": 0 <= server.trusted_hops <= 16,
        "store.busy_seconds: must be between 0 and 600": 0 <= config.store.busy_seconds <= 600,
        "search.seconds: must be more than 0": config.search.seconds > 0,
        f"search.engine: must be one of {', '.join(ENGINES)}": config.search.engine in ENGINES,
        "site.address: must be empty or begin with http:// or https://": not config.site.address
        or _web(config.site.address) is not None,
        "site.name: must not be empty": bool(config.site.name.strip()),
        "site.language: must be a language tag, such as en, de or pt-BR": bool(
            re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", config.site.language)
        ),
        "server.metrics_port: must be 0 (off) or up to 65535": 0 <= server.metrics_port < 65536,
        "log.place: must be file or stderr": config.log.place in {"file", "stderr"},
        "log.form: must be text or json": config.log.form in {"text", "json"},
        "rates.network: must be at least 1": config.rates.network >= 1,
        "moderation.hold_first_posts: must be 0 or more": config.moderation.hold_first_posts >= 0,
        "moderation.hold_links: must be 0 or more": config.moderation.hold_links >= 0,
        "moderation.hold_repeats: must be 0 or more": config.moderation.hold_repeats >= 0,
    }
    tests |= {
        f"limits.{item.name}: must be at least 1": getattr(limits, item.name) >= 1
        for item in fields(limits)
        if item.name != "enabled"
    }
    tests |= _outward_tests(config)
    return [fault for fault, fine in tests.items() if not fine] + _rate_faults(config.rates)


def _rate_faults(asked: Rates) -> list[str]:
    faults = []
    for item in fields(asked):
        try:
            if item.name != "network":
                rates.read(getattr(asked, item.name))
        except ValueError as error:
            faults.append(f"rates.{item.name}: {error}")
    return faults


def _web(address: str) -> SplitResult | None:
    """Return the parts of an address of the web; None for anything else."""
    with suppress(ValueError):  # of the host or the port
        parts = urlsplit(address)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts
    return None


def _outward_tests(config: Config) -> dict[str, bool]:
    """What letters and sign-in through a provider need; letters link to the site's own address."""
    mail, openid, address = config.mail, config.openid, config.site.address
    issuer = _web(openid.issuer)
    loopback = issuer and issuer.hostname in {"127.0.0.1", "::1", "localhost"}
    return {
        "mail.port: must be between 1 and 65535": 0 < mail.port < 65536,
        f"mail.security: must be one of {', '.join(SECURITIES)}": mail.security in SECURITIES,
        "mail.sender: must be the address that letters come from": not mail.host
        or "@" in mail.sender,
        "mail.host: letters link to this site; set site.address": not mail.host or bool(address),
        "openid.issuer: must begin with https://": not openid.issuer
        or bool(issuer and (issuer.scheme == "https" or loopback)),
        "openid.client_id: must not be empty": not openid.issuer or bool(openid.client_id),
        "openid.issuer: people come back to this site; set site.address": not openid.issuer
        or bool(address),
    }
