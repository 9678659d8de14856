"""Positions of annotations in each edition: placements, coverage, visibility."""
