"""Following: what accounts follow, the news of it, and the emails that tell it."""
