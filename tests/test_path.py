"""How many calls a frame, a click, a page at rest and a new session cost the server: as many as their budgets allow."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.slow
def test_a_frame_a_click_a_rest_and_a_birth_keep_their_budgets_of_calls() -> None:
    command = [sys.executable, "-m", "benchmarks", "path"]
    said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    counted = [line for line in said.stdout.splitlines() if "budget" in line and "_us_" not in line]  # no times
    assert len(counted) >= 5, said.stderr
    assert [line for line in counted if "BROKEN" in line] == []
