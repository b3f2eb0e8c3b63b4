"""Calls that are more, or less, than one of a handler: listen, greet, recognise what was said, end what is played."""

from __future__ import annotations

from typing import cast

from millstream.declare.arguments import describe
from millstream.errors import InvalidValue
from millstream.frames import Chunk, Scene
from millstream.jobs import Job, Notify, Output, Result
from millstream.runtime.call.call import HandlerCall
from millstream.runtime.call.codec_state import CodecState
from millstream.runtime.call.user_code import guarded
from millstream.speech import Heard
from millstream.types import Media
from millstream.wire.packet import Packet


class Listening(HandlerCall):
    """Hears the next stretch of a microphone, and gives what its detector found; no handler is called."""

    _chunk: Chunk | None = None
    _found: Heard | None = None

    def __init__(self, codec_state: CodecState, job: Job, notify: Notify) -> None:
        super().__init__(codec_state, job, notify)
        self.is_async = False

    def decode(self) -> None:
        with guarded(lambda error: self._fail(error, "media")):
            packets = cast("tuple[Packet, ...]", self._job.packets)
            self._chunk = cast("Chunk", self._codec_state.join(packets, is_gapless=True))

    def call(self) -> None:
        if self._chunk is not None and self._binding.turns is not None:
            with guarded(self._fail):
                self._found = self._codec_state.hear(self._chunk, self._binding.turns)

    def encode(self) -> Result:
        return Result(self._job.call, {}, self._failure, heard=self._found)


class Greeting(HandlerCall):
    """Calls what greets; it may do without the microphone's input, which holds nothing yet, or without any."""

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        values, binding = super()._inputs(media), self._binding
        pairs = zip(binding.inputs, values, strict=False)  # as a dict they are one value
        others = [value for number, value in pairs if number != binding.stream and not binding.inputs_as_dict]
        return next((given for given in (values, others) if self._spec.takes(len(given))), [])


class Recognising(HandlerCall):
    """Asks the app's recogniser what was said in a turn."""

    _text = ""

    def _inputs(self, media: Media | Scene | None) -> list[object]:
        chunk = cast("Chunk", media)
        return [(chunk.sample_rate, chunk.samples[:, 0] if chunk.channels == 1 else chunk.samples)]

    def _outputs(self, value: object) -> dict[int, Output]:
        if not isinstance(value, str):
            raise InvalidValue(f"{self._spec.name}() returned {describe(value)}; it must return what was said, a str")
        self._text = value
        return {}

    def encode(self) -> Result:
        result = super().encode()
        return Result(result.call, {}, result.failure, text=self._text)


class Finishing(HandlerCall):
    """Ends the video and audio that a stream plays; from now on the whole of it is the value of its component."""

    def __init__(self, codec_state: CodecState, job: Job, notify: Notify) -> None:
        super().__init__(codec_state, job, notify)
        self.is_async = False

    def decode(self) -> None:
        """Nothing was captured."""

    def call(self) -> None:
        """No handler is called."""

    def encode(self) -> Result:
        outputs: dict[int, Output] = {}
        with guarded(self._fail):
            outputs = self._ends(outputs)
        return Result(self._job.call, outputs, self._failure)
