"""What a person may take and end: the export of their data, and account deletion."""
