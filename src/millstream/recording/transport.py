"""A transport that records what goes through it."""

from __future__ import annotations

import asyncio

from millstream.errors import Closed, ProtocolError
from millstream.recording.msr import RecordKind, without_secrets
from millstream.recording.recorder import RecordedVisit, Recorder
from millstream.types import Transport
from millstream.wire.encoding import decode_server_message
from millstream.wire.messages import Welcome
from millstream.wire.packet import is_packet


class RecordingTransport:
    """Hands everything on, and hands a copy to the recorder; a page that is not served leaves no file.

    Args:
        inner: What carries the messages.
        recorder: Writes them down.
        name: The name that the recorder has offered for the visit; empty for any.
    """

    def __init__(self, inner: Transport, recorder: Recorder, name: str = "") -> None:
        self._inner = inner
        self._recorder, self._name = recorder, name
        self._visit: RecordedVisit | None = None
        self._hello = (b"", 0.0)
        self._began = asyncio.get_running_loop().time()
        self._has_left = False

    async def receive(self) -> bytes:
        """Wait for the next message.

        Raises:
            Closed: The other side is gone.
        """
        try:
            message = await self._inner.receive()
        except Closed as error:
            self._leave(str(error))
            raise
        if self._visit is not None:
            self._visit.add(RecordKind.UP, message)
        elif not self._hello[0]:
            self._hello = message, asyncio.get_running_loop().time()
        return message

    async def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            Closed: The other side is gone.
        """
        await self._inner.send(message)
        if self._visit is None:
            self._begin(message)
        else:
            self._visit.add(RecordKind.DOWN, message)

    async def close(self, code: int, reason: str) -> None:
        """End the connection."""
        self._leave(f"{code} {reason}")
        await self._inner.close(code, reason)

    def _begin(self, message: bytes) -> None:
        """Look whether the page is served: the first message says so, and what session it has."""
        try:
            said = None if is_packet(message) else decode_server_message(message)
        except ProtocolError:
            return
        if not isinstance(said, Welcome):
            return
        visit = self._visit = self._recorder.visit(said.session, self._began, self._name)
        hello, at = self._hello
        visit.add(RecordKind.ATTACHED, b"", self._began)
        visit.add(RecordKind.UP, without_secrets(hello), at)
        visit.add(RecordKind.DOWN, without_secrets(message))

    def _leave(self, why: str) -> None:
        if self._visit is not None and not self._has_left:
            self._has_left = True
            self._visit.add(RecordKind.LEFT, why.encode())
