"""Pages for flags, appeals, the moderation queue and its public log."""
