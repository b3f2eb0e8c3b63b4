"""State shared by the calls of one worker: decoders, encoders, and everything else with a memory."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any, Final, TypeAlias, cast

import numpy as np

from millstream import codecs
from millstream.declare.binding import TurnTaking
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.manifest import Manifest
from millstream.declare.progress import Tracker
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk, Frame, Scene
from millstream.jobs import KEEP, Call, Job, Notify, Output, Role
from millstream.media import wav
from millstream.runtime.state.files import CallFiles
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


class CodecState:
    """The decoders, encoders, videos, audio streams, sample count and turn detector of one worker.

    Args:
        manifest: The frozen declaration.
        show_error: Whether visitors read the text of every exception; `None` for the developer alone.

    Attributes:
        encoders: The number of a codec, and its encoder; by component, name of the codec and quality.
        sources: What plays the values that players get, by component; none if nothing was played yet.
        frame_size: Height and width of the last frame that drove a call, in pixels; `None` before the first.
        said: Components of which was said that not all of their marks are shown.
        opened: Called to close what was opened.
    """

    def __init__(self, manifest: Manifest, show_error: bool | None) -> None:
        self.manifest, self.show_error = manifest, show_error
        self._decoders: dict[int, Decoder] = {}
        self.encoders: dict[EncoderKey, tuple[int, Encoder]] = {}
        self._elements: dict[int, tuple[Mapping[str, object], Element]] = {}
        self._next_sample: int | None = None
        self._scenery: tuple[int, Frame] | None = None
        self._detector_input: DetectorInput | None = None
        self.sources: dict[int, PlayerSource] = {}
        self.frame_size: tuple[int, int] | None = None
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

    def decode(self, packets: tuple[Packet, ...], is_gapless: bool) -> Media | Scene:
        """Decode what drives a call: of frames the last one counts, chunks of audio are joined.

        Raises:
            MediaError: A packet cannot be decoded, or samples are missing or repeated where none may be.
        """
        if packets[-1].kind is PacketKind.SOUND:
            return self._join(packets, is_gapless)
        if packets[0].kind is PacketKind.SOUND:
            return self._scene(packets, is_gapless)
        for packet in packets:
            decoder = self._decoders.get(packet.codec) or self._open_decoder(packet)
            media = decoder.decode(packet.payload)
        if not isinstance(media, Frame):
            raise _mismatch(packet)
        self.frame_size = media.pixels.shape[:2]
        return Frame(media.pixels, packet.captured_us)

    def _scene(self, packets: tuple[Packet, ...], is_gapless: bool) -> Scene:
        """Decode audio and the frames that come with it, which may be the one of the last call once more."""
        sounds = tuple(packet for packet in packets if packet.kind is PacketKind.SOUND)
        frames = packets[len(sounds) :]
        if self._scenery is None or self._scenery[0] != frames[-1].sequence:
            self._scenery = frames[-1].sequence, cast("Frame", self.decode(frames, is_gapless))
        # Handlers may write into what they get, so each is given a copy.
        return Scene(copied(self._scenery[1]), self._join(sounds, is_gapless))

    def _join(self, packets: tuple[Packet, ...], is_gapless: bool) -> Chunk:
        chunks = []
        for packet in packets:
            decoder = self._decoders.get(packet.codec) or self._open_decoder(packet)
            chunk = decoder.decode(packet.payload)
            if not isinstance(chunk, Chunk):
                raise _mismatch(packet)
            if is_gapless and self._next_sample is not None and chunk.first_sample != self._next_sample:
                raise MediaError(f"audio is incomplete: sample {self._next_sample} expected, got {chunk.first_sample}")
            self._next_sample = chunk.first_sample + len(chunk.samples)
            chunks.append(Chunk(chunk.samples, chunk.sample_rate, chunk.first_sample, packet.captured_us))
        return joined(chunks)

    def _open_decoder(self, packet: Packet) -> Decoder:
        decoder = self._decoders[packet.codec] = codecs.by_number(packet.codec).open_decoder()
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


class WorkerCalls:
    """The calls of one worker: one after the other, which share decoders and encoders.

    Args:
        name: What messages call their handler.
        codec_state: What they share.
        roles: Called to begin a call in a role.
        files: Their temporary files.
        notify: Called with what a handler says, in whatever thread that is.

    Attributes:
        name, codec_state, files: As given.
        tracker: Shows what the running call says of how far it is.
        running: The call that is not over; its last result takes it away.
    """

    def __init__(
        self, name: str, codec_state: CodecState, roles: Mapping[Role, BeginCall], files: CallFiles, notify: Notify
    ) -> None:
        self.name = name
        self.codec_state = codec_state
        self.files = files
        self.tracker = Tracker(0, notify)
        self._roles = roles
        self.running: Call | None = None

    def begin(self, job: Job) -> Call:
        if self.tracker.is_used:
            self.tracker = Tracker(job.call, self.tracker.notify)
        self.tracker.call = job.call
        self.files.folder, self.files.room = job.folder, job.room
        self.running = call = self._roles[job.role](self, job)
        return call

    def close(self) -> None:
        if self.running is not None:
            self.running.close()
        if self.codec_state.opened:
            self.codec_state.close()


BeginCall: TypeAlias = Callable[[WorkerCalls, Job], Call]


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
        raise MediaError("marks on the frames of a camera are no image: take the component of the camera as the input")
    decoder = codecs.by_number(packet.codec).open_decoder()
    try:
        media = decoder.decode(packet.payload)
    finally:
        decoder.close()
    if isinstance(media, Frame) is not (packet.kind is PacketKind.PICTURE):
        raise _mismatch(packet)
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
        raise _mismatch(packet)
    return replace(media, captured_us=packet.captured_us)


def _mismatch(packet: Packet) -> MediaError:
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
