"""Rows of the table of records: what of a record can be found, ranked and counted.

A row's `vector` has lexemes without positions: each begins with a letter for what it is. PostgreSQL
keeps 256 positions of a word and none beyond 16,383, so phrases are matched in `words`, the terms
of both texts in order, if `pairs` has every two terms that follow each other in the phrase. `pairs`
is a Bloom filter, so short that it stays in the row itself: few of the other columns are read.

    w  a term in either text           q  one in the quote        x  one in the quote only
    u  a term that is twice or more often in the text
    h  a form in the text              g  one in the quote        e  every record
    A B C …  the values of VALUE_FIELDS, in their order
"""

from __future__ import annotations

import time
from collections import Counter
from functools import lru_cache
from hashlib import blake2b
from itertools import pairwise
from string import ascii_uppercase
from typing import NamedTuple
from zlib import crc32

from annotator.search.analysis import fold_field, pairs, quote_pairs
from annotator.search.engines.pages import norm
from annotator.search.nodes import VALUE_FIELDS
from annotator.search.paging import microseconds
from annotator.search.record import Change, Record, field_values

FORMAT = 4  # raised whenever a record gives another row; indexes are then built anew
LETTERS: dict[str, str] = dict(zip(VALUE_FIELDS, ascii_uppercase, strict=False))
EVERY = "e"
BETWEEN = "\x01"  # between the words of both texts; in no term
END = b"\xff"  # between the body and the quote; in no UTF-8
PAIR_BITS, MAX_PAIR_BITS = 4, 4096  # for each pair of terms, up to 8; in all
ONE = ord("1")
LONGEST_VALUE = 400  # code points of a lexeme; PostgreSQL takes 2,046 bytes
MAX_BYTES = 1_000_000  # of all lexemes of a record: PostgreSQL takes 2**20

_QUOTE_COUNTS = 0.4  # of what the same word in the text counts

_ESCAPED = str.maketrans({c: f"\\{c}" for c in " \t\n\r\f\v'\\:&|!()<>*"})
_UNSTORABLE = str.maketrans({0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd"))


class Facet(NamedTuple):
    """A value of a facet as a record has it; `folded` is the same for values found together.

    One id stands for all values of a record's kind, document and sections, which many records have
    in common; others have an id each. `number` counts the values of an id.
    """

    id: int
    number: int
    field: str
    folded: str
    value: str


class Row(NamedTuple):
    """The columns of `search_records`, as text.

    For a deleted record `revision` is None, and `created` when it was deleted.

    norm: the BM25 length norm of the text. quoted: what a word counts that is only in the quote.
    place: the id of the facets of its kind, document and sections.
    """

    key: str
    version: int
    revision: str | None
    document: str = ""
    start: int = 0
    created: int = 0
    norm: float = 0.0
    quoted: float = 0.0
    place: int = 0
    author: int = 0
    tags: str = "{}"
    pairs: bytes = b"\0"
    vector: str = ""
    words: str = ""
    texts: bytes = b""


COLUMNS = {  # their types
    "key": 'text COLLATE "C" PRIMARY KEY',
    "version": "bigint NOT NULL",
    "revision": "text",
    "document": 'text COLLATE "C" NOT NULL',
    "start": "bigint NOT NULL",
    "created": "bigint NOT NULL",
    "norm": "real NOT NULL",
    "quoted": "real NOT NULL",
    "place": "bigint NOT NULL",
    "author": "bigint NOT NULL",
    "tags": "bigint[] NOT NULL",
    "pairs": "bytea NOT NULL",
    "vector": "tsvector NOT NULL",
    "words": "text NOT NULL",
    "texts": "bytea NOT NULL",
}


def make_row(change: Change, facets: dict[int, tuple[Facet, ...]]) -> Row:
    """Return the row of a change; the values of its facets are added to `facets`, by their ids."""
    if not isinstance(change, Record):
        return Row(change.key, change.version, None, created=time.time_ns() // 1000)
    values = field_values(change)
    text, quote = pairs(change.body), quote_pairs(change.quote)
    place = _facets(*((name, values[name]) for name in ("kind", "document", "section")))
    author = _facets(("author", values["author"]))
    tags = [_facets(("tag", (tag,))) for tag in values["tag"]]
    facets.update((each[0].id, each) for each in (place, author, *tags) if each)
    terms, quoted = [term for term, _ in text], [term for term, _ in quote]
    return Row(
        key=_storable(change.key),
        version=change.version,
        revision=_storable(change.revision),
        document=_storable(change.document),
        start=change.start,
        created=microseconds(change.created),
        norm=norm("text", len(text)),
        quoted=_QUOTE_COUNTS / (1 + norm("quote", len(quote))),
        place=place[0].id,
        author=author[0].id if author else 0,
        tags=f"{{{','.join(str(tag[0].id) for tag in tags)}}}",
        pairs=_pairs(terms, quoted),
        vector=_vector(text, quote, values),
        words=f" {' '.join(terms)} {BETWEEN} {' '.join(quoted)} ",
        texts=END.join(
            text.encode("utf-8", "surrogatepass") for text in (change.body, change.quote)
        ),
    )


def read_texts(texts: bytes) -> tuple[str, str]:
    """Return the body and the quote of a row."""
    body, quote = texts.split(END)
    return body.decode("utf-8", "surrogatepass"), quote.decode("utf-8", "surrogatepass")


def value_lexeme(field: str, value: str) -> str:
    """Return the lexeme of a folded value."""
    if len(value) > LONGEST_VALUE:
        value = value[:LONGEST_VALUE] + blake2b(value.encode(), digest_size=8).hexdigest()
    return LETTERS[field] + value


def escape(lexeme: str) -> str:
    """Return a lexeme as a literal of a vector or a query has it."""
    return lexeme.translate(_ESCAPED)


def _vector(
    text: list[tuple[str, str]], quote: list[tuple[str, str]], values: dict[str, tuple[str, ...]]
) -> str:
    counts, quoted = Counter([term for term, _ in text]), {term for term, _ in quote}
    lexemes = {
        "w": counts.keys() | quoted,
        "q": quoted,
        "x": quoted - counts.keys(),
        "h": {form for _, form in text},
        "g": {form for _, form in quote},
        "u": [term for term, count in counts.items() if count > 1],
    }
    each = [letter + f" {letter}".join(words) for letter, words in lexemes.items() if words]
    literal = " ".join(each).replace("'", "\\'")  # no other sign of a term needs escaping
    if len(literal) > MAX_BYTES // 4 and len(literal.encode()) > MAX_BYTES:
        literal = literal.encode()[:MAX_BYTES].decode(errors="ignore").rpartition(" ")[0]
    own = [_lexemes(field, each) for field, each in values.items() if each]
    return f"{EVERY} {' '.join(own)} {literal}"


@lru_cache(maxsize=65_536)
def _lexemes(field: str, values: tuple[str, ...]) -> str:
    return " ".join(escape(value_lexeme(field, fold_field(field, value))) for value in values)


@lru_cache(maxsize=65_536)
def _number(term: str) -> int:
    return crc32(term.encode()) % 2**16  # small numbers are fast, and there are few bits


def pair_hash(first: str, second: str) -> int:
    """Return the number of two terms that follow each other; its last bits are their place."""
    return 31 * _number(first) + _number(second)


def _pairs(*texts: list[str]) -> bytes:
    """Return a Bloom filter with one bit for each pair of terms, of 2**n bits."""
    hashes = set()
    for terms in texts:
        numbers = [*map(_number, terms)]
        hashes.update([31 * a + b for a, b in pairwise(numbers)])
    size = min(max(8, 1 << (PAIR_BITS * len(hashes)).bit_length()), MAX_PAIR_BITS)
    bits = bytearray(b"0" * size)  # the last one first
    for number in hashes:
        bits[~(number % size)] = ONE
    return int(bits, 2).to_bytes(size // 8, "little")


@lru_cache(maxsize=65_536)
def _facets(*values: tuple[str, tuple[str, ...]]) -> tuple[Facet, ...]:
    """Return the values, each field with its own, under one id."""
    digest = blake2b(repr(values).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    named = [(field, value) for field, each in values for value in each]
    ident = int.from_bytes(digest, signed=True)
    return tuple(
        Facet(ident, number, field, fold_field(field, value), _storable(value))
        for number, (field, value) in enumerate(named)
    )


def _storable(text: str) -> str:
    """Return a text without what PostgreSQL cannot store."""
    return text.translate(_UNSTORABLE)
