"""The words for calls that failed because of their worker process, or on the way to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from millstream.engines.process.death import Death
from millstream.engines.process.wire import packed
from millstream.errors import InvalidValue
from millstream.jobs import Failure, Result, Signature

REMEDY: Final = "Load it in setup() and keep it in a variable of the module, or leave engine= out."

OUT_OF_ORDER: Final = "This part of the app is out of order: its worker processes keep crashing. Try again later."


def lost(handler: str, death: Death) -> Failure:
    """Say that a call was lost with its worker process."""
    return Failure(f"{handler}() was lost: its worker process {death.said}.", is_lost=True)


def lost_by_another(handler: str) -> Failure:
    """Say that a generator was lost with a process that another call has ended."""
    why = "the worker process in which it waited was ended by another call"
    return Failure(f"{handler}() was lost: {why}.", is_lost=True)


def not_started(why: str, is_developers: bool) -> Failure:
    """Say that there is no worker process, since the app cannot be imported or set up there."""
    text = "This part of the app could not be started; its log says why."
    return Failure(f"{text}\n{why}" if is_developers else text)


def unread(handler: str, why: str) -> Failure:
    """Say that a message could be pickled, but not be read again."""
    return Failure(f"what {handler}() takes or returns cannot be read in the other process ({why}). {REMEDY}")


def unpicklable_input(inputs: Sequence[object], signature: Signature, why: str) -> Failure:
    """Say which input of a call cannot go to a worker process."""
    for (_, name), value in zip(signature.inputs, inputs, strict=False):
        if found := reason(value):
            what = f"the value of {name}, of type {type(value).__name__},"
            return _refused(f"{signature.handler}() cannot be called: {what} cannot go to a worker process", found)
    return _refused(f"{signature.handler}() cannot be called: its call cannot go to a worker process", why)


def unpicklable_output(result: Result, signature: Signature, why: str) -> Failure:
    """Say which output of a result cannot leave its worker process."""
    names = dict(signature.outputs)
    for number, output in result.outputs.items():
        if found := reason(output):
            what = f"{signature.handler}() returned a {type(output.value).__name__} for {names.get(number, number)}"
            return _refused(f"{what}, which cannot leave its worker process", found)
    return _refused(f"what {signature.handler}() returned cannot leave its worker process", why)


def reason(value: object) -> str:
    """Say why something cannot be pickled; nothing if it can."""
    try:
        packed(value)
    except InvalidValue as error:
        return str(error)
    return ""


def _refused(what: str, why: str) -> Failure:
    return Failure(f"{what} ({why}). {REMEDY}")
