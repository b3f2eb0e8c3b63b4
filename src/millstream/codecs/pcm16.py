"""PCM16: interleaved 16-bit samples behind a prefix of 16 bytes (docs/internals/protocol.md, "Audio")."""

from __future__ import annotations

from typing import Final

import numpy as np

from millstream.errors import MediaError
from millstream.frames import CHANNELS, RATES_HZ, Chunk
from millstream.types import Encoded, Encoder, Media
from millstream.wire.limits import MAX_SAMPLES_BYTES
from millstream.wire.sound import PCM16_PREFIX, SAMPLE_BYTES

NAME: Final = "pcm16"
NUMBER: Final = 16
IS_DEPENDENT: Final = False


def open_decoder() -> Pcm16Decoder:
    """Open a decoder."""
    return Pcm16Decoder()


def open_encoder(quality: float) -> Pcm16Encoder:
    """Open an encoder; as nothing is lost, `quality` means nothing."""
    del quality
    return Pcm16Encoder()


class Pcm16Decoder:
    """Has no state: gaps are seen by whoever compares `first_sample`."""

    def decode(self, payload: bytes | memoryview) -> Chunk:
        size = len(payload) - PCM16_PREFIX.size
        if not 0 <= size <= MAX_SAMPLES_BYTES:
            largest = PCM16_PREFIX.size + MAX_SAMPLES_BYTES
            raise MediaError(f"audio of {len(payload)} bytes, expected {PCM16_PREFIX.size} to {largest}")
        first_sample, sample_rate, channels, reserved = PCM16_PREFIX.unpack_from(payload)
        check_sound(sample_rate, channels)
        if reserved != bytes(3):
            raise MediaError("the prefix of the audio does not end with three zero bytes")
        if size % (SAMPLE_BYTES * channels):
            raise MediaError(f"audio of {size} bytes is not whole samples of {channels} channels")
        samples = np.frombuffer(payload, "<i2", offset=PCM16_PREFIX.size).reshape(-1, channels)
        # A copy: handlers may write into it, and the message must not be kept alive.
        return Chunk(samples.astype(np.int16), sample_rate, first_sample)

    def close(self) -> None: ...


class Pcm16Encoder(Encoder):
    """Has no state."""

    def encode(self, media: Media) -> Encoded:
        if not isinstance(media, Chunk):
            raise MediaError("PCM16 encodes audio, not images")
        channels = media.samples.shape[1]
        check_sound(media.sample_rate, channels)
        prefix = PCM16_PREFIX.pack(media.first_sample, media.sample_rate, channels, bytes(3))
        return Encoded(prefix + media.samples.astype("<i2", copy=False).tobytes())


def check_sound(sample_rate: int, channels: int) -> None:
    """Refuse rates and channels that no audio has.

    Raises:
        MediaError: Below 8 or above 192 kHz, no channel, or more than 8.
    """
    if sample_rate not in RATES_HZ:
        raise MediaError(f"audio at {sample_rate} Hz, expected {RATES_HZ[0]} to {RATES_HZ[-1]}")
    if channels not in CHANNELS:
        raise MediaError(f"audio of {channels} channels, expected {CHANNELS[0]} to {CHANNELS[-1]}")
