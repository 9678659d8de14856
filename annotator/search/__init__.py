"""Finding commentary and provisions by their words: the query language, records and engines."""
