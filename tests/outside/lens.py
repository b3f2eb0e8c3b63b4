"""`Lens`: a component from outside the package, which captures frames and shows them, with an element of its own."""

from typing import Unpack

import numpy as np

import millstream as gr
from millstream.declare.component import Common
from millstream.declare.event import StreamEvent
from millstream.frames import Frame
from millstream.types import Media, Scratch, Stored


class Lens(gr.Component):
    """A camera with its results, as arrays `(height, width, 3)` RGB of uint8."""

    script = "lens.js"
    capabilities = frozenset({"captures_frames", "shows_frames"})
    streams = "picture"

    stream = StreamEvent()

    def __init__(self, **common: Unpack[Common]) -> None:
        super().__init__(None, **common)

    def accept(self, value: object) -> Stored:
        if value is not None:
            raise self.invalid("nothing", value)
        return None

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        return value.pixels if isinstance(value, Frame) else None

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        return Frame(np.ascontiguousarray(value, np.uint8))

    def codec(self, streamed: bool, frame: Frame) -> tuple[str, float]:
        return "jpeg", 0.8
