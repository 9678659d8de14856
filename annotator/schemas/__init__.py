"""The one definition of every shape that goes in or out."""
