"""HTTP for every request: security, sessions, rate limits, errors, compression, translation."""
