import os
import socket
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from millstream.supervisor.messages import Message, Retire, Serving, Start, receive, send

MESSAGES: list[Message] = [
    Start("g1", "/tmp/x", 3, b"key", "app.py:demo", {"server_port": 0, "show_error": True}, inbrowser=True),
    Retire(),
    Serving(["* Running"], 4.0),
]


@pytest.mark.parametrize("message", MESSAGES)
@pytest.mark.parametrize("has_socket", [True, False])
def test_messages_arrive_with_their_sockets(message: Message, has_socket: bool) -> None:
    near, far = socket.socketpair()
    with near, far, socket.create_server(("127.0.0.1", 0)) as listener:
        send(near, message, listener if has_socket else None)
        send(near, Retire())
        found, along = receive(far)
        assert found == message
        if has_socket:
            assert along is not None
            assert along.getsockname() == listener.getsockname()
            assert not os.get_inheritable(along.fileno())
            along.close()
        assert receive(far) == (Retire(), None)


@given(st.integers(0, 300_000))
def test_long_messages_arrive_whole(size: int) -> None:
    near, far = socket.socketpair()
    with near, far:
        sending = threading.Thread(target=send, args=[near, Serving(["x" * size], 0.0)])
        sending.start()
        found, _ = receive(far)
        sending.join()
        assert found == Serving(["x" * size], 0.0)


def test_the_end_of_the_other_side_is_noticed() -> None:
    near, far = socket.socketpair()
    with far:
        near.close()
        with pytest.raises(EOFError):
            receive(far)
