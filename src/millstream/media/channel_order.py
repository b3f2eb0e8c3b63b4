"""The order of the channels of an audio track: one that only the file knows would end the process.

FFmpeg keeps such an order in memory of its own. PyAV copies the pointer to it with each description of the channels
that it makes, and frees it with each one.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING, Final

from millstream.errors import MediaError

if TYPE_CHECKING:
    from av.audio.layout import AudioLayout
    from av.container import InputContainer


CUSTOM: Final = 2
"""FFmpeg's mark of an order that is in memory of its own."""


class _Described(ctypes.Structure):
    """The beginning of the description of channels, in FFmpeg and behind the head of PyAV's object."""

    _fields_ = (("order", ctypes.c_int), ("channels", ctypes.c_int))


def check_channels(reader: InputContainer) -> None:
    """Refuse a file with a track whose channels are in an order of its own, before a frame of it is decoded.

    Raises:
        MediaError: It has one.
    """
    for stream in reader.streams.audio:
        context: object = stream.codec_context
        if context is None:
            continue  # there is no decoder for it
        layout = stream.codec_context.layout
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(layout))  # for ever, if it must not be freed
        if _is_custom(layout):
            raise MediaError(f"its channels are in an order of their own, {layout.name}: bring them into a usual one")
        ctypes.pythonapi.Py_DecRef(ctypes.py_object(layout))


def _is_custom(layout: AudioLayout) -> bool:
    said = _Described.from_address(id(layout) + object.__basicsize__)
    is_named = not layout.name.startswith("ambisonic") and " channels (" not in layout.name
    return said.order == CUSTOM or said.channels != layout.nb_channels or not is_named
