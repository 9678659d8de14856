"""Analysis: the same for texts and queries, and true to the offsets of the original."""

import pytest

from annotator.search.analysis import (
    MAX_TERM,
    MAX_TERMS,
    fold,
    fold_slug,
    fold_value,
    forms,
    is_whole,
    pairs,
    terms,
    tokens,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Honesty, honestly!", ["honesty", "honestly"]),
        ("don't don’t don‘t donʼt don`t", ["don't"] * 5),
        ("long-term long‑term long–term long—term", ["long", "term"] * 4),
        ("avoid_sycophancy x² ½", ["avoid", "sycophancy", "x2", "1", "2"]),
        ("ﬁne ＡＢＣ Straße Łódź", ["fine", "abc", "strasse", "lodz"]),
        ("e\u0301 é İstanbul", ["e", "e", "istanbul"]),
        ("soft\u00adhyphen zero\u200djoiner", ["softhyphen", "zerojoiner"]),
        ("zero\u200bspace", ["zero", "space"]),
        ("漢字かな한국", ["漢", "字", "か", "な", "한", "국"]),
        ("ﾊﾞﾅﾅ", ["バ", "ナ", "ナ"]),
        ("हिन्दी يُحِبُّ", ["हिन्दी", "يحب"]),
        ("👍🏽 ❤️ 👨‍👩", ["👍", "❤", "👨", "👩"]),
        ("a\x00b \ud800c", ["a", "b", "c"]),
        ("... — ' \"", []),
        ("", []),
    ],
)
def test_words_are_folded(text: str, expected: list[str]) -> None:
    assert forms(text) == expected


@pytest.mark.parametrize(
    ("same", "stem"),
    [
        ("honest honestly", "honest"),
        ("value values valued valuing", "valu"),
        ("run runs running", "run"),
        ("Claude Claude's CLAUDE’S", "claud"),
        ("die dying", "die"),
        ("2026", "2026"),
        ("naïve naive", "naiv"),
        ("ценность", "ценность"),
    ],
)
def test_english_words_are_cut_to_their_stem(same: str, stem: str) -> None:
    assert set(terms(same)) == {stem}


@pytest.mark.parametrize(
    "same",
    """honest honesty honestly honesties honesty's|edit editor editors edited editing editor’s
    moderate moderator moderation|safe safety safely|certain certainty|uncertain uncertainty
    accurate accuracy accurately|private privacy privately|loyal loyalty|difficult difficulties
    deceive deceit deceived deception deceptive|decide decision decisive|describe description
    persuade persuasion persuasive|respond response responsive|permit permission permissible
    verify verification verified|curious curiosity|stable stability|create creator
    explain explanation explanatory|write writes writer written wrote|true truth truthful truly
    judge judgment judgement|agree agreement|know knew knowledge|read readers reading
    regulate regulator regulation regulatory|transparent transparency|responsible responsibility
    """.replace("\n", "|").split("|"),
)
def test_words_that_readers_take_for_the_same_share_their_term(same: str) -> None:
    assert len(set(terms(same))) <= 1, same


@pytest.mark.parametrize(
    "apart",
    """author authority|import important|experience experiment|universe university|fact factor
    past pastor|sect sector|commit commission|must musty|labor laboratory|provide provision
    honest dishonest|harm harmless|less lessor|rest restore|party part|nine ninety
    prove provenance""".replace("\n", "|").split("|"),
)
def test_words_of_different_meaning_stay_apart(apart: str) -> None:
    assert len(set(terms(apart))) == 2


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++, C# and .NET", ["c", "++", "c", "#", "and", ".", "net"]),
        ("(C++) “.NET” C++11 g++", ["c", "++", ".", "net", "c", "++", "11", "g", "++"]),
        ("grade A+ is 10+", ["grade", "a", "+", "is", "10"]),
        ("x+y a++b #tag page#part", ["x", "y", "a", "b", "tag", "page", "part"]),
        ("ASP.NET node.js .5 ...and", ["asp", "net", "node", "js", "5", "and"]),
    ],
)
def test_signs_of_names_are_terms(text: str, expected: list[str]) -> None:
    assert forms(text) == expected
    assert fold_slug("C++ & .NET") == "c-net"


def test_no_word_is_too_common() -> None:
    assert terms("to be or not to be") == ["to", "be", "or", "not", "to", "be"]


def test_tokens_stand_where_the_text_has_them() -> None:
    text = "“Don’t” 👍 ﬁne—½ 漢字"
    found = [(text[t.start : t.end], t.form) for t in tokens(text)]
    assert found == [
        ("Don’t", "don't"),
        ("👍", "👍"),
        ("ﬁne", "fine"),
        ("½", "1"),
        ("½", "2"),
        ("漢", "漢"),
        ("字", "字"),
    ]
    assert [(t.term, t.form) for t in tokens(text)] == pairs(text)


def test_what_is_longer_than_a_word_is_cut_in_texts_and_queries_alike() -> None:
    assert forms("x" * 5000) == ["x" * MAX_TERM]
    assert len(terms("word " * (MAX_TERMS + 10))) == MAX_TERMS


def test_names_are_compared_without_case_marks_and_doubled_spaces() -> None:
    assert fold_value("  JANE\t Röe ") == fold_value("Jane Roe") == "jane roe"
    assert fold_value("O’Brien") == fold_value("O'Brien")
    assert fold_value("long‑term") == fold_value("long-term") != fold_value("long term")
    assert fold_value("\ud800\x00") == ""


def test_a_section_is_named_by_its_slug_or_its_heading() -> None:
    assert fold_slug("Claude’s nature") == fold_slug("claudes-nature") == "claudes-nature"
    assert fold_slug("avoid_sycophancy") == "avoid-sycophancy"


def test_folding_twice_is_folding_once() -> None:
    for text in ("Ünï ﬁ ½ İ ß ’ — “ \u0345 ᾳ", "ǅ ʼn ΐ ﷺ"):
        assert fold(fold(text)) == fold(text)


def test_characters_of_scripts_without_spaces_are_known() -> None:
    assert is_whole("漢")
    assert is_whole("👍")
    assert is_whole("++")
    assert not is_whole("a")
    assert not is_whole("漢字")
