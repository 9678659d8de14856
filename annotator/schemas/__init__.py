"""The definition of every shape that is received or sent."""
