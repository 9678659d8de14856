"""What people can do: plain functions, session first, no HTTP, no commit."""
