"""Files of annotations: read any dialect piece by piece, and the envelope of an export."""

READABLE = ("native", "w3c", "hypothesis", "jsonl")  # the dialects that `reading` reads
