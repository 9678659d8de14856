"""Labelled essays with quotations, from tests/cases/quotations.

A case is an essay in our own words with a slot, `⟦…⟧`, where it quotes. A slot names offsets in an
edition's canonical text and what the essayist did to the words, so that no sentence of the texts
stands here; `essays` fills the slots from a folder of the texts. Words in marks that quote neither
document stand in `⟪kind|…⟫`. The README beside the cases has the notation and the rules.
`python -m benchmarks.essays` counts the labels.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

from annotator.documents import Parsed, parse

CASES = Path(__file__).parents[1] / "tests" / "cases" / "quotations"
CORPUS = Path(__file__).parents[2] / "shared" / "corpus"
OWN = Path(__file__).parents[1] / "corpus"  # the documents that are part of the project
FORMATS = {".md": "markdown", ".html": "html", ".txt": "text"}
_PIECE = re.compile(
    r"⟦(?P<verdict>\w+) (?P<kind>\w+)(?P<group>#\d+)?(?P<dress>(?: \+\w+)*)"
    r"\|(?P<written>[^|⟧]*)(?:\|(?P<places>[^⟧]*))?⟧|⟪(?P<other>\w+)\|(?P<words>[^⟫]*)⟫"
)
_SPAN = re.compile(r"\{?(\w+):(\d+)-(\d+)\}?")
_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
_ENTITIES = {"’": "&rsquo;", "‘": "&lsquo;", "“": "&ldquo;", "”": "&rdquo;", "—": "&mdash;"}
_PARAGRAPHS = {"reopen": "\n\n“", "bq": "\n>\n> ", "items": "\n> - "}
_LONGEST_PAUSE = 40


@dataclass(frozen=True)
class Edition:
    """An edition that the cases name; `sha256` is that of the canonical text they were made on."""

    alias: str
    document: str
    label: str
    sha256: str


@dataclass(frozen=True)
class Passage:
    """Words of a document: `[start, end)` of an edition's canonical text, in code points."""

    document: str
    edition: str
    start: int
    end: int


@dataclass(frozen=True)
class Quoted:
    """A quotation as a reader labels it; offsets are code points of the essay, without the marks.

    An interrupted quotation has one of these for each part, and `whole` spans them all.
    `passages` are its fragments, or the places that an ambiguous one may mean.
    """

    start: int
    end: int
    verdict: str
    kind: str
    words: int
    passages: tuple[Passage, ...]
    whole: tuple[int, int]


@dataclass(frozen=True)
class Unquoted:
    """Words that look like a quotation of a document but are not; `kind` is the reason."""

    start: int
    end: int
    kind: str


@dataclass(frozen=True)
class Essay:
    """An essay with its slots filled, and its labels in the order of the text."""

    name: str
    format: str
    documents: tuple[str, ...]
    held_out: bool
    text: str
    quoted: tuple[Quoted, ...]
    unquoted: tuple[Unquoted, ...]


def editions() -> dict[str, Edition]:
    """Read the editions, by alias, oldest first within a document."""
    with (CASES / "editions.tsv").open(encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE)
        return {row["alias"]: Edition(**row) for row in rows}


@cache
def parsed(corpus: Path, document: str, label: str) -> Parsed:
    """Read an edition from the folder of the texts, or the project's own."""
    path = corpus / document / f"{label}.md"
    path = path if path.is_file() else OWN / document / f"{label}.md"
    return parse(path.read_bytes(), name=path.name)


def essays(corpus: Path) -> list[Essay]:
    """Read every case and fill its slots."""
    known = editions()

    def text(alias: str) -> str:
        return parsed(corpus, known[alias].document, known[alias].label).text

    files = sorted(path for path in CASES.iterdir() if path.suffix in FORMATS)
    return [_essay(path, known, text) for path in files if path.name != "README.md"]


def _essay(path: Path, known: Mapping[str, Edition], text: Callable[[str], str]) -> Essay:
    head, _, template = path.read_text(encoding="utf-8").partition("\n---\n")
    said = dict(line.split(": ", 1) for line in head.splitlines())
    pieces: list[str] = []
    quoted: list[tuple[str | None, Quoted]] = []
    unquoted: list[Unquoted] = []
    length = done = 0

    def put(piece: str) -> int:
        nonlocal length
        pieces.append(piece)
        length += len(piece)
        return length

    for found in _PIECE.finditer(template):
        start = put(template[done : found.start()])
        done = found.end()
        if found["other"]:
            unquoted.append(Unquoted(start, put(found["words"]), found["other"]))
            continue
        plain = _SPAN.sub(lambda span: text(span[1])[int(span[2]) : int(span[3])], found["written"])
        end = put(_dressed(plain, found["dress"].split()))
        passages = tuple(_passages(found["places"] or found["written"], known))
        words = len(re.findall(r"\w[\w’'-]*", plain))
        label = Quoted(start, end, found["verdict"], found["kind"], words, passages, (start, end))
        quoted.append((found["group"], label))
    put(template[done:])
    return Essay(
        path.stem, FORMATS[path.suffix], tuple(said["documents"].split(", ")), "held_out" in said,
        "".join(pieces), tuple(_grouped(quoted)), tuple(unquoted),
    )  # fmt: skip


def _passages(written: str, known: Mapping[str, Edition]) -> Iterable[Passage]:
    """Return the passages of a slot; spans with no more than a word or two between them are one."""
    passages: list[Passage] = []
    for alias, first, last in _SPAN.findall(written):
        one = Passage(known[alias].document, known[alias].label, int(first), int(last))
        if passages and 0 <= one.start - passages[-1].end <= _LONGEST_PAUSE:
            passages[-1] = replace(passages[-1], end=one.end)
        else:
            passages.append(one)
    return passages


def _grouped(labels: Iterable[tuple[str | None, Quoted]]) -> Iterable[Quoted]:
    """Yield each part of an interrupted quotation from where to where the whole goes."""
    labels = list(labels)
    for group, one in labels:
        parts = [other for name, other in labels if group and name == group] or [one]
        yield replace(one, whole=(parts[0].start, parts[-1].end))


def _dressed(words: str, dress: Iterable[str]) -> str:
    """Set words as the essayist set them."""
    between = next((_PARAGRAPHS[name[1:]] for name in dress if name[1:] in _PARAGRAPHS), " ")
    words = words.replace("\n", between)
    for name in dress:
        words = _set(words, name[1:])
    return words


def _set(words: str, way: str) -> str:
    if wrapped := re.fullmatch(r"(wrap|quoted)(\d+)", way):
        after = "\n> " if wrapped[1] == "quoted" else "\n"
        every = rf"((?:\S+ ){{{int(wrapped[2]) - 1}}}\S+) "
        return re.sub(every, lambda line: line[1] + after, words)
    if way == "entities":
        return "".join(_ENTITIES.get(letter, letter) for letter in words)
    if way == "curly":
        return re.sub(r"(?<=\w)'", "’", words)
    ways: dict[str, Callable[[str], str]] = {
        "straight": lambda text: text.translate(_STRAIGHT),
        "hyphens": lambda text: text.replace("—", "--"),
        "upper": str.upper,
        "lower": str.lower,
    }
    return ways[way](words) if way in ways else words


def main() -> int:
    """Print how many labels there are of each verdict and kind."""
    if not CORPUS.is_dir():
        print(f"There are no texts at {CORPUS}; the slots cannot be filled.")
        return 1
    for held_out in (False, True):
        cases = [case for case in essays(CORPUS) if case.held_out == held_out]
        quoted = [label for case in cases for label in case.quoted]
        unquoted = [label for case in cases for label in case.unquoted if label.kind != "doubtful"]
        print(f"{'held out' if held_out else 'labelled'}: {len(cases)} essays, "
              f"{len(quoted)} quotations, {len(unquoted)} that are none")  # fmt: skip
        _count("verdict", [label.verdict for label in quoted])
        _count("kind", [label.kind for label in quoted])
        _count("none", [label.kind for label in unquoted])
    return 0


def _count(title: str, names: Iterable[str]) -> None:
    for name, number in sorted(Counter(names).items()):
        print(f"  {title:<8}{name:<18}{number:>5}")


if __name__ == "__main__":
    raise SystemExit(main())
