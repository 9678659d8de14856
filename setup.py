"""The packages of a wheel; everything else stands in `pyproject.toml`."""

from setuptools import find_packages, setup

# Folders at the top of the repository, which `package-dir` puts inside the package.
CARRIED = ["annotator.migrations", "annotator.corpus", "annotator.docs"]

setup(packages=[*find_packages(include=["annotator*"]), *CARRIED])
