"""Reading commentary: counts, highlights, search, statistics, printed notes."""
