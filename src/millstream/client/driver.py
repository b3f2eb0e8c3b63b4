"""`Driver`: a page driven from plain, blocking code; the base of `Client` and `TestPage`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine
from contextlib import suppress
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

from millstream.client.manifest import Reference
from millstream.client.metrics import stream_metrics
from millstream.client.page import Page
from millstream.client.plain_values import file_of, is_message, message_of, named_content, plain_value
from millstream.client.recording import Recording
from millstream.client.result import StreamResult, Summary
from millstream.client.run import ClientRun
from millstream.client.sources import AVSource, FrameSource, MicrophoneSource
from millstream.client.stream import ClientStream
from millstream.errors import MillstreamError
from millstream.wire.messages import Toast

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Driver(ABC):
    """One open page, used as a user uses it: edit, click, record, look.

    Components are named by their label, their `elem_id`, their number, a button by its text, or, where the app's
    objects are at hand, by the component itself. Times are in seconds.
    """

    page: Page

    @abstractmethod
    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the page's loop and wait for what it gives."""

    @abstractmethod
    def start(self, work: Coroutine[Any, Any, T]) -> BackgroundWork[T]:
        """Begin a coroutine on the page's loop and return at once."""

    @abstractmethod
    async def upload(self, name: str, mime: str, data: bytes, component: int | None = None) -> object:
        """Give the session a file, meant for a component that looks at it; returns its value on the wire."""

    @abstractmethod
    async def download(self, handle: str) -> bytes:
        """Get the bytes of a file of the session."""

    @abstractmethod
    def close(self) -> None:
        """Close the page, as a closed tab does."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # -- values --------------------------------------------------------------------------------------------------

    def set(self, component: Reference, value: object) -> None:
        """Edit a component. Arrays, `(rate, samples)` and a file given as `Path` are uploaded, the rest goes as it is.

        A message with attachments is `{"text": …, "files": [path, …]}`, or its text alone; a `Path` is uploaded.

        Raises:
            InvalidValue: No such component, or an array whose shape is that of no image and no audio.
        """
        number = self.page.find_component(component)
        self.run(self.page.set(number, self._wire(number, value)))

    def _wire(self, number: int, value: object) -> object:
        """Give a value in the form of the wire; its files are uploaded."""
        if is_message(self.page.values[number]):
            return message_of(value, lambda path: self.run(self.upload(*named_content(path), number)))
        file = file_of(self.page.elements, number, value)
        if file is None:
            return value
        uploaded = self.run(self.upload(*file, number))
        return [uploaded] if self.page.elements.can(number, "collects_files") else uploaded

    def value(self, component: Reference) -> Any:
        """Get a component's value as the page shows it.

        Images are `(height, width, 3 or 4)` uint8 arrays, audio is `(sample_rate, int16 array)`, other files are
        bytes, several a list of them, a gallery is a list of `(media, caption)`, marks on a camera's frames an
        `Overlay`, and anything else is what is on the wire. Of streamed audio it is all that came so far; of encoded
        chunks their bytes, joined; of a streamed video the bytes of an MP4 file.
        """
        return self.run(plain_value(self.page.values[self.page.find_component(component)], self.download))

    def outputs(self, result: StreamResult) -> dict[int, Any]:
        """Decode the values of one result, as `value` does."""
        return {number: self.run(plain_value(value, self.download)) for number, value in result.values.items()}

    def props(self, component: Reference) -> dict[str, object]:
        """Get the properties of a component or layout as the page has them now."""
        return self.page.props[self.page.find(component)]

    @property
    def toasts(self) -> list[Toast]:
        """The latest messages that were shown, at most a thousand, oldest first."""
        return self.page.toasts

    # -- events --------------------------------------------------------------------------------------------------

    def click(self, component: Reference, *, wait: bool = True) -> list[ClientRun]:
        """Click; with `wait`, return when the runs that it began are over. Errors of a run are in `ClientRun.error`.

        Raises:
            InvalidValue: The component has no such event; the message names those that it has.
        """
        return self.fire(component, "click", wait=wait)

    def fire(self, component: Reference, event: str, data: object = None, *, wait: bool = True) -> list[ClientRun]:
        """Let an event happen; see `click`."""
        return self.run(_fired(self.page, self.page.find(component), event, data, wait=wait))

    def cancel(self, run: ClientRun) -> None:
        """Cancel a run that waits or works."""
        self.run(self.page.cancel(run))

    # -- streams -------------------------------------------------------------------------------------------------

    def record(self, component: Reference, *, microphone: bool = True) -> DrivenRecording:
        """Press Record; `microphone=False` is a device that has none, which only matters to a `Video`.

        Raises:
            InvalidValue: Nothing streams from this component.
        """
        number = self.page.find_component(component)
        return DrivenRecording(self, self.run(self.page.record(number, microphone=microphone)))

    def stream(
        self, component: Reference, source: FrameSource | MicrophoneSource | AVSource, rate_hz: float = 30.0
    ) -> DrivenRecording:
        """Press Record, wait for the slot, feed all of `source`, press Stop; returns the finished recording.

        Raises:
            Error: The stream ended with an error; its message is the exception's.
            InvalidValue: The source cannot be fed; the recording is stopped.
        """
        recording = self.record(component)
        try:
            recording.wait_for_state("running")
            recording.feed(source, rate_hz)
        except BaseException:
            with suppress(MillstreamError):  # the first error is the one to be told
                recording.stop()
            raise
        recording.stop()
        return recording

    def metrics(self) -> dict[str, object]:
        """Give the figures of this page's own streams, as plain data; `Blocks.metrics` has those of the whole app.

        - `streams`: `running`, and `waiting` for a slot;
        - `events`: by the label (or number) of the component that records, frames or chunks that were `captured` and
          `sent`, results that were `received`, frames `dropped` as `unsent` because the server did not want them yet,
          and the `age` from capture to receipt of the latest 10,000 results of its last stream: `p50_s`, `p95_s` and
          `max_s`, in seconds.
        """
        props = self.page.props
        names = {number: str(props[number].get("label") or number) for number in props}
        return stream_metrics(names, self.page.streams.values())

    # -- waiting -------------------------------------------------------------------------------------------------

    @abstractmethod
    def wait_for(self, condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
        """Wait until `condition` holds; it is looked at after each message.

        Raises:
            TimeoutError: It did not hold in time.
            Closed: The connection ended first.
        """


class BackgroundWork(ABC, Generic[T_co]):
    """A coroutine that goes on by itself."""

    @abstractmethod
    def result(self) -> T_co:
        """Wait for its end; gives its result or raises its exception."""

    @abstractmethod
    def cancel(self) -> None:
        """End it early."""


class DrivenRecording:
    """A component that records, driven from blocking code.

    Attributes:
        recording: The recording itself; its methods belong to the page's loop.
    """

    def __init__(self, driver: Driver, recording: Recording) -> None:
        self.recording = recording
        self._driver = driver

    @property
    def streams(self) -> list[ClientStream]:
        """The streams that it feeds, one for each stream binding of the component."""
        return self.recording.streams

    @property
    def state(self) -> str:
        """State of the first stream: `opening`, `waiting`, `running`, `stopping` or `ended`."""
        return self.recording.first.state

    @property
    def position(self) -> int:
        """Position in the queue, from 1, while it waits; else 0."""
        return self.recording.first.position

    @property
    def eta_s(self) -> float | None:
        """Expected wait, `None` if unknown."""
        return self.recording.first.eta_s

    @property
    def error(self) -> str:
        """Message that came with the end of the stream; empty if none did."""
        return self.recording.first.error

    @property
    def results(self) -> list[StreamResult]:
        """Results of the first stream, oldest first, with their ages."""
        return list(self.recording.first.results)

    def summary(self) -> Summary:
        """Counts and ages of the first stream."""
        return self.recording.first.summary()

    def wait_for_state(self, *states: str) -> None:
        """Wait until the first stream is in one of `states`, or has ended."""
        self._driver.run(self.recording.first.wait_for_state(*states))

    def feed(self, source: FrameSource | MicrophoneSource | AVSource, rate_hz: float = 30.0) -> None:
        """Let the device see or hear `source` in real time; see `Recording.feed`."""
        self._driver.run(self.recording.feed(self.recording.load(source), rate_hz))

    def feed_in_background(
        self, source: FrameSource | MicrophoneSource | AVSource, rate_hz: float = 30.0
    ) -> BackgroundWork[None]:
        """As `feed`, without waiting for the end."""
        return self._driver.start(self.recording.feed(self.recording.load(source), rate_hz))

    def stop(self) -> None:
        """Press Stop and wait for the end.

        Raises:
            Error: The stream ended with an error.
            Closed: The connection ended first.
        """
        self._driver.run(self.recording.stop())


async def _fired(page: Page, number: int, event: str, data: object, *, wait: bool) -> list[ClientRun]:
    runs = await page.fire(number, event, data)
    if wait:
        await page.wait_for(lambda: all(run.is_over for run in runs))
    return runs
