"""Marks that a handler returned, as a packet for the frame that they belong to, or as a marked file."""

from __future__ import annotations

import base64
import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Final, Protocol, cast, runtime_checkable

from millstream.declare.binding import Binding
from millstream.declare.component import Component
from millstream.errors import InvalidValue
from millstream.jobs import Job, Notice, Notify
from millstream.overlays.marks import Overlay
from millstream.overlays.packing import pack
from millstream.runtime.call.codec_state import CodecState, decoded_alone, last_frame
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.raw_frame import RawFrame
from millstream.types import Media, Scratch, Still, Stored
from millstream.wire.packet import CodecNumber, Flag, Packet, PacketKind

logger = logging.getLogger("millstream.handler")


@runtime_checkable
class ShowsStill(Protocol):
    """A component whose values are images."""

    def still(self, value: Stored | Media, scratch: Scratch) -> Still | None:
        """Give an image as a file of its own; `None` if the value is none that the server has."""


MARKS: Final = "marks"
"""The key under which the page finds the marks of a file."""


class OverlayOutput:
    """Brings the marks that one call returned into the form that is kept and sent.

    Args:
        codec_state: What the calls of the worker share.
        job: The call.
        frame_size: Height and width of the frame that drove the call, in pixels; `None` without one.
        notify: Takes what the page is told.
    """

    def __init__(self, codec_state: CodecState, job: Job, frame_size: tuple[int, int] | None, notify: Notify) -> None:
        self._codec_state, self._job, self._notify = codec_state, job, notify
        self._frame_size = frame_size
        self._binding: Binding = codec_state.manifest.numbered[job.binding]

    def stored(self, component: Component, overlay: Overlay, scratch: Scratch) -> Stored:
        """Give a packet for the frame of the stream, or the image among the inputs with marks on it.

        Raises:
            InvalidValue: There is no image for them to be drawn on.
        """
        frames = [packet for packet in cast("tuple[Packet, ...]", self._job.packets) if _is_frame(packet)]
        if frames and self._job.stream and self._frame_size is not None:
            height, width = self._frame_size
            return self._packet(component, self._packed(component, overlay, width, height), frames[-1])
        blob, width, height = self._still(component, scratch)
        payload = self._packed(component, overlay, width, height)
        return replace(blob, told={MARKS: base64.b64encode(payload).decode()})

    def _packed(self, component: Component, overlay: Overlay, width: int, height: int) -> bytes:
        packed = pack(overlay, width, height)
        if packed.left_out:
            self._say(component, len(overlay), packed.left_out)
        return packed.payload

    def _say(self, component: Component, count: int, left_out: Mapping[str, int]) -> None:
        """Say, once for each worker and component, that not all is shown."""
        if component.id in self._codec_state.said:
            return
        self._codec_state.said.add(component.id)
        reasons = ", ".join(f"{number} {reason}" for reason, number in left_out.items())
        message = f"Not all of the {count} marks that {self._binding.name}() returned for {component.name} are shown: "
        message += f"left out are {reasons}."
        logger.warning("%s", message)
        self._notify(Notice("warning", message))

    def _packet(self, component: Component, payload: bytes, frame: Packet) -> Packet:
        return Packet(
            kind=PacketKind.PICTURE,
            codec=CodecNumber.OVERLAY,
            flags=Flag.KEY | Flag.INDEPENDENT,
            stream=self._job.stream,
            component=component.id,
            sequence=0,
            source=frame.sequence,
            call=self._job.call,
            captured_us=frame.captured_us,
            payload=payload,
        )

    def _still(self, component: Component, scratch: Scratch) -> Still:
        """Give the image among the inputs: that of the output itself, or else the first."""
        stored = dict(zip(self._binding.inputs, self._job.inputs, strict=True))
        numbers = sorted(stored, key=lambda number: number != component.id)
        for number in numbers:
            element = self._codec_state.element(number, self._job.changes.get(number, {}))
            if isinstance(element, ShowsStill):
                found: Still | None = element.still(_media(stored[number]), scratch)
                if found is not None:
                    return found
        raise InvalidValue(
            f"{self._binding.name}() returned marks alone for {component.name}, but none of its inputs holds an image "
            "for them to be drawn on"
        )


def _media(stored: Stored) -> Stored | Media:
    """Give a stored value in a form that components know."""
    if isinstance(stored, RawFrame):
        return stored.frame
    if isinstance(stored, FrameChain):
        return last_frame(stored)
    if not isinstance(stored, Packet) or stored.codec == CodecNumber.OVERLAY or stored.kind is not PacketKind.PICTURE:
        return None if isinstance(stored, Packet) else stored
    return decoded_alone(stored)


def _is_frame(packet: Packet) -> bool:
    return packet.kind is PacketKind.PICTURE and len(packet.payload) > 0
