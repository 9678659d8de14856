"""A new edition: add it, line it up, correct the alignment, and report what changed."""
