"""The conformance suite of codecs. Subclass `CodecSuite` in a test file, with a name that begins with `Test`."""

from __future__ import annotations

import random
import time
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pytest

from millstream.errors import MediaError
from millstream.frames import Chunk, Frame, Pixels, Samples
from millstream.types import Codec, Encoded, Media

CUTS = 50
SLOWEST_REFUSAL_S = 0.005


class CodecCase:
    """One codec with the media to test it on.

    Attributes:
        codec: The module to test.
        media: Frames or chunks of one stream, at least ten.
        max_error: How far a decoded value may be from the original, on average: 0 for a lossless codec.
        is_cut_detected: Whether a payload that was cut off anywhere cannot be decoded. Bare samples can.
        bombs: Payloads that claim more than the budget; refused in 5 ms.
    """

    codec: ClassVar[Codec]
    media: ClassVar[Sequence[Media]]
    max_error: ClassVar[float] = 0.0
    is_cut_detected: ClassVar[bool] = True
    bombs: ClassVar[Sequence[bytes]] = ()

    def encoded(self, media: Sequence[Media] | None = None) -> list[Encoded]:
        """Encode a stream, all of `media` unless told otherwise."""
        encoder = self.codec.open_encoder(0.9)
        try:
            return [encoder.encode(item) for item in (self.media if media is None else media)]
        finally:
            encoder.close()

    def decoded(self, payloads: Sequence[bytes | memoryview]) -> list[Media]:
        """Decode a stream."""
        decoder = self.codec.open_decoder()
        try:
            return [decoder.decode(payload) for payload in payloads]
        finally:
            decoder.close()

    def assert_same(self, decoded: Media, original: Media) -> None:
        """Compare what came out with what went in."""
        ours, theirs = values_of(decoded), values_of(original)
        assert ours.shape == theirs.shape
        assert np.abs(ours.astype(np.float64) - theirs).mean() <= self.max_error
        if isinstance(decoded, Chunk) and isinstance(original, Chunk):
            assert (decoded.sample_rate, decoded.first_sample) == (original.sample_rate, original.first_sample)

    def decode_if_possible(self, payload: bytes) -> None:
        """Decode with a decoder of its own; only `MediaError` may be raised."""
        try:
            self.decoded([payload])
        except MediaError as error:
            message = str(error)
        else:
            return
        assert 10 < len(message) < 300, "a message names what was wrong, in one line"


class RoundTripSuite(CodecCase):
    """Decoding gives back what was encoded, and nobody else is touched by it."""

    def test_it_is_called_as_its_file_is(self) -> None:
        assert str(vars(self.codec)["__name__"]).rsplit(".", 1)[-1] == self.codec.NAME
        assert 1 <= vars(self.codec)["NUMBER"] <= 255

    def test_what_goes_in_comes_out(self) -> None:
        decoded = self.decoded([encoded.payload for encoded in self.encoded()])
        for ours, theirs in zip(decoded, self.media, strict=True):
            self.assert_same(ours, theirs)

    def test_what_comes_out_is_ready_to_be_used(self) -> None:
        encoded = self.encoded()
        for media in self.decoded([memoryview(item.payload) for item in encoded]):
            values = values_of(media)
            assert values.dtype == (np.uint8 if isinstance(media, Frame) else np.int16)
            assert values.flags.c_contiguous
            assert values.flags.writeable
        assert all(type(item.payload) is bytes for item in encoded)

    def test_writing_into_what_came_out_changes_nothing_that_comes_later(self) -> None:
        decoder = self.codec.open_decoder()
        for encoded, original in zip(self.encoded(), self.media, strict=True):
            media = decoder.decode(encoded.payload)
            self.assert_same(media, original)
            values_of(media)[:] = 0

    def test_what_goes_in_may_be_changed_afterwards(self) -> None:
        encoder = self.codec.open_encoder(0.9)
        payloads = []
        for original in self.media:
            scratch = copy_of(original)
            payloads.append(encoder.encode(scratch).payload)
            values_of(scratch)[:] = 0
        for ours, theirs in zip(self.decoded(payloads), self.media, strict=True):
            self.assert_same(ours, theirs)

    def test_two_streams_do_not_know_each_other(self) -> None:
        one, two = self.codec.open_encoder(0.9), self.codec.open_encoder(0.9)
        back = list(reversed(self.media))
        pairs = [(one.encode(a).payload, two.encode(b).payload) for a, b in zip(self.media, back, strict=True)]
        ours, theirs = self.codec.open_decoder(), self.codec.open_decoder()
        for (a, b), first, second in zip(pairs, self.media, back, strict=True):
            self.assert_same(ours.decode(a), first)
            self.assert_same(theirs.decode(b), second)


class DependenceSuite(CodecCase):
    """Packets build on each other as far as they say, and an encoder can be asked for a key frame and another rate."""

    def test_a_key_packet_needs_none_before_it(self) -> None:
        encoded = self.encoded()
        assert encoded[0].is_key
        for start in [number for number, item in enumerate(encoded) if item.is_key]:
            decoded = self.decoded([item.payload for item in encoded[start:]])
            self.assert_same(decoded[-1], self.media[-1])

    def test_what_is_asked_for_comes_next(self) -> None:
        encoder, decoder = self.codec.open_encoder(0.9), self.codec.open_decoder()
        decoder.decode(encoder.encode(self.media[0]).payload)
        encoder.encode(self.media[1])  # is lost on its way
        encoder.request_key_frame()
        for original in self.media[2:]:
            encoded = encoder.encode(original)
            assert encoded.is_key or original is not self.media[2]
            self.assert_same(decoder.decode(encoded.payload), original)

    def test_another_rate_changes_nothing_but_the_quality(self) -> None:
        encoder, decoder = self.codec.open_encoder(0.9), self.codec.open_decoder()
        for number, original in enumerate(self.media):
            encoder.set_rate(100_000 + 1_000_000 * (number % 3))
            decoded = decoder.decode(encoder.encode(original).payload)
            assert values_of(decoded).shape == values_of(original).shape

    def test_packets_build_on_each_other_only_if_the_codec_says_so(self) -> None:
        assert self.codec.IS_DEPENDENT or all(encoded.is_independent for encoded in self.encoded())

    def test_none_needs_an_independent_packet(self) -> None:
        encoded = list(zip(self.encoded(), self.media, strict=True))
        needed = [pair for pair in encoded if not pair[0].is_independent]
        last = encoded[-1]
        kept = needed if needed and needed[-1] is last else [*needed, last]
        for ours, (_, theirs) in zip(self.decoded([item.payload for item, _ in kept]), kept, strict=True):
            self.assert_same(ours, theirs)


class HostilePacketSuite(CodecCase):
    """Packets that are broken, huge or of another kind are refused, and with `MediaError` alone."""

    def test_a_packet_that_was_cut_off_is_refused(self) -> None:
        payload = self.encoded()[0].payload
        for cut in range(CUTS):
            cut_off = payload[: len(payload) * cut // CUTS]
            if self.is_cut_detected:
                with pytest.raises(MediaError):
                    self.decoded([cut_off])
            else:
                self.decode_if_possible(cut_off)

    def test_a_broken_packet_raises_nothing_else(self) -> None:
        payload = self.encoded()[0].payload
        dice = random.Random(1)  # noqa: S311 - repeatable on purpose
        for _ in range(200):
            broken = bytearray(payload)
            for _ in range(dice.randint(1, 4)):
                broken[dice.randrange(min(len(broken), 600))] = dice.randrange(256)
            self.decode_if_possible(bytes(broken))
            self.decode_if_possible(dice.randbytes(dice.randint(0, 200)))

    def test_a_stateless_decoder_goes_on_after_a_broken_packet(self) -> None:
        encoded = self.encoded()
        decoder = self.codec.open_decoder()
        with pytest.raises(MediaError):
            decoder.decode(b"\x00broken")
        for item, media in zip(encoded, self.media, strict=True):
            self.assert_same(decoder.decode(item.payload), media)

    def test_bombs_are_refused_before_they_are_unpacked(self) -> None:
        for bomb in self.bombs:
            began_s = time.thread_time()  # of this thread alone: how busy the machine is does not matter
            with pytest.raises(MediaError):
                self.decoded([bomb])
            assert time.thread_time() - began_s < SLOWEST_REFUSAL_S

    def test_the_other_kind_of_media_is_refused(self) -> None:
        chunk = Chunk(np.zeros((10, 1), np.int16), 16_000)
        frame = Frame(np.zeros((8, 8, 3), np.uint8))
        encoder = self.codec.open_encoder(0.9)
        with pytest.raises(MediaError):
            encoder.encode(chunk if isinstance(self.media[0], Frame) else frame)

    def test_closing_twice_is_harmless(self) -> None:
        decoder, encoder = self.codec.open_decoder(), self.codec.open_encoder(0.9)
        for _ in range(2):
            decoder.close()
            encoder.close()


class CodecSuite(RoundTripSuite, DependenceSuite, HostilePacketSuite):
    """All of it."""


def values_of(media: Media) -> Pixels | Samples:
    """Give the numbers that a frame or a chunk holds."""
    return media.pixels if isinstance(media, Frame) else media.samples


def copy_of(media: Media) -> Media:
    """Copy a frame or a chunk with its numbers."""
    if isinstance(media, Frame):
        return Frame(media.pixels.copy(), media.captured_us)
    return Chunk(media.samples.copy(), media.sample_rate, media.first_sample, media.captured_us)
