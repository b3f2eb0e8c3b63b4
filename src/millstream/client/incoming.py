"""Incoming messages of a page: states of runs and streams, results and media, put where they belong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Final

from millstream.client.elements import Elements
from millstream.client.listeners import Listeners
from millstream.client.recording import Recording
from millstream.client.result import RESULTS_KEPT, StreamResult
from millstream.client.results import AppliedResult, PendingResults
from millstream.client.run import ClientRun
from millstream.client.stream import ClientStream
from millstream.client.wire import PageWire
from millstream.wire.messages import (
    Credit,
    Encode,
    KeyFrame,
    Latency,
    Outputs,
    ProgressState,
    Rendered,
    RunState,
    ServerMessage,
    Silence,
    StreamState,
    Toast,
    TurnState,
)
from millstream.wire.packet import Packet, PacketKind

RUNS_KEPT: Final = 1_000
"""Runs of the server that are remembered, runs of this page, and messages."""

STREAMS_KEPT: Final = 8
"""Streams that are remembered when they have ended, with their latest results; a `Recording` keeps its own."""

FRAMES_IN_FLIGHT: Final = 2
"""Frames that the server may send ahead of their receipt, for each stream."""


class Incoming:
    """Takes in what the server says once it has welcomed the page.

    Args:
        page: Sends what has to be answered.
        elements: What results are applied to.
        on_change: Called when something has changed that no message says.
        on_recorded: Called when all streams of a recording have ended.

    Attributes:
        toasts: The latest messages that were shown, oldest first.
        runs: Runs that this page began, by its own number: the latest ones, and those that are not over.
        server_runs: The latest runs that the server began by itself, by their call number.
        streams: The streams that are open and the latest others, by number.
        recordings: The running recordings, by the numbers of their streams.
        next_stream: The number of the next stream; one with camera and microphone takes two.
        results: The results that wait for their frames.
        on_rendered: Called with what a render has declared.
    """

    def __init__(
        self,
        page: PageWire,
        elements: Elements,
        on_change: Callable[[], None],
        on_recorded: Callable[[Recording], Awaitable[object]],
    ) -> None:
        self.toasts: list[Toast] = []
        self.runs: dict[int, ClientRun] = {}
        self.server_runs: dict[int, RunState] = {}
        self.streams: dict[int, ClientStream] = {}
        self.recordings: dict[int, Recording] = {}
        self.results = PendingResults(elements)
        self._page = page
        self._elements = elements
        self._on_recorded = on_recorded
        self._cameras: dict[int, ClientStream] = {}
        self._frames_of: dict[int, int] = {}
        self._last_run, self.next_stream = 0, 1
        self.on_rendered: Callable[[Rendered], None] = lambda message: None
        self._listeners = Listeners(page.send, on_change)

    def begin(self, binding: int) -> ClientRun:
        """Add a run of a binding that is about to be fired."""
        self._last_run += 1
        run = self.runs[self._last_run] = ClientRun(self._last_run, binding)
        if len(self.runs) > RUNS_KEPT:
            over = next((each.number for each in self.runs.values() if each.is_over), None)
            self.runs.pop(over, None)  # type: ignore[arg-type]  # nothing has the number `None`
        return run

    def add(self, stream: ClientStream, recording: Recording) -> None:
        """Add a stream that is about to be opened."""
        self.streams[stream.number] = stream
        self.next_stream = max(stream.number, stream.uplink.frames_number) + 1
        if stream.uplink.frames_number:
            self._cameras[stream.uplink.frames_number] = stream
        self.recordings[stream.number] = recording
        recording.streams.append(stream)
        for ended in [each for each in self.streams.values() if each.state == "ended"][:-STREAMS_KEPT]:
            del self.streams[ended.number]
            self._cameras.pop(ended.uplink.frames_number, None)
            self._frames_of.pop(ended.number, None)
            self.results.frames.forget(ended.number)

    def resume(self, received: Mapping[int, int]) -> list[bytes]:
        """Go on after the link was lost; gives the packets of audio that are to be sent again.

        Results that wait for frames do so in vain, and are shown without them.
        """
        for applied in self.results.settle():
            self._deliver(applied)
        return [data for stream in self.streams.values() for data in stream.uplink.resume(received)]

    def sent(self) -> list[tuple[int, int, int]]:
        """Give how far the packets of each open stream are, and may be: see `Hello.sent`."""
        going_on = (stream.uplink for stream in self.streams.values() if stream.state != "ended")
        return [place for uplink in going_on for place in uplink.sequences()]

    async def renew_credit(self) -> None:
        """Say again how many frames may come: the session goes on in a server that has not heard it."""
        going_on = (number for number, stream in self.streams.items() if stream.state != "ended")
        for number in (0, *going_on):
            received = self._frames_of.get(number, 0)
            await self._page.send(Credit(stream=number, limit=received + FRAMES_IN_FLIGHT, received=received))

    def losses(self) -> str:
        """Say what is lost if the session is."""
        runs = sum(not run.is_over for run in self.runs.values())
        kinds = ((len(set(self.recordings.values())), "recording"), (runs, "run"))
        going_on = [f"{count} {name}{'s' * (count > 1)}" for count, name in kinds if count]
        *others, last = ["its values", *going_on]
        return f"{', '.join(others)} and {last} are lost" if others else f"{last} are lost"

    def abandon(self) -> None:
        """Note that the connection is gone."""
        for stream in self.streams.values():
            stream.abandon()
        self._listeners.cancel()

    async def take(self, said: Packet | ServerMessage, sent: int) -> None:
        """Take in what has come, when the page had sent `sent` control messages; an unknown kind says nothing."""
        if isinstance(said, Packet):
            await self._on_packet(said, sent)
        elif handler := _HANDLERS.get(type(said)):
            await handler(self, said)

    async def _on_packet(self, packet: Packet, sent: int) -> None:
        if packet.kind is PacketKind.SOUND:
            listener = self._listeners.take(packet)
            if listener is not None:
                self._elements.values[packet.component] = listener
            return
        await self._acknowledge(packet)
        applied, misses_key = self.results.take(packet, sent)
        if misses_key:
            await self._page.send(KeyFrame(stream=packet.stream, component=packet.component))
        if applied is not None:
            self._deliver(applied)

    async def _acknowledge(self, packet: Packet) -> None:
        stream = self.streams.get(packet.stream)
        if stream is None:
            number = 0
        else:
            stream.received_frames += 1
            number = stream.number
        self._frames_of[number] = packet.sequence
        credit = Credit(stream=number, limit=packet.sequence + FRAMES_IN_FLIGHT, page_us=self._page.now_us())
        await self._page.send(credit)

    def _deliver(self, applied: AppliedResult) -> None:
        """Tell a stream or a run of a result, and press Stop where it wants it."""
        outputs = applied.outputs
        for component in applied.stopped:
            self._stop_recording(component, self.streams.get(outputs.stream))
        result = StreamResult(outputs.call, outputs.source, applied.values, self._page.now_us())
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

    def _capturing(self, number: int) -> ClientStream | None:
        """Give the stream that sends under a number: its own, or that of its frames."""
        return self.streams.get(number) or self._cameras.get(number)

    async def _on_credit(self, message: Credit) -> None:
        if stream := self._capturing(message.stream):
            stream.uplink.grant(message)

    async def _on_stream(self, message: StreamState) -> None:
        stream = self.streams.get(message.stream)
        if stream is None:
            return
        stream.on_state(message)
        recording = self.recordings.get(message.stream)
        if recording is not None and recording.is_over:
            for ended in recording.streams:
                del self.recordings[ended.number]
            await self._on_recorded(recording)

    async def _on_run(self, message: RunState) -> None:
        run = self.runs.get(message.run)
        if run is None:
            self.server_runs[message.call] = message
            if len(self.server_runs) > RUNS_KEPT:
                del self.server_runs[next(iter(self.server_runs))]
            return
        run.state = "failed" if message.state == "later" else message.state  # whoever drives it may ask again
        run.position, run.error, run.problems = message.position, message.message, dict(message.problems)
        run.answer = message.answer
        run.eta_s = message.eta_s if message.eta_s >= 0 else None

    async def _on_progress(self, message: ProgressState) -> None:
        source = self.runs.get(message.run) or self.streams.get(message.stream)
        if source is not None:
            source.progress.append(tuple(message.levels))
            del source.progress[:-RESULTS_KEPT]

    async def _on_outputs(self, message: Outputs) -> None:
        applied = self.results.announce(message)
        if applied is not None:
            self._deliver(applied)

    async def _on_silence(self, message: Silence) -> None:
        await self._listeners.silence(message)


async def _on_toast(incoming: Incoming, message: Toast) -> None:
    incoming.toasts.append(message)
    del incoming.toasts[:-RUNS_KEPT]


async def _on_rendered(incoming: Incoming, message: Rendered) -> None:
    incoming.on_rendered(message)


async def _on_turn(incoming: Incoming, message: TurnState) -> None:
    if stream := incoming.streams.get(message.stream):
        stream.on_turn(message.state)


async def _on_encode(incoming: Incoming, message: Encode) -> None:
    if stream := incoming._capturing(message.stream):
        stream.uplink.encode_as(message)


async def _on_key_frame(incoming: Incoming, message: KeyFrame) -> None:
    if stream := incoming._capturing(message.stream):
        stream.uplink.request_key_frame()


async def _on_latency(incoming: Incoming, message: Latency) -> None:
    if stream := incoming.streams.get(message.stream):
        stream.latency = message


_HANDLERS: dict[type, Callable[[Incoming, Any], Awaitable[None]]] = {
    Credit: Incoming._on_credit,
    KeyFrame: _on_key_frame,
    Encode: _on_encode,
    StreamState: Incoming._on_stream,
    Latency: _on_latency,
    TurnState: _on_turn,
    RunState: Incoming._on_run,
    ProgressState: Incoming._on_progress,
    Toast: _on_toast,
    Silence: Incoming._on_silence,
    Rendered: _on_rendered,
    Outputs: Incoming._on_outputs,
}
