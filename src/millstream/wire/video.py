"""The prefix with which the packets of video codecs begin."""

from __future__ import annotations

import struct
from enum import IntEnum
from typing import Final

VIDEO_PREFIX: Final = struct.Struct("<HHB")
"""Width and height of the frame, in pixels, and its `Colours`; one packet of the codec follows.

What is encoded may be larger by one column and one row, since four pixels share a colour: those are not shown.
"""


class Colours(IntEnum):
    """The way in which colours were encoded: matrix and range of brightness, by ITU-R BT.601 and BT.709."""

    AS_THE_PACKET_SAYS = 0
    BT601_LIMITED = 1
    BT601_FULL = 2
    BT709_LIMITED = 3
    BT709_FULL = 4
