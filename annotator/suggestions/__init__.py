"""Proposed wordings: their results, conflicts, adoption by an edition, and patches."""
