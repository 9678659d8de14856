"""Passwords, names, viewers and the table of permissions."""
