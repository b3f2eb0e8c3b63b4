import pytest
from starlette.types import Message

from millstream.errors import Closed, Departed
from millstream.transports.websocket import WebSocketTransport
from millstream.wire.limits import MAX_MESSAGE_BYTES

pytestmark = pytest.mark.anyio


class Peer:
    """The server's end of an ASGI connection: gives what is in `waiting`, keeps what was sent."""

    def __init__(self, *waiting: Message) -> None:
        self.waiting = list(waiting)
        self.sent: list[Message] = []
        self.error: Exception | None = None
        self.transport = WebSocketTransport(self.receive, self.send)

    async def receive(self) -> Message:
        return self.waiting.pop(0)

    async def send(self, message: Message) -> None:
        if self.error:
            raise self.error
        self.sent.append(message)


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(["millstream.1"], "millstream.1"), (["x", "millstream.1"], "millstream.1"), ([], None), (["millstream.9"], None)],
)
async def test_accepts_our_own_subprotocol_or_none(offered: list[str], chosen: str | None) -> None:
    peer = Peer({"type": "websocket.connect"})
    await peer.transport.accept(offered)
    assert peer.sent == [{"type": "websocket.accept", "subprotocol": chosen}]


async def test_moves_messages_untouched() -> None:
    peer = Peer(
        {"type": "websocket.receive", "bytes": b"up"}, {"type": "websocket.receive", "bytes": b"", "text": None}
    )
    assert await peer.transport.receive() == b"up"
    assert await peer.transport.receive() == b""
    await peer.transport.send(b"down")
    assert peer.sent == [{"type": "websocket.send", "bytes": b"down"}]


async def test_the_largest_message_passes_and_one_byte_more_closes() -> None:
    peer = Peer(
        {"type": "websocket.receive", "bytes": bytes(MAX_MESSAGE_BYTES)},
        {"type": "websocket.receive", "bytes": bytes(MAX_MESSAGE_BYTES + 1)},
    )
    assert len(await peer.transport.receive()) == MAX_MESSAGE_BYTES
    with pytest.raises(Closed, match="exceeds"):
        await peer.transport.receive()
    assert peer.sent[-1]["code"] == 1009
    with pytest.raises(Closed):
        await peer.transport.receive()


async def test_text_closes() -> None:
    peer = Peer({"type": "websocket.receive", "text": "hello"})
    with pytest.raises(Closed):
        await peer.transport.receive()
    assert peer.sent[-1]["code"] == 1003


@pytest.mark.parametrize(
    ("message", "is_goodbye"),
    [
        ({"code": 1001, "reason": ""}, True),
        ({"code": 1000}, True),
        ({"code": 1005, "reason": ""}, True),
        ({"code": 1005}, False),
        ({"code": 1006}, False),
        ({"code": 1011, "reason": "keepalive"}, False),
        ({}, False),
    ],
)
async def test_tells_a_goodbye_from_a_lost_link(message: Message, is_goodbye: bool) -> None:
    peer = Peer({"type": "websocket.disconnect", **message})
    with pytest.raises(Closed) as ended:
        await peer.transport.receive()
    assert isinstance(ended.value, Departed) is is_goodbye
    with pytest.raises(Closed):
        await peer.transport.send(b"late")
    await peer.transport.close(1000, "")
    assert peer.sent == []


@pytest.mark.parametrize("error", [OSError("gone"), RuntimeError("after close")])
async def test_what_came_before_the_end_is_read_although_nothing_can_be_sent_any_more(error: Exception) -> None:
    peer = Peer(
        {"type": "websocket.receive", "bytes": b"last words"},
        {"type": "websocket.disconnect", "code": 1001, "reason": ""},
    )
    peer.error = error
    with pytest.raises(Closed):
        await peer.transport.send(b"x")
    assert await peer.transport.receive() == b"last words"
    for _ in range(2):
        with pytest.raises(Departed):
            await peer.transport.receive()


async def test_closing_is_said_once_and_never_raises() -> None:
    peer = Peer()
    await peer.transport.close(1012, "ü" * 100)
    await peer.transport.close(1000, "again")
    [message] = peer.sent
    assert message["code"] == 1012
    assert len(message["reason"].encode()) <= 123
    peer = Peer()
    peer.error = OSError("gone")
    await peer.transport.close(1012, "")


async def test_a_page_that_left_before_the_handshake() -> None:
    with pytest.raises(Closed):
        await Peer({"type": "websocket.disconnect", "code": 1006}).transport.accept([])
