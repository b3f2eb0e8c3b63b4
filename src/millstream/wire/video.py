"""The prefix with which the packets of video codecs begin."""

from __future__ import annotations

import struct
from typing import Final

VIDEO_PREFIX: Final = struct.Struct("<HH")
"""Width and height of the frame, in pixels; one packet of the codec follows.

What is encoded may be larger by one column and one row, since four pixels share a colour: those are not shown.
"""
