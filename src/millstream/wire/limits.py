"""Limits of the wire, in bytes unless the name says otherwise. Pure numbers, which both sides share."""

from __future__ import annotations

from typing import Final

from millstream.wire.packet import HEADER
from millstream.wire.sound import PCM16_PREFIX

MAX_MESSAGE_BYTES: Final = 2 * 1024 * 1024
"""Largest WebSocket message, of either kind, in either direction."""

MAX_PAYLOAD_BYTES: Final = MAX_MESSAGE_BYTES - HEADER.size
"""Largest payload of a media packet."""

MAX_SAMPLES_BYTES: Final = MAX_PAYLOAD_BYTES - PCM16_PREFIX.size - 16
"""Most samples in one packet of PCM16: what is left is a multiple of the largest frame of samples (16 bytes)."""

FIRST_RENDERED: Final = 1 << 20
"""Elements and bindings of the app have lower numbers; those of renders, which one session alone has, begin here."""

MAX_CONTROL_BYTES: Final = 1024 * 1024
"""Largest control message that the server reads."""

MAX_CONTROL_VALUES: Final = 10_000
"""Most values in one control message that the server reads."""

ACK_MESSAGES: Final = 16
"""A page acknowledges what has come after so many control messages and packets of audio, together."""

ACK_BYTES: Final = 256 * 1024
"""So many bytes of them are acknowledged sooner."""

LONGEST_WAIT_S: Final = (2**31 - 1) / 1000
"""The longest time that a browser can wait for, about 25 days. Told a longer one it does not wait at all."""

HEARTBEAT_S: Final = 2.5
"""A page that rests hears of the server about so often: see `Clock.idle`."""
