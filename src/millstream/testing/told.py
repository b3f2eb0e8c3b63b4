"""The results that a page was told, in a form in which two visits can be compared. Pure."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

import numpy as np

from millstream import codecs
from millstream.errors import MediaError, ProtocolError
from millstream.frames import Frame
from millstream.wire.encoding import decode_packet, decode_server_message
from millstream.wire.messages import Outputs, RunState, ServerMessage, StreamState, Toast
from millstream.wire.packet import CodecNumber, Packet, PacketKind, is_packet
from millstream.wire.sound import PCM16_PREFIX

TOLERANCE: Final = 2.0
"""Frames are equal if their pixels differ by no more levels on average: encoders differ between versions."""

EVENTS: Final = "the server"
"""The name of what no run of the page and no stream has caused: `load`, `change`, `then`."""

Told: TypeAlias = object
"""A value that the page was told: plain data, or the `Packet` of a frame."""


class StreamStep(NamedTuple):
    """One result: `source` is the packet that it was computed from, `number` counts the results of the same from 0."""

    where: str
    source: int
    number: int

    def __str__(self) -> str:
        of_packet = f", packet {self.source}" if self.source else ""
        return f"{self.where}{of_packet}" + (f", result {self.number + 1}" if self.number else "")


class Place(NamedTuple):
    """A property of a component in one result."""

    step: StreamStep
    component: int
    property: str


@dataclass
class VisitResults:
    """All that a page was told in one visit.

    Attributes:
        values: By result, component and property.
        ends: How runs and streams ended, by their names.
        toasts: The messages that were shown, in order.
        audio: The samples that each component played, as bytes; `None` if they were not sent as samples.
        times_us: When each result was sent.
    """

    values: dict[Place, Told] = field(default_factory=dict)
    ends: dict[str, str] = field(default_factory=dict)
    toasts: list[str] = field(default_factory=list)
    audio: dict[int, bytes | None] = field(default_factory=dict)
    times_us: dict[StreamStep, int] = field(default_factory=dict)


class _ResultReader:
    """Gathers results from the server's messages."""

    def __init__(self, sources: Mapping[tuple[int, int], int]) -> None:
        self.results = VisitResults()
        self._sources = sources
        self._seq = 0
        self._heard: Counter[int] = Counter()
        self._counts: Counter[tuple[str, int]] = Counter()
        self._runs: Counter[int] = Counter()
        self._open: dict[tuple[int, int], StreamStep] = {}
        self._audio: dict[int, list[bytes] | None] = defaultdict(list)

    def packet(self, packet: Packet, time_us: int) -> None:
        if packet.kind is PacketKind.SOUND:
            self._hear(packet)
            return
        key = packet.stream, packet.call
        step = self._open.get(key) or self._step(f"stream {packet.stream}", packet.stream, packet.source, time_us)
        self._open[key] = step
        self.results.values[Place(step, packet.component, "value")] = packet
        if packet.is_last:
            del self._open[key]

    def message(self, message: ServerMessage, time_us: int) -> None:
        results = self.results
        if 0 < message.seq <= self._seq:
            return  # it was sent again over another connection
        self._seq = max(self._seq, message.seq)
        if isinstance(message, Outputs):
            self._outputs(message, time_us)
        elif isinstance(message, RunState) and message.state in ("done", "failed", "cancelled"):
            self._runs[message.binding] += not message.run
            name = f"run {message.run}" if message.run else f"event {message.binding}, {self._runs[message.binding]}"
            results.ends[name] = f"{message.state} {message.message}".strip()
        elif isinstance(message, StreamState) and message.state == "ended":
            results.ends[f"stream {message.stream}"] = f"{message.reason} {message.message}".strip()
        elif isinstance(message, Toast):
            results.toasts.append(f"{message.level}: {message.title} {message.message}")

    def end(self) -> VisitResults:
        joined = {number: None if parts is None else b"".join(parts) for number, parts in self._audio.items()}
        self.results.audio = joined
        return self.results

    def _outputs(self, message: Outputs, time_us: int) -> None:
        where = f"run {message.run}" if message.run else EVENTS
        where = f"stream {message.stream}" if message.stream else where
        step = self._step(where, message.stream, message.source, time_us)
        if message.packets:
            self._open[message.stream, message.call] = step
        for number, update in message.updates.items():
            for name, value in update.items():
                self.results.values[Place(step, number, name)] = without_handles(value)

    def _step(self, where: str, stream: int, source: int, time_us: int) -> StreamStep:
        source = self._sources.get((stream, source), source)
        step = StreamStep(where, source, self._counts[where, source])
        self._counts[where, source] += 1
        self.results.times_us[step] = time_us
        return step

    def _hear(self, packet: Packet) -> None:
        if packet.sequence <= self._heard[packet.call]:
            return  # it was sent again over another connection
        self._heard[packet.call] = packet.sequence
        parts = self._audio[packet.component]
        if packet.codec != CodecNumber.PCM16 or parts is None:
            self._audio[packet.component] = None
        elif len(packet.payload):
            parts.append(bytes(packet.payload[PCM16_PREFIX.size :]))


def results_of(
    messages: Iterable[tuple[int, bytes]], sources: Mapping[tuple[int, int], int] | None = None
) -> VisitResults:
    """Gather the results from the messages of a server.

    Args:
        messages: The time at which each was sent, in microseconds, and the message.
        sources: The numbers to use for packets of a stream instead of those that results name.

    Raises:
        ProtocolError: One of them is malformed.
    """
    reader = _ResultReader(sources or {})
    for time_us, message in messages:
        if is_packet(message):
            reader.packet(decode_packet(message), time_us)
        else:
            reader.message(decode_server_message(message), time_us)
    return reader.end()


def difference(before: Told, now: Told) -> str:
    """Say how two values differ; empty if they are equal, or cannot be compared."""
    if not isinstance(before, Packet) or not isinstance(now, Packet):
        return "" if _is_equal(before, now) else f"{_shown(before)} became {_shown(now)}"
    if not (before.is_independent and now.is_independent) or before.payload == now.payload:
        return ""
    try:
        old, new = _pixels(before), _pixels(now)
    except (MediaError, ProtocolError) as error:
        return f"a frame cannot be decoded: {error}"
    if old is None or new is None:
        return f"{len(before.payload)} bytes of codec {before.codec} became {len(now.payload)} of codec {now.codec}"
    if old.shape != new.shape:
        return f"a frame of {old.shape} became one of {new.shape}"
    levels = float(np.abs(old.astype(np.int16) - new).mean())
    return f"the pixels of a frame differ by {levels:.1f} levels on average" if levels > TOLERANCE else ""


def without_handles(value: Told) -> Told:
    """Leave out the handles of files, which are others in each session."""
    if isinstance(value, dict):
        return {key: without_handles(each) for key, each in value.items() if key != "file"}
    return [without_handles(each) for each in value] if isinstance(value, list) else value


def _pixels(packet: Packet) -> np.ndarray | None:
    if packet.codec not in (CodecNumber.JPEG, CodecNumber.PNG, CodecNumber.WEBP):
        return None
    decoder = codecs.by_number(packet.codec).open_decoder()
    media = decoder.decode(packet.payload)
    decoder.close()
    return media.pixels if isinstance(media, Frame) else None


def _is_equal(before: Told, now: Told) -> bool:
    if isinstance(before, float) and isinstance(now, float):
        return before == now or (math.isnan(before) and math.isnan(now))
    return type(before) is type(now) and before == now


def _shown(value: Told) -> str:
    text = f"a frame of {len(value.payload)} bytes" if isinstance(value, Packet) else repr(value)
    return text if len(text) <= 80 else f"{text[:77]}..."
