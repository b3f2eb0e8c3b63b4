"""Tests that import Ray are collected only where it is installed: `scripts/test` installs it for its last stage."""

from importlib.util import find_spec

collect_ignore = [] if find_spec("ray") else ["test_broker_process.py", "test_siblings.py"]
