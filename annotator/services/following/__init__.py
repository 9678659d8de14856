"""Follows of accounts, their news, and news emails."""
