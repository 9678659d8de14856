"""Rates as people write them."""

from __future__ import annotations

import pytest

from annotator import config, rates
from annotator.errors import ConfigFault
from annotator.rates import Rate


def test_rates_are_read_as_people_write_them() -> None:
    assert rates.read("20/hour") == (Rate(20, 3_600),)
    assert rates.read(" 5/10 minutes , 400/day") == (Rate(5, 600), Rate(400, 86_400))
    assert rates.read("1/second") == (Rate(1, 1),)
    assert rates.read(" ") == ()


@pytest.mark.parametrize(
    "text", ["20", "20/hours/day", "0/hour", "-1/hour", "5/0 minutes", "x/day", "5/week", ","]
)
def test_other_writing_is_a_fault_that_the_start_tells(text: str) -> None:
    with pytest.raises(ValueError, match="20/hour"):
        rates.read(text)
    with pytest.raises(ConfigFault, match="ANNOTATOR_RATES_POST"):
        config.load(environ={"ANNOTATOR_RATES_POST": text})


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.2, "1 second"), (40, "40 seconds"), (91, "2 minutes"), (3_600, "60 minutes"),
     (5_401, "2 hours"), (86_400, "24 hours")],
)  # fmt: skip
def test_a_time_to_wait_is_said_in_words_and_rounded_up(seconds: float, said: str) -> None:
    assert rates.spoken(seconds) == said
