"""The outcome of a soak: what the processes of a server hold after each round, and what is said of it at the end."""

from __future__ import annotations

import itertools
import os
import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import psutil

WARM: Final = 2
"""Rounds after which everything is warm that stays."""

LEAST_ROUNDS: Final = 8
SLOPE_MIB_PER_H: Final = 1.0
NOISE_MIB: Final = 2.0
"""What the allocator takes and gives back from one round to the next looks like a slope in a test that is short."""

LATER: Final = 1.2
NOISE_S: Final = 0.005

KINDS: Final = {"apps.gateway": "gateway", "broker.__main__": "broker", "process.main": "worker"}
"""The processes that a server starts, by a word of their command line."""

LEFT: Final = ("descriptors", "threads", "tasks", "files", "segments")


class Holding(NamedTuple):
    """What a server's processes hold while nobody streams; the memory of each by its name, in MiB."""

    mib: dict[str, float]
    descriptors: int
    threads: int
    tasks: int
    files: int
    segments: int

    def __str__(self) -> str:
        memory = ", ".join(f"{name} {mib:.1f} MiB" for name, mib in self.mib.items())
        return f"{memory}; " + ", ".join(f"{getattr(self, name)} {name}" for name in LEFT)


def processes_of(root: psutil.Process) -> dict[str, psutil.Process]:
    """Give a server's process and all that it has started, by names that stay when one of them is replaced."""
    found = {"server": root}
    for child in sorted(root.children(recursive=True), key=lambda one: one.create_time()):
        line = " ".join(child.cmdline())
        kind = next((kind for word, kind in KINDS.items() if word in line), "")
        if kind:
            number = next(number for number in itertools.count(1) if f"{kind} {number}" not in found)
            found[f"{kind} {number}"] = child
    return found


def segments_of(process: psutil.Process) -> int:
    """Count the shared memory that a process has open or has mapped."""
    base = Path("/proc") / str(process.pid)
    opened = [str(link.readlink()) for link in (base / "fd").iterdir() if link.is_symlink()]
    mapped = (base / "maps").read_text().splitlines()
    return sum("/dev/shm/" in name or "/memfd:" in name for name in (*opened, *mapped))


def holding(processes: dict[str, psutil.Process], tasks: int, folder: Path) -> Holding:
    """Look what processes hold, and what is in their temporary folder."""
    every = processes.values()
    return Holding(
        {name: process.memory_full_info().uss / 2**20 for name, process in processes.items()},
        sum(process.num_fds() for process in every),
        sum(process.num_threads() for process in every),
        tasks,
        sum(len(names) for _, _, names in os.walk(folder)),  # to which it is no error if one goes meanwhile
        sum(map(segments_of, every)),
    )


def slope_of(levels: Sequence[float]) -> float:
    """Give the slope of levels from one to the next: the median of all slopes between two of them (Theil and Sen).

    What leaks rises in each round. A single step does not count.
    """
    pairs = itertools.combinations(enumerate(levels), 2)
    return statistics.median([(after - before) / (j - i) for (i, before), (j, after) in pairs] or [0.0])


@dataclass
class Soak:
    """A soak of so many rounds.

    Attributes:
        rounds: How many there are to be.
        round_s: The seconds of each.
        ages: The 95th percentile of the ages of results of each round, in seconds.
        held: What was held after each.
    """

    rounds: int
    round_s: float
    ages: list[float] = field(default_factory=list)
    held: list[Holding] = field(default_factory=list)

    @property
    def slopes(self) -> dict[str, float]:
        """By how much the memory of each process rises in an hour, in MiB, by the last rounds."""
        last = self.held[WARM - self.rounds :]
        return {name: slope_of([each.mib.get(name, 0.0) for each in last]) * self._per_h for name in last[-1].mib}

    @property
    def most(self) -> float:
        """The slope that is allowed: short soaks may have some noise."""
        rise = max(SLOPE_MIB_PER_H * (self.rounds - WARM - 1) / self._per_h, NOISE_MIB * LEAST_ROUNDS / self.rounds)
        return rise / (self.rounds - WARM - 1) * self._per_h

    @property
    def _per_h(self) -> float:
        return 3600 / self.round_s

    @property
    def is_flat(self) -> bool:
        """True if the memory of no process rises by more than is allowed."""
        return max(self.slopes.values()) < self.most

    @property
    def latency(self) -> tuple[float, float]:
        """The 95th percentiles at the start and at the end: those of five minutes of an hour."""
        ends = max(2, round(300 / 3600 * len(self.ages)))
        first, last = self.ages[:ends], self.ages[-ends:]
        return (max(first), min(last)) if ends == 2 else (statistics.median(first), statistics.median(last))

    @property
    def left(self) -> dict[str, int]:
        """What there is more of at the end than there was before everything was warm: a worker may start late."""
        return {name: getattr(self.held[-1], name) - max(getattr(each, name) for each in self._cold) for name in LEFT}

    @property
    def _cold(self) -> list[Holding]:
        return self.held[: WARM + 1]

    def report(self) -> str:
        """Say all of it, a line for each."""
        first, last = self.latency
        rises = [
            f"{name}: {self.held[WARM].mib.get(name, 0.0):.1f} to {self.held[-1].mib[name]:.1f} MiB, "
            f"{slope:+.2f} MiB an hour (at most {self.most:.2f})"
            for name, slope in self.slopes.items()
        ]
        ages = f"p95 {first * 1000:.1f} ms at the start, {last * 1000:.1f} ms at the end: {last / first:.2f} times"
        left = ", ".join(f"{count} {name}" for name, count in self.left.items())
        return "\n".join([*rises, f"{ages} (at most {LATER}, and {NOISE_S * 1000:g} ms)", f"left: {left}"])
