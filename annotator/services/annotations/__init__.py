"""Write, edit, delete, load and list annotations."""
