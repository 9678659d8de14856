"""Drafters, who speak for the publisher of a document, and their answers to comments."""
