"""Convert audio of any rate and any number of channels to the rate of a model, chunk by chunk, without a seam."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .packages import need

if TYPE_CHECKING:
    import soxr

SAMPLE_LIMIT = 32_768.0


class Resampler:
    """A resampler for one microphone. Its filter holds some milliseconds back, so a chunk may come out shorter.

    Args:
        rate_hz: The output rate.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._source_hz = 0
        self._stream: soxr.ResampleStream | None = None

    def resample(self, sample_rate: int, samples: NDArray[np.generic], *, last: bool = False) -> NDArray[np.float32]:
        """Return `(n,)` from -1 to 1.

        Args:
            sample_rate: In Hz. When it changes, the filter drops the samples it holds and starts afresh.
            samples: int16, or floats from -1 to 1; `(n,)` for mono or `(n, channels)`; channels are averaged.
            last: Also return the samples that the filter holds back; the next call starts afresh.

        Raises:
            ModelError: The package that resamples is not installed.
        """
        mono = to_mono(samples)
        if sample_rate == self._rate_hz:
            return mono
        if self._stream is None or sample_rate != self._source_hz:
            soxr = need("soxr", "soxr")
            self._stream = soxr.ResampleStream(sample_rate, self._rate_hz, 1, dtype="float32", quality="MQ")
            self._source_hz = sample_rate
        audio: NDArray[np.float32] = self._stream.resample_chunk(mono, last=last)
        if last:
            self._stream = None
        return audio


def to_mono(samples: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return int16 samples, or floats from -1 to 1, as `(n,)` float32 from -1 to 1; channels are averaged."""
    audio = samples.astype(np.float32)
    if np.issubdtype(samples.dtype, np.integer):
        audio /= SAMPLE_LIMIT
    return audio.mean(axis=1) if audio.ndim == 2 else audio
