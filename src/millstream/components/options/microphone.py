"""The format that a component may ask of a microphone: sample rate, channels, and chunks that fit into a packet."""

from __future__ import annotations

import math
from typing import Final

from millstream.errors import DeclarationError
from millstream.wire.limits import MAX_SAMPLES_BYTES
from millstream.wire.sound import SAMPLE_BYTES

MICROPHONE_RATES_HZ: Final = range(8_000, 192_000 + 1)
CHANNELS: Final = range(1, 9)

USUAL_RATE_HZ: Final = 48_000
USUAL_CHANNELS: Final = 2
"""Where the format is left to the device, the page delivers no more than that if a chunk would not fit otherwise."""


def check_format(name: str, sample_rate: int | None, channels: int | None) -> None:
    """Check what component `name` asks of its microphone; `None` leaves it to the device.

    Raises:
        DeclarationError: No microphone can do that.
    """
    if sample_rate is not None and sample_rate not in MICROPHONE_RATES_HZ:
        raise DeclarationError(f"{name}: sample_rate={sample_rate!r} is not between 8000 and 192000 Hz")
    if channels is not None and channels not in CHANNELS:
        raise DeclarationError(f"{name}: channels={channels!r} is not between 1 and 8")


def check_chunk(where: str, stream_every: float, sample_rate: int | None, channels: int | None, declares: str) -> None:
    """Check that the audio of one call of the event `where` fits into a packet.

    Args:
        where: The name of the event in messages.
        stream_every: Seconds of audio in a chunk.
        sample_rate: As declared.
        channels: As declared.
        declares: The class that declares them.

    Raises:
        DeclarationError: It does not; the message says what would.
    """
    rate, channels = sample_rate or USUAL_RATE_HZ, channels or USUAL_CHANNELS
    second = rate * channels * SAMPLE_BYTES
    if round(stream_every * rate) * channels * SAMPLE_BYTES > MAX_SAMPLES_BYTES:
        most = math.floor(MAX_SAMPLES_BYTES / second * 100) / 100
        raise DeclarationError(
            f"{where}: stream_every={stream_every!r} makes chunks of {round(stream_every * second)} bytes, "
            f"at {rate} Hz with {channels} channels; a packet holds {MAX_SAMPLES_BYTES}. "
            f"Give at most {most:g} seconds, or declare less, as in {declares}(sample_rate=16000, channels=1)"
        )
