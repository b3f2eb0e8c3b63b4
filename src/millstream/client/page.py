"""A page without a browser: values, runs and recordings of one session over any transport, on one asyncio loop."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable
from typing import Any, Final

from millstream import codecs
from millstream.client.frame_decoders import FrameDecoders, PendingResult
from millstream.client.listener import Listener
from millstream.client.manifest import PageManifest, Reference, elements_of
from millstream.client.received import Received
from millstream.client.recording import Recording
from millstream.client.run import ClientRun
from millstream.client.splices import unspliced
from millstream.client.stream import RESULTS_KEPT, ClientStream, StreamResult
from millstream.codecs import jpeg
from millstream.errors import Closed, InvalidValue, MediaError, ProtocolError, Refused
from millstream.types import Transport
from millstream.wire.messages import (
    ALL,
    Bye,
    Cancel,
    Clock,
    Credit,
    Fire,
    Hello,
    KeyFrame,
    Open,
    Outputs,
    PageMessage,
    Progress,
    Refuse,
    RunState,
    ServerMessage,
    Set,
    Silence,
    StreamState,
    Toast,
    TurnState,
    Welcome,
    decode_server_message,
    encode_message,
)
from millstream.wire.packet import VERSION, Flag, Packet, PacketKind, decode_packet, is_packet

RUNS_KEPT: Final = 1_000
"""Runs of the server that are remembered."""

GOODBYE_S: Final = 1.0
"""How long the last word may take."""

MEDIA_TYPES: Final = frozenset({"image", "audio", "video"})
"""Components whose value is a file."""

PICTURES_IN_FLIGHT: Final = 2
"""Pictures that the server may send ahead of their receipt, for each stream."""


class Page:
    """One open page. All methods belong to the loop that `open` ran on.

    Args:
        manifest: The page's manifest, as the server puts it into the HTML.
        transport: A connection to the server.

    Attributes:
        values: Value of each component on the wire, the last `Packet` of a picture, or the `Listener` of what it plays.
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
        self.values: dict[int, object] = {}
        self.props: dict[int, dict[str, object]] = {}
        self.toasts: list[Toast] = []
        self.runs: dict[int, ClientRun] = {}
        self.server_runs: dict[int, RunState] = {}
        self.streams: dict[int, ClientStream] = {}
        self._videos: dict[int, ClientStream] = {}
        self.welcome: Welcome | None = None
        self.closed: Closed | None = None
        self.clock_offset_us = 0
        self.camera_codec = jpeg.NAME
        self.frames = FrameDecoders()
        self._transport = transport
        self._sending = asyncio.Lock()
        self._sequence = 0
        self._edits: dict[int, Set] = {}
        self._pending: dict[tuple[int, int], PendingResult] = {}
        self._orders = itertools.count(1)
        self._told = 0
        self._newest: dict[tuple[int, str], int] = {}
        self._listeners: dict[int, tuple[Listener, asyncio.Task[None]]] = {}
        self._recordings: dict[int, Recording] = {}
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._received_pictures, self._received = 0, Received()
        for number, props in elements_of(manifest):
            if "value" in props:
                self.values[number] = props.pop("value")
            self.props[number] = props

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
            await self.send(Hello(version=VERSION, build=build, page_us=self.now_us(), decodes=decodes))
            await self.wait_for(lambda: self.welcome is not None)
            await self.send(Credit(stream=0, limit=PICTURES_IN_FLIGHT))
            await self.send(Clock(page_us=self.now_us()))
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

    def find(self, reference: Reference) -> int:
        """Resolve an element's number from its number, label, `elem_id`, a button's text, or the element itself.

        A component goes before a layout of the same name.

        Raises:
            InvalidValue: Nothing is called so, or several are.
        """
        if isinstance(reference, str):
            found = [number for number in self.values if self._is_called(number, reference)]
            found = found or [number for number in self.props if self._is_called(number, reference)]
        else:
            number = reference if isinstance(reference, int) else reference.id
            found = [number] if number in self.props else []
        if len(found) != 1:
            names = {str(props.get("label") or props.get("elem_id") or "") for props in self.props.values()}
            known = ", ".join(sorted(names - {""}))
            raise InvalidValue(f"{len(found)} components are called {reference!r}; this page has {known}")
        return found[0]

    def find_component(self, reference: Reference) -> int:
        """Resolve the number of something that has a value; see `find`.

        Raises:
            InvalidValue: Nothing is called so, several are, or it is a layout.
        """
        number = self.find(reference)
        if number not in self.values:
            raise InvalidValue(f"{reference!r} is a layout: it has no value")
        return number

    def _is_called(self, number: int, name: str) -> bool:
        props = self.props[number]
        if name in (props.get("elem_id"), props.get("label")):
            return True
        return number in self.values and self.type_of(number) == "button" and self.values[number] == name

    def type_of(self, component: int) -> str:
        """Say of which type a component is, as in the manifest."""
        return str(self.manifest["components"][str(component)]["type"])

    def kinds_of(self, component: int, *, microphone: bool = True) -> tuple[PacketKind, ...]:
        """Say what a component captures."""
        if self.type_of(component) == "audio":
            return (PacketKind.SOUND,)
        has_sound = microphone and bool(self.props[component].get("include_audio"))
        return (PacketKind.PICTURE, PacketKind.SOUND) if has_sound else (PacketKind.PICTURE,)

    async def set(self, component: int, value: object) -> None:
        """Edit a component as a user does; `value` is in the form of the wire.

        Its `input` event fires after it; where the value is a file, `upload` or `clear` before that.
        """
        self.values[component] = value
        edit = self._edits[component] = Set(component=component, value=value)
        await self.send(edit)
        if self.type_of(component) in MEDIA_TYPES:
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

        Without a `microphone`, what would be sound and pictures is pictures alone.

        Raises:
            InvalidValue: Nothing streams from this component.
        """
        bindings = [b for b in self.manifest["bindings"] if b["stream"] and b["stream"]["component"] == component]
        if not bindings:
            raise InvalidValue(f"component {component} has no stream event: bind one with .stream(...)")
        recording = Recording(self, component)
        for binding in bindings:
            number = len(self.streams) + len(self._videos) + 1
            stream = ClientStream(self, number, component, binding, self.kinds_of(component, microphone=microphone))
            self.streams[stream.number] = stream
            if stream.pictures:
                self._videos[stream.pictures] = stream
            self._recordings[stream.number] = recording
            recording.streams.append(stream)
            await self.send(Open(stream=stream.number, binding=binding["id"], pictures=stream.pictures))
            await self.send(Credit(stream=stream.number, limit=PICTURES_IN_FLIGHT))
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
                waiting = [each.outputs.seq - 1 for each in self._pending.values() if each.outputs.seq]
                message.seen = min([self._told, *waiting])
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
                await (self._on_packet(said) if isinstance(said, Packet) else self._on_message(said))
                if ack := self._received.note(said, len(data)):
                    await self.send(ack)
                self._changed.set()
        except (Closed, ProtocolError) as error:
            if self.closed is None:
                self.closed = error if isinstance(error, Closed) else Closed(str(error))
        finally:
            if self.closed is None:
                self.closed = Closed("the page was closed")
            for stream in self.streams.values():
                stream.abandon()
            for _, listening in self._listeners.values():
                listening.cancel()
            self._changed.set()

    async def _on_message(self, message: ServerMessage) -> None:
        handler = _HANDLERS.get(type(message))
        if handler is not None:
            await handler(self, message)

    async def _on_welcome(self, message: Welcome) -> None:
        self.welcome = message
        self.clock_offset_us = message.server_us - self.now_us()

    async def _on_refuse(self, message: Refuse) -> None:
        self.closed = Refused(message.message, message.code)

    async def _on_clock(self, message: Clock) -> None:
        now = self.now_us()
        self.clock_offset_us = message.server_us - (message.page_us + now) // 2

    async def _on_credit(self, message: Credit) -> None:
        stream = self.streams.get(message.stream) or self._videos.get(message.stream)
        if stream is not None:
            stream.grant(message.stream, message.limit)

    async def _on_key_frame(self, message: KeyFrame) -> None:
        stream = self.streams.get(message.stream) or self._videos.get(message.stream)
        if stream is not None:
            stream.request_key_frame()

    async def _on_stream(self, message: StreamState) -> None:
        stream = self.streams.get(message.stream)
        if stream is None:
            return
        stream.on_state(message)
        recording = self._recordings.get(message.stream)
        if recording is not None and recording.is_over:
            for ended in recording.streams:
                del self._recordings[ended.number]
            await self._fire(recording.component, "stop_recording")

    async def _on_turn(self, message: TurnState) -> None:
        if stream := self.streams.get(message.stream):
            stream.on_turn(message.state)

    async def _on_run(self, message: RunState) -> None:
        run = self.runs.get(message.run)
        if run is None:
            self.server_runs[message.call] = message
            if len(self.server_runs) > RUNS_KEPT:
                del self.server_runs[next(iter(self.server_runs))]
            return
        run.state, run.position, run.error = message.state, message.position, message.message
        run.eta_s = message.eta_s if message.eta_s >= 0 else None

    async def _on_progress(self, message: Progress) -> None:
        source = self.runs.get(message.run) or self.streams.get(message.stream)
        if source is not None:
            source.progress.append(tuple(message.levels))
            del source.progress[:-RESULTS_KEPT]

    async def _on_toast(self, message: Toast) -> None:
        self.toasts.append(message)

    async def _on_outputs(self, message: Outputs) -> None:
        pending, self._told = PendingResult(message, next(self._orders)), message.seq
        if message.packets:
            self._pending[message.stream, message.call] = pending
        else:
            self._apply(pending)

    async def _on_silence(self, message: Silence) -> None:
        if message.playback in self._listeners:
            listener, listening = self._listeners[message.playback]
            listening.cancel()
            await listener.fall_silent()

    def _on_sound(self, packet: Packet) -> None:
        if packet.call not in self._listeners:
            listener = self.values[packet.component] = Listener(packet.call, self.send)
            self._listeners[packet.call] = listener, asyncio.get_running_loop().create_task(self._listen(listener))
        self._listeners[packet.call][0].take(packet)

    async def _listen(self, listener: Listener) -> None:
        try:
            await listener.listen()
        except Closed:
            return  # nobody is to be told any more
        finally:
            self._changed.set()

    async def _on_packet(self, packet: Packet) -> None:
        if packet.kind is PacketKind.SOUND:
            self._on_sound(packet)
            return
        await self._acknowledge(packet)
        key = packet.stream, packet.call
        pending = self._pending.get(key)
        if pending is None:  # pictures alone are not announced
            outputs = Outputs(call=packet.call, stream=packet.stream, source=packet.source, seen=self._sequence)
            pending = self._pending[key] = PendingResult(outputs, next(self._orders))
        try:
            frame = self.frames.shown(packet)
            if frame is not None:
                pending.frames[packet.component] = frame
        except MediaError:
            await self.send(KeyFrame(stream=packet.stream, component=packet.component))
        if packet.flags & Flag.LAST:
            del self._pending[key]
            self._apply(pending)

    async def _acknowledge(self, packet: Packet) -> None:
        stream = self.streams.get(packet.stream)
        if stream is None:
            self._received_pictures += 1
            await self.send(Credit(stream=0, limit=self._received_pictures + PICTURES_IN_FLIGHT))
        else:
            stream.received_pictures += 1
            await self.send(Credit(stream=stream.number, limit=stream.received_pictures + PICTURES_IN_FLIGHT))

    def _apply(self, pending: PendingResult) -> None:
        outputs = pending.outputs
        values: dict[int, object] = dict(pending.frames)
        for number, update in outputs.updates.items():
            for name, value in unspliced(update, self.values.get(number)).items():
                if name == "value":
                    values.setdefault(number, value)
                elif self._is_newest(number, name, pending.order):
                    self.props[number][name] = value
                    if name == "recording" and not value:
                        self._stop_recording(number, self.streams.get(outputs.stream))
        for number, value in values.items():
            if self._is_newest(number, "value", pending.order) and self._is_known(number, outputs.seen):
                self.values[number] = value
        result = StreamResult(outputs.call, outputs.source, values, self.now_us())
        if outputs.stream in self.streams:
            self.streams[outputs.stream].on_result(result)
        elif outputs.run in self.runs:
            results = self.runs[outputs.run].results
            results.append(result)
            del results[:-RESULTS_KEPT]

    def _stop_recording(self, component: int, asking: ClientStream | None) -> None:
        """Press Stop, as a handler wants it; a stream whose own recording is over wants nothing of the next one."""
        if asking is None or asking.component != component or not asking.is_stopped:
            for stream in self.streams.values():
                if stream.component == component:
                    stream.stop_soon()

    def _is_known(self, component: int, seen: int) -> bool:
        """Say whether a server that had seen so much knew this page's last edit of a component; else the edit stays."""
        edit = self._edits.get(component)
        return edit is None or 0 < edit.seq <= seen

    def _is_newest(self, number: int, name: str, order: int) -> bool:
        """Claim a property for a result; one that was announced before another does not undo what that has set."""
        if self._newest.get((number, name), 0) > order:
            return False
        self._newest[number, name] = order
        return True


_HANDLERS: dict[type, Callable[[Page, Any], Awaitable[None]]] = {
    Welcome: Page._on_welcome,
    Refuse: Page._on_refuse,
    Clock: Page._on_clock,
    Credit: Page._on_credit,
    KeyFrame: Page._on_key_frame,
    StreamState: Page._on_stream,
    TurnState: Page._on_turn,
    RunState: Page._on_run,
    Progress: Page._on_progress,
    Toast: Page._on_toast,
    Silence: Page._on_silence,
    Outputs: Page._on_outputs,
}
