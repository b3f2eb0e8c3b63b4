"""A page's side of the wire, as its streams and recordings use it."""

from __future__ import annotations

from typing import Protocol

from millstream.errors import Closed
from millstream.wire.messages import PageMessage, Welcome


class PageWire(Protocol):
    """Sends what a page has to say.

    Attributes:
        welcome: What the server answered to the greeting; `None` before.
        closed: Why the connection has ended; `None` while it lives.
        camera_codec: Name of the codec of what cameras capture, if the server decodes it; else it is JPEG.
    """

    welcome: Welcome | None
    closed: Closed | None
    camera_codec: str

    def now_us(self) -> int:
        """Read the page's clock, in microseconds."""

    async def send(self, message: PageMessage) -> None:
        """Send one control message."""

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded media packet."""
