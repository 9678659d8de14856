"""A pid never goes to another provision: namesakes, formulas, renumbering, date lines."""

from __future__ import annotations

import pytest

from annotator.documents import Parsed, align_editions, inheritance
from tests.unit.documents.conftest import read

RULE = (
    "Nobody may, unless this part says otherwise, depart from the rules of this part to the harm "
    "of the {who}. They hold, unless this part says otherwise, even where they are circumvented."
)
REGEL = (
    "Niemand darf, soweit dieser Titel nichts anderes bestimmt, von den Regeln dieses Titels zum "
    "Nachteil der {who} abweichen. Sie gelten, soweit nichts anderes bestimmt ist, auch sonst."
)
FORMULA = "each also in conjunction with § 12, paras 1 to 3,"


def own(parsed: Parsed, ordinal: int) -> str:
    return " / ".join(
        parsed.text[block.start : block.end]
        for block in parsed.blocks
        if block.provision == ordinal
    )


def heirs(old: str, new: str) -> dict[str, str | None]:
    """The words of each old provision, with the words of the one that inherits its pid."""
    before, after = read(old), read(new)
    relation = align_editions(before, after)
    found: dict[str, str | None] = {own(before, at): None for at in range(len(before.provisions))}
    for at, inherited in enumerate(inheritance(relation, len(after.provisions))):
        if inherited is not None:
            found[own(before, inherited)] = own(after, at)
    return found


def part(title: str, *sections: tuple[str, str], topic: str = "") -> str:
    filler = "".join(
        f"### {topic} {n}\n\nRule {n} says this about {topic} and the {topic} of season {n}.\n\n"
        for n in (1, 2, 3)
    )
    return f"## {title}\n\n{filler}" + "".join(f"### {h}\n\n{text}\n\n" for h, text in sections)


@pytest.mark.parametrize("rule", [RULE, REGEL])
@pytest.mark.parametrize(
    ("old", "new", "namesake"),
    [
        ("12 Other agreements", "14 Other agreements and burden of proof", "44 Other agreements"),
        ("12 Other agreements", "12 Other agreements; proof", "12 Other agreements"),
        ("§ 12 Abweichungen", "§ 13 Abweichungen und Beweislast", "§ 33 Abweichungen"),
        ("Other agreements", "Departures", "Other agreements"),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_a_namesake_in_another_part_does_not_take_a_pid(
    rule: str, old: str, new: str, namesake: str, first: bool
) -> None:
    before, after = rule.format(who="reader or borrower"), rule.format(who="reader or borrower")
    after = after.replace("this part says otherwise", "something else is said")
    theirs = (namesake, after.replace("reader or borrower", "visitor"))
    kept = (new, f"(1) {after}\n\n(2) Where a dispute arises, the lender proves the facts.")
    older = [part("Loans", (old, before), topic="apples"), part("Visits", topic="tents")]
    newer = [part("Loans", kept, topic="apples"), part("Visits", theirs, topic="tents")]
    if first:
        older.reverse()
        newer.reverse()
    found = heirs("# Law\n\n" + "".join(older), "# Law\n\n" + "".join(newer))
    assert found[old] == new
    assert found[before] == f"(1) {after}"


def test_a_section_of_another_part_is_not_the_same_for_its_heading() -> None:
    old = part("Loans", ("Costs", "The lender pays for paper and ink."), topic="apples")
    new = part("Visits", ("Costs", "Each guest buys a ticket at the gate."), topic="tents")
    found = heirs(
        "# Law\n\n" + old + part("Visits", topic="tents"),
        "# Law\n\n" + part("Loans", topic="apples") + new,
    )
    assert found["Costs"] is None
    assert found["The lender pays for paper and ink."] is None


def test_numbered_headings_follow_their_contents_when_one_is_put_in() -> None:
    acts = {"fishes": "water", "hunts": "game", "digs": "mines", "builds": "works"}
    bodies = [f"Whoever {act} tells the office of {place}." for act, place in acts.items()]
    old = "# Law\n\n" + "".join(f"## Article {n}\n\n{b}\n\n" for n, b in enumerate(bodies, 1))
    bodies.insert(1, "Nobody sells what was found in a wreck.")
    new = "# Law\n\n" + "".join(f"## Article {n}\n\n{b}\n\n" for n, b in enumerate(bodies, 1))
    found = heirs(old, new)
    assert [found[f"Article {n}"] for n in (1, 2, 3, 4)] == [f"Article {n}" for n in (1, 3, 4, 5)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("We believe that order is fundamental.", "We believe that order is fundamental"),
        ("3. Being honest", "4 — Being Honest"),
        ("III. Scope", "SCOPE"),
        ("§ 4a Geltung", "§ 5 Geltung"),
        ("Article 7: Records", "Article 9. Records"),
        ("“Fair” use", '"Fair" use'),
        ("第5条 定義", "第6条 定義"),
    ],
)
def test_headings_are_compared_without_case_punctuation_and_number(old: str, new: str) -> None:
    page = (
        "# T\n\n## Before\n\nWhat stands before it.\n\n## {}\n\n{}\n\n## After\n\nThe end of it.\n"
    )
    found = heirs(
        page.format(old, "Order in the shed keeps everyone safe."),
        page.format(new, "Tools belong on hooks on the wall."),
    )
    assert found[old] == new


def offences(*sections: tuple[str, list[str]]) -> str:
    text = "# Act\n\n"
    for n, act in enumerate(("sells fireworks", "keeps a kiln", "stores grain", "burns peat"), 1):
        text += f"## § {n} Of him who {act}\n\n" + "".join(
            f"({i}) Whoever {act} in district {n}{i} tells the office, {FORMULA[:-8]} {i} to 4.\n\n"
            for i in (1, 2, 3)
        )
    return text + "".join(
        f"## {title}\n\n" + "".join(f"- {item}\n" for item in items) + "\n"
        for title, items in sections
    )


MINOR = ["lets a horse graze on the dyke without leave,", "paints a buoy in a false colour,"]
BALLAST = f"contrary to § 9, para 1, sentence 1, {FORMULA} discharges ballast into the canal,"
TARIFF = f"contrary to § 8, para 2, {FORMULA} omits to display the tariff,"
OAK = "fells an oak on the rampart by night,"


@pytest.mark.parametrize(
    "edited",
    [
        "contrary to § 9, para 1, sentence 2 or a decree, discharges ballast or oil into canals,",
        "in breach of § 9, lets ballast flow into the canal,",
        "discharges ballast into the canal,",
    ],
)
@pytest.mark.parametrize("where", ["minor", "minor, first", "serious", "other"])
def test_a_formula_does_not_tie_a_provision_to_another(edited: str, where: str) -> None:
    minor, serious, other = list(MINOR), [edited, OAK], ["rings a bell after dark,"]
    if where == "minor, first":
        minor.insert(0, TARIFF)
    else:
        {"minor": minor, "serious": serious, "other": other}[where].append(TARIFF)
    old = offences(("§ 5 Minor", MINOR), ("§ 6 Serious", [BALLAST, OAK]), ("§ 7 Other", other[:1]))
    new = offences(("§ 5 Minor", minor), ("§ 6 Serious", serious), ("§ 7 Other", other))
    rows = align_editions(read(old), read(new))
    assert "split" not in {row.verdict for row in rows}
    assert heirs(old, new)[BALLAST] in (edited, None)
    assert heirs(old, new)[OAK] == OAK


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Effective date: May 25, 2018", "Effective date: November 16, 2020"),
        ("Last updated on 1 January 2019.", "Last updated on 30 September 2021."),
        ("Stand: 25. Mai 2018", "Stand: 16. November 2020"),
        ("最終更新日：2018年5月25日", "最終更新日：2020年11月16日"),
        ("Version 1.2 (draft 7)", "Version 2.0 (draft 1)"),
        ("25 May 2018", "16 November 2020"),
        ("Dernière mise à jour : 1er mai 2018", "Dernière mise à jour : 3 juin 2020"),
    ],
)
@pytest.mark.parametrize("changed", ["", " They changed."])
def test_a_date_line_lives_on(old: str, new: str, changed: str) -> None:
    page = "# T\n\nWelcome to the terms of the shed.\n\n{}\n\nThese terms govern the shed.{}\n"
    assert heirs(page.format(old, ""), page.format(new, changed))[old] == new


def test_numbers_alone_do_not_make_two_lines_the_same() -> None:
    old, new = "# Fees\n\n- Saw: 20 euro\n", "# Fees\n\n- Ladder: 30 euro\n- Drill: 5 euro\n"
    assert heirs(old, new)["Saw: 20 euro"] is None


def test_a_section_without_text_of_its_own_is_known_by_its_heading() -> None:
    hours = "Hours\n\nThe keeper opens the shed at eight.\n\n"
    days = "Days\n\nGuests come on Mondays and bring cake.\n\n"
    first, last = "## Members\n\nThey pay a fee.\n\n", "## Guests\n\nThey come and go.\n\n"
    old = f"# T\n\n{first}### Duties\n\n#### {hours}{last}### {days}"
    new = f"# T\n\n{first}{last}### {days}### Duties\n\n#### Tea\n\nWe bake it all.\n"
    assert heirs(old, new)["Duties"] == "Duties"


@pytest.mark.parametrize("name", ["Hours", "Opening hours"])
@pytest.mark.parametrize("removed", ["## Duties", "## Part\n\n### Duties"])
def test_a_section_without_text_is_not_its_own_subsection(removed: str, name: str) -> None:
    hours = "The keeper opens the shed at eight, and rings before it is shut."
    around = (
        "# T\n\n## Purpose\n\nWho comes is welcome.\n\n{}\n\n## Fees\n\nGuests pay two coins.\n"
    )
    old = around.format(f"{removed}\n\n#### Hours\n\n{hours}")
    new = around.format(f"## {name}\n\n{hours}")
    assert heirs(old, new)["Hours"] == name
    assert heirs(old, new)["Duties"] is None
    assert heirs(new, old)[name] == "Hours"


def test_a_short_paragraph_amid_merged_ones_is_merged() -> None:
    first, last = (
        "The shed opens at eight each day of the week.",
        "Ask the keeper for the key first.",
    )
    old = f"# T\n\n{first}\n\nWhen to ask for help\n\n{last}\n"
    new = f"# T\n\n{first} When to ask for help {last}\n"
    verdicts = [row.verdict for row in align_editions(read(old), read(new))]
    assert verdicts == ["same", "merged", "merged", "merged"]
