"""The streams of one session that are open, by the numbers that its page has given them."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet

from millstream.declare.binding import Binding
from millstream.errors import ProtocolError
from millstream.runtime.context import SessionContext
from millstream.runtime.state.snapshot import StreamNote
from millstream.runtime.stream.stream import Stream
from millstream.tickets import Ticket
from millstream.wire.messages import Open, Shown, Stop, StreamState
from millstream.wire.packet import Packet, PacketKind


class Streams:
    """Opens streams, hands them what their page sends, and lets go of those that are over.

    Args:
        context: What they share with the rest of their session.
        on_end: Called with a binding whose stream is over, and whether it succeeded; `None` if it was cancelled.

    Attributes:
        running: Those that are open, by number.
        receivers: Called with a packet and the time, by the number of the stream: a video with audio has one for both.
        last: The last number that the page gave a stream.
        sent: What the page has sent of each to another gateway, by the number of the packets: see `Hello.sent`.
    """

    def __init__(self, context: SessionContext, on_end: Callable[[Binding, bool | None], None]) -> None:
        self.running: dict[int, Stream] = {}
        self._context = context
        self._on_end = on_end
        self.receivers: dict[int, Callable[[Packet, float], None]] = {}
        self.last = 0
        self.sent: dict[int, tuple[int, int]] = {}

    @property
    def is_full(self) -> bool:
        """True if no more may be open."""
        return len(self.running) >= self._context.settings.max_streams

    def number(self, message: Open, binding: Binding) -> None:
        """Take note of the numbers that a page gives a stream, whatever becomes of it.

        Raises:
            ProtocolError: They are not new, or do not go with the component.
        """
        assert binding.stream is not None
        if not self.last < message.stream < 2**32:
            raise ProtocolError(f"stream {message.stream} is opened after stream {self.last}")
        has_both = self._context.manifest.components[binding.stream].streams == "film"
        if message.pictures and not (has_both and message.stream < message.pictures < 2**32):
            raise ProtocolError(f"stream {message.stream} has no frames, or not as stream {message.pictures}")
        self.last = max(message.stream, message.pictures)

    def open(self, message: Open, binding: Binding, note: StreamNote | None = None) -> None:
        """Begin a stream that has been numbered, or go on with one of another gateway, as its note says."""
        stream = self.running[message.stream] = Stream(
            self._context, message.stream, binding, message.pictures, self._on_end, self.sent
        )
        if note is not None:
            stream.loop.inherits = note.ticket
        if (message.pictures or message.stream) in self.sent and stream.receiver.kind is PacketKind.PICTURE:
            stream.encoding.reset()
        self.receivers[message.stream] = stream.receive
        if message.pictures:
            self.receivers[message.pictures] = stream.receive
        self._context.background.start(stream.live()).add_done_callback(lambda _: self._forget(stream))

    def refuse(self, message: Open, reason: str, text: str = "") -> None:
        """Tell the page that a stream does not begin."""
        self._context.sender.send(StreamState(stream=message.stream, state="ended", reason=reason, message=text))

    def skip(self, message: Open) -> None:
        """Tell the page that a stream does not begin whose component it did not know to be gone."""
        self.last = max(self.last, message.stream, message.pictures)
        self.refuse(message, "cancelled")

    def unknown(self, packet: Packet, now: float) -> None:
        """Ignore a packet for a stream that is over: it is late.

        Raises:
            ProtocolError: There never was such a stream.
        """
        del now
        if not 0 < packet.stream <= self.last:
            raise ProtocolError(f"packet of stream {packet.stream}, which was never opened", 4404)

    def stop(self, message: Stop) -> None:
        """End a stream as its page wants it."""
        if stream := self.running.get(message.stream):
            stream.stop(message)

    def is_stopping(self, number: int) -> bool:
        """True if only the rest of what was captured still comes of a stream."""
        return number in self.running and self.running[number].loop.is_stopping

    @property
    def tickets(self) -> list[Ticket]:
        """Their tickets in the queue."""
        return [stream.loop.ticket for stream in self.running.values() if stream.loop.ticket is not None]

    def resume(self) -> dict[int, int]:
        """Go on with a page that has come back; gives the last sequences that came, by number of the packets."""
        received: dict[int, int] = {}
        for stream in self.running.values():
            stream.receiver.lose()
            received |= stream.receiver.sequences
        return received

    def shown(self, message: Shown) -> None:
        """Note that a frame has reached the screen."""
        if stream := self.running.get(message.stream):
            stream.shown(message.sequence, message.page_us)

    def cancel(self, binding: int) -> None:
        """End the streams of a binding at once."""
        for stream in list(self.running.values()):
            if stream.binding.number == binding:
                stream.cancel()

    def end_unseen(self, bindings: AbstractSet[int], gone: AbstractSet[int]) -> None:
        """End the streams of some bindings whose component is `gone`, or all that they write."""
        for stream in list(self.running.values()):
            binding = stream.binding
            is_unseen = binding.stream in gone or (bool(binding.outputs) and gone >= set(binding.outputs))
            if binding.number in bindings and is_unseen:
                stream.cancel()

    def are_at_work(self, bindings: AbstractSet[int]) -> bool:
        """True if a stream of one of the bindings is open."""
        return any(stream.binding.number in bindings for stream in self.running.values())

    def shut_down(self) -> None:
        """End all of them after their running call."""
        for stream in self.running.values():
            stream.shut_down()

    def close(self) -> None:
        """Let go of them, at the end of their session."""
        for stream in self.running.values():
            self._close(stream)

    def statistics(self) -> dict[str, object]:
        """Give their counters as plain data, by number."""
        return {str(number): stream.statistics().statistics() for number, stream in self.running.items()}

    def _forget(self, stream: Stream) -> None:
        for number in (stream.number, stream.frames):
            self.receivers.pop(number, None)
        if self.running.pop(stream.number, None) is not None:
            self._close(stream)
        if self._context.fragments is not None:
            self._context.fragments.sweep()

    def _close(self, stream: Stream) -> None:
        stream.close()
        self._context.totals.events[stream.binding.name].merge(stream.statistics())
