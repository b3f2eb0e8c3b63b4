"""Turn speech into text while it is being spoken: Moonshine tiny (English), on the CPU, many times faster than speech.

    recogniser = StreamingRecogniser()
    for sample_rate, samples in chunks:
        print(recogniser.hear(sample_rate, samples))    # grows, and corrects its last words
    print(recogniser.finish())

The network's weights come with the Python package `moonshine-voice`. They are loaded once, at the first sound, and
shared; what belongs to one speaker is a `StreamingRecogniser`, and it is cheap.
"""

import math
import threading
from collections import deque
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING, Self

import numpy as np
import soxr
from numpy.typing import NDArray

if TYPE_CHECKING:
    from moonshine_voice.transcriber import Stream, Transcriber

MODEL_RATE_HZ = 16_000
SAMPLE_LIMIT = 32_768.0
LINES_PER_STREAM = 20
"""After that many finished sentences the model is given a fresh stream, because a stream remembers all its lines."""

UPDATE_EVERY_S = 0.4
"""How much new sound makes the model look again; less than a usual chunk, since resampling holds some samples back."""

_one_at_a_time = threading.Lock()
"""Held by whoever uses the model: it works on all cores anyway."""
_abandoned: deque["Stream"] = deque()
"""Streams to free; whoever uses the model next does it, so that no garbage collection ever waits for the lock."""


class StreamingRecogniser:
    """One speaker's transcript so far. Made for `State(StreamingRecogniser())`: a copy of it starts empty.

    Nothing is loaded or allocated before the first call of `hear`.
    """

    def __init__(self) -> None:
        self._stream: Stream | None = None
        self._resampler: soxr.ResampleStream | None = None
        self._rate_hz = 0
        self._done: list[str] = []
        self._lines: list[str] = []

    @staticmethod
    def load() -> None:
        """Load the model now, so that the first sound does not wait. Raises `RuntimeError` if it has no weights."""
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
        return "\n".join([*self._done, *self._lines])

    def hear(self, sample_rate: int, samples: NDArray[np.int16]) -> str:
        """Add a stretch of sound and return the whole text so far.

        Args:
            sample_rate: In Hz. Any; when it changes, what was heard stays.
            samples: int16, `(n,)` for mono or `(n, channels)`; channels are averaged. Any n, also 0.
        """
        if sample_rate != self._rate_hz:
            self._pause()
            self._resampler = soxr.ResampleStream(sample_rate, MODEL_RATE_HZ, 1, dtype="float32", quality="MQ")
            self._rate_hz = sample_rate
        return self._add(_to_mono(samples), last=False)

    def finish(self) -> str:
        """Settle the last sentence (the speaker has stopped) and return the whole text. `hear` may be called again."""
        self._pause()
        return self.text

    def close(self) -> None:
        """Give back what the model holds for this speaker; the text stays. Never waits; may be called twice."""
        stream, self._stream = self._stream, None
        if stream is not None:
            _abandoned.append(stream)

    def _add(self, mono: NDArray[np.float32], *, last: bool) -> str:
        assert self._resampler is not None
        sound = self._resampler.resample_chunk(mono, last=last)
        with _one_at_a_time:
            while _abandoned:
                _abandoned.popleft().close()
            if self._stream is None:
                self._stream = _load_model().create_stream(update_interval=math.inf)  # updates are asked for below
                self._stream.start()
            self._stream.add_audio(sound.tolist(), MODEL_RATE_HZ)
            transcript = self._stream.stop() if last else self._stream.update_transcription()
        self._lines = [line.text for line in transcript.lines if line.text]
        is_quiet = all(line.is_complete for line in transcript.lines)
        if last or (is_quiet and len(self._lines) >= LINES_PER_STREAM):
            self._settle()
        return self.text

    def _pause(self) -> None:
        """End the running stream, if there is one, so that its last words are kept."""
        if self._resampler is not None:
            self._add(np.zeros(0, np.float32), last=True)
        self._resampler, self._rate_hz = None, 0

    def _settle(self) -> None:
        self._done += self._lines
        self._lines = []
        self.close()


def _to_mono(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """Return the samples as -1 to 1."""
    sound = samples.astype(np.float32) / SAMPLE_LIMIT
    return sound.mean(axis=1) if sound.ndim == 2 else sound


@cache
def _load_model() -> "Transcriber":
    """Load the network (0.4 s, 45 MB). The caller holds the lock.

    Raises:
        RuntimeError: The installed package is one that comes without its weights.
    """
    from moonshine_voice import ModelArch, get_assets_path
    from moonshine_voice.transcriber import Transcriber

    weights = get_assets_path() / "tiny-en"
    if not weights.is_dir():
        raise RuntimeError(
            f"moonshine-voice {version('moonshine-voice')} comes without its weights. "
            f"Install the version that has them: pip install moonshine-voice==0.0.66"
        )
    options = {"return_audio_data": "false", "transcription_interval": UPDATE_EVERY_S}
    return Transcriber(weights, ModelArch.TINY, options=options)
