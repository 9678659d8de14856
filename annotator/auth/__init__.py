"""Passwords, names, who asks, and the one table of who may do what."""
