"""Documents and comments made of every dialect's signs, for the files that other programs read."""

from __future__ import annotations

import html
import random
from collections import defaultdict
from collections.abc import Sequence

from annotator import documents
from annotator.documents import Block, Parsed
from annotator.formats.files.envelope import EditionHeader, Envelope
from annotator.schemas.annotations import AnnotationValue, PlacementValue, TargetValue
from tests.unit.formats.making import DAY

LABEL = "2026-01-20"
SITE = "https://notes.example"
BODIES = (
    "I don't *agree* with `this`.",
    "```\nunclosed [^1]\n# x",
    "- a\n  - b [^1]\n\n    c\n1. d\n-   ```\n    e\n    ```",
    "[^1]: foo\n\n[^2] and [^99] [x]: y",
    "| a | b |\n|---|---|\n| c [^1] | `x\\|y` |",
    "<div>\n<!-- open\n<script>",
    "> q\n> - w\n\n***\n\n---\n",
    "    indented code\n\n# H\n\nSetext\n===",
    "$x$ @cite ::: {.x}\n:::\n~~a~~ ^b^",
    "![p](x.png) [r](/d/charter) <http://a.example>",
    "term\n: def\n\n% t",
    "[x]: http://e.example\n\n[x] [y][x]",
)
SIGNS = (
    *("*", "**", "_", "__", "`", "``", "```", "~~~", "~", "^", "$", "$$", "@", "@cite", "-@a"),
    *("[^1]", "[^", "]", "[", "(", ")", "{", "}", "{.x}", "{=html}", "[x]: y", "[x](y)", "[@a]"),
    *("<", ">", "<b>", "</div>", "<!--", "-->", "&amp;", "&lt;", "&", "<http://a>", "[x]{.y}"),
    *("#", "# ", "## x", "1.", "1) ", "(1)", "(a)", "a.", "iv.", "I. ", "(@)", "#.", "٣.", "（a）"),
    *("-", "- ", "--", "---", "----", "+ ", "* ", "=", "===", ":", ": ", "::: x", ":::", "::"),
    *("!", "![", " ", "  ", "|", "| a | b |", "|---|", "+---+", "%", "% t", "Table:", "Table: x"),
    *("\\", "\\\\", "\\(x\\)", "\\begin{x}", "{{x}}", "`x`{.y}", "H~2~O", "x^2^", "==m==", "[[w]]"),
    *('"', "'", "'tis", "O'Neil", '"q"', "...", "....", "…", "–", "a:b", "++x++", "||s||", "//"),
    *("http://x.y/a_b", "www.x_y.com", "a@b.c", "mailto:a@b.c", "ftp://x", "https:", ":smile:"),
    *(":+1:", "word", "Ünï", "中文", "🌱", "end.", "x", "1", "\u00ad", "\u200d"),
)  # fmt: skip


def soup(chance: random.Random) -> str:
    """Make a line of signs."""
    return "".join(
        chance.choice(SIGNS) + chance.choice(["", " ", ""]) for _ in range(chance.randrange(1, 8))
    )


def body(chance: random.Random) -> str:
    """Make a comment of signs."""
    return "\n".join(soup(chance) for _ in range(chance.randrange(1, 5)))


def document(chance: random.Random, blocks: int) -> Parsed:
    """Make a document of every kind of block, nested, whose words are signs."""
    source = "".join(_element(chance, 0) for _ in range(blocks))
    page = f"<html><body><main>{source}<p>end</p></main></body></html>"
    return documents.parse(page.encode(), name="hostile.html")


def _element(chance: random.Random, depth: int) -> str:
    words = html.escape(soup(chance))
    kinds = ["p", "p", "h", "quote", "list", "list", "pre", "table"]
    kind = chance.choice(kinds if depth < 4 else ["p"])
    if kind == "quote":
        return f"<blockquote>{_inside(chance, depth, 1)}</blockquote>"
    if kind == "list":
        name, start = chance.choice([("ul", ""), ("ol", ' start="3"'), ("ol", ' start="1000"')])
        items = "".join(
            f"<li>{chance.choice([words, ''])}{_inside(chance, depth, 0)}</li>"
            for _ in range(chance.randrange(1, 4))
        )
        return f"<{name}{start}>{items}</{name}>"
    if kind == "pre":
        return f"<pre>{words}\n{html.escape(soup(chance))}</pre>"
    if kind == "table":
        return f"<table>{''.join(_row(chance) for _ in range(chance.randrange(1, 4)))}</table>"
    return f"<h3>{words}</h3>" if kind == "h" and depth == 0 else f"<p>{words}</p>"


def _inside(chance: random.Random, depth: int, least: int) -> str:
    return "".join(_element(chance, depth + 1) for _ in range(chance.randrange(least, 3)))


def _row(chance: random.Random) -> str:
    name = chance.choice(["th", "td"])
    cells = [chance.choice([html.escape(soup(chance)), ""]) for _ in range(3)]
    return "<tr>" + "".join(f"<{name}>{cell}</{name}>" for cell in cells) + "</tr>"


def commentary(
    parsed: Parsed, count: int, chance: random.Random, bodies: Sequence[str], **more: bool
) -> tuple[list[AnnotationValue], Envelope]:
    """Make comments on every kind of block, some answered, in the order of the text."""
    pids = tuple(f"p{number:04}" for number in range(len(parsed.provisions)))
    edition = EditionHeader("d", parsed.title or "T", LABEL, LABEL, parsed.sha256,
                      "https://x.example/z?a=1&copy=2", parsed, pids)  # fmt: skip
    envelope = Envelope(count, "CC-BY-4.0", SITE, {("d", LABEL): edition}, {"d": LABEL}, **more)
    kinds: dict[str, list[Block]] = defaultdict(list)
    for block in parsed.blocks:
        kinds[block.kind].append(block)
    made = []
    for number in range(count):
        block = chance.choice(kinds[chance.choice(sorted(kinds))])
        start = chance.randrange(block.start, block.end)
        end = min(block.end, start + chance.randrange(1, 400))
        made.append((start, number, block.provision, end))
    annotations: list[AnnotationValue] = []
    for start, number, provision, end in sorted(made):
        words, pid = parsed.text[start:end], pids[provision]
        ident = f"a{number}"
        head = AnnotationValue(
            id=ident, document="d", edition=LABEL, author=chance.choice(["Ada", "x_y *z* [^1] `"]),
            motivation="commenting", body=bodies[number % len(bodies)], tags=("t|*", "[^1]"),
            targets=(TargetValue(pid=pid, start=start, end=end, exact=words, prefix="", suffix="",
                                 address=f'd@{LABEL}/x/1~"{words[:20]}"'),),
            placements=(_placement(start, end, words, pid),),
            in_reply_to=None, thread=ident, replies=0, created=DAY, modified=DAY, deleted=False,
            edits=0,
        )  # fmt: skip
        annotations.append(head)
        if chance.random() < 0.3:
            annotations.append(
                head.but(id=f"{ident}r", in_reply_to=ident, targets=(), placements=(),
                        body=chance.choice(bodies))
            )  # fmt: skip
    return annotations, envelope


def _placement(start: int, end: int, words: str | None, pid: str) -> PlacementValue:
    return PlacementValue(
        edition=LABEL,
        start=start,
        end=end,
        exact=words,
        verdict="exact",
        score=1.0,
        pid=pid,
        basis="computed",
    )


def moved(
    annotations: Sequence[AnnotationValue], block: Block, envelope: Envelope
) -> list[AnnotationValue]:
    """Put comments on a block."""
    pid = envelope.editions["d", LABEL].pids[block.provision]
    place = _placement(block.start, block.end, None, pid)
    return [annotation.but(placements=(place,)) for annotation in annotations]


def on_document(envelope: Envelope) -> list[AnnotationValue]:
    """Make a comment on the whole document."""
    parsed = envelope.editions["d", LABEL].parsed
    annotations, _ = commentary(parsed, 1, random.Random(0), ["Yes."])
    return [annotations[0].but(targets=(), placements=())]
