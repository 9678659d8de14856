"""Documents, their editions and provisions, loaded from the database."""
