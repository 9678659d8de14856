"""Accounts: sign-up, credentials, sessions, tokens, email, renaming and deletion."""
