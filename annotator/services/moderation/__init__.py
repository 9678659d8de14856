"""Moderation: flags, the queue, actions, appeals, sanctions, and the public log."""
