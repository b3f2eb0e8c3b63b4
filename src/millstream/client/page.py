"""A page without a browser: values, runs and recordings of one session over any transport, on one asyncio loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, Final

from millstream.client.elements import Elements
from millstream.client.event_names import unknown_event
from millstream.client.incoming import FRAMES_IN_FLIGHT, Incoming
from millstream.client.link import ClientLink, Reopen, now_us
from millstream.client.manifest import PageManifest
from millstream.client.recording import Recording
from millstream.client.rendered import RenderedParts
from millstream.client.run import ClientRun
from millstream.client.stream import ClientStream
from millstream.codecs import jpeg
from millstream.errors import Closed, InvalidValue
from millstream.types import Transport
from millstream.wire.messages import (
    ALL,
    Bye,
    Cancel,
    Credit,
    Fire,
    Open,
    PageMessage,
    Set,
    Welcome,
)

GOODBYE_S: Final = 1.0
"""The time, in seconds, that the last message may take."""


class Page:
    """One open page. All methods belong to the loop that `open` ran on.

    Args:
        manifest: The page's manifest, as the server puts it into the HTML.
        transport: A connection to the server.
        reopen: Opens another one if that is lost; without it the page is closed then.
        grace_s: How long to try, in seconds.

    Attributes:
        link: Its link to the server.
        elements: Its elements, and what the declaration says of them.
        bindings: The bindings, as declared, those of renders included.
        rendered: What renders have declared.
        values: Value of each component on the wire, the last `Packet` of a frame, or the `Listener` of what it plays.
        props: Properties of each component and layout.
        toasts: The latest messages that were shown, oldest first.
        runs: Runs that this page began, by its own number: the latest ones, and those that are not over.
        server_runs: The latest runs that the server began by itself, by their call number.
        streams: The streams that are open and the latest others, by number.
        frames: Decodes frames that build on each other.
        camera_codec: Name of the codec of what cameras capture, if the server decodes it; else it is JPEG.
    """

    def __init__(
        self, manifest: PageManifest, transport: Transport, reopen: Reopen | None = None, grace_s: float = 60.0
    ) -> None:
        self.manifest = manifest
        self.bindings: list[dict[str, Any]] = list(manifest["bindings"])
        self.elements = Elements(manifest)
        self.values, self.props = self.elements.values, self.elements.props
        self.find, self.find_component = self.elements.find, self.elements.find_component
        self.camera_codec = jpeg.NAME
        self._changed = asyncio.Event()
        self._reader: asyncio.Task[None] | None = None
        self._incoming = Incoming(self, self.elements, self._changed.set, self._on_recorded)
        self.rendered = RenderedParts(self.elements, self.bindings, self._incoming.results)
        self._incoming.on_rendered = self.rendered.show
        build = str(manifest["build"])
        self.link = ClientLink(transport, build, self._incoming, self._changed.set, reopen, grace_s)
        self.toasts, self.server_runs = self._incoming.toasts, self._incoming.server_runs
        self.runs, self.streams = self._incoming.runs, self._incoming.streams
        self.frames = self._incoming.results.frames

    @property
    def welcome(self) -> Welcome | None:
        """The server's answer to the last greeting; `None` before."""
        return self.link.welcome

    @property
    def closed(self) -> Closed | None:
        """The reason why the page has ended; `None` while it lives."""
        return self.link.closed

    # -- life ----------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Say hello and wait for the welcome.

        Raises:
            Refused: The server does not serve this page; the message says why.
            Closed: The connection ended first.
        """
        self._reader = asyncio.get_running_loop().create_task(self._live(), name="millstream-client-reader")
        try:
            await self.link.greet()
            await self.wait_for(lambda: self.welcome is not None)
            await self.send(Credit(stream=0, limit=FRAMES_IN_FLIGHT))
            await self.link.compare_clocks()
        except BaseException:
            await self.link.leave(1001, "the page gave up")
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
            await self.link.leave(1001, "page closed")
        await self._end()

    async def drop(self) -> None:
        """Vanish without a word, as a dead link does."""
        await self.link.leave(1006, "")
        await self._end()

    async def _end(self) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)

    def now_us(self) -> int:
        """Read the page's clock: that of the running loop, in microseconds."""
        return now_us()

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
            await self._occur(component, "clear" if value is None else "upload")
        await self._occur(component, "input")

    async def fire(self, component: int, event: str, data: object = None) -> list[ClientRun]:
        """Let an event happen; returns the runs that it began (none if a `once` binding still runs).

        Raises:
            InvalidValue: The component has no such event, or it has `js=`, which only a browser runs.
        """
        self._check_event(component, event)
        return await self._occur(component, event, data)

    def _check_event(self, component: int, event: str) -> None:
        is_heard = any([component, event] == list(target) for each in self.bindings for target in each["targets"])
        hint = "" if is_heard else unknown_event(event, self.elements.kind(component))
        if hint:
            raise InvalidValue(f"{self.elements.name(component)} has no event {event!r}{hint}")

    async def _occur(self, component: int, event: str, data: object = None) -> list[ClientRun]:
        for binding in self.bindings:
            if binding["js"] is not None and [component, event] in [list(target) for target in binding["targets"]]:
                raise InvalidValue(f"the {event} event of component {component} has js=: drive it in a browser")
        return await self._fire(component, event, data)

    async def _fire(self, component: int, event: str, data: object = None) -> list[ClientRun]:
        began = []
        for binding in self.bindings:
            for index, target in enumerate(binding["targets"]):
                if list(target) != [component, event] or binding["stream"] is not None or binding["js"] is not None:
                    continue
                if binding["trigger"] == "once" and any(
                    run.binding == binding["id"] and not run.is_over for run in self.runs.values()
                ):
                    continue
                run = self._incoming.begin(binding["id"])
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
        bindings = [b for b in self.bindings if b["stream"] and b["stream"]["component"] == component]
        if not bindings:
            raise InvalidValue(f"component {component} has no stream event: bind one with .stream(...)")
        kinds = self.elements.captures(component, microphone=microphone)
        recording = Recording(self, component, kinds)
        for binding in bindings:
            stream = ClientStream(self, self._incoming.next_stream, component, binding, kinds)
            self._incoming.add(stream, recording)
            await self.send(Open(stream=stream.number, binding=binding["id"], pictures=stream.uplink.frames_number))
            await self.send(Credit(stream=stream.number, limit=FRAMES_IN_FLIGHT))
        await self._occur(component, "start_recording")
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
        """Send one control message with the next sequence, now or when a link that was lost is back."""
        if isinstance(message, Set | Fire | Open) and message.seen == ALL:
            message.seen = self._incoming.results.seen
        await self.link.send(message)

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded media packet; it is lost with the connection that it was made for."""
        await self.link.send_packet(data)

    async def _live(self) -> None:
        try:
            await self.link.live()
        finally:
            self._incoming.abandon()
            self._changed.set()

    async def _on_recorded(self, recording: Recording) -> None:
        await self._fire(recording.component, "stop_recording")
