"""The page of a replayed visit: says again what a page said, as far as the server lets it, and hears what comes."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Final

import msgspec

from millstream.client.listeners import Listeners
from millstream.declare.manifest import Manifest
from millstream.declare.page_manifests import pages_by_build
from millstream.errors import Closed, InvalidValue, QuotaExceeded
from millstream.recording.msr import RecordKind, UploadPart, Visit, read_upload
from millstream.runtime.host import Host
from millstream.types import Transport
from millstream.wire.encoding import (
    decode_packet,
    decode_page_message,
    decode_server_message,
    encode_message,
    encode_packet,
)
from millstream.wire.messages import (
    ALL,
    Ack,
    Bye,
    Clock,
    Credit,
    Fire,
    Hello,
    KeyFrame,
    Open,
    Outputs,
    PageMessage,
    Played,
    Refuse,
    ServerMessage,
    Set,
    Shown,
    Silence,
    Stop,
    StreamState,
    Watch,
    Welcome,
)
from millstream.wire.packet import Packet, PacketKind, is_packet

PATIENCE_S: Final = 60.0
"""Virtual seconds for which a packet waits for credit, and the page for the last results."""

CREDIT_S: Final = 0.5
"""Virtual seconds for which packets that belong together wait for credit for all of them."""

HANDLED_S: Final = 0.001
"""Virtual seconds after each packet: no time passes before the handler has returned."""

MOST_CREDIT: Final = 2**31
"""The page takes all that comes."""

_ABOUT_THE_LINK: Final = (Ack, Clock, Credit, KeyFrame, Played, Shown, Watch)
"""What a page says about another link, another clock and another loudspeaker; the replay has its own."""


@dataclass
class Replayed:
    """The outcome of a replay.

    Attributes:
        downs: What the server said, and when, in microseconds of real time.
        arrivals_us: When packets were handed over, by stream and the sequence that they had in the recording.
        sources: The sequences that packets had in the recording, by stream and the one that they have now.
        notes: What could not be said again.
    """

    downs: list[tuple[int, bytes]] = field(default_factory=list)
    arrivals_us: dict[tuple[int, int], int] = field(default_factory=dict)
    sources: dict[tuple[int, int], int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


class ReplayedPage:
    """Plays the page's part of a visit.

    Args:
        transport: The page's end of a connection to the app.
        visit: The recorded visit.
        host: The app.
    """

    def __init__(self, transport: Transport, visit: Visit, host: Host) -> None:
        self._transport = transport
        self._visit = visit
        self._host = host
        self._superseded = superseded(visit, host.manifest)
        self._builds = pages_by_build(host.manifest)
        self._session = ""
        self._parts: dict[str, list[bytes]] = defaultdict(list)
        self._files: dict[str, object] = {}
        self._held: dict[int, list[Packet]] = defaultdict(list)
        self._replayed = Replayed()
        self._seq = self._said = 0
        self._sent: dict[int, int] = defaultdict(int)
        self._limits: dict[int, int] = defaultdict(int)
        self._ended: set[int] = set()
        self._closed = ""
        self._has_left = False
        self._changed = asyncio.Event()
        self._listeners = Listeners(self.send, self._changed.set)

    async def play(self) -> Replayed:
        """Say everything again, each thing at its time, and hear it to the end.

        Raises:
            ProtocolError: The recording holds something that no page says.
        """
        began = asyncio.get_running_loop().time()
        reading = asyncio.create_task(self._read())
        try:
            for record in self._visit.records:
                await _until(began + record.time_us / 1e6)
                if record.kind is RecordKind.UPLOAD and not self._closed:
                    await self._upload(read_upload(record.body))
                elif record.kind is RecordKind.UP and not self._closed:
                    await self._say(record.body)
            await self._settle()
        except Closed:
            pass
        finally:
            reading.cancel()
            self._listeners.cancel()
            await asyncio.wait([reading])
        if self._closed and not self._has_left:
            self._note(f"the app ended the visit: {self._closed}")
        return self._replayed

    async def send(self, message: PageMessage) -> None:
        """Send a control message with the next sequence."""
        self._seq += 1
        await self._transport.send(encode_message(msgspec.structs.replace(message, seq=self._seq)))

    async def _say(self, body: bytes) -> None:
        if is_packet(body):
            await self._say_packet(decode_packet(body))
            return
        message = decode_page_message(body)
        if message.seq > self._said:  # else it was sent before: the page came back over another connection
            self._said = message.seq
            await self._say_message(message)

    async def _say_message(self, message: PageMessage) -> None:
        if isinstance(message, Hello):
            if not self._seq:
                build = message.build if message.build in self._builds else ""  # else it is of a version before
                await self.send(msgspec.structs.replace(message, build=build, resume=""))
                await self.send(Credit(stream=0, limit=MOST_CREDIT))
        elif isinstance(message, Set) and (lacking := self._lacking(message.value)):
            self._note(f"component {message.component} was given a file that the recording lacks: {lacking}")
        elif isinstance(message, Set):
            await self.send(msgspec.structs.replace(message, seen=ALL, value=self._here(message.value)))
        elif isinstance(message, Fire):
            await self.send(msgspec.structs.replace(message, seen=ALL))
        elif isinstance(message, Open):
            await self.send(msgspec.structs.replace(message, seen=ALL))
            await self.send(Credit(stream=message.stream, limit=MOST_CREDIT))
        elif isinstance(message, Stop):
            skipped = sum(sequence <= message.final for sequence in self._superseded.get(message.stream, ()))
            await self.send(msgspec.structs.replace(message, final=message.final - skipped))
        elif not isinstance(message, _ABOUT_THE_LINK):
            self._has_left = isinstance(message, Bye)
            await self.send(message)

    async def _upload(self, part: UploadPart) -> None:
        """Upload a file again when all of its parts are there."""
        self._parts[part.file].append(part.data)
        if not part.is_last:
            return
        data = b"".join(self._parts.pop(part.file))
        while not self._session and not self._closed:
            await self._change()
        try:
            value = await self._host.upload(self._session, part.name, part.type, data, part.component)
            self._files[part.file] = value["file"]
        except (InvalidValue, QuotaExceeded) as error:
            self._note(f"the app did not take the file {part.name!r}: {error}")

    def _lacking(self, value: object) -> str:
        """Name a file that a value refers to and that was not uploaded; empty if there is none."""
        if isinstance(value, list):
            return next(filter(None, map(self._lacking, value)), "")
        if not isinstance(value, dict):
            return ""
        if "file" in value and value["file"] not in self._files:
            return str(value.get("name", "without a name"))[:80]
        return self._lacking(list(value.values()))

    def _here(self, value: object) -> object:
        """Replace the handles of uploaded files by those that they have now."""
        if isinstance(value, list):
            return [self._here(each) for each in value]
        if not isinstance(value, dict):
            return value
        return {key: self._files[each] if key == "file" else self._here(each) for key, each in value.items()}

    async def _say_packet(self, packet: Packet) -> None:
        """Send a packet; before it, and so close that they are not handled, those that others build on."""
        stream = packet.stream
        if (stream, packet.sequence) in self._replayed.arrivals_us:
            return  # it was sent again over another connection
        if packet.sequence in self._superseded.get(stream, ()):
            if not packet.is_independent:
                self._held[stream].append(packet)
            return
        burst = [*self._held.pop(stream, ()), packet]
        while burst and (room := await self._credit(stream, len(burst))):
            if room < len(burst):
                self._note(f"more frames of stream {stream} are handled than were then: they build on each other")
            count = len(burst) if len(burst) <= room else len(burst) - room
            for each in burst[:count]:
                await self._send_packet(each)
            del burst[:count]
            await asyncio.sleep(HANDLED_S)
        if burst and stream not in self._ended and not self._closed:
            self._note(f"packet {packet.sequence} of stream {stream} got no credit")

    async def _credit(self, stream: int, wanted: int) -> int:
        """Wait for credit for `wanted` packets, or for what there is; gives how much that is, 0 if there is none."""
        for patience_s, least in ((CREDIT_S, wanted), (PATIENCE_S, 1)):
            try:
                async with asyncio.timeout(patience_s):
                    while self._limits[stream] - self._sent[stream] < least:
                        if stream in self._ended or self._closed:
                            return 0
                        await self._change()
                break
            except TimeoutError:
                continue
        return max(0, self._limits[stream] - self._sent[stream])

    def _note(self, note: str) -> None:
        if note not in self._replayed.notes:
            self._replayed.notes.append(note)

    async def _send_packet(self, packet: Packet) -> None:
        """Send a packet under the next sequence."""
        stream = packet.stream
        self._sent[stream] += 1
        self._replayed.sources[stream, self._sent[stream]] = packet.sequence
        self._replayed.arrivals_us[stream, packet.sequence] = _real_us()
        await self._transport.send(encode_packet(msgspec.structs.replace(packet, sequence=self._sent[stream])))

    async def _settle(self) -> None:
        """Wait until the server says nothing any more for as long as it may take."""
        heard = -1
        while not self._closed and len(self._replayed.downs) != heard:
            heard = len(self._replayed.downs)
            await asyncio.sleep(PATIENCE_S / 10)

    async def _read(self) -> None:
        try:
            while True:
                data = await self._transport.receive()
                self._replayed.downs.append((_real_us(), data))
                if is_packet(data):
                    packet = decode_packet(data)
                    if packet.kind is PacketKind.SOUND:
                        self._listeners.take(packet)
                else:
                    await self._hear(decode_server_message(data))
                self._changed.set()
        except Closed as error:
            self._closed = self._closed or str(error)
            self._changed.set()

    async def _hear(self, message: ServerMessage) -> None:
        if isinstance(message, Welcome):
            self._session = message.session
        elif isinstance(message, Credit):
            self._limits[message.stream] = max(self._limits[message.stream], message.limit)
        elif isinstance(message, StreamState) and message.state == "ended":
            self._ended.add(message.stream)
        elif isinstance(message, Silence):
            await self._listeners.silence(message)
        elif isinstance(message, Refuse):
            self._closed = message.message

    async def _change(self) -> None:
        self._changed.clear()
        await self._changed.wait()


def superseded(visit: Visit, manifest: Manifest) -> dict[int, frozenset[int]]:
    """Find the frames that were not handled because a newer one came in time: sequences by stream.

    Only those of streams that keep the newest frame alone, and of which there are results that name what was handled.
    """
    streams: set[int] = set()
    arrived: dict[int, set[int]] = defaultdict(set)
    handled: dict[int, set[int]] = defaultdict(set)
    for record in visit.records:
        if record.kind is RecordKind.UP and is_packet(record.body):
            packet = decode_packet(record.body)
            if packet.kind is PacketKind.PICTURE and not packet.is_last:
                arrived[packet.stream].add(packet.sequence)
        elif record.kind is RecordKind.UP:
            message = decode_page_message(record.body)
            if isinstance(message, Open) and not message.pictures and _keeps_newest(manifest, message.binding):
                streams.add(message.stream)
        elif record.kind is RecordKind.DOWN:
            for stream, source in _source(record.body):
                handled[stream].add(source)
    return {stream: frozenset(arrived[stream] - handled[stream]) for stream in streams if handled[stream]}


def _keeps_newest(manifest: Manifest, binding: int) -> bool:
    return binding in manifest.numbered and manifest.numbered[binding].keep == "latest"


def _source(body: bytes) -> list[tuple[int, int]]:
    """Name the packet that a message of the server is the result of."""
    said = decode_packet(body) if is_packet(body) else decode_server_message(body)
    return [(said.stream, said.source)] if isinstance(said, Packet | Outputs) and said.stream and said.source else []


def _real_us() -> int:
    return time.perf_counter_ns() // 1000


async def _until(when: float) -> None:
    await asyncio.sleep(max(0.0, when - asyncio.get_running_loop().time()))
