"""Counts the Python calls within a package, in every thread that starts after the counter was installed."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple


class Function(NamedTuple):
    """A function by its file, relative to the package, and its qualified name."""

    file: str
    name: str


@dataclass(frozen=True)
class Calls:
    """The number of calls of each function.

    Attributes:
        counts: Calls, and resumptions of generators and coroutines, by function, without those never called.
    """

    counts: Counter[Function]

    @property
    def total(self) -> int:
        """Calls of all functions together."""
        return self.counts.total()

    @property
    def files(self) -> int:
        """Distinct files with at least one call."""
        return len({function.file for function in self.counts})

    @property
    def functions(self) -> int:
        """Distinct functions with at least one call."""
        return len(self.counts)

    def table(self, per: int = 1) -> str:
        """Format a line per function, those with the most calls first; `per` divides the counts."""
        ordered = sorted(self.counts.items(), key=lambda item: (-item[1], item[0]))
        return "\n".join(f"  {calls / per:7.2f}  {file}: {name}" for (file, name), calls in ordered)


class CallCounter:
    """Counts calls by the interpreter's profiling hook: the same on every machine, unlike a time.

    Before Python 3.12, one thread cannot profile another. So `installed` goes around everything that starts a thread,
    and `counting` around the code to be measured.

    Args:
        package: The folder whose code counts.
        leaving_out: Subfolders or files in it that do not count, such as a client in the same process.
    """

    def __init__(self, package: Path, *, leaving_out: tuple[str, ...] = ()) -> None:
        self._package = package
        self._leaving_out = leaving_out
        self._is_counting = False
        self._called: list[CodeType] = []

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Let every thread that starts within the block, but not the calling one, report its calls."""
        threading.setprofile(self.note)
        try:
            yield
        finally:
            threading.setprofile(None)

    @contextmanager
    def counting(self) -> Iterator[Calls]:
        """Count the calls within the block; read the counts after it."""
        calls = Calls(Counter())
        self._called.clear()
        self._is_counting = True
        try:
            yield calls
        finally:
            self._is_counting = False
            calls.counts.update(filter(None, map(self._function, self._called)))

    def note(self, frame: FrameType, event: str, argument: Any) -> None:
        """Serve as the profiling hook of a thread."""
        if self._is_counting and event == "call":
            self._called.append(frame.f_code)  # atomic, so that no thread's call is lost

    def _function(self, code: CodeType) -> Function | None:
        file = Path(code.co_filename)
        if not file.is_relative_to(self._package):
            return None
        name = file.relative_to(self._package).as_posix()
        return None if name.startswith(self._leaving_out) else Function(name, code.co_qualname)
