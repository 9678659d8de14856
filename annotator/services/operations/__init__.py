"""Run a site: consistency checks, backups, housekeeping."""
