"""Images that were encoded lately: a list that grows by one image does not have all the others encoded again."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from typing import Final

import numpy as np

from millstream.components.values.browser_copies import encoded
from millstream.frames import Frame
from millstream.types import Blob

MAX_BYTES: Final = 32 * 1024 * 1024
"""The most that is remembered in one process."""

DIGEST_BYTES: Final = 16


class EncodedImages:
    """Encodes images, and remembers the results by what was encoded; the least recently used are forgotten first.

    May be used by several threads.

    Args:
        max_bytes: The most that is remembered.

    Attributes:
        hits, misses: How many images were known, and how many were not.
    """

    def __init__(self, max_bytes: int = MAX_BYTES) -> None:
        self._max_bytes = max_bytes
        self._known: OrderedDict[str, bytes] = OrderedDict()
        self._size = 0
        self._lock = threading.Lock()
        self.hits = self.misses = 0

    def file(self, frame: Frame, codec: str, quality: float) -> Blob:
        """Make a file of an image.

        Args:
            frame: The image.
            codec: `"webp"`, `"png"` or `"jpeg"`.
            quality: Of 0 to 1.
        """
        key = f"{digest_of(frame)} {codec} {quality}"
        with self._lock:
            data = self._known.get(key)
            if data is not None:
                self._known.move_to_end(key)
                self.hits += 1
        if data is None:
            data = encoded(frame, codec, quality).data or b""
            self._remember(key, data)
        return Blob(f"image.{codec}", f"image/{codec}", data=data, key=key)

    def _remember(self, key: str, data: bytes) -> None:
        with self._lock:
            self.misses += 1
            if key not in self._known:
                self._known[key] = data
                self._size += len(data)
            while self._size > self._max_bytes:
                self._size -= len(self._known.popitem(last=False)[1])

    def __repr__(self) -> str:
        return f"<EncodedImages {len(self._known)} images, {self._size} bytes, {self.hits} hits, {self.misses} misses>"


def digest_of(frame: Frame) -> str:
    """Tell an image from every other one by its pixels and its shape."""
    pixels = np.ascontiguousarray(frame.pixels)
    digest = hashlib.blake2b(pixels.data, digest_size=DIGEST_BYTES)
    return f"{digest.hexdigest()} {frame.width}x{frame.height}"


RECENT: Final = EncodedImages()
"""Those of this process."""
