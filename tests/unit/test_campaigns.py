"""Campaigns: who is grouped, who is not, and the own words of each."""

from __future__ import annotations

import random

import pytest

from annotator import campaigns
from annotator.campaigns import Campaign, Text

LETTER = (
    "I object to the gates being locked at dusk because people who work late cannot reach the "
    "garden in summer and nobody has ever explained to us what the keeper does after the bell."
)
OTHER = (
    "Please keep bicycles on the gravel where children learn to ride them since there is no other "
    "safe place in town for families who live in the narrow streets behind the market hall."
)
OWN = "My grandmother planted the elms beside the north gate herself."


def found(
    bodies: list[str], document: str = "", authors: list[int] | None = None
) -> list[Campaign]:
    people = authors or list(range(len(bodies)))
    texts = [Text(f"c{at}", people[at], body) for at, body in enumerate(bodies)]
    return campaigns.find(texts, campaigns.runs_of(document))


def own(bodies: list[str]) -> dict[str, list[str]]:
    (one,) = found(bodies)
    spans = {member.id: member.own for member in one.members}
    return {f"c{at}": [body[start:end] for start, end in spans[f"c{at}"]]
            for at, body in enumerate(bodies)}  # fmt: skip


def test_own_words_are_what_the_letter_lacks() -> None:
    told = own([LETTER, LETTER, LETTER, f"{OWN} {LETTER}", LETTER.replace("summer", "winter")])
    assert told == {"c0": [], "c1": [], "c2": [], "c3": [OWN.rstrip(".")], "c4": ["winter"]}


def test_a_sentence_that_ends_as_the_one_before_it_is_own_to_its_end() -> None:
    first, rest = LETTER.split(" because ")
    sentence = "Locked gates were never agreed with us at dusk"
    told = own([LETTER] * 4 + [f"{first}. {sentence} because {rest}"])
    assert first.endswith("at dusk")
    assert told["c4"] == [sentence]


@pytest.mark.parametrize(
    ("bodies", "authors"),
    [
        (["No"] * 5_000, None),
        ([" ".join(LETTER.split()[:14])] * 9, None),  # eleven runs of four words
        ([LETTER] * 4, None),
        ([LETTER] * 9, [1, 2, 3, 4, 1, 2, 3, 4, 1]),  # of four people
        ([LETTER, OTHER, OWN, "", "no no no no no no no no no no no no no no no no no"], None),
    ],
)
def test_too_short_or_too_few_are_no_campaign(bodies: list[str], authors: list[int] | None) -> None:
    assert found(bodies, authors=authors) == []


def test_two_letters_are_two_campaigns_whoever_comes_first() -> None:
    bodies = [LETTER] * 6 + [OTHER] * 7 + [f"{LETTER} {OWN}", OTHER.upper(), OWN * 3]
    texts = [Text(f"c{at:02}", at, body) for at, body in enumerate(bodies)]
    expected = campaigns.find(texts)
    assert [each.people for each in expected] == [8, 7]
    for seed in range(5):
        random.Random(seed).shuffle(texts)
        assert campaigns.find(texts) == expected


def test_people_who_quote_the_same_passage_are_no_campaign() -> None:
    passage = f"{LETTER} {OTHER}"
    words = ("why", "never", "perhaps", "surely", "indeed", "again")
    bodies = [f"“{passage}” {word} {word}ly would anybody of us {word} want this to stay?"
              for word in words]  # fmt: skip
    assert found(bodies, document=passage) == []
    assert len(found(bodies)) == 1, "without the document they look alike"


def test_a_part_a_new_order_and_every_twelfth_word_are_the_same_letter() -> None:
    sentences = [
        f"{part} {index}." for index, part in enumerate((LETTER, OTHER, OWN * 2, LETTER[::-1]))
    ]
    words = " ".join(sentences).split()
    twelfth = [word if at % 12 else "xyz" for at, word in enumerate(words)]
    bodies = [" ".join(sentences), " ".join(sentences[::-1]), " ".join(sentences[:2]),
              " ".join(twelfth), " ".join(["Well,", *words, OWN])]  # fmt: skip
    (one,) = found(bodies)
    assert one.people == 5
