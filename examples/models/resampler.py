"""Bring sound of any rate and any number of channels to what a model wants, chunk by chunk, without a seam."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .packages import need

if TYPE_CHECKING:
    import soxr

SAMPLE_LIMIT = 32_768.0


class Resampler:
    """One microphone's way to one rate. A filter holds some milliseconds back, so a chunk may come out shorter.

    Args:
        rate_hz: What comes out.
    """

    def __init__(self, rate_hz: int) -> None:
        self._rate_hz = rate_hz
        self._source_hz = 0
        self._stream: soxr.ResampleStream | None = None

    def resample(self, sample_rate: int, samples: NDArray[np.generic], *, last: bool = False) -> NDArray[np.float32]:
        """Return `(n,)` from -1 to 1.

        Args:
            sample_rate: In Hz. When it changes, what the filter holds is dropped and it begins anew.
            samples: int16, or floats from -1 to 1; `(n,)` for mono or `(n, channels)`; channels are averaged.
            last: Give what the filter holds back, too; the next call begins anew.

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
        sound: NDArray[np.float32] = self._stream.resample_chunk(mono, last=last)
        if last:
            self._stream = None
        return sound


def to_mono(samples: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return int16 samples, or floats from -1 to 1, as `(n,)` float32 from -1 to 1; channels are averaged."""
    sound = samples.astype(np.float32)
    if np.issubdtype(samples.dtype, np.integer):
        sound /= SAMPLE_LIMIT
    return sound.mean(axis=1) if sound.ndim == 2 else sound
