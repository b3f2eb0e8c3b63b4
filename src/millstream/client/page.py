"""A page without a browser: values, runs and recordings of one session over any transport, on one asyncio loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from millstream import codecs
from millstream.client.elements import Elements
from millstream.client.incoming import FRAMES_IN_FLIGHT, Incoming
from millstream.client.manifest import PageManifest
from millstream.client.received import Received
from millstream.client.recording import Recording
from millstream.client.run import ClientRun
from millstream.client.stream import ClientStream
from millstream.codecs import jpeg
from millstream.errors import Closed, InvalidValue, ProtocolError, Refused
from millstream.types import Transport
from millstream.wire.encoding import decode_packet, decode_server_message, encode_message
from millstream.wire.messages import (
    ALL,
    Ack,
    Bye,
    Cancel,
    Clock,
    Credit,
    Fire,
    Hello,
    Open,
    PageMessage,
    Refuse,
    ServerMessage,
    Set,
    Welcome,
)
from millstream.wire.packet import VERSION, Packet, is_packet

GOODBYE_S: Final = 1.0
"""The time, in seconds, that the last message may take."""


class Page:
    """One open page. All methods belong to the loop that `open` ran on.

    Args:
        manifest: The page's manifest, as the server puts it into the HTML.
        transport: A connection to the server.

    Attributes:
        elements: Its elements, and what the declaration says of them.
        values: Value of each component on the wire, the last `Packet` of a frame, or the `Listener` of what it plays.
        props: Properties of each component and layout.
        toasts: All messages that were shown, oldest first.
        runs: Runs that this page began, by its own number.
        server_runs: The latest runs that the server began by itself, by their call number.
        streams: All streams that were ever opened, by number.
        welcome: What the server answered to the greeting; `None` before.
        closed: Why the connection has ended; `None` while it lives.
        clock_offset_us: What to add to the page's clock to get the server's.
        frames: Decodes frames that build on each other.
        camera_codec: Name of the codec of what cameras capture, if the server decodes it; else it is JPEG.
    """

    def __init__(self, manifest: PageManifest, transport: Transport) -> None:
        self.manifest = manifest
        self.elements = Elements(manifest)
        self.values, self.props = self.elements.values, self.elements.props
        self.find, self.find_component = self.elements.find, self.elements.find_component
        self.welcome: Welcome | None = None
        self.closed: Closed | None = None
        self.clock_offset_us = 0
        self._heard_us = 0
        self.camera_codec = jpeg.NAME
        self._transport = transport
        self._sending = asyncio.Lock()
        self._sequence = 0
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._received = Received()
        self._incoming = Incoming(self, self.elements, self._changed.set, self._on_recorded)
        self.toasts, self.server_runs = self._incoming.toasts, self._incoming.server_runs
        self.runs, self.streams = self._incoming.runs, self._incoming.streams
        self.frames = self._incoming.results.frames

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Say hello and wait for the welcome.

        Raises:
            Refused: The server does not serve this page; the message says why.
            Closed: The connection ended first.
        """
        self._reader = asyncio.get_running_loop().create_task(self._read(), name="millstream-client-reader")
        try:
            build, decodes = str(self.manifest["build"]), sorted(codecs.special())
            hello = Hello(version=VERSION, build=build, page_us=self.now_us(), decodes=decodes, encodes=decodes)
            await self.send(hello)
            await self.wait_for(lambda: self.welcome is not None)
            assert self.welcome is not None
            await self.send(Credit(stream=0, limit=FRAMES_IN_FLIGHT))
            await self.send(Clock(page_us=self.now_us(), server_us=self.welcome.server_us, heard_us=self._heard_us))
        except BaseException:
            await self._transport.close(1001, "the page gave up")
            await self._end()
            raise

    async def close(self) -> None:
        """Leave as a closed tab does. Harmless when the page is closed already."""
        if self.closed is None:
            try:
                async with asyncio.timeout(GOODBYE_S):
                    await self.send(Bye())
            except (Closed, TimeoutError):
                pass  # nobody listens any more
            await self._transport.close(1001, "page closed")
        await self._end()

    async def drop(self) -> None:
        """Vanish without a word, as a dead link does."""
        await self._transport.close(1006, "")
        await self._end()

    async def _end(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def now_us(self) -> int:
        """Read the page's clock: that of the running loop, in microseconds."""
        return int(asyncio.get_running_loop().time() * 1_000_000)

    # -- what a user does ----------------------------------------------------------------------------------------

    async def set(self, component: int, value: object) -> None:
        """Edit a component as a user does; `value` is in the form of the wire.

        Its `input` event fires after it; where the value is a file, `upload` or `clear` before that.
        """
        self.values[component] = value
        edit = Set(component=component, value=value)
        self._incoming.results.note_edit(edit)
        await self.send(edit)
        if self.elements.can(component, "takes_file"):
            await self.fire(component, "clear" if value is None else "upload")
        await self.fire(component, "input")

    async def fire(self, component: int, event: str, data: object = None) -> list[ClientRun]:
        """Let an event happen; returns the runs that it began (none if a `once` binding still runs).

        Raises:
            InvalidValue: The event has `js=`, which only a browser runs.
        """
        for binding in self.manifest["bindings"]:
            if binding["js"] is not None and [component, event] in [list(target) for target in binding["targets"]]:
                raise InvalidValue(f"the {event} event of component {component} has js=: drive it in a browser")
        return await self._fire(component, event, data)

    async def _fire(self, component: int, event: str, data: object = None) -> list[ClientRun]:
        began = []
        for binding in self.manifest["bindings"]:
            for index, target in enumerate(binding["targets"]):
                if list(target) != [component, event] or binding["stream"] is not None or binding["js"] is not None:
                    continue
                if binding["trigger"] == "once" and any(
                    run.binding == binding["id"] and not run.is_over for run in self.runs.values()
                ):
                    continue
                run = ClientRun(len(self.runs) + 1, binding["id"])
                self.runs[run.number] = run
                began.append(run)
                await self.send(Fire(binding=binding["id"], run=run.number, target=index, data=data))
        return began

    async def cancel(self, run: ClientRun) -> None:
        """Cancel a run that waits or works."""
        await self.send(Cancel(run=run.number))

    async def record(self, component: int, *, microphone: bool = True) -> Recording:
        """Press Record: open one stream for each stream binding of the component.

        Without a `microphone`, what would be audio and frames is frames alone.

        Raises:
            InvalidValue: Nothing streams from this component.
        """
        bindings = [b for b in self.manifest["bindings"] if b["stream"] and b["stream"]["component"] == component]
        if not bindings:
            raise InvalidValue(f"component {component} has no stream event: bind one with .stream(...)")
        kinds = self.elements.captures(component, microphone=microphone)
        recording = Recording(self, component, kinds)
        for binding in bindings:
            stream = ClientStream(self, self._incoming.next_stream, component, binding, kinds)
            self._incoming.add(stream, recording)
            await self.send(Open(stream=stream.number, binding=binding["id"], pictures=stream.uplink.frames_number))
            await self.send(Credit(stream=stream.number, limit=FRAMES_IN_FLIGHT))
        await self.fire(component, "start_recording")
        return recording

    async def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until a condition on this page holds; it is looked at after each message.

        Raises:
            Closed: The connection ended before it held.
        """
        while not condition():
            if self.closed is not None:
                raise self.closed
            self._changed.clear()
            await self._changed.wait()

    # -- the wire ------------------------------------------------------------------------------------------------

    async def send(self, message: PageMessage) -> None:
        """Send one control message with the next sequence."""
        async with self._sending:
            self._sequence += 1
            message.seq = self._sequence
            if isinstance(message, Set | Fire | Open) and message.seen == ALL:
                message.seen = self._incoming.results.seen
            await self._transport.send(encode_message(message))

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded media packet."""
        async with self._sending:
            await self._transport.send(data)

    async def _read(self) -> None:
        try:
            while True:
                data = await self._transport.receive()
                said = decode_packet(data) if is_packet(data) else decode_server_message(data)
                if isinstance(said, Packet):
                    await self._incoming.on_packet(said, self._sequence)
                else:
                    await self._on_message(said)
                if ack := self._received.note(said, len(data)):
                    await self._acknowledge(ack)
                self._changed.set()
        except (Closed, ProtocolError) as error:
            if self.closed is None:
                self.closed = error if isinstance(error, Closed) else Closed(str(error))
        finally:
            if self.closed is None:
                self.closed = Closed("the page was closed")
            self._incoming.abandon()
            self._changed.set()

    async def _acknowledge(self, ack: Ack) -> None:
        try:
            await self.send(ack)
        except Closed:
            return  # the connection has ended: what came before is still to be read, and then says why

    async def _on_message(self, message: ServerMessage) -> None:
        if isinstance(message, Welcome):
            self.welcome, self._heard_us = message, self.now_us()
            self.clock_offset_us = message.server_us - self.now_us()
        elif isinstance(message, Clock):
            self.clock_offset_us = message.server_us - (message.page_us + self.now_us()) // 2
        elif isinstance(message, Refuse):
            self.closed = Refused(message.message, message.code)
        else:
            await self._incoming.on_message(message)

    async def _on_recorded(self, recording: Recording) -> None:
        await self._fire(recording.component, "stop_recording")
