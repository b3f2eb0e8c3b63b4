"""An order on its way to a worker process, and the words for what may go wrong on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from millstream.engines.process import words
from millstream.engines.process.messages import Begin, CallTogether, Order
from millstream.jobs import Failure, Result, Signature


@dataclass(frozen=True, eq=False)
class PendingOrder:
    """An order on its way, and the names for what may go wrong."""

    order: Order
    binding: int
    signature: Signature
    call: int

    @property
    def is_call(self) -> bool:
        """True if it makes its process call a handler anew, not take a further step."""
        return isinstance(self.order, Begin | CallTogether)

    def failed(self, failure: Failure) -> Result:
        """Make the result of a step that failed."""
        return Result(self.call, {}, failure)

    def unpicklable(self, why: str) -> Failure:
        """Say what of it cannot go to a worker process."""
        order = self.order
        inputs: Sequence[object] = ()
        if isinstance(order, Begin):
            inputs = order.job.inputs
        elif isinstance(order, CallTogether):
            inputs = next((given for given, _ in order.arguments if words.reason(given)), ())
        return words.unpicklable_input(inputs, self.signature, why)
