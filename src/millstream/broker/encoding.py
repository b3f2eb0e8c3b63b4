"""The messages between a broker and its gateways as bytes."""

from __future__ import annotations

from typing import Final, TypeVar

import msgspec

from millstream.broker.messages import MAX_MESSAGE_BYTES, BrokerMessage, GatewayMessage
from millstream.errors import ProtocolError

T = TypeVar("T")

_encoder: Final = msgspec.msgpack.Encoder()
_of_gateways: Final[msgspec.msgpack.Decoder[GatewayMessage]] = msgspec.msgpack.Decoder(GatewayMessage)
_of_brokers: Final[msgspec.msgpack.Decoder[BrokerMessage]] = msgspec.msgpack.Decoder(BrokerMessage)


def encode_broker_message(message: GatewayMessage | BrokerMessage) -> bytes:
    """Encode one message.

    Raises:
        ProtocolError: It is longer than `MAX_MESSAGE_BYTES`.
    """
    data = _encoder.encode(message)
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"message to or from the broker of {len(data)} bytes exceeds {MAX_MESSAGE_BYTES}")
    return data


def decode_of_gateway(data: bytes) -> GatewayMessage:
    """Read a message of a gateway.

    Raises:
        ProtocolError: Too long, not MessagePack, unknown, or with fields of the wrong type.
    """
    return _decode(_of_gateways, data)


def decode_of_broker(data: bytes) -> BrokerMessage:
    """Read a message of a broker.

    Raises:
        ProtocolError: Too long, not MessagePack, unknown, or with fields of the wrong type.
    """
    return _decode(_of_brokers, data)


def _decode(decoder: msgspec.msgpack.Decoder[T], data: bytes) -> T:
    if len(data) > MAX_MESSAGE_BYTES:
        raise ProtocolError(f"message to or from the broker of {len(data)} bytes exceeds {MAX_MESSAGE_BYTES}")
    try:
        return decoder.decode(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise ProtocolError(f"not a message to or from the broker: {str(error)[:200]}") from error
