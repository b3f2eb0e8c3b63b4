"""`Ear`: a component whose script taps what the page plays. It comes from the app itself, as every script has to."""

from __future__ import annotations

import base64
from typing import Unpack

import numpy as np
from numpy.typing import NDArray
from tests.browsers.tab import Tab

import millstream as gr
from millstream.declare.component import Common


class Ear(gr.Component):
    """Shows nothing, and holds nothing."""

    script = "ear.js"

    def __init__(self, **common: Unpack[Common]) -> None:
        super().__init__(None, **common)

    def accept(self, value: object) -> object:
        return value


def hear(tab: Tab) -> NDArray[np.int16]:
    """Give all that went to the loudspeaker so far, the first channel, from the first loud sample to the last."""
    samples = np.frombuffer(base64.b64decode(tab.run("return ear.read()")), np.int16)
    (loud,) = np.nonzero(samples)
    return samples[loud[0] : loud[-1] + 1] if len(loud) else samples[:0]
