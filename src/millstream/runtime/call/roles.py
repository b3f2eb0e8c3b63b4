"""Calls that are more, or less, than one of a handler: listen, greet, recognise, end what is played, validate."""

from __future__ import annotations

from typing import cast

from millstream.declare.arguments import describe
from millstream.declare.validation import refusal
from millstream.errors import InvalidValue
from millstream.frames import Chunk, Scene
from millstream.jobs import END, Arguments, Job, Result
from millstream.runtime.call.call import WorkerCalls
from millstream.runtime.call.plan import CallPlan
from millstream.runtime.call.steps import SteppedCall
from millstream.speech import Heard
from millstream.types import Media
from millstream.wire.packet import Packet


class Listening(SteppedCall):
    """Hears the next stretch of a microphone, and gives what its detector found; no handler is called."""

    def __init__(self, plan: CallPlan, worker: WorkerCalls, job: Job) -> None:
        super().__init__(plan, worker, job)
        self.is_async = self._is_generator = False

    def _made_arguments(self) -> Arguments:
        chunk = self._codec_state.join(cast("tuple[Packet, ...]", self._job.packets), is_gapless=True)
        self._step = "handler"
        return [chunk], {}

    def _advance(self) -> object:
        (chunk,), _ = cast("Arguments", self._arguments)
        turns = self._plan.binding.turns
        return END if turns is None else self._codec_state.hear(cast("Chunk", chunk), turns)

    def _result(self, value: object) -> Result:
        return Result(self._job.call, {}, heard=None if value is END else cast("Heard", value))


class Greeting(SteppedCall):
    """Calls what greets; it may do without the microphone's input, which holds nothing yet, or without any."""

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        values, plan = super()._inputs(media), self._plan
        pairs = zip(plan.binding.inputs, values, strict=False)  # as a dict they are one value
        others = [value for number, value in pairs if number != plan.binding.stream and not plan.binding.inputs_as_dict]
        return next((given for given in (values, others) if plan.spec.takes(len(given))), [])


class Recognising(SteppedCall):
    """Asks the app's recogniser what was said in a turn."""

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        chunk = cast("Chunk", media)
        return [(chunk.sample_rate, chunk.samples[:, 0] if chunk.channels == 1 else chunk.samples)]

    def _result(self, value: object) -> Result:
        if value is END:
            value = ""
        if not isinstance(value, str):
            raise InvalidValue(f"{self._plan.name}() returned {describe(value)}; it must return what was said, a str")
        return Result(self._job.call, {}, text=value)


class Validating(SteppedCall):
    """Asks a validator for its verdicts on the inputs; what it refuses is a failure."""

    def _result(self, value: object) -> Result:
        plan = self._plan
        verdicts = None if value is END else value
        return Result(self._job.call, {}, refusal(verdicts, plan.binding.inputs, plan.elements, plan.name))


class Finishing(SteppedCall):
    """Ends the video and audio that a stream plays; from now on the whole of it is the value of its component."""

    def __init__(self, plan: CallPlan, worker: WorkerCalls, job: Job) -> None:
        super().__init__(plan, worker, job)
        self.is_async = False

    def _made_arguments(self) -> Arguments:
        """Give none: nothing was captured."""
        self._step = "handler"
        return [], {}

    def _advance(self) -> object:
        """Call no handler."""
        return END

    def _result(self, value: object) -> Result:
        del value
        return Result(self._job.call, self._ends({}))
