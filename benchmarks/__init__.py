"""Benchmarks. Each script prints a table; none is part of the tests."""
