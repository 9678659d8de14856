"""Every edit script, on a real text: nothing is placed on other words, no pid goes astray."""

import pytest

from annotator.documents import parse
from benchmarks import revisions_real
from benchmarks.edit_scripts import SCRIPTS, taken_apart


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_script_leads_no_comment_and_no_pid_astray(script: str) -> None:
    path = revisions_real.TEXTS["charter"][0]
    blocks = taken_apart(parse(path.read_bytes(), name=path.name))
    counts = revisions_real.run(script, "charter", blocks, verbose=True)
    assert counts["spans"] > 700
    assert {fault: counts[fault] for fault in revisions_real.FAULTS if counts[fault]} == {}
