"""The recording of a stream, and who gets it at the end."""

from __future__ import annotations

from millstream.declare.binding import Binding
from millstream.runtime.context import SessionContext
from millstream.runtime.state.claim import Claim
from millstream.runtime.state.frame_chain import FrameChain
from millstream.runtime.state.recording import StreamRecording
from millstream.wire.messages import KeyFrame
from millstream.wire.packet import KEY, Packet


class StreamCapture:
    """Records what one stream captures, and writes it into the session's values when the stream is over.

    Args:
        context: What the stream shares with the rest of its session.
        binding: The stream event.

    Attributes:
        recording: What was recorded so far.
    """

    def __init__(self, context: SessionContext, binding: Binding) -> None:
        assert binding.stream is not None
        self._context = context
        self._component = binding.stream
        component = context.manifest.components[binding.stream]
        is_kept = component.keeps_whole_stream and context.manifest.keeps_recording(binding)
        self.recording = StreamRecording(context.values.component(binding.stream).longest_s, is_kept=is_kept)
        self._at_stop: Claim | None = None
        self._chain: FrameChain | None = None

    def add(self, packet: Packet, *, is_whole: bool) -> None:
        """Let the component hold the newest of frames that build on each other, for other events that read it.

        Args:
            packet: Its packet.
            is_whole: Whether nothing is missing that it builds on.
        """
        if packet.flags & KEY:
            self._chain = FrameChain((packet,))
        elif self._chain is not None and not self._chain.is_full and is_whole:
            self._chain = self._chain.followed_by(packet)
            if self._chain.is_full:
                self._context.sender.control.send(KeyFrame(stream=packet.stream, component=packet.component))
        else:
            self._chain = None
            return
        self._context.values.capture(self._component, self._chain)

    def stopped(self) -> None:
        """Note when the user pressed Stop; only the first time counts."""
        self._at_stop = self._at_stop or self._context.values.claim((self._component,))

    def keep(self, *, is_open: bool) -> None:
        """Let the component hold all that was recorded.

        If it records again already, or was written or cleared since Stop, only those who ask for the recording get it.

        Args:
            is_open: Whether this stream still records.
        """
        if self.recording.is_empty:
            return
        values = self._context.values
        is_overtaken = self._at_stop is not None and not self._at_stop.holds(self._component)
        if is_overtaken or self._context.values.recording[self._component] > is_open:
            values.capture_late(self._component, self.recording)
        else:
            values.capture(self._component, self.recording)
