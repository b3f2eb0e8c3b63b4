"""The far end of a batch, in a worker process: one call of the function, and the outcome of each member as data."""

from __future__ import annotations

import logging

from millstream.batches import BatchCall, FarOutcome
from millstream.engines.process import words
from millstream.engines.process.messages import CalledTogether, CallTogether
from millstream.engines.process.segment import Part
from millstream.engines.process.wire import packed
from millstream.errors import InvalidValue
from millstream.jobs import Output, Result, Signature

logger = logging.getLogger("millstream.engine")


def call_together(call: BatchCall, order: CallTogether, signature: Signature) -> list[Part]:
    """Call the function for all members; gives the answer, ready to be sent."""
    outcomes = call.call_for(order.arguments, order.developers, is_final=order.is_final)
    call.close()
    try:
        return packed(CalledTogether(outcomes))
    except InvalidValue:
        return packed(CalledTogether([_picklable(outcome, signature) for outcome in outcomes or ()]))


def _picklable(outcome: FarOutcome, signature: Signature) -> FarOutcome:
    """Fail a member whose values cannot leave this process."""
    why = words.reason(outcome)
    if not why:
        return outcome
    numbers = [number for number, _ in signature.outputs]
    values = outcome.value if isinstance(outcome.value, tuple) and len(numbers) > 1 else (outcome.value,)
    result = Result(0, {number: Output(value) for number, value in zip(numbers, values, strict=False)})
    failure = words.unpicklable_output(result, signature, why)
    logger.error("%s", failure.message)
    return FarOutcome(failure=failure, size=outcome.size)
