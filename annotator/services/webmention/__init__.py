"""Receive webmentions: queue, verify, and show them after review."""
