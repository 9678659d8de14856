"""What makes thousands of small sites quick to make, and alters nothing that a test looks at."""

from __future__ import annotations

import sys
from collections import defaultdict
from functools import partial
from types import CodeType
from typing import Any

from argon2 import PasswordHasher
from jinja2 import BytecodeCache, Environment
from jinja2.bccache import Bucket
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.util import LRUCache
from werkzeug.routing import Rule

from annotator import connections
from annotator.auth import passwords
from annotator.web.http import translation

REAL_HASHER, REAL_DECOY = passwords._hasher, passwords._DECOY
REAL_SET_UP = connections._set_up_sqlite


def write_quickly() -> None:
    """Do not wait for the disk at each commit; that a site does is tested with `REAL_SET_UP`.

    It matters only where power fails: what a process that is killed has written is there.
    """

    def set_up(connection: Any, record: object) -> None:
        REAL_SET_UP(connection, record)
        connection.execute("PRAGMA synchronous=OFF")

    connections._set_up_sqlite = set_up


def hash_quickly() -> None:
    """Hash passwords at no cost; the cost of a site's is tested where `REAL_HASHER` is."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    passwords._DECOY = passwords._hasher.hash("nobody's")


class CompiledTemplates(BytecodeCache):
    """Templates that were compiled for one application and serve every other."""

    def __init__(self) -> None:
        self.compiled: dict[str, tuple[str, CodeType | None]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        checksum, code = self.compiled.get(bucket.key, ("", None))
        bucket.code = code if checksum == bucket.checksum else None

    def dump_bytecode(self, bucket: Bucket) -> None:
        self.compiled[bucket.key] = (bucket.checksum, bucket.code)


def compile_once() -> None:
    """Compile statements, templates and what builds addresses once a process, not once a site."""
    # A statement is kept for its dialect; that of each database counts as the same.
    for dialect in (SQLiteDialect_pysqlite, PGDialect_psycopg):
        dialect.__eq__ = lambda self, other: type(self) is type(other)  # type: ignore[assignment]
        dialect.__hash__ = lambda self: hash(type(self))  # type: ignore[assignment]
    connections.create_engine = partial(
        connections.create_engine, execution_options={"compiled_cache": LRUCache(5000)}
    )
    install, templates_in = translation.install, defaultdict(CompiledTemplates)

    def installed(templates: Environment, language: translation.Language) -> None:
        """Templates say their words when they are compiled, so each language has its own."""
        install(templates, language)
        templates.bytecode_cache = templates_in[language.tag, language.state]

    translation.install = installed
    compile_rule, rules = Rule.compile, {}  # type: ignore[var-annotated]

    def compiled(rule: Rule) -> None:
        """Every application has the same rules and converters."""
        key = (rule.rule, rule.subdomain, rule.host, repr(rule.defaults), rule.merge_slashes)
        if key not in rules:
            compile_rule(rule)
            built = rule._build.__func__, rule._build_unknown.__func__  # type: ignore[attr-defined]
            rules[key] = (rule.arguments, rule._parts, rule._trace, rule._converters, *built)
        rule.arguments, rule._parts, rule._trace, rule._converters, build, unknown = rules[key]
        rule._build, rule._build_unknown = build.__get__(rule), unknown.__get__(rule)

    Rule.compile = compiled  # type: ignore[method-assign]


def leave_out_grammars() -> None:
    """Let jsonschema not compile forty grammars of formats, for which no schema here is checked."""
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
