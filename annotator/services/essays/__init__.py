"""Essays become annotations on the passages they quote."""
