"""Fixtures for pytest: `pytest_plugins = ["millstream.testing.fixtures"]` in a `conftest.py` makes them known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from millstream.declare.declaration import Declaration
from millstream.testing.replay import Replay, replay


@pytest.fixture
def replayed(request: pytest.FixtureRequest) -> Callable[[str, Declaration], Replay]:
    """A function that replays a recording beside the test to an app, and fails the test if anything is different."""

    def check(recording: str, demo: Declaration) -> Replay:
        found = replay(Path(request.path).parent / recording, demo)
        if not found.is_equal:
            pytest.fail(f"{recording}: {found}", pytrace=False)
        return found

    return check
