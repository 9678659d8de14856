"""The APIs: JSON, the W3C's protocol, Hypothesis's API, and their documentation."""

from annotator.web.api import answers, following, guide, hypothesis, moderation, native, w3c

__all__ = [
    "answers", "following", "guide", "health", "hypothesis", "moderation", "native", "w3c",
]  # fmt: skip
