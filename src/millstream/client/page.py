"""A page without a browser: values, runs and recordings of one session over any transport, on one asyncio loop."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

from millstream.client.recording import Recording, Result, Stream
from millstream.errors import Closed, InvalidValue, ProtocolError, Refused
from millstream.types import Transport
from millstream.wire.messages import (
    Bye,
    Cancel,
    Clock,
    Credit,
    Fire,
    Hello,
    Open,
    Outputs,
    PageMessage,
    Refuse,
    RunState,
    ServerMessage,
    Set,
    StreamState,
    Toast,
    Welcome,
    decode_server_message,
    encode_message,
)
from millstream.wire.packet import VERSION, Packet, decode_packet, is_packet

PageManifest: TypeAlias = Mapping[str, Any]
"""The inline manifest, as described in `docs/internals/protocol.md`."""

PICTURES_IN_FLIGHT = 2


class Numbered(Protocol):
    """A component of a declaration, named by its number."""

    id: int


Reference: TypeAlias = int | str | Numbered
"""How a caller names a component: its number, its label, its `elem_id`, or the component itself."""


@dataclass
class Run:
    """One run of an ordinary event that this page began."""

    number: int
    binding: int
    state: str = "waiting"
    position: int = 0
    eta_s: float | None = None
    error: str = ""
    results: list[Result] = field(default_factory=list)

    @property
    def is_over(self) -> bool:
        return self.state in ("done", "failed", "cancelled")


@dataclass
class _Pending:
    """An announced result whose media packets have not all arrived."""

    outputs: Outputs
    packets: list[Packet] = field(default_factory=list)


class Page:
    """One open page. All methods belong to the loop that `open` ran on.

    Args:
        manifest: The page's manifest, as the server puts it into the HTML.
        transport: A connection to the server.
    """

    def __init__(self, manifest: PageManifest, transport: Transport) -> None:
        self.manifest = manifest
        self.values: dict[int, object] = {}
        """Current value of each component on the wire, or the last `Packet` for pictures."""
        self.props: dict[int, dict[str, object]] = {}
        self.toasts: list[Toast] = []
        self.runs: dict[int, Run] = {}
        self.server_runs: dict[int, RunState] = {}
        """Runs that the server began by itself, by their call number."""
        self.streams: dict[int, Stream] = {}
        self.welcome: Welcome | None = None
        self.closed: Closed | None = None
        self.clock_offset_us = 0
        """What to add to the page's clock to get the server's."""
        self._transport = transport
        self._sequence = 0
        self._pending: dict[int, _Pending] = {}
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._received_pictures = 0
        for number, component in manifest["components"].items():
            self.props[int(number)] = dict(component["props"])
            self.values[int(number)] = component["props"].get("value")

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Say hello and wait for the welcome.

        Raises:
            Refused: The server does not serve this page; the message says why.
            Closed: The connection ended first.
        """
        self._reader = asyncio.get_running_loop().create_task(self._read(), name="millstream-client-reader")
        await self.send(Hello(version=VERSION, build=str(self.manifest["build"]), page_us=self.now_us()))
        await self.wait_for(lambda: self.welcome is not None)
        await self.send(Credit(stream=0, limit=PICTURES_IN_FLIGHT))
        await self.send(Clock(page_us=self.now_us()))

    async def close(self) -> None:
        """Leave as a closed tab does. Harmless when the page is closed already."""
        if self.closed is None:
            try:
                await self.send(Bye())
                await self._transport.close(1001, "page closed")
            except Closed:
                pass
        await self._end()

    async def drop(self) -> None:
        """Vanish without a word, as a dead link does."""
        await self._transport.close(1006, "")
        await self._end()

    async def _end(self) -> None:
        for stream in self.streams.values():
            stream.abandon()
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def now_us(self) -> int:
        return int(asyncio.get_running_loop().time() * 1_000_000)

    # -- what a user does ----------------------------------------------------------------------------------------

    def find(self, reference: Reference) -> int:
        """Resolve a component's number from its number, label, `elem_id` or the component itself.

        Raises:
            InvalidValue: No component is called so, or several are.
        """
        if isinstance(reference, int):
            found = [reference] if reference in self.props else []
        elif isinstance(reference, str):
            found = [
                number
                for number, props in self.props.items()
                if reference in (props.get("elem_id"), props.get("label")) or self._is_button(number, reference)
            ]
        else:
            found = [reference.id] if reference.id in self.props else []
        if len(found) != 1:
            names = {str(props.get("label") or props.get("elem_id") or "") for props in self.props.values()}
            known = ", ".join(sorted(names - {""}))
            raise InvalidValue(f"{len(found)} components are called {reference!r}; this page has {known}")
        return found[0]

    def _is_button(self, number: int, text: str) -> bool:
        return self.manifest["components"][str(number)]["type"] == "button" and self.props[number].get("value") == text

    async def set(self, component: int, value: object) -> None:
        """Edit a component as a user does; `value` is in the form of the wire. `input` events fire after it."""
        self.values[component] = value
        await self.send(Set(component=component, value=value))
        await self.fire(component, "input")

    async def fire(self, component: int, event: str, data: object = None) -> list[Run]:
        """Let an event happen; returns the runs that it began (none if a `once` binding still runs)."""
        began = []
        for binding in self.manifest["bindings"]:
            for index, target in enumerate(binding["targets"]):
                if list(target) != [component, event] or binding["stream"] is not None:
                    continue
                if binding["js"] is not None:
                    raise InvalidValue(f"the {event} event of component {component} is JavaScript: use a browser")
                if binding["trigger"] == "once" and any(
                    run.binding == binding["id"] and not run.is_over for run in self.runs.values()
                ):
                    continue
                run = Run(len(self.runs) + 1, binding["id"])
                self.runs[run.number] = run
                began.append(run)
                await self.send(Fire(binding=binding["id"], run=run.number, target=index, data=data))
        return began

    async def cancel(self, run: Run) -> None:
        """Cancel a run that waits or works."""
        await self.send(Cancel(run=run.number))

    async def record(self, component: int) -> Recording:
        """Press Record: open one stream for each stream binding of the component.

        Raises:
            InvalidValue: Nothing streams from this component.
        """
        bindings = [b for b in self.manifest["bindings"] if b["stream"] and b["stream"]["component"] == component]
        if not bindings:
            raise InvalidValue(f"component {component} has no stream event: bind one with .stream(...)")
        recording = Recording(self, component)
        for binding in bindings:
            stream = Stream(self, len(self.streams) + 1, component, binding)
            self.streams[stream.number] = stream
            recording.streams.append(stream)
            await self.send(Open(stream=stream.number, binding=binding["id"]))
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
        self._sequence += 1
        message.seq = self._sequence
        await self._transport.send(encode_message(message))

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded media packet."""
        await self._transport.send(data)

    async def _read(self) -> None:
        try:
            while True:
                data = await self._transport.receive()
                if is_packet(data):
                    await self._on_packet(decode_packet(data))
                else:
                    await self._on_message(decode_server_message(data))
                self._changed.set()
        except (Closed, ProtocolError) as error:
            self.closed = self.closed or (error if isinstance(error, Closed) else Closed(str(error)))
        finally:
            for stream in self.streams.values():
                stream.abandon()
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
        stream = self.streams.get(message.stream)
        if stream is not None:
            stream.grant(message.limit)

    async def _on_stream(self, message: StreamState) -> None:
        stream = self.streams.get(message.stream)
        if stream is not None:
            stream.on_state(message)

    async def _on_run(self, message: RunState) -> None:
        run = self.runs.get(message.run)
        if run is None:
            self.server_runs[message.call] = message
            return
        run.state, run.position, run.error = message.state, message.position, message.message
        run.eta_s = message.eta_s if message.eta_s >= 0 else None

    async def _on_toast(self, message: Toast) -> None:
        self.toasts.append(message)

    async def _on_outputs(self, message: Outputs) -> None:
        if message.packets:
            self._pending[message.call] = _Pending(message)
        else:
            self._apply(message, [])

    async def _on_packet(self, packet: Packet) -> None:
        stream = self.streams.get(packet.stream)
        if stream is None:
            self._received_pictures += 1
            await self.send(Credit(stream=0, limit=self._received_pictures + PICTURES_IN_FLIGHT))
        else:
            stream.received_pictures += 1
            await self.send(Credit(stream=stream.number, limit=stream.received_pictures + PICTURES_IN_FLIGHT))
        pending = self._pending.get(packet.call)
        if pending is None:
            self._apply(Outputs(call=packet.call, stream=packet.stream), [packet])
            return
        pending.packets.append(packet)
        if len(pending.packets) == pending.outputs.packets:
            del self._pending[packet.call]
            self._apply(pending.outputs, pending.packets)

    def _apply(self, outputs: Outputs, packets: list[Packet]) -> None:
        values: dict[int, object] = {packet.component: packet for packet in packets}
        for component, props in outputs.updates.items():
            if component in self.props:
                self.props[component].update(props)
            if "value" in props:
                values.setdefault(component, props["value"])
        self.values.update(values)
        source = outputs.source or next((packet.source for packet in packets), 0)
        result = Result(outputs.call, source, values, self.now_us())
        if outputs.stream in self.streams:
            self.streams[outputs.stream].on_result(result)
        elif outputs.run in self.runs:
            self.runs[outputs.run].results.append(result)


_HANDLERS: dict[type, Callable[[Page, Any], Awaitable[None]]] = {
    Welcome: Page._on_welcome,
    Refuse: Page._on_refuse,
    Clock: Page._on_clock,
    Credit: Page._on_credit,
    StreamState: Page._on_stream,
    RunState: Page._on_run,
    Toast: Page._on_toast,
    Outputs: Page._on_outputs,
}
