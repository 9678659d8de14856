"""What every request passes: security, sessions, rate limits, errors, compression, translation."""
