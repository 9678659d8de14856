"""`annotator serve` and the processes beside it."""
