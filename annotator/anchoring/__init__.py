"""Selectors: quotations with offsets, placing them, moving them between editions; pure."""
