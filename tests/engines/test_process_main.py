"""What a worker process remembers of its calls."""

from __future__ import annotations

import socket

from millstream.engines.process.main import CallServer
from millstream.engines.process.messages import Forget
from millstream.engines.process.segment import Segment, open_segment
from millstream.engines.process.wire import packed


def test_a_call_that_was_cancelled_when_it_had_ended_is_not_remembered() -> None:
    ours, theirs = socket.socketpair()
    segments = Segment(open_segment()), Segment(open_segment())
    with ours, theirs:
        server = CallServer(theirs, *segments)
        server._calls[3] = object()  # type: ignore[assignment]  # one that is at work
        server._cancelled.update((1, 2, 3))  # the connection for what comes meanwhile is faster, or slower
        server._obey([bytearray(part) for part in packed(Forget((2,), ()))])
        assert server._cancelled == {3}
    for segment in segments:
        segment.close()
