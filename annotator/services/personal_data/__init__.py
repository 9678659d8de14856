"""Export of an account's data, and account deletion."""
