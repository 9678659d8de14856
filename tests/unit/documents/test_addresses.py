"""Addresses: written, read, found, and made for a range."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from annotator.documents.address.cite import address_of
from annotator.documents.address.locate import Located, find_sections, linked_section, locate
from annotator.documents.address.notation import Address, AddressWords, Place, read, write
from annotator.documents.folding import fold_words, folded
from annotator.documents.parsed import Parsed
from annotator.errors import Malformed, Unacceptable
from tests.unit.documents.conftest import read as parsed_of

TEXT = parsed_of("""
# Care

## The garden’s gates {#north_gate}

One gate opens at dawn. It closes at dusk; so says the keeper. “Who goes there?” No one.

- Open slowly. Close quickly
  - at dawn
  - at dusk. And at noon
- Never slam a gate, a door or a gate

```
open --gate "north"
```

## Paths

First path. Second path.

### Examples

One — two --- three.

# Closing

## Examples

Last words.
""")


def found(address: str) -> Located:
    """Find an address in the text."""
    return locate(TEXT, read(address))


def words(address: str) -> str:
    """Return the words that an address points to, exactly."""
    there = found(address)
    assert there.status == "found"
    return TEXT.text[there.start : there.end]


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("a-text", Address("a-text")),
        ("a@2026-01-20", Address("a", "2026-01-20")),
        ("a@v/b", Address("a", "v", None, Place(("b",)))),
        ("a@2025-12-18-rev2/b_C/6", Address("a", "2025-12-18-rev2", None, Place(("b_C",), "6"))),
        ("a/b/6.2", Address("a", None, None, Place(("b",), "6.2"))),
        ("a/b/6p2", Address("a", None, None, Place(("b",), "6p2"))),
        ("a/b/6.s2", Address("a", None, None, Place(("b",), "6", (2, 2)))),
        ("a/b/6.2p3.s2-3", Address("a", None, None, Place(("b",), "6.2p3", (2, 3)))),
        ('a/b/6~"c d"', Address("a", None, None, Place(("b",), "6", None, AddressWords("c d")))),
        ('a/b~"c"', Address("a", None, None, Place(("b",), "", None, AddressWords("c")))),
        (
            'a/b/6.s2-3~4"c … d"',
            Address("a", None, None, Place(("b",), "6", (2, 3), AddressWords("c", "d", 4))),
        ),
        ("a/p/k7m2x", Address("a", None, "k7m2x")),
        (
            'a/p/k7m2x.s2~"c"',
            Address("a", None, "k7m2x", Place((), "", (2, 2), AddressWords("c"))),
        ),
        ("a/b/6-8", Address("a", None, None, Place(("b",), "6"), Place((), "8"))),
        (
            "a/b/6.s2-7.s1",
            Address("a", None, None, Place(("b",), "6", (2, 2)), Place((), "7", (1, 1))),
        ),
        (
            "a/b/6.s2-3-c-3/1.s1",
            Address("a", None, None, Place(("b",), "6", (2, 2)), Place(("3-c-3",), "1", (1, 1))),
        ),
        (
            'a/b/6~"c"-0~"d - e"',
            Address(
                "a",
                None,
                None,
                Place(("b",), "6", None, AddressWords("c")),
                Place((), "0", None, AddressWords("d - e")),
            ),
        ),
        (
            "a@v > B b > C, c > ¶18 s1-4",
            Address("a", "v", None, Place(("B b", "C, c"), "18", (1, 4)), None, True),
        ),
        (
            "a > B b > ¶4 s2 - ¶5 s1",
            Address("a", None, None, Place(("B b",), "4", (2, 2)), Place((), "5", (1, 1)), True),
        ),
        ("a > B b", Address("a", None, None, Place(("B b",)))),
    ],
)
def test_an_address_is_read_and_written_the_same(text: str, address: Address) -> None:
    assert read(text) == address
    assert write(address) == text
    assert read(write(address)) == address


@pytest.mark.parametrize(
    ("variant", "text"),
    [
        ("  a@v›B b›p18  s1–4 ", "a@v > B b > ¶18 s1-4"),
        ("a > B b > par. 4, s. 2", "a > B b > ¶4 s2"),
        ("a > B b > ¶ 4-6", "a > B b > ¶4 - ¶6"),
        ("a > B b > pp4 – 6", "a > B b > ¶4 - ¶6"),
        ("a > B b > ¶4: “c”", 'a > B b > ¶4 ~"c"'),
        ("a > #b_c > ¶2 s1", "a > b_c > ¶2 s1"),
        ("a > Words, words {#b_c authority=user} > ¶2 s1-s3", "a > b_c > ¶2 s1-3"),
        ("a > b_c", "a/b_c"),
        ("a/B b/6", "a/B b/6"),
        ('a/B b~"c"', 'a/B b~"c"'),
        ("a/#b/2", "a/b/2"),
        ("a/b/2~“c”", 'a/b/2~"c"'),
        ('a/b/2~"c ... d"', 'a/b/2~"c … d"'),
        ("a > B b > P5 performance", "a > B b > P5 performance"),
        ("a > b", "a/b"),
    ],
)
def test_other_ways_to_write_the_same_are_read(variant: str, text: str) -> None:
    assert write(read(variant)) == text


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "/", "A", "a/", "a//6", "a/b/", "a/b/x", "a/b/6.", "a/b/6.t2", "a/b/6.s", "a/b/6-",
        'a/b/6~"', 'a/b/6~""', "a/b/6~c", "a/b/6.s1-2-7", "a/p/k7m2x/6", "a@", "a@v w/b",
        "a/b/6?x=1",
        "a > ", "a > > b", "> b", "a > ¶3", "a > B > ¶3 x", "a/b\0/6", "a/b\n/6", "a/\ud800/6",
        "a/b/6~" + "\u2028", "a/" + "b" * 10_000, ">" * 10_000, "a > " * 3_000,
        "a/b/" + "6" * 1_999,
    ],
)  # fmt: skip
def test_what_is_no_address_is_malformed(text: str) -> None:
    with pytest.raises(Malformed) as fault:
        read(text)
    assert len(fault.value.message) < 300


def test_random_text_is_an_address_or_malformed() -> None:
    chance = random.Random(7)
    signs = 'ab19-/.@~"“”>›¶ps# …,:\u00a0é'
    for _ in range(5_000):
        text = "a/b/6" * chance.randint(0, 1) + "".join(
            chance.choices(signs, k=chance.randint(0, 30))
        )
        try:
            address = read(text)
        except Malformed:
            continue
        assert read(write(address)) == address
        locate(TEXT, address)


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("t/closing/0", "Closing"),
        ("t/paths/1", "First path. Second path."),
        ("t/north_gate/1.s2", "It closes at dusk; so says the keeper."),
        ("t/north_gate/1.s3-4", "“Who goes there?” No one."),
        ("t/north_gate/2.1", "at dawn"),
        ("t/north_gate/2.s2-3", "Close quickly\nat dawn"),
        ("t/north_gate/2.2.s2", "And at noon"),
        ('t/north_gate/1~"so says"', "so says"),
        ('t/north_gate/1~"SO  SAYS"', "so says"),
        ("t/north_gate/1~\"'WHO\"", ""),
        ('t/north_gate/1~"one … dusk"', "One gate opens at dawn. It closes at dusk"),
        ('t/north_gate/3~2"gate"', "gate"),
        ('t/north_gate/4~"--gate ”north”"', '--gate "north"'),
        ('t/examples/1~"one--two"', "One — two"),
        ('t/examples/1~"— two-three"', "— two --- three"),
        ("t/north_gate/1.s4-2.s1", "No one.\nOpen slowly."),
        ("t/paths/1.s2-examples/1", "Second path.\nExamples\nOne — two --- three."),
        ('t/paths/0~"path"-1~"first"', "Paths\nFirst"),
        ("t > Care > Paths > ¶1", "First path. Second path."),
        ("t > the garden's GATES > ¶2.1", "at dawn"),
        ("t > #north_gate > p1 s1", "One gate opens at dawn."),
        ("t > Closing > Examples > ¶1", "Last words."),
        ("t > the-gardens-gates > ¶2.1", "at dawn"),
    ],
)  # fmt: skip
def test_an_address_points_to_its_words(address: str, there: str) -> None:
    if there:
        assert words(address) == there
    else:
        assert found(address).status == "walked_up"


def test_a_whole_document_and_a_whole_section_can_be_cited() -> None:
    assert words("t") == TEXT.text
    assert found("t").provision is None
    assert words("t/examples").startswith("Examples\nOne")


def test_the_answer_names_the_innermost_provision_that_holds_the_words() -> None:
    inner = found('t/north_gate/2~"at dawn"').provision
    assert inner is not None
    assert TEXT.provisions[inner].number == "2.1"


def test_an_exact_slug_is_found_and_a_heading_that_stands_twice_is_ambiguous() -> None:
    assert words("t/examples-2/1") == "Last words."
    twice = found("t > Examples > ¶1")
    assert twice.status == "ambiguous"
    assert [TEXT.slug(TEXT.innermost(*span) or 0) for span in twice.candidates] == [
        "examples",
        "examples-2",
    ]


def test_words_that_stand_twice_are_ambiguous_and_the_candidates_are_given() -> None:
    twice = found('t/north_gate/3~"gate"')
    assert twice.status == "ambiguous"
    assert [TEXT.text[slice(*span)] for span in twice.candidates] == ["gate", "gate"]


@pytest.mark.parametrize(
    ("address", "there", "missed"),
    [
        ("t/north_gate/1.s9", "1", "no sentence 9 in it, which has 4"),
        ("t/north_gate/1.s3-9", "1", "no sentence 3 to 9"),
        ("t/north_gate/4.s1", "4", "which has none"),
        ('t/north_gate/1~"purple"', "1", "not contain the words “purple”"),
        ('t/north_gate/1~9"gate"', "1", "not contain the words “gate”"),
        ('t/north_gate~"purple"', "", "not contain the words “purple”"),
    ],
)
def test_what_cannot_be_found_exactly_walks_up_and_says_so(
    address: str, there: str, missed: str
) -> None:
    up = found(address)
    assert up.status == "walked_up"
    assert up.provision is not None
    assert TEXT.provisions[up.provision].number == there
    assert missed in up.missed[0]


def test_words_in_another_sentence_than_the_cited_one_are_found_and_that_is_said() -> None:
    up = found('t/north_gate/1.s1~"keeper"')
    assert (up.status, TEXT.text[up.start : up.end]) == ("walked_up", "keeper")
    assert "another sentence" in up.missed[0]


@pytest.mark.parametrize(
    ("address", "nearest"),
    [
        ("t/north_gate/99", "t/north_gate/4"),
        ("t/north_gate/2.9", "t/north_gate/2.2"),
        ("t/north_gate/3.1", "t/north_gate/3"),
        ("t/north_gate/1p2", "t/north_gate/1"),
        ("t/care/3", "t/care"),
    ],
)
def test_a_number_out_of_range_is_not_found_and_the_nearest_is_offered(
    address: str, nearest: str
) -> None:
    missing = found(address)
    assert missing.status == "not_found"
    assert missing.nearest is not None
    assert write(Address("t", start=missing.nearest)) == nearest


def test_sections_of_a_like_name_are_offered_for_one_that_is_not_there() -> None:
    like = found("t/norht_gate/1")
    assert like.status == "not_found"
    assert [TEXT.slug(TEXT.innermost(*span) or 0) for span in like.candidates] == ["north_gate"]
    assert found("t/something-else/1").candidates == ()


def test_a_range_that_ends_before_it_begins_is_not_found() -> None:
    assert found("t/north_gate/3-1").status == "not_found"
    assert found("t/north_gate/1-99").status == "not_found"


def test_a_pid_is_found_with_the_provision_it_names_and_not_without() -> None:
    item = TEXT.numbered["north_gate", "2"]
    there = locate(TEXT, read('t/p/k7m2x.s2~"close"'), provision=item)
    assert TEXT.text[there.start : there.end] == "Close"
    assert locate(TEXT, read("t/p/k7m2x")).status == "not_found"


@pytest.mark.parametrize(
    ("target", "slug"),
    [
        ("#north_gate", "north_gate"),
        ("#the-garden%E2%80%99s-gates", "north_gate"),
        ("#The-Gardens-Gates", "north_gate"),
        ("#nowhere", None),
        ("#", None),
        ("https://example.org/#paths", None),
    ],
)
def test_a_link_inside_the_document_leads_to_a_section(target: str, slug: str | None) -> None:
    section = linked_section(TEXT, target)
    assert (None if section is None else TEXT.slug(section)) == slug


def test_a_path_fits_from_its_end_on_and_names_every_heading_between() -> None:
    assert len(find_sections(TEXT, ("Care", "Paths", "Examples"))) == 1
    assert find_sections(TEXT, ("Care", "Examples")) == ()


@pytest.mark.parametrize(
    ("start", "end", "address"),
    [
        ("One gate opens", "No one.", "t@v/north_gate/1"),
        ("It closes", "there?”", "t@v/north_gate/1.s2-3"),
        ("Open slowly.", "Open slowly.", "t@v/north_gate/2.s1"),
        ("so says", "so says", 't@v/north_gate/1~"so says"'),
        ("Open slowly.", "And at noon", "t@v/north_gate/2"),
        ("at dawn\n", "And at noon", "t@v/north_gate/2.1-2.2"),
        ("Close quickly", "at dawn\n", "t@v/north_gate/2.s2-3"),
        ("open --gate", "gate", 't@v/north_gate/4~"open --gate"'),
        ("Paths", "Paths", "t@v/paths/0"),
        ("Paths", "Second path.", "t@v/paths/0-1"),
        ("Paths", "three.", "t@v/paths"),
        ("aths", "th", 't@v/paths/0~"ath"'),
        ("Second path.", "One — two --- three.", "t@v/paths/1.s2-examples/1"),
        ("It closes", "Close quickly", "t@v/north_gate/1.s2-2.s2"),
        ("closes at", "Close", 't@v/north_gate/1~"closes at dusk; so"-2~"Open slowly. Close"'),
        ("-- three", "three", 't@v/examples/1~"-- three"'),
    ],
)
def test_the_tightest_honest_citation_is_made_for_a_range(
    start: str, end: str, address: str
) -> None:
    first = TEXT.text.index(start)
    last = TEXT.text.index(end, first) + len(end)
    assert write(address_of(TEXT, "t", "v", first, last)) == address


def test_words_that_stand_twice_are_cited_with_their_sentence_or_their_count() -> None:
    at = TEXT.text.index("dusk;")
    assert write(address_of(TEXT, "t", None, at - 3, at - 1)) == 't/north_gate/1.s2~"at"'
    last = TEXT.text.index("a gate\n") + 2
    assert write(address_of(TEXT, "t", None, last, last + 4)) == 't/north_gate/3.s1~2"gate"'


def test_long_words_are_shortened_and_still_found_exactly() -> None:
    long = parsed_of("# A\n\n" + " ".join(f"word{n}" for n in range(50)) + " word49 end.")
    start = long.text.index("word1 ")
    address = address_of(long, "t", None, start, len(long.text) - 5)
    assert (
        write(address)
        == 't/a/1~"word1 word2 word3 word4 word5 … word46 word47 word48 word49 word49"'
    )
    there = locate(long, address)
    assert (there.start, there.end) == (start, len(long.text) - 5)


def test_white_space_around_a_range_is_not_cited_and_alone_it_cannot_be() -> None:
    start = TEXT.text.index("Paths")
    assert write(address_of(TEXT, "t", None, start - 1, start + 6)) == "t/paths/0"
    for first, last in ((start - 1, start), (5, 5), (-1, 4), (0, len(TEXT.text) + 1)):
        with pytest.raises(Unacceptable):
            address_of(TEXT, "t", None, first, last)


def _comes_back(parsed: Parsed, start: int, end: int) -> None:
    address = address_of(parsed, "t", "v", start, end)
    assert read(write(address)) == address
    there = locate(parsed, address)
    quoted = parsed.text[start:end]
    wanted = end - len(quoted.lstrip()), start + len(quoted.rstrip())
    assert (there.status, there.start, there.end) == ("found", *wanted)


def test_every_range_of_the_text_is_found_again_at_its_offsets() -> None:
    for start in range(len(TEXT.text)):
        for end in range(start + 1, len(TEXT.text) + 1, 7):
            if TEXT.text[start:end].strip():
                _comes_back(TEXT, start, end)


@pytest.mark.shared
def test_random_ranges_of_the_real_texts_are_found_again(source: str) -> None:
    parsed, chance = parsed_of(source), random.Random(11)
    for _ in range(150):
        start = chance.randrange(len(parsed.text))
        end = min(len(parsed.text), start + chance.choice((1, 3, 10, 50, 400, 5_000)))
        if parsed.text[start:end].strip():
            _comes_back(parsed, start, end)
    for index, provision in enumerate(parsed.provisions):
        address = address_of(parsed, "t", None, provision.start, provision.end)
        number = f"{parsed.slug(index)}/{provision.number}".rstrip("/")
        if len({(p.start, p.end) for p in parsed.provisions if p.start == provision.start}) > 1:
            continue
        assert write(address) == f"t/{number}"


def test_folded_words_are_those_of_the_folded_text() -> None:
    for text in ("A — b", "“C’s”  d\n e", "İ ß ﬁ", "--- x --", "ÀÉ", "…"):
        assert fold_words(text) == folded(text.strip()).text
    assert [TEXT.text[s:e] for s, e in folded(TEXT.text).spans(fold_words("“who GOES"))] == [
        "“Who goes"
    ]


def test_an_address_with_a_handmade_place_is_written() -> None:
    place = Place(("b",), "6", None, AddressWords("c", "d"))
    assert write(replace(Address("a"), start=place)) == 'a/b/6~"c … d"'
