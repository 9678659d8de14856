"""Grouping 10,000 comments: precision, recall, individuals wrongly grouped, own words, time.

The labelled set is made: twelve letters, each sent with five kinds of changes (a block replaced,
small changes, sentences in another order, a part, every twelfth word another), and nearly as many
individuals, a tenth of whom quote the same passage of the document. The baseline compares whole
texts for equality. An own sentence is shown if each of its 15 words is.

    .venv/bin/python -m benchmarks.campaigns
"""

from __future__ import annotations

import random
import time
from collections import Counter

from annotator import campaigns
from annotator.campaigns import WORD, Text

LETTERS, SENT, ALONE, UNIQUE = 12, 5_500, 4_500, 500
VOCABULARY = 4_000


def made(seed: int = 1) -> tuple[list[Text], dict[str, int], str, dict[str, str]]:
    """Return comments, the letter of each, the document, and the sentences of some people's own."""
    rng = random.Random(seed)
    lexicon = [
        "".join(rng.choices("aeiouklmnprst", k=rng.randint(2, 9))) for _ in range(VOCABULARY)
    ]
    weights = [1 / (rank + 3) for rank in range(VOCABULARY)]  # as in a language

    def sentence(least: int = 8, most: int = 20) -> str:
        return " ".join(rng.choices(lexicon, weights, k=rng.randint(least, most))) + "."

    document = " ".join(sentence() for _ in range(2_000))
    passage = " ".join(document.split()[500:560])
    letters = [[sentence() for _ in range(rng.randint(6, 14))] for _ in range(LETTERS)]
    letters[0].insert(2, passage)  # a letter quotes the document too
    texts: list[Text] = []
    of: dict[str, int] = {}
    own: dict[str, str] = {}
    for number in range(SENT):
        letter = number % LETTERS
        lines = changed(rng, letters[letter], number // LETTERS % 5, sentence)
        ident = f"c{number}"
        if number < UNIQUE:
            own[ident] = " ".join(rng.choices(lexicon, k=15)) + "."
            lines.insert(rng.randint(0, len(lines)), own[ident])
        texts.append(Text(ident, number, " ".join(lines)))
        of[ident] = letter
    for number in range(ALONE):
        lines = [sentence() for _ in range(rng.randint(1, 12))]
        if number % 10 == 0:
            lines.insert(0, passage)
        texts.append(Text(f"i{number}", SENT + number, " ".join(lines)))
    rng.shuffle(texts)
    return texts, of, document, own


def changed(rng: random.Random, letter: list[str], kind: int, sentence: object) -> list[str]:
    """Return a letter with one kind of change."""
    lines = list(letter)
    if kind == 0:  # a block of a third is replaced
        many = len(lines) // 3
        at = rng.randrange(len(lines) - many)
        lines[at : at + many] = [sentence() for _ in range(many)]  # type: ignore[operator]
    elif kind == 1:
        for _ in range(3):
            at = rng.randrange(len(lines))
            words = lines[at].split()
            words[rng.randrange(len(words))] = "really"
            lines[at] = " ".join(words)
    elif kind == 2:
        rng.shuffle(lines)
    elif kind == 3:
        many = len(lines) // 2
        at = rng.randrange(len(lines) - many + 1)
        lines = lines[at : at + many]
    else:
        words = " ".join(lines).split()
        offset = rng.randrange(12)
        for at in range(offset, len(words), 12):
            words[at] = f"{words[at]}x{rng.randrange(99)}"
        lines = [" ".join(words)]
    return lines


def pairs(numbers: Counter[int]) -> int:
    """Count the pairs within groups of these sizes."""
    return sum(number * (number - 1) // 2 for number in numbers.values())


def main() -> None:
    """Print the table."""
    texts, of, document, own = made()
    began = time.process_time()
    whole = Counter(text.body for text in texts)
    baseline = time.process_time() - began
    began = time.process_time()
    found = campaigns.find(texts, campaigns.runs_of(document))
    spent = time.process_time() - began
    again = campaigns.find(sorted(texts, key=lambda it: it.body), campaigns.runs_of(document))
    grouped = {member.id: at for at, each in enumerate(found) for member in each.members}
    right = sum(
        pairs(Counter(of[member.id] for member in each.members if member.id in of))
        for each in found
    )
    together = pairs(Counter(grouped.values()))
    wanted = pairs(Counter(of.values()))
    strays = sum(1 for ident in grouped if ident not in of)
    bodies = {text.id: text.body for text in texts}
    shown = 0
    for each in found:
        for member in each.members:
            if member.id in own:
                words = " ".join(bodies[member.id][start:end] for start, end in member.own)
                shown += {*WORD.findall(own[member.id])} <= {*WORD.findall(words)}
    print(f"{len(texts):,} comments, {len(found)} campaigns of {LETTERS} letters")
    print(f"pair precision            {right / max(together, 1):.4f}   (at least 0.99)")
    print(f"pair recall               {right / wanted:.4f}   (at least 0.95)")
    print(f"individuals grouped       {strays / ALONE:.4%}   (at most 0.5 %)")
    print(f"own sentences shown       {shown} of {len(own)}")
    print(f"the same in another order {found == again}")
    print(f"processor time            {spent:.2f} s   (at most 10 s)")
    equal = sum(1 for number in whole.values() if number >= campaigns.MIN_PEOPLE)
    print(f"baseline, equal texts     {baseline:.2f} s, {equal} groups")


if __name__ == "__main__":
    main()
