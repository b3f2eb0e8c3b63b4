"""The server's WebSocket beside RFC 6455, frame by frame: what it takes, and how it ends what is no WebSocket."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from tests.server.live import serving

from millstream.server.app import App
from millstream.wire.encoding import decode_server_message, encode_message
from millstream.wire.messages import Hello, Welcome
from millstream.wire.packet import VERSION

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
FIN = 0x80
MASK = b"\x12\x34\x56\x78"
PROTOCOL_ERROR, INVALID_TEXT, TOO_LARGE = 1002, 1007, 1009


def frame(opcode: int, payload: bytes = b"", *, fin: bool = True, bits: int = 0, length: int | None = None) -> bytes:
    """Make a masked frame; `length` is the size in bytes of its length, which is the least one unless it is said."""
    least = 1 if len(payload) < 126 else 3 if len(payload) < 65536 else 9
    match length or least:
        case 1:
            size = bytes([0x80 | len(payload)])
        case 3:
            size = b"\xfe" + struct.pack("!H", len(payload))
        case _:
            size = b"\xff" + struct.pack("!Q", len(payload))
    masked = bytes(byte ^ MASK[number % 4] for number, byte in enumerate(payload))
    return bytes([(FIN if fin else 0) | bits | opcode]) + size + MASK + masked


def closing(code: int, reason: bytes = b"") -> bytes:
    """Make the payload of a close frame."""
    return struct.pack("!H", code) + reason


class RawSocket:
    """An open WebSocket, of which the bytes are at hand."""

    def __init__(self, connection: socket.socket) -> None:
        self._file = connection.makefile("rb")
        self._connection = connection

    def send(self, *frames: bytes) -> None:
        """Send frames, all in one go."""
        self._connection.sendall(b"".join(frames))

    def receive(self) -> tuple[int, bytes]:
        """Wait for the next frame; gives its opcode, and what is in it."""
        first, size = self._file.read(2)
        assert first & 0x70 == 0, "a reserved bit, although no extension was agreed on"
        assert size < 0x80, "a server masks nothing"
        length = {126: "!H", 127: "!Q"}.get(size)
        if length is not None:
            (size,) = struct.unpack(length, self._file.read(struct.calcsize(length)))
        return first & 0x0F, self._file.read(size)

    def closed_with(self) -> int:
        """Wait for the end; gives the code of the close frame, 0 if it has none."""
        while (answer := self.receive())[0] != CLOSE:
            continue
        assert self._file.read() == b"", "something came after the close frame"
        return int.from_bytes(answer[1][:2], "big")


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[str, App]]:
    with serving() as (url, app):
        yield url, app


@contextmanager
def upgraded(url: str) -> Iterator[RawSocket]:
    place = urlsplit(url)
    head = [
        "GET /ws HTTP/1.1",
        f"Host: {place.netloc}",
        f"Origin: {url}",
        "Connection: Upgrade",
        "Upgrade: websocket",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Protocol: millstream.1",
    ]
    with socket.create_connection((place.hostname, place.port), 10) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode())
        answer = b""
        while not answer.endswith(b"\r\n\r\n"):
            answer += connection.recv(1)
        assert b" 101 " in answer
        assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer, "the digest of RFC 6455, section 1.3"
        yield RawSocket(connection)


@pytest.fixture
def page(served: tuple[str, App]) -> Iterator[RawSocket]:
    with upgraded(served[0]) as page:
        yield page


@pytest.fixture
def hello(served: tuple[str, App]) -> bytes:
    return encode_message(Hello(seq=1, version=VERSION, build=served[1].manifest.build, page_us=0))


def is_welcomed(page: RawSocket) -> bool:
    opcode, payload = page.receive()
    return opcode == BINARY and isinstance(decode_server_message(payload), Welcome)


@pytest.mark.parametrize("length", [1, 3, 9])
def test_C1_a_message_is_taken_whatever_the_size_of_its_length(page: RawSocket, hello: bytes, length: int) -> None:
    page.send(frame(BINARY, hello, length=length if len(hello) < 126 else max(length, 3)))
    assert is_welcomed(page)


def test_C1_a_message_in_fragments_is_taken_whole_with_control_frames_between(page: RawSocket, hello: bytes) -> None:
    first, *others = (hello[at : at + 1] for at in range(len(hello)))
    page.send(frame(BINARY, first, fin=False), frame(PING, b"between"), frame(CONTINUATION, fin=False))
    assert page.receive() == (PONG, b"between")
    page.send(*(frame(CONTINUATION, byte, fin=False) for byte in others), frame(PONG, b"nobody asked"))
    page.send(frame(CONTINUATION))
    assert is_welcomed(page)


def test_C1_a_frame_that_comes_byte_by_byte_is_taken(page: RawSocket, hello: bytes) -> None:
    for byte in frame(BINARY, hello):
        page.send(bytes([byte]))
    assert is_welcomed(page)


@pytest.mark.parametrize("payload", [b"", b"said", bytes(range(125))])
def test_C1_a_ping_is_answered_with_what_it_brought(page: RawSocket, payload: bytes) -> None:
    page.send(frame(PING, payload))
    assert page.receive() == (PONG, payload)


@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999])
def test_C1_a_close_is_answered_with_its_code(page: RawSocket, code: int) -> None:
    page.send(frame(CLOSE, closing(code, "até logo".encode())), frame(PING, b"too late"))
    assert page.closed_with() == code


def test_C1_a_close_without_a_code_is_answered(page: RawSocket) -> None:
    page.send(frame(CLOSE))
    assert page.closed_with() in (0, 1000)


@pytest.mark.parametrize(
    "frames",
    [
        *(pytest.param(frame(BINARY, b"x", bits=bits), id=f"reserved-bit-{bits:02x}") for bits in (0x40, 0x20, 0x10)),
        pytest.param(frame(PING, b"x", bits=0x40), id="reserved-bit-of-a-ping"),
        *(pytest.param(frame(opcode), id=f"reserved-opcode-{opcode:x}") for opcode in (3, 4, 5, 6, 7, 11, 12, 13, 15)),
        pytest.param(frame(PING, bytes(126)), id="large-ping"),
        pytest.param(frame(CLOSE, closing(1000, bytes(124))), id="large-close"),
        pytest.param(frame(PING, b"x", fin=False), id="ping-in-fragments"),
        pytest.param(frame(CLOSE, closing(1000), fin=False), id="close-in-fragments"),
        pytest.param(frame(CONTINUATION, b"x"), id="continuation-of-nothing"),
        pytest.param(frame(BINARY, b"x", fin=False) + frame(BINARY, b"y"), id="message-within-a-message"),
        pytest.param(frame(BINARY, b"x", fin=False) + frame(TEXT, b"y", fin=False), id="text-within-a-message"),
        pytest.param(bytes([FIN | BINARY, 1]) + b"x", id="unmasked"),
        pytest.param(bytes([FIN | PING, 0]), id="unmasked-ping"),
        pytest.param(bytes([FIN | BINARY, 0xFF]) + b"\xff" * 8 + MASK, id="negative-length"),
        pytest.param(frame(CLOSE, b"\x03"), id="half-a-close-code"),
        *(
            pytest.param(frame(CLOSE, closing(code)), id=f"close-code-{code}")
            for code in (0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535)
        ),
    ],
)
def test_C1_what_breaks_the_protocol_ends_the_connection(page: RawSocket, frames: bytes) -> None:
    page.send(frames)
    assert page.closed_with() in (PROTOCOL_ERROR, TOO_LARGE)


INVALID = {
    "continuation-byte": b"a\x80",
    "overlong": b"\xc0\x80",
    "overlong-slash": b"\xe0\x80\xaf",
    "surrogate": b"\xed\xa0\x80",
    "beyond-unicode": b"\xf4\x90\x80\x80",
    "cut-off": b"\xe2\x82",
    "no-utf8-byte": b"\xfe\xff",
}


@pytest.mark.parametrize("text", INVALID.values(), ids=INVALID)
def test_C1_text_that_is_no_utf8_ends_the_connection(served: tuple[str, App], text: bytes) -> None:
    with upgraded(served[0]) as page:
        page.send(frame(TEXT, text))
        assert page.closed_with() == INVALID_TEXT
    with upgraded(served[0]) as page:  # in fragments, of which the cut may be within a character
        page.send(frame(TEXT, b"ok " + text[:1], fin=False), frame(CONTINUATION, text[1:]))
        assert page.closed_with() == INVALID_TEXT
    with upgraded(served[0]) as page:
        page.send(frame(CLOSE, closing(1000, text)))
        assert page.closed_with() in (PROTOCOL_ERROR, INVALID_TEXT)


def test_C1_a_character_may_be_cut_by_fragments(page: RawSocket) -> None:
    one, two, three = (bytes([byte]) for byte in "€".encode())
    page.send(frame(TEXT, one, fin=False), frame(CONTINUATION, two, fin=False), frame(CONTINUATION, three))
    assert page.closed_with() == 1003, "it is well-formed: the app takes no text, and says that"
