"""An essay as the finder reads it: its words, its quotation marks, and what may be a quotation."""
