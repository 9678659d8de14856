"""Addresses: read and write them, find what they point to, and cite a range."""
