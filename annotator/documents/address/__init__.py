"""Addresses: read and write them, locate their targets, and cite a range."""
