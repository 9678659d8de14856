"""An edition made ready for the finder, and how words of an essay match it."""
