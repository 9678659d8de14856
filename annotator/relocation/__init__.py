"""Find quotations in a text and relocate spans from one edition to another; pure."""
