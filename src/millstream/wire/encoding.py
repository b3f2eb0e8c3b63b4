"""All that travels as bytes: packets behind a fixed 32-byte header, control messages as MessagePack."""

from __future__ import annotations

from typing import Final

import msgspec

from millstream.errors import ProtocolError
from millstream.types import Encoded
from millstream.wire.budget import count_values
from millstream.wire.limits import MAX_CONTROL_BYTES, MAX_CONTROL_VALUES
from millstream.wire.messages import Heartbeat, PageMessage, ServerMessage
from millstream.wire.packet import HEADER, INDEPENDENT, KEY, VERSION, Packet, PacketKind
from millstream.wire.plain import encodable, plain

_KINDS: Final = {kind.value: kind for kind in PacketKind}
"""Members by their number: to have the enumeration look them up costs several calls for each packet."""


def flags_of(encoded: Encoded) -> int:
    """Give the flags of what an encoder has made."""
    return encoded.is_key * KEY + encoded.is_independent * INDEPENDENT


def encode_packet(packet: Packet) -> bytes:
    """Put the header in front of the payload; the one copy that a packet costs."""
    header = HEADER.pack(
        VERSION,
        packet.kind,
        packet.codec,
        packet.flags,
        packet.stream,
        packet.component,
        packet.sequence,
        packet.source,
        packet.call,
        packet.captured_us,
    )
    return b"".join((header, packet.payload))


def decode_packet(message: bytes | memoryview) -> Packet:
    """Read a media packet; the payload is a view of `message`, not a copy.

    Raises:
        ProtocolError: Shorter than a header, of another version, of an unknown kind, or with unknown flags.
    """
    view = memoryview(message)
    if len(view) < HEADER.size:
        raise ProtocolError(f"packet of {len(view)} bytes is shorter than its {HEADER.size}-byte header")
    version, kind, codec, flags, stream, component, sequence, source, call, captured_us = HEADER.unpack_from(view)
    if version != VERSION:
        raise ProtocolError(f"packet of protocol version {version}, expected {VERSION}")
    if kind not in _KINDS:
        raise ProtocolError(f"packet of unknown kind {kind}")
    if flags > 7:
        raise ProtocolError(f"packet with unknown flags {flags:#x}")
    return Packet(
        _KINDS[kind],
        codec,
        flags,
        stream,
        component,
        sequence,
        source,
        call,
        captured_us,
        view[HEADER.size :],
    )


def _plainer(value: object) -> object:
    """Give a form that MessagePack has of a value that it knows nothing of."""
    made = plain(value)
    if type(made) is type(value):
        raise TypeError(f"a {type(value).__name__} has no form on the wire")
    return made


_encoder = msgspec.msgpack.Encoder(enc_hook=_plainer)
_page_decoder: msgspec.msgpack.Decoder[PageMessage] = msgspec.msgpack.Decoder(PageMessage)
_server_decoder: msgspec.msgpack.Decoder[ServerMessage] = msgspec.msgpack.Decoder(ServerMessage)


def encode_message(message: PageMessage | ServerMessage) -> bytes:
    """Encode one control message: text that is not well formed, and numbers that are too large, as `encodable` says.

    Raises:
        TypeError: It holds a value that has no form on the wire.
    """
    try:
        return _encoder.encode(message)
    except (UnicodeEncodeError, OverflowError):
        return _encoder.encode(encodable(msgspec.to_builtins(message, builtin_types=(bytes,), enc_hook=_plainer)))


HEARTBEAT: Final = encode_message(Heartbeat())
"""The same for every page: encoded once."""


def excess(data: bytes | memoryview) -> str:
    """Say in what a page's control message is larger than a server reads; empty if it is not."""
    if len(data) > MAX_CONTROL_BYTES:
        return f"{len(data)} bytes, where {MAX_CONTROL_BYTES} are allowed"
    if count_values(data, MAX_CONTROL_VALUES) > MAX_CONTROL_VALUES:
        return f"more than the {MAX_CONTROL_VALUES} values that are allowed"
    return ""


def decode_page_message(data: bytes | memoryview) -> PageMessage:
    """Read a control message that a page sent.

    Raises:
        ProtocolError: Too large, not MessagePack, unknown, or with fields of the wrong type.
    """
    if len(data) > MAX_CONTROL_VALUES and (why := excess(data)):
        raise ProtocolError(f"control message of {why}", code=1009)
    try:
        return _page_decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a control message: {str(error)[:200]}") from error


def decode_server_message(data: bytes | memoryview) -> ServerMessage:
    """Read a control message that a server sent.

    Raises:
        ProtocolError: Not MessagePack, unknown, or with fields of the wrong type.
    """
    try:
        return _server_decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a control message: {str(error)[:200]}") from error
