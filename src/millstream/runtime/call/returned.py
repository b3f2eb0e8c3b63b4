"""The return value of a handler, by output, with the wording of its errors."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import cast

from millstream.cancellation import Cancelled
from millstream.declare.arguments import describe
from millstream.declare.binding import Binding
from millstream.declare.element import Element, too_large
from millstream.declare.updates import Skip
from millstream.errors import Error, InvalidValue, MillstreamError
from millstream.runtime.call.error_text import message_of, titled
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Value
from millstream.wire.plain import size_of

logger = logging.getLogger("millstream.handler")


def check_sum(told: Sequence[tuple[Element, Value]]) -> None:
    """Check that values of several components can be told at once.

    Raises:
        InvalidValue: Together they are too large.
    """
    if len(told) > 1 and size_of([value for _, value in told], MAX_MESSAGE_BYTES) > MAX_MESSAGE_BYTES:
        raise too_large(" and ".join(element.name for element, _ in told))


def by_element(binding: Binding, elements: Mapping[int, Element], value: Mapping[object, object]) -> dict[int, object]:
    """Assign a dict keyed by component to the outputs, by number.

    Raises:
        InvalidValue: A value is for something that is no output.
    """
    numbers = {elements[number]: number for number in binding.outputs}
    for key in value:
        if key not in numbers:
            name = key.name if isinstance(key, Element) else repr(key)
            raise InvalidValue(
                f"{binding.name}() returned a value for {name}, which is not one of its outputs; add it to outputs="
            )
    return {numbers[cast("Element", key)]: item for key, item in value.items()}


def blame(handler: str, output: str, value: object, error: Exception) -> None:
    """Say for which output a value was that does not do.

    Raises:
        InvalidValue: Unless the handler itself raised the error, or its message names the output already.
    """
    if isinstance(value, BaseException):
        kind = type(value).__name__
        raise InvalidValue(f"{handler}() returned its {kind} for {output}: say `raise`, not `return`") from error
    is_named = isinstance(error, MillstreamError) and output in message_of(error)
    if not is_named and not isinstance(error, Error | Cancelled):
        reason = message_of(error) if isinstance(error, MillstreamError) else titled(error)
        raise InvalidValue(f"what {handler}() returned for {output} is not valid: {reason}") from error


def distributed(binding: Binding, elements: Mapping[int, Element], value: object) -> dict[int, object]:
    """Assign what a handler returned to its outputs, by number; values beyond the last one are ignored.

    Raises:
        InvalidValue: There are too few values, or one is for something that is no output.
    """
    outputs = binding.outputs
    if isinstance(value, Skip):
        return {}
    if isinstance(value, dict) and any(isinstance(key, Element) for key in value):
        return by_element(binding, elements, value)
    if len(outputs) < 2:
        return dict.fromkeys(outputs, value)
    names = ", ".join(elements[number].name for number in outputs)
    if not isinstance(value, tuple | list):
        raise InvalidValue(
            f"{binding.name}() has {len(outputs)} outputs ({names}), but returned {describe(value)}; "
            "return a tuple with one value for each, or a dict keyed by component"
        )
    if len(value) < len(outputs):
        raise InvalidValue(
            f"{binding.name}() returned too few values: {len(value)} for {len(outputs)} outputs ({names}); "
            "return one for each, skip() for those that stay as they are"
        )
    if len(value) > len(outputs):
        _warn_of_surplus(binding, len(value), names)
    return dict(zip(outputs, value, strict=False))


def _warn_of_surplus(binding: Binding, count: int, names: str) -> None:
    """Warn once that a handler returns more than there are outputs for."""
    spec = binding.handler
    if spec is not None and "surplus" not in spec.told:
        spec.told.add("surplus")
        logger.warning(
            "%s() returned %d values for %d outputs (%s): the last ones are ignored; add their components to outputs=",
            binding.name,
            count,
            len(binding.outputs),
            names,
        )
