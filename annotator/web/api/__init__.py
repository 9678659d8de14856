"""The doors for programs: JSON, the W3C's protocol, Hypothesis's shape, and the page about them."""

from annotator.web.api import guide, health, hypothesis, moderation, native, w3c

__all__ = ["guide", "health", "hypothesis", "moderation", "native", "w3c"]
