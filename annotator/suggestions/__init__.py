"""Proposed wordings: what they result in, which conflict, what an edition adopted, and patches."""
