"""Turn speech into text while it is being spoken: Moonshine tiny (English), on the CPU, many times faster than speech.

    recogniser = StreamingRecogniser()
    for sample_rate, samples in chunks:
        print(recogniser.hear(sample_rate, samples))    # grows, and corrects its last words
    print(recogniser.finish())

The network's weights come with the Python package `moonshine-voice`. They are loaded once, with the first chunk, and
shared; the state of one speaker is a `StreamingRecogniser`, which is cheap.
"""

import math
import threading
from collections import deque
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from .packages import ModelError, need
from .resampler import Resampler

if TYPE_CHECKING:
    from moonshine_voice.transcriber import Stream, Transcriber

MODEL_RATE_HZ = 16_000
LINES_PER_STREAM = 20
"""After so many finished sentences the model gets a fresh stream, because a stream remembers all its lines."""

UPDATE_EVERY_S = 0.4
"""New audio after which the model runs again; less than a usual chunk, since resampling holds some samples back."""

_one_at_a_time = threading.Lock()
"""Held while the model is used: it runs on all cores anyway."""
_abandoned: deque["Stream"] = deque()
"""Streams to free, at the next use of the model, so that garbage collection never waits for the lock."""


class Line(NamedTuple):
    """A recognised sentence; the words of one that is not settled may still change."""

    text: str
    is_settled: bool


class StreamingRecogniser:
    """One speaker's transcript so far. Made for `State(StreamingRecogniser())`: a copy starts empty.

    Nothing is loaded or allocated before the first call of `hear`.
    """

    def __init__(self) -> None:
        self._stream: Stream | None = None
        self._resampler = Resampler(MODEL_RATE_HZ)
        self._rate_hz = 0
        self._done: list[Line] = []
        self._lines: list[Line] = []
        self._caught_up = 0

    @staticmethod
    def load() -> None:
        """Load the model now, so that the first chunk does not wait. Raises `ModelError` if it is not installed."""
        with _one_at_a_time:
            _load_model()

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return an empty recogniser: a transcript belongs to one session and its model handles cannot be copied."""
        return type(self)()

    def __del__(self) -> None:
        self.close()

    @property
    def text(self) -> str:
        """Everything heard so far, one sentence per line; the last one may still change."""
        return "\n".join(line.text for line in self.lines)

    @property
    def lines(self) -> list[Line]:
        """Everything heard so far, sentence by sentence."""
        return [*self._done, *self._lines]

    def hear(self, sample_rate: int, samples: NDArray[np.int16]) -> str:
        """Add a chunk of audio and return the whole text so far.

        Args:
            sample_rate: In Hz. It may change; the text so far stays.
            samples: int16, `(n,)` for mono or `(n, channels)`; channels are averaged. Any n, also 0.

        Raises:
            ModelError: The package is not installed, or it is one without the weights.
        """
        if sample_rate != self._rate_hz:
            self._pause()
            self._rate_hz = sample_rate
        return self._add(samples, last=False)

    def catch_up(self, sample_rate: int, samples: NDArray[np.int16]) -> str:
        """Do the same as `hear` for audio that is passed from its beginning each time: only the new part counts."""
        new, self._caught_up = samples[self._caught_up :], len(samples)
        return self.hear(sample_rate, new)

    def finish(self) -> str:
        """Finish the last sentence (the speaker has stopped) and return the whole text. `hear` may be called again."""
        self._pause()
        self._caught_up = 0
        return self.text

    def close(self) -> None:
        """Free the model's resources of this speaker; the text stays. Never waits; may be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _abandoned.append(stream)

    def _add(self, samples: NDArray[np.int16], *, last: bool) -> str:
        audio = self._resampler.resample(self._rate_hz, samples, last=last)
        with _one_at_a_time:
            while _abandoned:
                _abandoned.popleft().close()
            if self._stream is None:
                self._stream = _load_model().create_stream(update_interval=math.inf)  # updates are requested below
                self._stream.start()
            self._stream.add_audio(audio.tolist(), MODEL_RATE_HZ)
            transcript = self._stream.stop() if last else self._stream.update_transcription()
        self._lines = [Line(line.text, last or line.is_complete) for line in transcript.lines if line.text]
        is_quiet = all(line.is_complete for line in transcript.lines)
        if last or (is_quiet and len(self._lines) >= LINES_PER_STREAM):
            self._settle()
        return self.text

    def _pause(self) -> None:
        """End the running stream, if there is one, so that its last words are kept."""
        if self._rate_hz:
            self._add(np.zeros(0, np.int16), last=True)
        self._rate_hz = 0

    def _settle(self) -> None:
        self._done += self._lines
        self._lines = []
        self.close()


@cache
def _load_model() -> "Transcriber":
    """Load the network (0.4 s, 45 MB). The caller holds the lock.

    Raises:
        ModelError: The package is not installed, or it is one that comes without its weights.
    """
    package = need("moonshine_voice", "moonshine-voice==0.0.66")
    weights = package.get_assets_path() / "tiny-en"
    if not weights.is_dir():
        raise ModelError(
            f"moonshine-voice {version('moonshine-voice')} comes without its weights. "
            f"Install the version that has them: pip install moonshine-voice==0.0.66"
        )
    options = {"return_audio_data": "false", "transcription_interval": UPDATE_EVERY_S}
    model: Transcriber = package.Transcriber(weights, package.ModelArch.TINY, options=options)
    return model
