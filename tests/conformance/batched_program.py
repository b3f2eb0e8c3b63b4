"""The suite's handlers as functions of lists, so that the engine of batches has to pass the suite with batches."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import cast

import millstream as ms
from millstream.batches import BatchRules
from millstream.engine_limits import DEFAULT_LIMITS, EngineLimits
from millstream.engines.batch import Engine
from millstream.jobs import Program
from millstream.runtime.call.program import AppProgram
from millstream.testing.conformance.engines import HANDLERS, RULES


def batched(handler: Callable[..., object]) -> Callable[..., object] | None:
    """Give a function that does for lists what a handler does for one value; `None` if that cannot be."""
    if inspect.iscoroutinefunction(handler) or inspect.isgeneratorfunction(handler):
        return None
    if inspect.isasyncgenfunction(handler):
        return None
    if "progress" in inspect.signature(handler).parameters:

        def with_progress(texts: Sequence[str], progress: ms.Progress = ms.Progress()) -> list[list[object]]:
            return [[handler(text, progress) for text in texts]]

        return with_progress
    return lambda texts: [[handler(text) for text in texts]]


def program() -> AppProgram:
    """Make the suite's app with a batch for each handler that can have one."""
    with ms.Blocks() as demo:
        text = ms.Textbox()
        for handler in HANDLERS:
            of_lists = batched(handler)
            ms.Button().click(of_lists or handler, text, text, batch=of_lists is not None)
    return AppProgram(demo.freeze(), RULES, show_error=True, factory=program)


class BatchedEngine(Engine):
    """Runs them, whatever program it is given."""

    def start(self, program_: Program, limits: EngineLimits = DEFAULT_LIMITS) -> None:
        made = program()
        assert cast("dict[int, BatchRules]", made.batches())
        super().start(made, limits)
