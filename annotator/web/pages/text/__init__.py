"""Pages that show an edition: the reading page, a provision, the printed edition."""
