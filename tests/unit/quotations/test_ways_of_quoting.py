"""Ways in which essays set what they quote: tables, blocks, code, notes, divided words, speech."""

from __future__ import annotations

import random
import re
from functools import cache

import pytest

from annotator.documents import parse
from annotator.quotations import Index, Kind, Quotation, find, index_of
from annotator.quotations.editorial_marks import corrected
from annotator.quotations.significance import COMMON
from tests.conftest import ROOT

LABELS = ("2026-11-01", "2026-09-01")
WORDS = "Copy the words from the edition."


@cache
def charter() -> tuple[Index, ...]:
    sources = (ROOT / "corpus" / "charter" / f"{label}.md" for label in LABELS)
    return tuple(index_of(it.stem, parse(it.read_bytes(), name=it.name)) for it in sources)


def quotations(essay: str, kind: Kind = "markdown") -> list[Quotation]:
    return find(essay, kind, charter())


def found(essay: str, kind: Kind = "markdown") -> dict[str, str]:
    """Return the verdict of each quotation with a place, by its words."""
    return {it.words: it.verdict for it in quotations(essay, kind) if it.matches or it.candidates}


def passages(fewest: int, many: int, seed: int) -> list[str]:
    """Choose passages of the charter, `fewest` words long, that say something."""
    chance, text, words = random.Random(seed), charter()[0].text, charter()[0].stream
    chosen: list[str] = []
    while len(chosen) < many:
        at = chance.randrange(len(words.words) - fewest)
        passage = text[words.starts[at] : words.ends[at + fewest - 1]]
        rare = set(words.words[at : at + fewest]) - COMMON
        if len(rare) > 1 and re.fullmatch(r"[A-Za-z ]+", passage):
            chosen.append(passage)
    return chosen


TABLES: list[tuple[str, Kind]] = [
    ('| "{}" | What the text says |\n|---|---|\n| a | b |', "markdown"),
    ('| The charter | My view |\n|---|---|\n| "{}" | No. |', "markdown"),
    ("The charter, in a table:\n\n| Words | View |\n|---|---|\n| “{}” | No. |", "markdown"),
    ("## From the charter\n\n| Words | View |\n|---|---|\n| “{}” | No. |", "markdown"),
    ("Die Verfassung:\n\n| Wort | Urteil |\n|---|---|\n| „{}“ | Nein. |", "markdown"),
    ("<table><tr><th>Le document<th>Moi<tr><td>« {} »<td>Non</table>", "html"),
    ("<p>From the charter:<table><tr><td>No</td><td>“{}”</td></tr></table>", "html"),
]


@pytest.mark.parametrize(("table", "kind"), TABLES)
def test_a_cell_is_found_where_its_row_its_head_or_the_paragraph_before_names_the_document(
    table: str, kind: Kind
) -> None:
    for words in ("as though they were in force", "whoever complains of it", *passages(6, 12, 1)):
        assert list(found(table.format(words), kind).values()) == ["verbatim"], words


@pytest.mark.parametrize(
    ("essay", "kind"),
    [
        ('> "{}."\n> "{}."', "markdown"),
        ("> “{}”\n>\n> “{}”", "markdown"),
        ("> - „{}“\n> - „{}“", "markdown"),
        ("> The charter is “{}” and then again “{}” [...] so to speak.", "markdown"),
        ("> I read that it is\n> « {} »; and that there is, too, « {} ».", "markdown"),
        ('> "{}."\n> "{}."', "text"),
        ("<blockquote>“{}.”<br>“{}.”</blockquote>", "html"),
        ("<blockquote><p><q>{}</q> my own words in between <q>{}</q></blockquote>", "html"),
    ],
)
def test_quotations_in_one_block_are_as_many_as_their_marks(essay: str, kind: Kind) -> None:
    for pair in zip(passages(8, 12, 2), passages(8, 12, 3), strict=True):
        told = [it.rstrip(".").strip() for it in found(essay.format(*pair), kind)]
        assert told == list(pair), told


def test_a_block_that_is_the_document_s_own_is_one_with_the_marks_that_it_has() -> None:
    words = "A changed capital counts as a change: “[t]hey may” for “They may”."
    assert list(found(f"> {words}")) == [words]


@pytest.mark.parametrize(
    ("essay", "kind"),
    [
        ('Charter line 59: *"{}"*', "markdown"),
        ("Zeile 59: **„{}“**", "markdown"),
        ("Line 59: ***“{}”*** it is.", "markdown"),
        ("Charter line 59: _“{}”_", "markdown"),
        ("<p>Line 59: <em>“{}”</em>", "html"),
        ("On line 59: `{}`", "markdown"),
        ("On line 59: ``{}``", "markdown"),
        ("On line 59: `{}`", "text"),
        ("<p>On line 59: <code>{}</code>", "html"),
        ("章程写道`{}`（C:L59）。", "markdown"),
        ('章程写道:"{}"（C:L59）,很好。', "markdown"),
        ('憲章は、"{}"（59行）と述べる。', "markdown"),
        ("憲章は「{}」（C:L59）と述べる。", "text"),
    ],
)
def test_marks_may_stand_in_emphasis_or_be_those_of_code(essay: str, kind: Kind) -> None:
    for words in (WORDS, *passages(6, 12, 4)):
        assert [it.rstrip(".") for it in found(essay.format(words), kind)] == [words.rstrip(".")]


@pytest.mark.parametrize(
    "code", ["make test && make run", "git commit", "print('the day')", "other words than those"]
)
def test_code_that_quotes_nothing_is_not_reported(code: str) -> None:
    assert quotations(f"Then type `{code}` and wait.") == []


@pytest.mark.parametrize(
    "essay",
    [
        "The charter’s “{}” test",
        "The charter's '{}' test",
        "Its authors’ “{}” rule",
        'the charter settles that nobody is asked to picture "{}"',
        "Die „{}“-Regel der Verfassung, und der Text: „{}“.",
    ],
)
def test_few_words_are_found_where_the_document_has_them_said(essay: str) -> None:
    for words in ("slips of the pen", "forgery made of genuine parts", "harsh about a text"):
        assert set(found(essay.format(words, words)).values()) == {"verbatim"}


@pytest.mark.parametrize(
    ("essay", "kind"),
    [
        ("> **§ How to quote**（L45）", "markdown"),
        ("> **§ Marks of omission and alteration** (L70)", "markdown"),
        ("> How to quote", "markdown"),
        ("> § 3: Grounds for hiding a remark, p. 12", "text"),
        ("<blockquote><b>Reasons and the public log</b></blockquote>", "html"),
        ("“§ Marks of omission and alteration” is short.", "markdown"),
        ("See section “Marks of omission and alteration” for it.", "markdown"),
        ("Under “Marks of omission and alteration” there is more.", "markdown"),
        ("> - **How to quote**\n> - *Which edition*", "markdown"),
        ("I always copy the words from the edition, and do not type them from memory.", "markdown"),
        ("One should copy the words from the edition. Do not type them from memory.", "text"),
        ("Copy the words from the edition. Do not type them from memory, dear Ines.", "markdown"),
        ("- I read the whole provision before I remark on part of it", "markdown"),
        ("## Read the whole provision before you remark on part of it", "markdown"),
    ],
)
def test_a_heading_that_is_cited_and_words_without_marks_are_no_quotations(
    essay: str, kind: Kind
) -> None:
    assert quotations(essay, kind) == []


def test_the_line_that_cites_a_heading_is_no_part_of_what_stands_under_it() -> None:
    for lead in ("**§ How to quote**（L45）", "Charter, line 59:", "§ 3", "How to quote, p. 4"):
        assert found(f"> {lead}\n> {WORDS}") == {WORDS: "verbatim"}
        assert found(f"> {lead}\n>\n> {WORDS}") == {WORDS: "verbatim"}


@pytest.mark.parametrize(
    "note",
    ["(emphasis added)", "(my emphasis)", "[emphasis mine]", "(italics added)", ", emphasis mine",
     "(emphasis added; the charter has none)", "(Hervorhebung hinzugefügt)", "(kursiv von mir)",
     "(c’est moi qui souligne)", "(je souligne)", "(énfasis añadido)", "(corsivo aggiunto)",
     "(grifo meu)", "(nadruk toegevoegd)", "(podkreślenie moje)", "（强调为笔者所加）",
     "（下線筆者）"],
)  # fmt: skip
def test_a_note_of_emphasis_says_nothing_of_who_speaks(note: str) -> None:
    for words in ("Copy the *words* from the edition", "They *meet* a case"):
        (told,) = quotations(f"“{words}” {note}.")
        assert told.verdict == "altered_marked"


@pytest.mark.parametrize(
    ("divided", "kind"),
    [("-\n", "text"), ("-\n", "markdown"), ("-\r\n", "text"), ("\u00ad\n", "text"),
     ("\u00ad", "html"), ("&shy;", "html"), ("<wbr>", "html"), ("\u2010\n", "text"),
     ("- ", "text"), ("\u00ad", "markdown")],
)  # fmt: skip
def test_a_word_divided_at_the_end_of_a_line_is_not_altered(divided: str, kind: Kind) -> None:
    for before, after in (("Keep the spelling, the capi", "tals, the emphasis and"),
                          ("An ellipsis may shor", "ten a sentence.")):  # fmt: skip
        (told,) = quotations(f"It says “{before}{divided}{after}” there.", kind)
        assert told.verdict == "verbatim"
        assert corrected(told) == f"“{before + after}”"


def test_a_hyphen_at_the_end_of_a_line_may_be_the_word_s_own() -> None:
    source = b"# Words\n\nIt was a well-known and long-standing rule of the house by the lake."
    index = index_of("1", parse(source, name="a.md"))
    (told,) = find(
        "“It was a well-\nknown and long-\nstanding rule of the hou-\nse”", "text", [index]
    )
    assert told.verdict == "verbatim"


@pytest.mark.parametrize(
    "speech",
    [
        "“I have read of ‘{}’ and did not laugh at all,” said Ines.",
        "\"You have written '{}' on a wall, of all things,\" he told me.",
        "He said: «Hemos visto “{}” en la pared y nada más.»",
        "„Man hat mir ‚{}‘ gesagt, und das war es“, schrieb er.",
        "« Elle a dit “{}” et rien d’autre », dit-il.",
    ],
)
def test_words_quoted_within_speech_that_is_not_the_document_s_are_found(speech: str) -> None:
    for words in ("remedy for a trouble", "ten thousand remarks, one week", "slips of the pen"):
        told = found(speech.format(words))
        assert told == {words: "verbatim"}
