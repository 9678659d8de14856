"""`annotator serve` and its auxiliary processes."""
