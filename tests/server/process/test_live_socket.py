"""The sockets of pages: little waits unsent in the kernel, on either event loop."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable

import pytest
import uvloop

from millstream.server.process.live_socket import MAX_UNSENT, keep_little_unsent


@pytest.mark.parametrize("new_loop", [asyncio.SelectorEventLoop, uvloop.new_event_loop])
def test_little_waits_unsent_in_the_kernel(new_loop: Callable[[], asyncio.AbstractEventLoop]) -> None:
    async def connect() -> int:
        server = await asyncio.start_server(lambda reader, writer: writer.close(), "127.0.0.1", 0)
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        keep_little_unsent(writer.transport)
        with socket.socket(fileno=os.dup(writer.get_extra_info("socket").fileno())) as same:
            unsent = same.getsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT)
        writer.close()
        server.close()
        return unsent

    loop = new_loop()
    try:
        assert loop.run_until_complete(connect()) == MAX_UNSENT
    finally:
        loop.close()


def test_what_is_no_tcp_socket_is_left_alone() -> None:
    keep_little_unsent(asyncio.BaseTransport())
    one, other = socket.socketpair()
    with one, other:
        keep_little_unsent(asyncio.BaseTransport({"socket": one}))
