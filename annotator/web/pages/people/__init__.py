"""Pages about people: sign-in, accounts, recovery, profiles."""
