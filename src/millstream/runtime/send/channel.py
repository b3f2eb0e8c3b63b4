"""The frames of one stream on their way to the page: what waits for credit, is encoded, and goes next."""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial

from millstream.run_in_thread import begin
from millstream.runtime.send.frame_encoder import FrameEncoder
from millstream.runtime.state.raw_frame import RawFrame
from millstream.wire.messages import Outputs
from millstream.wire.packet import Packet

logger = logging.getLogger("millstream.session")


@dataclass(slots=True)
class Delivery:
    """One result on its way to the page.

    Attributes:
        outputs: Its updates of everything that is no frame.
        pictures: Its frames, by component.
        growing: Components of which the page is told no more than what is new.
        reach: Elements of which it tells whether the user gets at them.
        is_raw: Whether some of its frames have to be encoded first.
    """

    outputs: Outputs
    pictures: dict[int, Packet | RawFrame]
    growing: AbstractSet[int] = frozenset()
    is_raw: bool = False
    reach: Sequence[int] = ()


@dataclass(slots=True)
class Channel:
    """The way of one stream's frames to the page, under the page's credit; stream 0 is that of ordinary events.

    A result waits in `newest`, where a newer one replaces its frames. Once there is credit, it moves to `encoding` if
    its frames have to be encoded, and then to `unsent`, packet by packet. A newer one goes after it then.

    Attributes:
        limit: The highest sequence that may be sent.
        sent: The sequence that was sent last.
        window: The limit before anything was sent; the page has received everything up to so far below the limit.
        replaced: Frames that a newer one replaced before they were sent, or that were not sent for another reason.
        newest: The result that waits for credit.
        encoding: The result whose frames are being encoded (`is_raw`), or have been.
        unsent: The packets that go next, all of one call.
        call: The number of that call.
        captured: Capture times of the last frames by sequence, in microseconds of the page's clock.
        is_free: Set when something has been sent.
        last: The packet that was sent last.
    """

    stream: int
    limit: int = 0
    sent: int = 0
    replaced: int = 0
    newest: Delivery | None = None
    encoding: Delivery | None = None
    unsent: deque[Packet] = field(default_factory=deque)
    call: int = 0
    encoder: FrameEncoder = field(default_factory=FrameEncoder)
    window: int = 0
    captured: dict[int, int] = field(default_factory=dict)
    is_free: asyncio.Event = field(default_factory=asyncio.Event)
    last: Packet | None = None

    @property
    def is_empty(self) -> bool:
        """True if everything has been sent."""
        return self.newest is None and self.encoding is None and not self.unsent

    def merge(self, delivery: Delivery) -> None:
        """Let a result take the place of the one that waits, of which the frames of other components stay."""
        assert self.newest is not None
        self.replaced += len(self.newest.pictures.keys() & delivery.pictures.keys())
        delivery.pictures = {**self.newest.pictures, **delivery.pictures}
        delivery.is_raw = delivery.is_raw or self.newest.is_raw
        self.newest = delivery

    def outdate(self, written: AbstractSet[int]) -> None:
        """Drop the frames of components that show something newer."""
        if self.newest is not None:
            self._drop(self.newest, written)
            if not self.newest.pictures:
                self.newest = None
                self.is_free.set()
        if self.encoding is not None:
            encoded = set() if self.encoding.is_raw else set(self.encoding.pictures)
            self._drop(self.encoding, written)
            self._miss(encoded)

    def encode(self, then: Callable[[dict[int, Packet]], None]) -> None:
        """Have the frames that go next encoded, in a thread, and give the packets to `then`, unless all is cleared."""
        assert self.newest is not None
        delivery = self.encoding = self.newest
        self.newest = None
        job = begin("encode", partial(self.encoder.encode, dict(delivery.pictures)))
        job.add_done_callback(partial(self._have_encoded, delivery, then))

    def _have_encoded(
        self, delivery: Delivery, then: Callable[[dict[int, Packet]], None], job: asyncio.Future[dict[int, Packet]]
    ) -> None:
        is_wanted = self.encoding is delivery
        if error := job.exception():
            logger.error("frames of stream %d cannot be encoded", self.stream, exc_info=error)
        if error or not is_wanted:
            self.encoder.close()
        if is_wanted:
            then({} if error else job.result())

    def encoded(self, packets: dict[int, Packet]) -> None:
        """Take what came of encoding; what has been outdated meanwhile is not sent, and a key frame follows it."""
        assert self.encoding is not None
        wanted = self.encoding.pictures.keys()
        self.replaced += len(wanted - packets.keys())
        self.encoding.pictures = {number: packet for number, packet in packets.items() if number in wanted}
        self.encoding.is_raw = False
        self._miss(set(packets))

    def _miss(self, encoded: set[int]) -> None:
        """Have key frames follow on frames that are not sent although they were encoded."""
        assert self.encoding is not None
        for component in encoded - self.encoding.pictures.keys():
            self.encoder.request_key_frame(component)
        if not self.encoding.pictures and not self.encoding.is_raw:
            self.encoding = None
            self.is_free.set()

    def _drop(self, delivery: Delivery, written: AbstractSet[int]) -> None:
        for component in delivery.pictures.keys() & written:
            del delivery.pictures[component]
            self.replaced += 1

    def renew_credit(self) -> None:
        """Count frames that were on their way to a page which has come back as lost: as many more may be sent."""
        self.limit = max(self.limit, self.sent + self.window)

    def clear(self) -> None:
        """Drop everything that waits; what is being encoded is not sent."""
        waiting = [each for each in (self.newest, self.encoding) if each is not None]
        self.replaced += sum(len(delivery.pictures) for delivery in waiting) + len(self.unsent)
        if self.encoding is None:
            self.encoder.close()  # else when that is done
        self.newest = self.encoding = None
        self.unsent.clear()
        self.is_free.set()
