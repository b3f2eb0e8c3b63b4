"""A page's side of the wire, as its streams and recordings use it."""

from __future__ import annotations

from typing import Protocol

from millstream.errors import Closed
from millstream.wire.messages import PageMessage, Welcome


class PageWire(Protocol):
    """Sends what a page has to say.

    Attributes:
        camera_codec: Name of the codec of what cameras capture, if the server decodes it; else it is JPEG.
    """

    camera_codec: str

    @property
    def welcome(self) -> Welcome | None:
        """The server's answer to the last greeting; `None` before."""

    @property
    def closed(self) -> Closed | None:
        """The reason why the page has ended; `None` while it lives."""

    def now_us(self) -> int:
        """Read the page's clock, in microseconds."""

    async def send(self, message: PageMessage) -> None:
        """Send one control message."""

    async def send_packet(self, data: bytes) -> None:
        """Send one encoded media packet."""
