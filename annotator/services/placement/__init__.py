"""Where annotations stand in each edition: placements, coverage, visibility."""
