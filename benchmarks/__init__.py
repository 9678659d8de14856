"""Measurements that can be run again; each script prints one table. None is part of the tests."""
