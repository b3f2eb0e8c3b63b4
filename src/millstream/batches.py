"""Calls of several sessions that are made as one, as data, and the Protocols of what takes part. Read `jobs.py` first.

The function of a batch gets a list for each input, and returns a list for each output.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeAlias, runtime_checkable

from millstream.jobs import Advance, Arguments, Call, Failure, Job, Notice, Program, Worker


@dataclass(frozen=True, slots=True)
class BatchRules:
    """The rules by which the calls of a binding are made as one.

    Attributes:
        max_size: The most calls that are made as one.
        max_wait_s: How long a call that could begin waits for others, at most.
        key: Bindings with the same key have the same function: no two of their calls run at once.
    """

    max_size: int = 4
    max_wait_s: float = 0.008
    key: str = ""


@dataclass(frozen=True, slots=True)
class Share:
    """The share of one call in a batch: the values at `index` of what the function returned for `size` calls."""

    value: object
    index: int
    size: int


class Raised(NamedTuple):
    """The exception that the function raised."""

    error: BaseException


class FarOutcome(NamedTuple):
    """The outcome of one call in a batch whose function was called in another process.

    Attributes:
        value: Its own part of what the function returned, in the form in which a call by itself returns it.
        failure: The reason why it has none.
        size: How many calls the function returned for; 0 if it did not return.
    """

    value: object = None
    failure: Failure | None = None
    size: int = 0


Outcome: TypeAlias = Share | Raised | FarOutcome
"""The outcome of a call in a batch."""


class BatchCall(Call, Protocol):
    """A call that may be made together with others; `accept` takes an `Outcome`."""

    @property
    def job(self) -> Job:
        """The job that is being run."""

    def call_together(self, others: Sequence[Call], arguments: Sequence[Arguments]) -> object:
        """Call the function once, for this call and others of the same binding.

        Args:
            others: The other calls; all of their pages see what the function says on its way.
            arguments: Those of this call, and of each of the others, in order.

        Returns:
            What the function returned, or `Raised`.
        """

    def call_for(
        self, arguments: Sequence[Arguments], developers: Sequence[bool], *, is_final: bool
    ) -> list[FarOutcome] | None:
        """Call the function once for calls of another process; this one has no arguments of its own.

        Args:
            arguments: Those of each call.
            developers: For each call, whether its page is the app developer's.
            is_final: Whether the calls fail if the function raises.

        Returns:
            An outcome that survives a pickle, as far as its value does, for each call; `None` if the function raised,
            and is to be called again for fewer of them.
        """

    def tell(self, said: Notice | Advance) -> None:
        """Let its page see what the function says of all calls of its batch."""


class BatchProgram(Program, Protocol):
    """A program that says which of its bindings are batched."""

    def batches(self) -> Mapping[int, BatchRules]:
        """Give the rules of the batched bindings, by the binding's number."""


@runtime_checkable
class BatchWorker(Worker, Protocol):
    """A worker whose calls wait for others. What they are made of is best chosen late: see `turn`.

    It takes a second job while the first one's batch is being called; their results come in order.
    """

    @property
    def prepare_s(self) -> float:
        """The time before the end of the running batch at which the next job is best chosen."""

    def turn(self, invited: Callable[[], None], begun: Callable[[], None]) -> AbstractContextManager[None]:
        """Take part in the next batch; inside the block the job is chosen and submitted, once that is due.

        The batch does not wait for who leaves the block without having submitted a job, invited or not. Once it has
        begun the block may be left: the job goes on, and another turn may follow.

        Args:
            invited: Called when the batch is formed that the next job belongs to; at once if calls are made one by one.
            begun: Called when that batch is called; never if calls are made one by one.
        """


@dataclass(frozen=True, slots=True)
class BatchStatistics:
    """The batches of one binding since its start.

    Attributes:
        batches: How often the function was called, calls of one included.
        calls: How many calls that was for.
        wait_s: How long those calls waited, from being ready to the beginning of the batch, all together.
        call_s: How long the function took, all together.
        pays: Whether a batch costs clearly less than its calls one by one; `None` as long as nobody knows.
    """

    batches: int = 0
    calls: int = 0
    wait_s: float = 0.0
    call_s: float = 0.0
    pays: bool | None = None

    def __add__(self, other: BatchStatistics) -> BatchStatistics:
        """Sum up what two bindings of one function have done; it pays if it does for one of them."""
        known = [each.pays for each in (self, other) if each.pays is not None]
        return BatchStatistics(
            self.batches + other.batches,
            self.calls + other.calls,
            self.wait_s + other.wait_s,
            self.call_s + other.call_s,
            any(known) if known else None,
        )
