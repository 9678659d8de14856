"""Alignment and relocation, compared with what a reader says of a real document's revisions."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks import labels
from benchmarks.labels import Label, Placement, Step

pytestmark = pytest.mark.shared

# Of the paragraphs that a reader calls the same, so many keep their pid.
KEPT = 0.97


@pytest.fixture(scope="module")
def steps(shared: Path) -> dict[str, Step]:
    return labels.steps(shared / "corpus", [label.step for label in labels.labels()])


def _told(label: Label, heir: str | None) -> str:
    expected = " or ".join(label.new) or "none"
    return f"{label.step}: {label.old} should become {expected}, is {heir or 'retired'}"


def _placed(one: Placement) -> str:
    return f"{one.step}: {one.old} {one.at} was placed at {one.new}, judged {one.judgement}"


def test_there_are_200_labels_and_300_judgements() -> None:
    assert len(labels.labels()) == 200
    assert len(labels.placements()) == 300


def test_a_paragraph_that_a_reader_calls_the_same_keeps_its_pid(steps: dict[str, Step]) -> None:
    surviving = [label for label in labels.labels() if label.survives]
    heirs = {label: steps[label.step].heir(label.old) for label in surviving}
    gone = [_told(label, heir) for label, heir in heirs.items() if heir not in label.new]
    assert 1 - len(gone) / len(surviving) >= KEPT, "\n".join(gone)


def test_no_pid_goes_to_a_paragraph_that_a_reader_calls_another(steps: dict[str, Step]) -> None:
    certain = [label for label in labels.labels() if label.flag != "doubtful"]
    heirs = {label: steps[label.step].heir(label.old) for label in certain}
    wrong = [
        _told(label, heir)
        for label, heir in heirs.items()
        if heir is not None and heir not in label.new
    ]
    assert not wrong, "\n".join(wrong)


def test_the_judged_offsets_are_those_of_these_texts(steps: dict[str, Step]) -> None:
    texts: dict[str, str] = {}
    for name, step in steps.items():
        old, new = name.split("..")
        texts |= {old: step.old.sha256, new: step.new.sha256}
    assert texts == labels.digests()


def test_what_a_reader_judged_right_is_placed_so_still(steps: dict[str, Step]) -> None:
    right = [one for one in labels.placements() if one.judgement == "right"]
    otherwise = [_placed(one) for one in right if not labels.still(steps[one.step], one)]
    assert not otherwise, "\n".join(otherwise)


def test_nothing_is_placed_where_a_reader_judged_it_wrong(steps: dict[str, Step]) -> None:
    wrong = [one for one in labels.placements() if one.judgement == "wrong"]
    still = [_placed(one) for one in wrong if labels.still(steps[one.step], one)]
    assert not still, "\n".join(still)
