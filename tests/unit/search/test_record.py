"""Records: their keys, and the values by which they are found."""

import pytest

from annotator.search.record import annotation_key, field_values, provision_key, read_key
from tests.search.making import record


def test_keys_are_read_back() -> None:
    assert read_key(annotation_key("0192:ab")) == ("annotation", "", "0192:ab")
    assert read_key(provision_key("model-spec", "k7m2x")) == ("provision", "model-spec", "k7m2x")


@pytest.mark.parametrize("key", ["", "a:", "p:", "p:x", "p::x", "p:x:", "b:1", "a"])
def test_what_is_no_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a record's key"):
        read_key(key)


def test_values_that_are_compared_as_the_same_are_one() -> None:
    made = record(
        1, tags=("Honesty", "honesty", " ", "a"), sections=("b-c", "b_c"), author="Jane Roe, Jane"
    )
    assert field_values(made) == {
        "kind": ("annotation",),
        "document": ("constitution",),
        "section": ("b-c",),
        "author": ("Jane Roe, Jane",),
        "name": ("jane", "roe"),
        "tag": ("Honesty", "a"),
        "placement": ("exact",),
        "is": (),
        "adoption": (),
        "agreements": (),
        "answer": (),
    }
