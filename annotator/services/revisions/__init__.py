"""Adding editions, aligning and correcting them, and reporting what changed."""
