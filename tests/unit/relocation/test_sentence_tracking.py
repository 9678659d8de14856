"""A span is edited only within its sentence; words survive cut and merged paragraphs."""

from __future__ import annotations

import pytest

from annotator.documents import align_editions
from annotator.relocation.passages import Passage
from annotator.relocation.sentence_tracking import MAX_SENTENCES, SentenceTracker
from tests.unit.relocation.editions import Editions, Move, read

TAIL = (
    "However, who lends out a tool says so in the book that lies at the door, with the day and the "
    "hour, and brings it back clean and dry before the week ends, as the keeper sets out there."
)
END = "The end of it all is here."


def moved(old: str, new: str, words: str) -> Move:
    """Relocate words between two texts that the project aligned."""
    before, after = read(old), read(new)
    rows = [(row.old, row.new) for row in align_editions(before, after)]
    pairs = [(one, other) for one, other in rows if one is not None and other is not None]
    return Editions(old, new, pairs).span(words)


RENTED = (
    "If you rent Garden Tools, the Tool Shed Conditions of Hire govern your rental. These Terms "
    "will govern your use of the Tool Shed. Many of these Garden Tools serve heavy work only."
)
SHARED = (
    "You may give a Garden Tool permission to read and share the contents of your shed. Some "
    "Garden Tools are offered through the Tool Shed. Other Garden Tools come from other sheds."
)


@pytest.mark.parametrize(
    "words",
    [
        "Tool Shed. Many of these Garden Tools serve",
        "If you rent Garden Tools",
        "These Terms will govern your use of the Tool Shed.",
        "the Tool Shed Conditions of Hire govern your rental",
        "Many of these Garden Tools serve heavy work only.",
    ],
)
@pytest.mark.parametrize("tail", [f" {TAIL}", ""])
def test_terms_that_a_text_repeats_do_not_make_a_sentence_the_same(words: str, tail: str) -> None:
    found = moved(f"{RENTED}{tail}\n\n{END}", f"{SHARED}{tail}\n\n{END}", words)
    assert (found.verdict, found.words) == ("lost", None)


@pytest.mark.parametrize(
    ("old", "new", "words", "now"),
    [
        (
            "If a user asks for what is secret, the clerk refuses to answer.",
            "If a user asks for what is secret, the clerk says openly that no answer will be "
            "given, even where that tells that there is a secret.",
            "If a user asks for what is secret, the clerk refuses to answer.",
            None,
        ),
        (
            "Many of these Garden Tools are used only for heavy work.",
            "Some Garden Tools are offered by others. Some of these tools are used for heavy work.",
            "Many of these Garden Tools are used only for heavy work.",
            "Some of these tools are used for heavy work.",
        ),
    ],
)
def test_a_sentence_that_is_heavily_edited_is_edited(
    old: str, new: str, words: str, now: str | None
) -> None:
    found = moved(f"{old} {TAIL}\n\n{END}", f"{END} {new}", words)
    assert found.verdict == "edited"
    assert found.words == now or (now is None and new.startswith(found.words or "-"))


OPEN = "The shed opens at eight and closes at six on all days but the first of May."
KEY = "The keeper holds the key to the door, and nobody else may hold it without a written note."


@pytest.mark.parametrize(
    "tail",
    [
        KEY,
        "The keeper holds the key to the door, and nobody else may.",
        "The keeper holds the key.",
        "The keeper holds the key to the door alone.",
        "The keeper alone holds the key to the door.",
    ],
)
@pytest.mark.parametrize("words", ["of May. The keeper", "the first of May. The keeper"])
def test_a_span_across_a_cut_is_found_where_the_tail_is_shortened(tail: str, words: str) -> None:
    found = moved(f"{OPEN} {KEY}\n\n{END}", f"{OPEN}\n\n{tail}\n\n{END}", words)
    assert (found.verdict, found.words) == ("edited", words.replace(". ", ".\n"))
    kept = moved(f"{OPEN} {KEY}\n\n{END}", f"{OPEN}\n\n{tail}\n\n{END}", "holds the key")
    assert (kept.verdict in ("exact", "moved"), kept.words) == (True, "holds the key")


FEE = "The fee is 20 euro a year for all members of the club."
DUE = "It is paid in spring at the office by the gate."
DEPOSIT = "The deposit for a drill is 20 euro and is paid in cash on the day of the hire."
FINE = "Who brings a tool back late pays a fine that the board sets each spring."


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            [FEE, DUE],
            "The fee is 20 euro and is paid each spring by all who hold a key.",
            "20 euro",
        ),
        ([FEE, DUE], "The fee is 20 euro; it is due in spring.", "20 euro"),
        (
            [FEE, DUE],
            "Members pay the fee of 20 euro in spring, and who is late pays more.",
            "20 euro",
        ),
        (
            [DEPOSIT, FINE],
            "A drill needs a deposit of 20 euro; a fine the board sets is due.",
            "20 euro",
        ),
        ([DEPOSIT, FINE], "The drill's deposit is 20 euro by card and is paid ahead.", "20 euro"),
    ],
)
def test_short_words_survive_a_merge(old: list[str], new: str, words: str) -> None:
    found = moved("\n\n".join([*old, END]), f"{new}\n\n{END}", words)
    assert (found.verdict in ("exact", "moved"), found.words) == (True, words)


@pytest.mark.parametrize("words", ["20 euro", "in spring", "the office"])
def test_short_words_of_a_deleted_paragraph_are_lost(words: str) -> None:
    old = f"{FEE} {DUE}\n\n{END}"
    new = f"{END}\n\nA ladder costs 20 euro. Bees swarm in spring. Ask at the office for bread."
    assert moved(old, new, words).verdict == "lost"


PAYMENT = "The yearly payment of all who hold a key to the shed is due in January at the office."
LETTERS = "Whoever is late gets a letter from the board first, and a second one a month after that."


@pytest.mark.parametrize(
    ("new", "placed"),
    [
        ("All who hold a key pay at the office, due in January each year.", True),
        ("Those with a key to the shed make the yearly payment, due in January.", True),
        # That paragraph is gone, and another one has the words.
        ("Bees swarm and drills that were lent before spring fall due in January.", False),
    ],
)
@pytest.mark.parametrize("before", [f"{FINE} ", ""])
def test_few_words_survive_a_merge_with_other_words(new: str, before: str, placed: bool) -> None:
    old, new = f"{FINE}\n\n{PAYMENT}\n\n{LETTERS}", f"{before}{new}\n\n{LETTERS}\n\n{END}"
    found = moved(old, new, "due in January")
    assert found.words == ("due in January" if placed else None)


ASK = "Ask at the desk."
ADS = "Banners are shown to nobody at all."


@pytest.mark.parametrize(
    ("old", "new", "places"),
    [
        # If sentences moved, two with the same words are ambiguous...
        ([FEE, ASK, DUE, ASK, ADS, FINE], [ASK, FINE, DUE, ADS, ASK, FEE], [None, None]),
        ([FEE, ASK, DUE, ASK, ADS, FINE], [FINE, ADS, ASK, FEE, DUE], [None, None]),
        # ... unless their neighbours are the same.
        ([FEE, ASK, DUE, ADS, ASK, FINE], [ADS, ASK, FINE, FEE, ASK, DUE], [4, 1]),
        ([FEE, ASK, DUE, ASK, ADS], [ADS, ASK, FEE, DUE, ASK], [None, 4]),
        # If none moved, they are in the same order.
        ([FEE, ASK, DUE, ASK, ADS], [FEE, ASK, DUE, ASK], [1, 3]),
    ],
)
def test_sentences_with_the_same_words_are_not_confused(
    old: list[str], new: list[str], places: list[int | None]
) -> None:
    both = Editions(" ".join(old), " ".join(new))
    starts = [len("Rules\n") + sum(len(one) + 1 for one in new[:at]) for at in range(len(new))]
    found = [both.span(ASK, number).result.start for number in (1, 2)]
    assert found == [None if at is None else starts[at] for at in places]


def test_a_short_sentence_is_found_where_it_moved_to() -> None:
    old, new = f"Who may ask? {FEE} {DUE}", f"{FEE} {DUE} And so, who asks first: Who may ask?"
    assert Editions(old, new).span("Who may ask?").words == "Who may ask?"


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        # A short sentence is found.
        ("Advertising.", f"Advertising. {ADS} {FEE}", f"{ADS} Advertising. {FEE}"),
        ("Four things help:", f"Four things help: {FEE} {DUE} {ADS}",
         f"{ADS} {DUE} {FEE} Four things help:"),
        # In another block of its section, too.
        ("What next?", f"{FEE} What next? {DUE} {ADS}", f"{FEE}\n\n{DUE}\n\n{ADS}\n\nWhat next?"),
        # Words that the passage has once are not cut short.
        ("| so |", f"a | {ADS} | a | {FEE} | so | end", f"a | {FEE} | so | a | {ADS} | end"),
    ],
)  # fmt: skip
def test_a_sentence_that_moved_is_found_whole(words: str, old: str, new: str) -> None:
    found = moved(f"{old}\n\n{END}", f"{new}\n\n{END}", words)
    assert (found.verdict in ("exact", "moved"), found.words) == (True, words)


@pytest.mark.parametrize("words", [FEE, "The fee is 20 euro", "of the club."])
def test_words_of_a_remaining_sentence_are_not_those_of_a_deleted_one(words: str) -> None:
    twin = "The fee is 30 euro a year for all friends of the shed."
    assert moved(f"{FEE} {twin} {DUE}\n\n{END}", f"{twin} {DUE}\n\n{END}", words).verdict == "lost"


def test_a_span_does_not_grow_over_a_sentence_that_moved_in_between() -> None:
    words = "in cash on the day of the hire. Who brings a tool back late pays"
    found = moved(f"{DEPOSIT} {FINE} {FEE}\n\n{END}", f"{DEPOSIT} {FEE} {FINE}\n\n{END}", words)
    assert found.words in ("in cash on the day of the hire.", "Who brings a tool back late pays")


def test_a_sentence_is_compared_only_with_those_that_share_a_rare_word(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """This keeps sections with very many sentences fast."""
    compared: list[object] = []
    score = SentenceTracker._score
    monkeypatch.setattr(
        SentenceTracker, "_score", lambda *args: compared.append(args) or score(*args)
    )
    lines = [f"Key{n} is lent for tool{n} on day{n} in the shed" for n in range(MAX_SENTENCES + 50)]
    old = "# T\n\n" + "\n\n".join(f"{line} by hand{n}." for n, line in enumerate(lines))
    new = "# T\n\n" + " ".join(f"{line}, as who{n} says." for n, line in enumerate(lines[::-1]))
    move = Editions(old, new, [(0, 0), (1, 1)]).span(
        "Key7 is lent for tool7 on day7 in the shed by hand7."
    )
    assert move.words == "Key7 is lent for tool7 on day7 in the shed, as who242 says."
    assert len(compared) < 10


def test_punctuation_does_not_make_words_unique() -> None:
    old = 'Rule: Model Text "guideline" sections'
    new = 'User: Model Text "user" sections, Rule: Model Text copper. sections'
    passage = Passage(old, new, [(0, len(old))], [(0, len(new))])
    assert not any(part.is_unique for part in passage.new_spans(6, 22))


@pytest.mark.parametrize("words", ["that its", "badly somewhere", "people have"])
def test_a_few_words_of_a_deleted_and_reworded_item_are_lost(words: str) -> None:
    first = "that it is harsh about a text, or weary, or sarcastic;"
    last = "that its author has behaved badly somewhere else."
    new = (
        "that dozen. people ivory. asked for fable. it to amber. author garnet. has behaved badly."
    )
    old = f"- {first}\n- that many people have asked for it to go;\n- {last}\n\n{END}"
    pairs = [(0, 0), (1, 1), (4, 3)]
    assert Editions(old, f"- {first}\n- {new}\n\n{END}", pairs).span(words).words is None


@pytest.mark.parametrize("words", ["off for", "turned off for"])
def test_a_few_words_that_a_joined_sentence_repeats_are_lost(words: str) -> None:
    old = (
        "- Blocking links (turned off for a shed with a lending desk and shelves)\n"
        "- Giving balanced views (could be turned off for members who write one-sided texts)"
    )
    new = (
        "- Blocking links (be turned off for a shed with a lending desk and shelves) "
        "Giving balanced amber. (ember turned off for ivory. members jolly. write one-sided texts)"
    )
    assert (
        Editions(f"{old}\n\n{END}", f"{new}\n\n{END}", [(0, 0), (1, 1), (3, 2)])
        .span(words, 2)
        .words
        is None
    )


REASONS = [
    "that it is mistaken;",
    "that it criticises the document, the publisher, this site or its moderators;",
    "that it is harsh about a text, or weary, or sarcastic;",
]
ASKED = [
    "that many people have asked for it to go;",
    "that its author has behaved badly elsewhere.",
]


GO = "that many people have asked for it to go; basket. its author has jolly. badly else."


@pytest.mark.parametrize(
    ("items", "new", "words", "number", "right"),
    [
        (REASONS, "that it is mistaken; that it amber. copper. the document, the publisher, this "
         "site or its moderators; fable. dozen. harsh about ember. text, or weary, or sarcastic;",
         ["that", "that it", "that it is", "it is"], 3, ""),
        (REASONS, "that amber. it is mistaken; that it criticises the document, ember. the "
         "publisher, this site or its moderators; that copper. harsh about a text, or weary;",
         ["that", "it", "that it"], 2, "that it criticises"),
        (ASKED, GO, ["that", "that its"], 2, ""),
        (ASKED, GO, ["people", "asked for"], 1, "that many people have asked for it"),
        (ASKED, GO, ["author", "its author"], 1, "its author has"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("merged", [True, False])
def test_a_few_words_of_joined_and_reworded_items_are_right_or_lost(
    items: list[str], new: str, words: list[str], number: int, right: str, merged: bool
) -> None:
    old = "\n".join(f"- {each}" for each in items)
    pairs = [(at, 1) for at in range(1, len(items) + 1)] if merged else [(len(items), 1)]
    editions = Editions(f"{old}\n\n{END}", f"- {new}\n\n{END}", [(0, 0), *pairs])
    low = editions.new.text.index(right) if right else -1
    for few in words:
        count = min(number, editions.old.text.count(few))
        start = editions.span(few, count).result.start
        assert start is None or (right and low <= start < low + len(right)), few
