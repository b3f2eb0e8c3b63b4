"""A call that may be one of a batch: the function gets lists, and each call takes its share of what it returns."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping, Sequence, Sized
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import TypeGuard, cast

from millstream.batches import FarOutcome, Raised, Share
from millstream.declare.arguments import describe
from millstream.declare.element import Element
from millstream.declare.progress import Progress, Tracker
from millstream.declare.updates import SKIP, Update, changes_of
from millstream.errors import InvalidValue
from millstream.jobs import END, Advance, Arguments, Call, Failure, Job, Level, Notice, Output, Result
from millstream.runtime.call.call import WorkerCalls, heard
from millstream.runtime.call.error_text import failure_of
from millstream.runtime.call.plan import CallPlan
from millstream.runtime.call.returned import by_element
from millstream.runtime.call.steps import SteppedCall
from millstream.runtime.user_code import guarded


class BatchedCall(SteppedCall):
    """A call of a function that takes lists: by itself it is a batch of one. A `BatchCall`.

    An async function runs on the loop on which its calls are made; the thread of the batch waits for it.
    """

    def __init__(self, plan: CallPlan, worker: WorkerCalls, job: Job) -> None:
        super().__init__(plan, worker, job)
        self._loop = asyncio.get_running_loop() if plan.is_async else None
        self._waiting: Future[object] | None = None

    @property
    def job(self) -> Job:
        """The job that is being run."""
        return self._job

    def call_together(self, others: Sequence[Call], arguments: Sequence[Arguments]) -> object:
        calls = [self, *cast("Sequence[BatchedCall]", others)]
        tracker = Tracker(self._job.call, partial(_tell_all, calls)) if others else self._tracker
        raised: list[BaseException] = []
        with guarded(raised.append), heard(self._plan, tracker):
            return self._awaited(self._called(arguments, tracker), tracker)
        return Raised(raised[0])

    def call_for(
        self, arguments: Sequence[Arguments], developers: Sequence[bool], *, is_final: bool
    ) -> list[FarOutcome] | None:
        value = self.call_together((), arguments)
        if not isinstance(value, Raised):
            shares = [Share(value, index, len(arguments)) for index in range(len(arguments))]
            return [self._far(share, is_developers) for share, is_developers in zip(shares, developers, strict=True)]
        return [FarOutcome(failure=self._why(value.error, each)) for each in developers] if is_final else None

    def _far(self, share: Share, is_developers: bool) -> FarOutcome:
        outcome = FarOutcome(size=share.size)
        failures: list[Failure] = []
        with guarded(lambda error: failures.append(self._why(error, is_developers))):
            outcome = outcome._replace(value=_portable(self._plan, _own(self._plan, share)))
        return outcome._replace(failure=failures[0]) if failures else outcome

    def _why(self, error: BaseException, is_developers: bool) -> Failure:
        return failure_of(error, "handler", self._plan.spec, self._codec_state.show_error, is_developers)

    async def call_async(self) -> object:
        value: object = END
        with guarded(self.fail), heard(self._plan, self._tracker):
            if self._failure is None:
                arguments, self._arguments = cast("Arguments", self._arguments), None
                value = Share(await cast("Awaitable[object]", self._called([arguments], self._tracker)), 0, 1)
        return value

    async def await_function(self, made: Awaitable[object], tracker: Tracker) -> object:
        """Wait for what an async function has made of all calls of a batch."""
        with heard(self._plan, tracker):
            return await made

    def accept(self, value: object) -> Result:
        if isinstance(value, Raised):
            self.fail(value.error)
        elif isinstance(value, FarOutcome):
            self._failure = self._failure or value.failure
        return super().accept(value)

    def tell(self, said: Notice | Advance) -> None:
        """Let its page see what the function says of all calls of its batch."""
        self._tracker.notify(said if isinstance(said, Notice) else SharedAdvance(self._job.call, said))

    def _advance(self) -> object:
        arguments, self._arguments = cast("Arguments", self._arguments), None
        with heard(self._plan, self._tracker):
            return Share(self._awaited(self._called([arguments], self._tracker), self._tracker), 0, 1)

    def _awaited(self, made: object, tracker: Tracker) -> object:
        """Give what the function has returned, once it has: in a thread."""
        if self._loop is None:
            return made
        coroutine = self.await_function(cast("Awaitable[object]", made), tracker)
        self._waiting = asyncio.run_coroutine_threadsafe(coroutine, self._loop)
        return self._waiting.result()

    def close(self) -> None:
        """Let go of its files, and cancel an async function that was given up."""
        if self._waiting is not None:
            self._waiting.cancel()
        super().close()

    def _called(self, arguments: Sequence[Arguments], tracker: Tracker) -> object:
        columns = zip(*(positional for positional, _ in arguments), strict=True)
        keywords = {name: [given[name] for _, given in arguments] for name in arguments[0][1]}
        return self.handler(
            *(_column(values, tracker) for values in columns),
            **{name: _column(values, tracker) for name, values in keywords.items()},
        )

    def _outputs(self, value: object) -> dict[int, Output]:
        own = value.value if isinstance(value, FarOutcome) else _own(self._plan, cast("Share", value))
        return super()._outputs(own)


@dataclass(frozen=True, slots=True)
class SharedAdvance:
    """The progress of a batch, as that of one of its calls; an `Advance`."""

    call: int
    of_batch: Advance

    def levels(self) -> tuple[Level, ...]:
        return self.of_batch.levels()


def _tell_all(calls: Sequence[BatchedCall], said: Notice | Advance) -> None:
    for call in calls:
        call.tell(said)


def _column(values: Sequence[object], tracker: Tracker) -> object:
    """Give the values of one input, of all calls; of what shows the progress there is one for all."""
    first = values[0]
    return first.bound(tracker) if isinstance(first, Progress) else list(values)


def _own(plan: CallPlan, share: Share) -> object:
    """Take the values of one call out of what a batch returned, in the form in which a call by itself returns them.

    Raises:
        InvalidValue: There is not one list for each output, or not one value for each call.
        BaseException: That stands in the place of a value of this call: it failed, and no other.
    """
    binding, elements, value = plan.binding, plan.elements, share.value
    if isinstance(value, dict) and any(isinstance(key, Element) for key in value):
        columns = by_element(binding, elements, value)
        return {elements[number]: _item(plan, number, column, share) for number, column in columns.items()}
    outputs = binding.outputs
    if not outputs:
        return None
    if not isinstance(value, list | tuple) or len(value) != len(outputs):
        names = ", ".join(elements[number].name for number in outputs)
        found = _counted(len(value), "list") if _are_columns(value) else describe(value)
        raise InvalidValue(
            f"{plan.name}() has batch=True and {_counted(len(outputs), 'output')} ({names}), but returned {found}; "
            f"return a list with a list for each output, of {_counted(share.size, 'value')}: one for each call"
        )
    items = [_item(plan, number, column, share) for number, column in zip(outputs, value, strict=True)]
    return tuple(items) if len(outputs) > 1 else items[0]


def _portable(plan: CallPlan, own: object) -> object:
    """Bring the values of one call into a form without elements, which no other process knows.

    Raises:
        InvalidValue: A value is for something that is no output, or an update for another kind of element.
    """
    outputs, elements = plan.binding.outputs, plan.elements
    if isinstance(own, dict) and any(isinstance(key, Element) for key in own):
        given = by_element(plan.binding, elements, own)
        items = [given.get(number, SKIP) for number in outputs]
    else:
        items = list(cast("tuple[object, ...]", own)) if len(outputs) > 1 else [own] * len(outputs)
    for index, (number, item) in enumerate(zip(outputs, items, strict=True)):
        if isinstance(item, Element):
            items[index] = Update(changes_of(item, elements[number]) or {})
    return tuple(items) if len(items) != 1 else items[0]


def _item(plan: CallPlan, number: int, column: object, share: Share) -> object:
    """Take the value of one call out of those of one output."""
    if not _is_column(column) or len(column) != share.size:
        found = _counted(len(column), "value") if _is_column(column) else describe(column)
        raise InvalidValue(
            f"{plan.name}() has batch=True and was called with {_counted(share.size, 'value')} for each input, but "
            f"returned {found} for {plan.elements[number].name}; return a list for each output, with one value for "
            "each call"
        )
    item = column[share.index]
    if isinstance(item, BaseException):
        raise item
    return item


def _is_column(value: object) -> TypeGuard[Sequence[object]]:
    """Tell a list, an array or a tensor: what has a length and is indexed by number."""
    is_indexed = isinstance(value, Sized) and hasattr(value, "__getitem__") and getattr(value, "shape", None) != ()
    return is_indexed and not isinstance(value, str | bytes | Mapping | set | frozenset)


def _are_columns(value: object) -> TypeGuard[Sequence[object]]:
    return isinstance(value, list | tuple) and all(map(_is_column, value))


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
