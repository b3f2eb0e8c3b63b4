"""What the calls of one worker share: decoders, encoders, and whatever else has to remember the call before."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, cast

import numpy as np

from millstream import codecs
from millstream.declare.binding import TurnTaking
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import Manifest
from millstream.errors import MediaError
from millstream.frames import Chunk, Frame, Scene
from millstream.jobs import Job
from millstream.runtime.call.user_code import guarded
from millstream.runtime.state.path_rules import PathRules
from millstream.speech import Heard
from millstream.types import Decoder, Encoded, Encoder, Media, PlayerSource
from millstream.voice.detector_input import DetectorInput
from millstream.wire.packet import COMMON_CODECS, Packet, PacketKind

logger = logging.getLogger("millstream.handler")


FALLBACK: Final = "jpeg"
"""What a page gets that does not decode the codec of a component."""


class _Deferred(Encoder):
    """Leaves a frame to whoever sends it."""

    def encode(self, media: Media) -> Encoded:
        del media
        return Encoded(b"")


class CodecState:
    """The decoders, encoders, films, sounds, sample count and turn detector of one worker.

    Args:
        manifest: The frozen declaration.
        rules: Which files handlers may return.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.
    """

    def __init__(self, manifest: Manifest, rules: PathRules, show_error: bool | None) -> None:
        self.manifest, self.rules, self.show_error = manifest, rules, show_error
        self._decoders: dict[int, Decoder] = {}
        self._encoders: dict[tuple[int, str, float], tuple[int, Encoder]] = {}
        self._elements: dict[int, tuple[Mapping[str, object], Element]] = {}
        self._next_sample: int | None = None
        self._scenery: tuple[int, Frame] | None = None
        self._detector_input: DetectorInput | None = None
        self._sources: dict[int, PlayerSource] = {}

    def close(self) -> None:
        """Close all of it."""
        for decoder in self._decoders.values():
            decoder.close()
        for _, encoder in self._encoders.values():
            encoder.close()
        if self._detector_input is not None:
            with guarded(lambda error: logger.error("a turn detector cannot be closed", exc_info=error)):
                self._detector_input.close()
        for _, source in self.sources():
            source.close()

    def source(self, component: Component) -> PlayerSource:
        """Give what plays the values that a player gets, one after the other."""
        if component.id not in self._sources:
            self._sources[component.id] = component.source()
        return self._sources[component.id]

    def sources(self) -> list[tuple[int, PlayerSource]]:
        """Give all that were begun, with the numbers of their components."""
        return list(self._sources.items())

    def hear(self, chunk: Chunk, turns: TurnTaking) -> Heard:
        """Listen to the next stretch of the stream's microphone."""
        if self._detector_input is None:
            self._detector_input = DetectorInput(partial(turns.detector, turns.rules))
        return self._detector_input.hear(chunk)

    def element(self, number: int, changes: Mapping[str, object]) -> Element:
        """Give an element as it is in this session."""
        declared = self.manifest.elements[number]
        if not changes:
            return declared
        known = self._elements.get(number)
        if known is None or known[0] is not changes:
            known = self._elements[number] = changes, declared.updated(changes)
        return known[1]

    def join(self, packets: tuple[Packet, ...], is_gapless: bool) -> Media | Scene:
        """Decode what drives a call: of pictures the last one counts, stretches of sound are joined.

        Raises:
            MediaError: A packet cannot be decoded, or samples are missing or repeated where none may be.
        """
        pictures = [packet for packet in packets if packet.kind is PacketKind.PICTURE]
        sounds = [packet for packet in packets if packet.kind is PacketKind.SOUND]
        if not sounds:
            return [self._decode(packet) for packet in pictures][-1]
        chunk = self._join_sound(sounds, is_gapless)
        return Scene(self._newest(pictures), chunk) if pictures else chunk

    def _newest(self, pictures: Sequence[Packet]) -> Frame:
        """Decode the picture that goes with sound; it may be the one of the last call once more.

        Handlers may write into what they get, so each is given a copy.
        """
        newest = pictures[-1].sequence
        if self._scenery is None or self._scenery[0] != newest:
            self._scenery = newest, cast("Frame", [self._decode(packet) for packet in pictures][-1])
        return copied(self._scenery[1])

    def _join_sound(self, packets: Sequence[Packet], is_gapless: bool) -> Chunk:
        chunks = cast("list[Chunk]", [self._decode(packet) for packet in packets])
        for chunk in chunks:
            if is_gapless and self._next_sample is not None and chunk.first_sample != self._next_sample:
                raise MediaError(f"audio is incomplete: sample {self._next_sample} expected, got {chunk.first_sample}")
            self._next_sample = chunk.first_sample + len(chunk.samples)
        return joined(chunks)

    def _decode(self, packet: Packet) -> Media:
        decoder = self._decoders.get(packet.codec)
        if decoder is None:
            decoder = self._decoders[packet.codec] = codecs.by_number(packet.codec).open_decoder()
        return _checked(decoder.decode(packet.payload), packet)

    def encoder(self, number: int, name: str, quality: float, job: Job) -> tuple[int, Encoder]:
        """Give the number of a codec, and its encoder for one component.

        A page that does not decode it gets JPEG. Frames that build on each other are left to whoever sends them: their
        packets are empty. Only in a stream is there anything to build on.
        """
        key = (number, name, quality)
        if key not in self._encoders:
            codec = codecs.load(name)
            is_known = codec.NUMBER in COMMON_CODECS or codec.NUMBER in job.decodes
            if not is_known or (codec.IS_DEPENDENT and not job.stream):
                codec = codecs.load(FALLBACK)
            encoder = _Deferred() if codec.IS_DEPENDENT else codec.open_encoder(quality)
            self._encoders[key] = codec.NUMBER, encoder
        return self._encoders[key]


def copied(frame: Frame) -> Frame:
    """Give a frame of its own to whoever may write into it."""
    return replace(frame, pixels=frame.pixels.copy())


def joined(chunks: list[Chunk]) -> Chunk:
    """Make one chunk of several that follow each other.

    Raises:
        MediaError: Their sample rates or numbers of channels differ.
    """
    first = chunks[0]
    if len(chunks) == 1:
        return first
    if any((chunk.sample_rate, chunk.channels) != (first.sample_rate, first.channels) for chunk in chunks):
        raise MediaError("the audio changed its sample rate or number of channels while it was recorded")
    samples = np.concatenate([chunk.samples for chunk in chunks])
    return Chunk(samples, first.sample_rate, first.first_sample, first.captured_us)


def decoded_alone(packet: Packet) -> Media:
    """Decode a packet that is not part of a stream.

    Raises:
        MediaError: It cannot be decoded.
    """
    decoder = codecs.by_number(packet.codec).open_decoder()
    try:
        return _checked(decoder.decode(packet.payload), packet)
    finally:
        decoder.close()


def _checked(media: Media, packet: Packet) -> Media:
    if isinstance(media, Frame) is not (packet.kind is PacketKind.PICTURE):
        raise MediaError(f"a {packet.kind.name.lower()} packet is not encoded as codec {packet.codec} does")
    return replace(media, captured_us=packet.captured_us)
