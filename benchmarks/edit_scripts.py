"""Edit scripts: changes that a publisher makes to a text of numbered words.

A word that stays keeps its number, however it is written then; what a script adds has numbers of
its own.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from annotator.documents import Parsed

FRESH = [
    "amber",
    "basket",
    "copper",
    "dozen",
    "ember",
    "fable",
    "garnet",
    "hollow",
    "ivory",
    "jolly",
    "kettle",
    "lantern",
]
INVISIBLE = "\u00ad\u2060\u200b"
ENDS = re.compile(r"[.!?][”’\")]*\Z")


@dataclass(frozen=True)
class Word:
    """A word with its number; an added word has a new number."""

    number: int
    text: str


@dataclass(frozen=True)
class Block:
    """Words of one block; `level` is a heading's. `origins` number the old blocks it continues."""

    kind: str
    words: tuple[Word, ...]
    level: int = 0
    origins: frozenset[int] = field(default_factory=frozenset)

    @property
    def text(self) -> str:
        """The words, as the canonical text has them."""
        return " ".join(word.text for word in self.words)

    def sentences(self) -> list[tuple[Word, ...]]:
        """Return the words cut behind each word that ends a sentence."""
        made: list[list[Word]] = [[]]
        for word in self.words:
            made[-1].append(word)
            if ENDS.search(word.text):
                made.append([])
        return [tuple(sentence) for sentence in made if sentence]


Blocks = list[Block]
Script = Callable[[Blocks, random.Random], Blocks]
_numbers = count()


def words_of(text: str) -> tuple[Word, ...]:
    """Number the words of a text."""
    return tuple(Word(next(_numbers), word) for word in text.split())


def fresh(rng: random.Random, size: int) -> tuple[Word, ...]:
    """Return a sentence of words that no text has."""
    return words_of(
        " ".join(f"{rng.choice(FRESH)}{rng.randrange(10**4)}" for _ in range(size)) + "."
    )


def taken_apart(parsed: Parsed) -> Blocks:
    """Return the blocks of an edition; quotations, code and cells count as paragraphs."""
    made: Blocks = []
    for at, block in enumerate(parsed.blocks):
        kind = block.kind if block.kind in ("heading", "item") else "paragraph"
        level = (parsed.provisions[block.provision].level or 1) if kind == "heading" else 0
        words = words_of(parsed.text[block.start : block.end])
        made.append(Block(kind, words, level, frozenset([at])))
    return made


def markdown(blocks: Blocks) -> bytes:
    """Write blocks as Markdown, with every character of punctuation escaped."""
    lead = {"heading": "#", "item": "- ", "paragraph": ""}
    lines = [
        lead[block.kind] * (block.level or 1)
        + " " * bool(block.level)
        + re.sub(r"([!-/:-@\[-`{-~])", r"\\\1", block.text)
        for block in blocks
    ]
    return ("\n\n".join(lines) + "\n").encode()


# Each script returns new blocks, and unchanged ones as they are.


def _some(blocks: Blocks, rng: random.Random, share: float, *, words: int = 12) -> set[int]:
    """Choose blocks under headings with a minimum of words."""
    fit = [at for at, b in enumerate(blocks) if b.kind != "heading" and len(b.words) >= words]
    return set(rng.sample(fit, max(1, int(len(fit) * share)))) if fit else set()


def _each(share: float, change: Callable[[Block, random.Random], Sequence[Block]]) -> Script:
    """Return a script that changes some blocks by themselves."""

    def script(blocks: Blocks, rng: random.Random) -> Blocks:
        chosen = _some(blocks, rng, share)
        return [
            new
            for at, block in enumerate(blocks)
            for new in (change(block, rng) if at in chosen else [block])
        ]

    return script


def _headings(change: Callable[[int, Block, random.Random], Block]) -> Script:
    """Return a script that changes every heading, which it numbers from 1."""

    def script(blocks: Blocks, rng: random.Random) -> Blocks:
        number = count(1)
        return [change(next(number), b, rng) if b.kind == "heading" else b for b in blocks]

    return script


def _spelled(change: Callable[[str, random.Random], str], *, headings: bool = True) -> Script:
    """Return a script that changes the spelling of words, which keep their numbers."""

    def script(blocks: Blocks, rng: random.Random) -> Blocks:
        return [
            replace(b, words=tuple(replace(w, text=change(w.text, rng)) for w in b.words))
            if headings or b.kind != "heading" else b
            for b in blocks
        ]  # fmt: skip

    return script


def _parts(blocks: Blocks) -> list[Blocks]:
    """Cut behind the own text of each section."""
    parts: list[Blocks] = [[]]
    for block in blocks:
        if block.kind == "heading":
            parts.append([])
        parts[-1].append(block)
    return [part for part in parts if part]


def swap_neighbours(blocks: Blocks, rng: random.Random) -> Blocks:
    """Swap blocks of one section that follow each other."""
    made = list(blocks)
    for at in sorted(_some(blocks, rng, 0.1)):
        if at + 1 < len(made) and made[at + 1].kind != "heading":
            made[at], made[at + 1] = made[at + 1], made[at]
    return made


def swap_sections(blocks: Blocks, rng: random.Random) -> Blocks:
    """Put the sections in another order."""
    parts = _parts(blocks)
    rest = parts[1:]
    rng.shuffle(rest)
    return [block for part in [parts[0], *rest] for block in part]


def move_elsewhere(blocks: Blocks, rng: random.Random) -> Blocks:
    """Move blocks to any other place."""
    chosen = _some(blocks, rng, 0.05)
    made = [block for at, block in enumerate(blocks) if at not in chosen]
    for at in chosen:
        made.insert(rng.randrange(1, len(made)), blocks[at])
    return made


def copy_elsewhere(blocks: Blocks, rng: random.Random) -> Blocks:
    """Repeat blocks at another place; the copy succeeds no block."""
    made = list(blocks)
    for at in _some(blocks, rng, 0.05):
        made.insert(rng.randrange(1, len(made)), Block(blocks[at].kind, words_of(blocks[at].text)))
    return made


def merge_neighbours(edited: float) -> Script:
    """Return a script that joins neighbours of one kind, and edits this share of their words."""

    def script(blocks: Blocks, rng: random.Random) -> Blocks:
        chosen, made = _some(blocks, rng, 0.15, words=4), Blocks()
        for at, block in enumerate(blocks):
            before = made[-1] if made else None
            if at in chosen and before and before.kind == block.kind:
                words = before.words + reworded(edited)(block, rng)[0].words
                made[-1] = replace(before, words=words, origins=before.origins | block.origins)
            else:
                made.append(block)
        return made

    return script


def split(cut: str) -> Callable[[Block, random.Random], Sequence[Block]]:
    """Split a block: behind a sentence, amid one, or amid one with its tail shortened."""

    def change(block: Block, rng: random.Random) -> Sequence[Block]:
        sentences = block.sentences()
        at = (
            len(sentences[0]) if len(sentences) > 1 and cut == "sentence" else len(block.words) // 2
        )
        tail = block.words[at:] if cut != "shortened" else block.words[at:-3]
        return [replace(block, words=block.words[:at]), replace(block, words=tail)]

    return change


def reworded(share: float) -> Callable[[Block, random.Random], Sequence[Block]]:
    """Replace, drop and add words of a block, each with a third of the share."""

    def change(block: Block, rng: random.Random) -> Sequence[Block]:
        made: list[Word] = []
        for word in block.words:
            chance = rng.random() / share if share else 1
            if chance >= 1 / 3:
                made.append(word)
            if chance < 1 / 3 or 2 / 3 <= chance < 1:
                made += fresh(rng, 1)
        return [replace(block, words=tuple(made))] if made else [block]

    return change


def drop_sentence(block: Block, rng: random.Random) -> Sequence[Block]:
    """Leave a sentence out; of a block with one sentence, all of it."""
    sentences = block.sentences()
    sentences.pop(rng.randrange(len(sentences)))
    words = tuple(word for sentence in sentences for word in sentence)
    return [replace(block, words=words)] if words else []


def replace_sentence(block: Block, rng: random.Random) -> Sequence[Block]:
    """Put other words in the place of a sentence."""
    sentences = block.sentences()
    sentences[rng.randrange(len(sentences))] = fresh(rng, 12)
    return [replace(block, words=tuple(word for sentence in sentences for word in sentence))]


def add_sentence(block: Block, rng: random.Random) -> Sequence[Block]:
    """Put a new sentence between those of a block."""
    sentences = block.sentences()
    sentences.insert(rng.randrange(len(sentences) + 1), fresh(rng, 12))
    return [replace(block, words=tuple(word for sentence in sentences for word in sentence))]


def swap_sentences(block: Block, rng: random.Random) -> Sequence[Block]:
    """Put the sentences of a block in another order."""
    sentences = block.sentences()
    rng.shuffle(sentences)
    return [replace(block, words=tuple(word for sentence in sentences for word in sentence))]


def into_items(block: Block, rng: random.Random) -> Sequence[Block]:
    """Make each sentence an item of a list."""
    return [replace(block, kind="item", words=sentence) for sentence in block.sentences()]


def boilerplate_sentences(blocks: Blocks, rng: random.Random) -> Blocks:
    """End some blocks with one and the same sentence."""
    formula = "This applies unless this part says otherwise, subject to the terms above."
    chosen = _some(blocks, rng, 0.2)
    return [replace(b, words=b.words + words_of(formula)) if at in chosen else b
            for at, b in enumerate(blocks)]  # fmt: skip


def boilerplate_blocks(blocks: Blocks, rng: random.Random) -> Blocks:
    """Put the same paragraph behind every heading."""
    formula = "Unless otherwise provided, the following provisions shall apply to this section."
    return [
        new
        for b in blocks
        for new in ([b, Block("paragraph", words_of(formula))] if b.kind == "heading" else [b])
    ]


def namesakes(blocks: Blocks, rng: random.Random) -> Blocks:
    """Add sections whose heading and first words another section has."""
    parts = _parts(blocks)
    made = list(parts)
    for part in rng.sample(parts[1:], max(1, len(parts) // 10)):
        body = next((b for b in part if b.kind != "heading"), part[0])
        twin = [Block("heading", words_of(part[0].text), part[0].level or 2),
                Block("paragraph", words_of(body.text)[:12] + fresh(rng, 20))]  # fmt: skip
        made.insert(rng.randrange(1, len(made) + 1), twin)
    return [block for part in made for block in part]


def namesakes_and_edits(blocks: Blocks, rng: random.Random) -> Blocks:
    """Add namesakes, renumber the headings and edit the words of the sections that were there."""
    return namesakes(_each(0.3, reworded(0.2))(renumbered(blocks, rng), rng), rng)


def drop_blocks(blocks: Blocks, rng: random.Random) -> Blocks:
    """Leave some blocks out."""
    chosen = _some(blocks, rng, 0.1)
    return [block for at, block in enumerate(blocks) if at not in chosen]


def drop_sections(blocks: Blocks, rng: random.Random) -> Blocks:
    """Leave some sections out."""
    parts = _parts(blocks)
    gone = set(rng.sample(range(1, len(parts)), max(1, len(parts) // 10)))
    return [block for at, part in enumerate(parts) if at not in gone for block in part]


def dissolve_sections(blocks: Blocks, rng: random.Random) -> Blocks:
    """Leave out headings that only subsections follow, and raise those."""
    made: Blocks = []
    raised = 0
    for at, block in enumerate(blocks):
        if block.kind != "heading":
            made.append(block)
            continue
        if block.level <= raised:
            raised = 0
        below = blocks[at + 1] if at + 1 < len(blocks) else block
        if at and below.kind == "heading" and below.level > block.level:
            raised = raised or block.level
        else:
            made.append(replace(block, level=raised or block.level))
    return made


def add_section(blocks: Blocks, rng: random.Random) -> Blocks:
    """Put a new section in front."""
    return [Block("heading", fresh(rng, 4), 2), Block("paragraph", fresh(rng, 30)), *blocks]


def date_line(blocks: Blocks, rng: random.Random) -> Blocks:
    """Change the date in the line that `dated` put in front."""
    return [replace(b, words=b.words[:2] + words_of("November 16, 2020"))
            if b.text.startswith("Effective date:") else b for b in blocks]  # fmt: skip


def dated(blocks: Blocks) -> Blocks:
    """Put a date line behind the first heading."""
    line = Block("paragraph", words_of("Effective date: May 25, 2018"), 0, frozenset([-1]))
    return [*blocks[:1], line, *blocks[1:]]


def _replaced(block: Block, rng: random.Random) -> Sequence[Block]:
    return [replace(block, words=fresh(rng, len(block.words)), origins=frozenset())]


def _quotes(text: str, rng: random.Random) -> str:
    return text.translate(str.maketrans("“”‘’\"'", "\"\"''”’"))


def _within(text: str, rng: random.Random, sign: str) -> str:
    at = len(text) // 2
    split_here = len(text) > 5 and text.isalpha() and rng.random() < 0.4
    return text[:at] + sign + text[at:] if split_here else text


def _one_more_word(number: int, block: Block, rng: random.Random) -> Block:
    return replace(block, words=words_of(f"{number}.") + block.words)


renumbered = _headings(_one_more_word)
SCRIPTS: dict[str, Script] = {
    "nothing": lambda blocks, rng: blocks,
    "neighbours swapped": swap_neighbours,
    "sections in another order": swap_sections,
    "blocks moved elsewhere": move_elsewhere,
    "blocks copied elsewhere": copy_elsewhere,
    "split behind a sentence": _each(0.3, split("sentence")),
    "split amid a sentence": _each(0.3, split("middle")),
    "split, the tail shortened": _each(0.3, split("shortened")),
    "merged": merge_neighbours(0),
    "merged and edited": merge_neighbours(0.15),
    "sentences become items": _each(0.2, into_items),
    "headings numbered": renumbered,
    "headings lose their case": _headings(lambda number, b, rng: replace(
        b, words=tuple(replace(w, text=w.text.lower()) for w in b.words))),
    "headings get a full stop": _headings(lambda number, b, rng: replace(
        b, words=(*b.words[:-1], replace(b.words[-1], text=b.words[-1].text + ".")))),
    "headings reworded": _headings(lambda number, b, rng: replace(b, words=fresh(rng, 3))),
    "headings deeper": _headings(lambda number, b, rng: replace(b, level=min(b.level + 1, 6))),
    "a formula behind blocks": boilerplate_sentences,
    "a formula behind headings": boilerplate_blocks,
    "namesakes": namesakes,
    "namesakes, numbers, edits": namesakes_and_edits,
    "date line": date_line,
    "straight and curly quotes": _spelled(_quotes),
    "hyphens that do not break": _spelled(lambda text, rng: text.replace("-", "\u2011")),
    "soft hyphens": _spelled(lambda text, rng: _within(text, rng, "\u00ad")),
    "word joiners": _spelled(lambda text, rng: _within(text, rng, "\u2060")),
    "3 % of the words": _each(1, reworded(0.03)),
    "10 % of the words": _each(1, reworded(0.1)),
    "30 % of the words": _each(0.5, reworded(0.3)),
    "sentences dropped": _each(0.3, drop_sentence),
    "sentences replaced": _each(0.3, replace_sentence),
    "sentences added": _each(0.3, add_sentence),
    "sentences swapped": _each(0.3, swap_sentences),
    "blocks dropped": drop_blocks,
    "blocks replaced": _each(0.15, _replaced),
    "sections dropped": drop_sections,
    "sections dissolved": dissolve_sections,
    "a section in front": add_section,
}  # fmt: skip
