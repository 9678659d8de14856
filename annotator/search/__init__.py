"""Search comments and provisions by their words: the query language, records and engines."""
