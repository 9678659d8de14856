"""What readers see of the commentary: counts, filters, search, statistics, printed notes."""
