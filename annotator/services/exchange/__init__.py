"""Import and export of annotations, shipped documents, and the export of one account."""
