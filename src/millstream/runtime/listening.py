"""What turn-taking has done in an engine besides calling handlers: hear a microphone, recognise what was said."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, cast

from millstream.errors import InvalidValue
from millstream.frames import Chunk, Scene
from millstream.runtime.call import Call, Calls, Program
from millstream.runtime.guard import guarded
from millstream.types import Heard, Job, Media, Notify, Output, Result, Role
from millstream.ui.component import describe
from millstream.wire.packet import Packet


class Listening(Call):
    """Hears the next stretch of a microphone, and gives what its detector found; no handler is called."""

    _chunk: Chunk | None = None
    _found: Heard | None = None

    def __init__(self, program: Program, calls: Calls, job: Job, notify: Notify) -> None:
        super().__init__(program, calls, job, notify)
        self.is_async = False

    def decode(self) -> None:
        with guarded(lambda error: self._fail(error, "media")):
            packets = cast("tuple[Packet, ...]", self._job.packets)
            self._chunk = cast("Chunk", self._calls.join(packets, is_gapless=True))

    def call(self) -> None:
        if self._chunk is not None and self._binding.turns is not None:
            with guarded(self._fail):
                self._found = self._calls.hear(self._chunk, self._binding.turns)

    def encode(self) -> Result:
        return Result(self._job.call, {}, self._failure, heard=self._found)


class Recognising(Call):
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


KINDS: Final[Mapping[Role, type[Call]]] = {"listen": Listening, "recognise": Recognising}
"""The roles that are more than a call of their handler."""
