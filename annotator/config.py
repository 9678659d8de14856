"""Settings from `config.toml` and `ANNOTATOR_*` variables; all faults are reported at once.

A variable overrides the file: `ANNOTATOR_SITE_NAME` sets `name` in `[site]`. pydantic validates
given values against the types below, and is imported only then. `docs/configuration.md` describes
each key, which a test verifies. Secrets are not settings: they are created on the first run
(`services.site.switches`), or are in variables.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias, get_type_hints
from urllib.parse import SplitResult, quote, urlsplit

from annotated_types import Ge, Gt, Interval

from annotator import private, rates
from annotator.errors import ConfigFault

DATABASE = "annotator.sqlite3"
Port: TypeAlias = Annotated[int, Interval(ge=1, le=65_535)]
AtLeast0: TypeAlias = Annotated[int, Ge(0)]
AtLeast1: TypeAlias = Annotated[int, Ge(1)]


@dataclass(frozen=True)
class SiteSettings:
    """The name, language, address and licence of the site, and the text of its page About."""

    name: str = "Annotator"
    language: str = "en"
    address: str = ""
    licence: str = "CC-BY-4.0"
    sign_up: bool = True
    about: str = ""
    operator: str = ""
    contact: str = ""
    privacy: str = ""


@dataclass(frozen=True)
class ServerSettings:
    """How `annotator serve` listens."""

    host: str = "127.0.0.1"
    port: Port = 8000
    workers: Annotated[int, Interval(ge=1, le=64)] = 1
    threads: Annotated[int, Interval(ge=1, le=256)] = 8
    unfinished: AtLeast1 = 100
    trusted_hops: Annotated[int, Interval(ge=0, le=16)] = 0
    hosts: tuple[str, ...] = ()
    metrics_port: Annotated[int, Interval(ge=0, le=65_535)] = 0
    metrics_host: str = "127.0.0.1"


@dataclass(frozen=True)
class Store:
    """The database; empty means a SQLite file in the data folder.

    Anonymous readers read `replica` while it is at most `replica_lag` seconds behind.
    """

    database: str = ""
    replica: str = ""
    replica_lag: AtLeast1 = 10
    busy_seconds: Annotated[int, Interval(ge=0, le=600)] = 5


@dataclass(frozen=True)
class Search:
    """The search engine, and the time limit of a search in seconds.

    The rest is for OpenSearch: the addresses of its nodes, the name of the index, its parts
    (shards) and their copies (replicas), the user, and the authorities trusted for https.
    """

    engine: Literal["whoosh", "postgresql", "opensearch"] = "whoosh"
    seconds: Annotated[float, Gt(0)] = 2.0
    urls: tuple[str, ...] = ()
    index: str = "annotator"
    shards: Annotated[int, Interval(ge=1, le=1024)] = 1
    replicas: Annotated[int, Interval(ge=0, le=16)] = 1
    user: str = ""
    secret_file: str = ""
    certificates: str = ""


@dataclass(frozen=True)
class Limits:
    """Size limits: of text in code points, of requests in bytes."""

    enabled: bool = True
    body: AtLeast1 = 10_000
    span: AtLeast1 = 10_000
    tags: AtLeast1 = 20
    tag: AtLeast1 = 60
    page: AtLeast1 = 200
    request: AtLeast1 = 2_000_000
    targets: AtLeast1 = 50


@dataclass(frozen=True)
class LogSettings:
    """The level, destination (`file`, `stderr`) and format (`text`, `json`) of the log."""

    place: Literal["file", "stderr"] = "file"
    form: Literal["text", "json"] = "text"
    requests: bool = True
    networks: bool = False


@dataclass(frozen=True)
class Rates:
    """Rate limits of one account, token or network; see `annotator.rates`.

    All accounts of a network together may do `network` times as much.
    """

    sign_up: str = "5/hour, 20/day"
    sign_in: str = "60/hour"
    sign_in_name: str = "10/hour"
    recovery: str = "5/hour"
    post: str = "60/hour, 400/day"
    edit: str = "200/hour"
    flag: str = "30/hour"
    appeal: str = "20/hour"
    agree: str = "60/hour"
    moderate: str = "600/hour"
    search: str = "60/minute"
    export: str = "20/hour"
    read: str = "1200/minute"
    preview: str = "60/minute"
    quote: str = "20/minute"
    mention: str = "20/hour"
    network: AtLeast1 = 5


@dataclass(frozen=True)
class Mail:
    """The SMTP server; without a host no email is sent."""

    host: str = ""
    port: Port = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    sender: str = ""
    user: str = ""
    secret_file: str = ""


@dataclass(frozen=True)
class OpenId:
    """The OpenID Connect provider for signing in; none without an issuer."""

    issuer: str = ""
    client_id: str = ""
    label: str = ""
    secret_file: str = ""


@dataclass(frozen=True)
class Moderation:
    """Which posts are held for review, and two switches that can be changed at run time.

    `hold_first_posts` is the number of posts of a new account that are held, `hold_links` the
    number of links, `hold_repeats` the number of places within a day with the same words, from
    which a post is held; 0 holds none.
    """

    hold_first_posts: AtLeast0 = 0
    hold_links: AtLeast0 = 0
    hold_repeats: AtLeast0 = 0
    approve_everything: bool = False
    read_only: bool = False


@dataclass(frozen=True)
class Webmention:
    """Whether webmentions are received; see docs/webmention.md."""

    receive: bool = False


@dataclass(frozen=True)
class Config:
    """All settings, validated. `data` is the folder with the whole state of the site."""

    data: Path = Path("var")
    site: SiteSettings = SiteSettings()
    server: ServerSettings = ServerSettings()
    store: Store = Store()
    search: Search = Search()
    limits: Limits = Limits()
    rates: Rates = Rates()
    mail: Mail = Mail()
    openid: OpenId = OpenId()
    log: LogSettings = LogSettings()
    moderation: Moderation = Moderation()
    webmention: Webmention = Webmention()
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)  # from the environment

    @property
    def address(self) -> str:
        """The site's address without a trailing slash, for text written outside a request."""
        return self.site.address.rstrip("/") or f"http://{self.server.host}:{self.server.port}"

    @property
    def database_url(self) -> str:
        """The URL of the database for SQLAlchemy."""
        return self.store.database or f"sqlite:///{quote(str((self.data / DATABASE).resolve()))}"

    @property
    def index_folder(self) -> Path:
        """The folder of an embedded search engine's index; can be deleted at any time."""
        return self.data / "index"

    def external_secret(self, name: str, *, optional: bool = False) -> str:
        """Return the secret of the section `name` (`mail`, `openid`, `search`) from its provider.

        It is in a variable, in the section's `secret_file`, or in `secrets/NAME` in the data
        folder, which may be absent if `optional`. Raises ConfigFault if it cannot be read.
        """
        if name in self.secrets:
            return self.secrets[name]
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
    item.name: type(item.default) for item in fields(Config) if is_dataclass(item.default)
}
ALIASES = {"ANNOTATOR_LIMITS": "ANNOTATOR_LIMITS_ENABLED"}
# The secrets of the site itself, and those that others have issued to it.
OWN_SECRETS = ("session", "limits")
ISSUED = ("mail", "openid", "search")
SECRETS = {f"ANNOTATOR_SECRET_{name}".upper(): name for name in (*OWN_SECRETS, *ISSUED)}
MIN_SECRET = 32
NOT_SETTINGS = {"ANNOTATOR_CONFIG", "ANNOTATOR_DATA", *SECRETS}
WORDING = {  # pydantic's messages and ours
    "Input should be": "must be", "a valid boolean": "true or false",
    "a valid integer": "a whole number", "a valid number": "a number",
    "a valid string": "text", "a valid tuple": "a list of strings",
    "greater than or equal to": "at least", "less than or equal to": "at most",
    "greater than": "more than",
}  # fmt: skip


def load(
    path: Path | None = None, *, data: Path | None = None, environ: Mapping[str, str] | None = None
) -> Config:
    """Read the settings from `path` (TOML) and `environ`; `data` overrides both.

    Without `path`, `ANNOTATOR_CONFIG` names the file, or `config.toml` is read if it exists. Raises
    ConfigFault with every fault: the file and key, or the variable, and what is allowed.
    """
    environ = os.environ if environ is None else environ
    named = path or (Path(environ["ANNOTATOR_CONFIG"]) if "ANNOTATOR_CONFIG" in environ else None)
    source = named or Path("config.toml")
    faults: list[str] = []
    document = _read_file(source, faults) if named or source.exists() else {}
    keys = {"data", *SECTIONS}
    faults += [f"{source}: {key}: {_unknown(key, keys)}" for key in document if key not in keys]
    folder = document.get("data", "")
    if not isinstance(folder, str):
        faults.append(f"{source}: data: must be text, not {folder!r}")
        folder = ""
    folder = data or Path(environ.get("ANNOTATOR_DATA") or folder or "var")
    variables = _variables(environ, faults)
    given = {name: environ[variable] for variable, name in SECRETS.items() if variable in environ}
    faults += [
        f"ANNOTATOR_SECRET_{name.upper()}: must have at least {MIN_SECRET} characters"
        for name in OWN_SECRETS
        if len(given.get(name, " " * MIN_SECRET)) < MIN_SECRET
    ]
    config = Config(
        data=folder,
        secrets=given,
        **{
            name: _section(name, source, document.get(name, {}), variables, faults)
            for name in SECTIONS
        },
    )
    for key, trouble in _faults_between(config):
        variable, _ = variables.get(f"ANNOTATOR_{key.replace('.', '_')}".upper(), ("", ""))
        faults.append(f"{variable or f'{source}: {key}'}: {trouble}")
    faults += [f"data: {fault}"] if (fault := private.folder_fault(folder)) else []
    if faults:
        raise ConfigFault(
            "The configuration has faults:\n" + "\n".join(f"  {fault}" for fault in faults),
            faults=faults,
        )
    return config


def _read_file(source: Path, faults: list[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(source.read_text(encoding="utf-8"))
    except OSError as error:
        faults.append(f"{source}: cannot be read ({error.strerror}); name another with --config")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        faults.append(f"{source}: is not valid TOML ({error})")
    return {}


def _variables(environ: Mapping[str, str], faults: list[str]) -> dict[str, tuple[str, str]]:
    """Return the name and the text of each variable, by the full name of its key."""
    names = {
        f"ANNOTATOR_{name}_{item.name}".upper()
        for name, kind in SECTIONS.items()
        for item in fields(kind)
    }
    variables: dict[str, tuple[str, str]] = {}
    for variable in sorted(environ, key=lambda name: name in ALIASES):  # a short name wins
        full = ALIASES.get(variable, variable)
        if full in names:
            variables[full] = (variable, environ[variable])
        elif variable.startswith("ANNOTATOR_") and variable not in NOT_SETTINGS:
            faults.append(f"{variable}: {_unknown(variable, names | {*ALIASES, *NOT_SETTINGS})}")
    return variables


def _section(
    name: str, source: Path, table: Any, variables: Mapping[str, tuple[str, str]], faults: list[str]
) -> Any:
    kind = SECTIONS[name]
    if not isinstance(table, dict):
        faults.append(f"{source}: {name}: must be a table, written [{name}]")
        table = {}
    types = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key not in types:
            faults.append(f"{source}: {name}.{key}: {_unknown(key, types)}")
        elif f"ANNOTATOR_{name}_{key}".upper() not in variables:
            frozen = tuple(value) if isinstance(value, list) else value
            _check(values, key, types[key], frozen, f"{source}: {name}.{key}", faults)
    for key, expected in types.items():
        variable, text = variables.get(f"ANNOTATOR_{name}_{key}".upper(), ("", ""))
        if variable:
            items = [part.strip() for part in text.split(",") if part.strip()]
            of_text = items if expected == tuple[str, ...] else text
            _check(values, key, expected, of_text, variable, faults, strict=False)
    return kind(**values)


def _check(
    values: dict[str, Any],
    key: str,
    expected: Any,
    value: object,
    place: str,
    faults: list[str],
    *,
    strict: bool = True,
) -> None:
    """Add a value of the expected type to `values`, or a fault to `faults`.

    Unless `strict`, numbers and booleans may be written as text.
    """
    from pydantic import TypeAdapter, ValidationError

    try:
        values[key] = TypeAdapter(expected).validate_python(value, strict=strict)
    except ValidationError as error:
        first = error.errors()[0]
        trouble = first["msg"]
        if first["type"] != "literal_error":  # whose commas are between the values
            trouble = trouble.partition(", ")[0]
        for original, replacement in WORDING.items():
            trouble = trouble.replace(original, replacement)
        faults.append(f"{place}: {trouble}, not {value!r}")


def _unknown(key: str, keys: Iterable[str]) -> str:
    close = difflib.get_close_matches(key, list(keys), 1)
    return "is not a setting" + (f"; did you mean {close[0]}?" if close else "")


def _web(address: str) -> SplitResult | None:
    """Return the parts of an http or https address, or None."""
    with suppress(ValueError):  # of the host or the port
        parts = urlsplit(address)
        if parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0:
            return parts
    return None


def _faults_between(config: Config) -> Iterator[tuple[str, str]]:
    """Yield the key and the trouble of values that are invalid or contradict others."""
    site, mail, openid = config.site, config.mail, config.openid
    issuer = _web(openid.issuer)
    loopback = issuer and issuer.hostname in {"127.0.0.1", "::1", "localhost"}
    if config.store.replica and not config.store.database:
        yield "store.replica", "is a copy of another database; set store.database"
    if config.search.engine == "postgresql" and not config.store.database:
        yield "search.engine", "postgresql keeps its index in the database; set store.database"
    if site.address and _web(site.address) is None:
        yield "site.address", "must be empty or begin with http:// or https://"
    if not site.name.strip():
        yield "site.name", "must not be empty"
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*", site.language):
        yield "site.language", "must be a language tag, such as en, de or pt-BR"
    if mail.host and "@" not in mail.sender:
        yield "mail.sender", "must be the address that email comes from"
    if mail.host and not site.address:
        yield "mail.host", "email links to this site; set site.address"
    if openid.issuer and not (issuer and (issuer.scheme == "https" or loopback)):
        yield "openid.issuer", "must begin with https://"
    if openid.issuer and not openid.client_id:
        yield "openid.client_id", "must not be empty"
    if openid.issuer and not site.address:
        yield "openid.issuer", "sign-in returns to this site; set site.address"
    if config.search.engine == "opensearch" and not config.search.urls:
        yield "search.urls", 'must name its nodes, such as ["https://one.example:9200"]'
    if any(url is None or "@" in url.netloc for url in map(_web, config.search.urls)):
        yield "search.urls", "must look like https://one.example:9200; put the user in search.user"
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", config.search.index):
        yield "search.index", "must be lower-case letters, digits, - and _"
    if config.search.certificates and not Path(config.search.certificates).is_file():
        yield "search.certificates", "must be a file"
    for item in fields(config.rates):
        try:
            if item.name != "network":
                rates.read(getattr(config.rates, item.name))
        except ValueError as error:
            yield f"rates.{item.name}", str(error)
