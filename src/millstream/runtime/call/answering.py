"""A call of a function by a script of the page: with the script's arguments, and for what it returns."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import msgspec

from millstream.declare.handler import HandlerSpec
from millstream.declare.uploaded import with_paths
from millstream.errors import InvalidValue
from millstream.frames import Scene
from millstream.jobs import Output, Result
from millstream.runtime.call.steps import SteppedCall
from millstream.types import Media
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.plain import MAX_DEPTH, encodable, size_of

MAX_ANSWER_BYTES: Final = MAX_MESSAGE_BYTES - 1024
"""The largest answer; the rest is for the message around it."""


class AnsweringCall(SteppedCall):
    """A call whose event holds the arguments, as a list; its result goes to the script that has called it."""

    _answer: object = None

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        event = self._job.event
        return positional(self._plan.spec, with_paths(None if event is None else event.data, self._files))

    def _outputs(self, value: object) -> dict[int, Output]:
        self._answer = answer_of(self._plan.name, value)
        return {}

    def _result(self, value: object) -> Result:
        return replace(super()._result(value), answer=self._answer)


def positional(spec: HandlerSpec, said: object) -> list[object]:
    """Give the arguments of a function as a page said them; one that takes a single one gets several as a list.

    Raises:
        InvalidValue: They are no list of plain data, or there are too many or too few.
    """
    if not isinstance(said, list) or not _is_json(said):
        raise InvalidValue(f"the arguments of {spec.name}() are no list of text, numbers, lists and dicts")
    if spec.takes(len(said)):
        return list(said)
    if len(said) != 1 and spec.takes(1):
        return [said]
    given = "1 argument" if len(said) == 1 else f"{len(said)} arguments"
    raise InvalidValue(f"js_on_load calls {spec.name}() with {given}, which does not take as many")


def answer_of(name: str, value: object) -> object:
    """Give what a function returned as plain data.

    Raises:
        InvalidValue: JSON has no form of it, or it is too large.
    """
    if size_of(value, MAX_ANSWER_BYTES) > MAX_ANSWER_BYTES:
        raise _too_large(name)
    try:
        answer = encodable(value)
    except TypeError as error:
        raise InvalidValue(f"what {name}() returned cannot be sent to the page: {error}") from error
    if not _is_json(answer):
        raise InvalidValue(f"what {name}() returned cannot be sent to the page: it holds bytes; return text instead")
    if len(msgspec.msgpack.encode(answer)) > MAX_ANSWER_BYTES:
        raise _too_large(name)
    return answer


def _too_large(name: str) -> InvalidValue:
    return InvalidValue(f"{name}() returned more than {MAX_ANSWER_BYTES} bytes, the most that one answer may have")


def _is_json(value: object, depth: int = MAX_DEPTH) -> bool:
    if isinstance(value, list | dict):
        items = value.values() if isinstance(value, dict) else value
        return depth > 0 and all(_is_json(each, depth - 1) for each in items)
    return value is None or isinstance(value, str | int | float)
