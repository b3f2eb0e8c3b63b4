"""State shared by the calls of one worker: decoders, encoders, and everything else with a memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias, cast

import numpy as np
from numpy.typing import NDArray

from millstream import codecs
from millstream.declare.binding import TurnTaking
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import Manifest
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk, Frame, Scene
from millstream.jobs import KEEP, Job, Output
from millstream.media import wav
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.raw_frame import RawFrame
from millstream.runtime.state.recording import StreamRecording
from millstream.runtime.user_code import guarded
from millstream.speech import Heard
from millstream.types import Blob, Decoder, Encoded, Encoder, Media, PlayerSource, Scratch, Stored
from millstream.voice.detector_input import DetectorInput
from millstream.wire.packet import COMMON_CODECS, CodecNumber, Packet, PacketKind

logger = logging.getLogger("millstream.handler")


FALLBACK: Final = "jpeg"
"""What a page gets that does not decode the codec of a component."""


class _Deferred(Encoder):
    """Leaves a frame to whoever sends it."""

    def encode(self, media: Media) -> Encoded:
        del media
        return Encoded(b"")


DEFERRED: Final = _Deferred()


EncoderKey: TypeAlias = tuple[int, str, float]
"""The number of a component, the name of a codec and a quality."""

DecodeFrames: TypeAlias = Callable[[tuple[Packet, ...]], Frame]
"""Decodes frames, and gives the last of them."""


class CodecState:
    """The decoders, encoders, videos, audio streams, sample count and turn detector of one worker.

    Args:
        manifest: The frozen declaration.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.

    Attributes:
        decoders: Those that are open, by the number of their codec.
        encoders: The number of a codec, and its encoder; by component, name of the codec and quality.
        sources: What plays the values that players get, by component; none if nothing was played yet.
        first_frame: A grid of the first frame's pixels, until the first image that is returned; see `swapped_channels`.
        frame_size: Height and width of the last frame that drove a call, in pixels; `None` before the first.
        said: Components of which was said that not all of their marks are shown.
        opened: Called to close what was opened.
    """

    def __init__(self, manifest: Manifest, show_error: bool | None) -> None:
        self.manifest, self.show_error = manifest, show_error
        self.decoders: dict[int, Decoder] = {}
        self.encoders: dict[EncoderKey, tuple[int, Encoder]] = {}
        self._elements: dict[int, tuple[Mapping[str, object], Element]] = {}
        self._next_sample: int | None = None
        self._scenery: tuple[int, Frame] | None = None
        self._detector_input: DetectorInput | None = None
        self.sources: dict[int, PlayerSource] = {}
        self.frame_size: tuple[int, int] | None = None
        self.first_frame: NDArray[np.int16] | None = None
        self.said: set[int] = set()
        self.opened: list[Callable[[], None]] = []

    def close(self) -> None:
        """Close all that was opened."""
        for close in self.opened:
            close()

    def play(self, component: Component, value: object, files: Scratch, *, goes_on: bool) -> Output | None:
        """Give a player what it plays next; `None` if the value is not one that is played.

        Nothing is heard of a `None` if another value may follow.
        """
        if value is None and goes_on:
            return Output(KEEP)
        if component.id not in self.sources:
            source = self.sources[component.id] = component.source()
            self.opened.append(source.close)
        segment = self.sources[component.id].piece(value, files)
        return None if segment is None else Output(segment[0], sound=segment[1])

    def end_sources(
        self, outputs: Mapping[int, Output], files: Scratch, *, goes_on: bool, is_finished: bool
    ) -> dict[int, Output]:
        """End what was played; gives the outputs that get what was held back, behind what `outputs` has for them.

        Args:
            outputs: What the call gives besides.
            files: Files of the call.
            goes_on: Only a generator has ended; its stream has not.
            is_finished: The stream has ended, and nobody waits for what does not fit any more.

        Raises:
            InvalidValue: What came was not all, or was nothing.
        """
        ended = {}
        for number, source in self.sources.items():
            before = outputs.get(number, Output(None))
            try:
                stored, segment = source.end(before.sound, goes_on=goes_on)
            except InvalidValue:
                if not is_finished:
                    raise
                continue
            if segment is not None:
                stored = files.settle(stored) if isinstance(stored, Blob) else stored
                ended[number] = before._replace(value=stored, wire=None, sound=segment)
        return ended

    def hear(self, chunk: Chunk, turns: TurnTaking) -> Heard:
        """Listen to the next stretch of the stream's microphone."""
        if self._detector_input is None:
            self._detector_input = DetectorInput(partial(turns.detector, turns.rules))
            self.opened.append(self._close_detector)
        return self._detector_input.hear(chunk)

    def _close_detector(self) -> None:
        assert self._detector_input is not None
        with guarded(lambda error: logger.error("a turn detector cannot be closed", exc_info=error)):
            self._detector_input.close()

    def element(self, number: int, changes: Mapping[str, object]) -> Element:
        """Give an element as it is in this session."""
        declared = self.manifest.elements[number]
        if not changes:
            return declared
        known = self._elements.get(number)
        if known is None or known[0] is not changes:
            known = self._elements[number] = changes, declared.updated(changes)
        return known[1]

    def scene(self, packets: tuple[Packet, ...], is_gapless: bool, decoded: DecodeFrames) -> Scene:
        """Decode audio and the frames that come with it, which may be the one of the last call once more.

        Raises:
            MediaError: See `join`.
        """
        sounds = tuple(packet for packet in packets if packet.kind is PacketKind.SOUND)
        frames = packets[len(sounds) :]
        if self._scenery is None or self._scenery[0] != frames[-1].sequence:
            self._scenery = frames[-1].sequence, decoded(frames)
        # Handlers may write into what they get, so each is given a copy.
        return Scene(copied(self._scenery[1]), self.join(sounds, is_gapless))

    def join(self, packets: tuple[Packet, ...], is_gapless: bool) -> Chunk:
        """Decode chunks of audio and join them.

        Raises:
            MediaError: A packet cannot be decoded, or samples are missing or repeated where none may be.
        """
        chunks = []
        for packet in packets:
            decoder = self.decoders.get(packet.codec) or self.open_decoder(packet)
            chunk = decoder.decode(packet.payload)
            if not isinstance(chunk, Chunk):
                raise mismatch(packet)
            if is_gapless and self._next_sample is not None and chunk.first_sample != self._next_sample:
                raise MediaError(f"audio is incomplete: sample {self._next_sample} expected, got {chunk.first_sample}")
            self._next_sample = chunk.first_sample + len(chunk.samples)
            chunks.append(Chunk(chunk.samples, chunk.sample_rate, chunk.first_sample, packet.captured_us))
        return joined(chunks)

    def open_decoder(self, packet: Packet) -> Decoder:
        """Open the decoder of `decoders[packet.codec]`, which is not there yet."""
        decoder = self.decoders[packet.codec] = codecs.by_number(packet.codec).open_decoder()
        self.opened.append(decoder.close)
        return decoder

    def open_encoder(self, key: EncoderKey, job: Job) -> tuple[int, Encoder]:
        """Open the encoder of `encoders[key]`, which is not there yet.

        A page that does not decode it gets JPEG. Frames that build on each other are left to whoever sends them: their
        packets are empty. Only in a stream is there anything to build on.
        """
        _, name, quality = key
        codec = codecs.load(name)
        is_known = codec.NUMBER in COMMON_CODECS or codec.NUMBER in job.decodes
        if not is_known or (codec.IS_DEPENDENT and not job.stream):
            codec = codecs.load(FALLBACK)
        encoder = DEFERRED if codec.IS_DEPENDENT else codec.open_encoder(quality)
        self.encoders[key] = codec.NUMBER, encoder
        self.opened.append(encoder.close)
        return self.encoders[key]


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
    if packet.codec == CodecNumber.OVERLAY:
        raise MediaError("marks on the frames of a camera are not an image: use the camera's component as the input")
    decoder = codecs.by_number(packet.codec).open_decoder()
    try:
        media = decoder.decode(packet.payload)
    finally:
        decoder.close()
    if isinstance(media, Frame) is not (packet.kind is PacketKind.PICTURE):
        raise mismatch(packet)
    return replace(media, captured_us=packet.captured_us)


def last_frame(chain: FrameChain) -> Frame:
    """Decode the last of frames that build on each other.

    Raises:
        MediaError: One of them cannot be decoded.
    """
    packets = chain.packets
    decoder = codecs.by_number(packets[-1].codec).open_decoder()
    try:
        for packet in packets:
            media = decoder.decode(packet.payload)
    finally:
        decoder.close()
    if not isinstance(media, Frame):
        raise mismatch(packet)
    return replace(media, captured_us=packet.captured_us)


def mismatch(packet: Packet) -> MediaError:
    """Say that a packet holds something else than it claims."""
    return MediaError(f"a {packet.kind.name.lower()} packet is not encoded as codec {packet.codec} does")


def _raw(stored: RawFrame) -> Frame:
    return copied(stored.frame)


def _chunk(stored: Chunk) -> Chunk:
    return replace(stored, samples=stored.samples.copy())


def _recorded(recording: StreamRecording) -> Blob:
    """Make of a streamed recording what one that is not streamed comes as."""
    chunks = [cast("Chunk", decoded_alone(packet)) for packet in recording.packets()]
    return Blob("recording.wav", "audio/wav", data=wav.encode(joined(chunks)))


UNDECODED: Final[Mapping[type, Callable[[Any], Stored | Media]]] = {
    Packet: decoded_alone,
    FrameChain: last_frame,
    RawFrame: _raw,
    Chunk: _chunk,
    StreamRecording: _recorded,
}
"""What a session keeps as it came, and how it is made what a component takes."""
