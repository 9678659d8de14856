"""Align two editions: which provision became which, with a verdict on each."""
