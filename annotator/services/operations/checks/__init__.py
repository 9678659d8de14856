"""Each thing that `annotator check` proves: a small function that yields a line for every fault.

To check something more, write one and name it in `services.consistency`.
"""
