"""Words are found elsewhere only if they are exact and unique."""

from __future__ import annotations

from annotator.relocation.relocate import find_elsewhere

SENTENCE = "Whoever quotes the charter quotes it word for word."
SHORT = "quotes it word"


def find(old: str, new: str, words: str) -> str | None:
    start = old.index(words)
    found = find_elsewhere(old, new, (start, start + len(words)), (0, len(old)))
    return None if found is None else new[slice(*found)]


def test_a_long_sentence_is_found() -> None:
    assert find(f"{SENTENCE} Rest.", f"Other things first. {SENTENCE}", SENTENCE) == SENTENCE


def test_short_words_are_found_by_the_words_around_them() -> None:
    assert find(f"{SENTENCE} Rest.", f"Other things first. {SENTENCE}", SHORT) == SHORT


def test_the_context_may_be_on_one_side_only() -> None:
    new = "Other: as we said, whoever quotes the charter quotes it word by word."
    assert find(f"Now, as we said, {SENTENCE.lower()}", new, SHORT) == SHORT


def test_short_words_without_context_are_not_found() -> None:
    assert find(SHORT, f"Nobody {SHORT} for it.", SHORT) is None


def test_repeated_words_are_not_found() -> None:
    assert find(SENTENCE, f"{SENTENCE} And again: {SENTENCE}", SENTENCE) is None


def test_words_repeated_in_the_old_text_are_not_found() -> None:
    assert find(f"{SENTENCE} {SENTENCE}", f"First. {SENTENCE}", SENTENCE) is None


def test_altered_words_are_not_found() -> None:
    assert find(SENTENCE, SENTENCE.replace("word for", "words for"), SENTENCE) is None
