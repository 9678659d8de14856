"""State of the site that every process shares: switches and rate counters."""
