"""The last call of a stream that plays films or sound: what was held back of them is played."""

from __future__ import annotations

from millstream.jobs import Job, Notify, Output, Result
from millstream.runtime.call.call import HandlerCall
from millstream.runtime.call.codec_state import CodecState
from millstream.runtime.call.user_code import guarded


class Finishing(HandlerCall):
    """Ends the films and sounds of a stream; from now on a whole film is the component's value."""

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
