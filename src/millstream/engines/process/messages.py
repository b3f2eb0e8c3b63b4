"""Messages between the server and a worker process. They travel pickled; those of `Control` are five bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, TypeAlias

from millstream.batches import FarOutcome
from millstream.jobs import Arguments, Job, Level, Notice, Result, Signature


class SetUpOrder(NamedTuple):
    """The first message to a worker process.

    Attributes:
        arguments: `sys.argv` of the server, which the app may read when it is imported.
        factory: Makes the program; pickled, as that may fail on arrival.
        signatures: What it has to be like.
        bindings: The bindings whose handlers are called there.
        worker_bytes: See `EngineLimits`.
        log_level: The level of the server's log.
        number: Its number among the worker processes, by which they share the devices.
        is_standby: Whether it waits for a `TakeOver` once it has imported the app.
    """

    arguments: list[str]
    factory: bytes
    signatures: tuple[Signature, ...]
    bindings: tuple[int, ...]
    worker_bytes: int | None
    log_level: int
    number: int = 0
    is_standby: bool = False


class TakeOver(NamedTuple):
    """Set up the app that is imported: a worker process is to be replaced."""


class Begin(NamedTuple):
    """Begin a job, in the calls of a worker, and take its first step."""

    worker: int
    job: Job


class Next(NamedTuple):
    """Take the next step of a generator."""

    worker: int


class CloseCall(NamedTuple):
    """Close the generator of a worker."""

    worker: int


class Forget(NamedTuple):
    """Close the calls of workers that have ended, let go of what is kept for pages that have; not answered."""

    workers: tuple[int, ...]
    sessions: tuple[str, ...] = ()


class CallTogether(NamedTuple):
    """Call a batched function once for several calls.

    Attributes:
        worker: The number of who asks for it, among the workers.
        binding: The binding whose handler is called.
        arguments: Those of each call.
        developers: For each call, whether its page is the app developer's.
        is_async: Whether the function is async.
        is_final: Whether the calls fail if the function raises; else it is called again for fewer of them.
    """

    worker: int
    binding: int
    arguments: Sequence[Arguments]
    developers: Sequence[bool]
    is_async: bool
    is_final: bool


class CalledTogether(NamedTuple):
    """The outcome of each call, in order; `None` if the function raised and is to be called again for fewer."""

    outcomes: list[FarOutcome] | None


CallStep: TypeAlias = Begin | Next | CloseCall
"""Answered by a `Result`."""

Order: TypeAlias = CallStep | CallTogether

OrderReply: TypeAlias = Result | CalledTogether


class SettingUp(NamedTuple):
    """A set-up begins, named as in messages; not answered."""

    name: str


class Imported(NamedTuple):
    """The app is imported by a standby, which waits for a `TakeOver`."""


class Ready(NamedTuple):
    """The app is imported and set up."""


class Broken(NamedTuple):
    """The app cannot be imported or set up; the traceback was logged."""

    why: str


class Report(NamedTuple):
    """Messages and progress of a handler during its call; the next report is sent when this one was seen."""

    worker: int
    notices: tuple[Notice, ...]
    progress: ShownProgress | None


class Logged(NamedTuple):
    """A record of the log, as its attributes."""

    attributes: dict[str, object]


@dataclass(frozen=True, slots=True)
class ShownProgress:
    """The progress of a call at the moment when it was sent: an `Advance`."""

    call: int
    shown: tuple[Level, ...]

    def levels(self) -> tuple[Level, ...]:
        return self.shown


class Control(IntEnum):
    """A message to a worker process while it is busy.

    `CANCEL`: nobody waits for the call of a worker any more. `SEEN`: its last report has arrived.
    """

    CANCEL = 1
    SEEN = 2


CONTROL_BYTES: Final = 5


def control_bytes(control: Control, worker: int) -> bytes:
    """Put a `Control` and the number of a worker into so many bytes."""
    return bytes((control,)) + worker.to_bytes(CONTROL_BYTES - 1, "little")


def read_control(data: bytes) -> tuple[Control, int]:
    """Take the bytes apart again."""
    return Control(data[0]), int.from_bytes(data[1:], "little")
