"""The devices of this machine that models may be put on, found without the library that will use them."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from typing import Final

CPU: Final = ("cpu",)
ASK_S: Final = 10.0
"""How long the driver may take to list its GPUs."""


def find_devices(environment: Mapping[str, str] = os.environ) -> tuple[str, ...]:
    """Give `("cuda:0", …)`, one for each NVIDIA GPU that this process may use; `("cpu",)` without any.

    `CUDA_VISIBLE_DEVICES` decides if it is set, as it does for CUDA itself: its entries are numbered from 0.
    """
    visible = environment.get("CUDA_VISIBLE_DEVICES")
    count = _listed_by_driver() if visible is None else _visible(visible)
    return tuple(f"cuda:{number}" for number in range(count)) or CPU


def _visible(listed: str) -> int:
    """Count the entries before the first that is none, as CUDA does."""
    count = 0
    for entry in listed.split(","):
        if not (entry.strip().isdigit() or entry.strip().startswith(("GPU-", "MIG-"))):
            break
        count += 1
    return count


def _listed_by_driver() -> int:
    program = shutil.which("nvidia-smi")
    if program is None:
        return 0
    try:
        listed = subprocess.run(  # noqa: S603 - the driver's own program, without any input of ours
            [program, "-L"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ASK_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return 0
    return sum(line.startswith("GPU ") for line in listed.stdout.splitlines())
