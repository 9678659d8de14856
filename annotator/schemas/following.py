"""Shapes of following: news, and what is followed."""

from __future__ import annotations

# Kinds of news, the most important first; the last is of what an account follows, the others are
# to it.
KINDS = ("answer", "reply", "mention", "changed", "moderation", "followed")
CLASSES = ("to_me", "followed")


def class_of(kind: str) -> str:
    """Return the class of a kind of news."""
    return "followed" if kind == "followed" else "to_me"
