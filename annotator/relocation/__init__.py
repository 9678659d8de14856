"""Spans: selectors that find words in a text, and moving spans between editions; pure."""
