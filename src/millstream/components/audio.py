"""`Audio`: audio from a file or the microphone, or as a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, TypeAlias, TypeVar, Unpack

import numpy as np
from numpy.typing import NDArray

from millstream.components.options.media_source import DeclaredFiles, listed
from millstream.components.options.microphone import check_chunk, check_format
from millstream.components.options.waveform import WaveformOptions, waveform_options_of
from millstream.components.playing.audio_source import AudioSource
from millstream.components.playing.stream_player import StreamPlayer
from millstream.components.playing.subtitles import Subtitles
from millstream.components.values.audio_blob import AudioBlob
from millstream.components.values.samples import UnfitAudio, is_sound
from millstream.declare.arguments import describe, is_number
from millstream.declare.component import Common, Component
from millstream.declare.event import Event, StreamEvent
from millstream.declare.never_event import NeverEvent
from millstream.declare.user_warnings import warn_ignored
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Chunk
from millstream.media import audio_file, wav
from millstream.types import Blob, Media, PlayerSource, Scratch, Stored, WebLink
from millstream.wire.messages import Value

Source: TypeAlias = Literal["upload", "microphone"]
Returned: TypeAlias = str | Path | bytes | tuple[int, NDArray[np.generic]]

T = TypeVar("T")


class Audio(StreamPlayer):
    """Audio. Handlers get `(sample_rate, samples)` or a path; they return either, an encoded file, or an address.

    Samples are int16, of shape `(n,)` for one channel and `(n, channels)` for more. Handlers may return floats from
    -1 to 1, int32 and uint8 as well.

    Args:
        value: The initial audio, or a function that gives it.
        sources: Where the user may take it from: `"microphone"`, `"upload"`.
        type: `"numpy"` or `"filepath"` (a WAV file, or what was uploaded): what handlers get.
        streaming: Of an input: the microphone is streamed, in an `Interface(live=True)`. Of an output: what a handler
            yields, or a stream's handler returns, is played chunk after chunk as it comes, without a gap. All chunks
            have one format; floats beyond -1 to 1 are divided by the largest so far, or by 32768 if they are plainly
            in the range of int16.
        sample_rate: Samples a second that the microphone delivers, in Hz, 8000 to 192000; the device's own by default.
            Of an output with `streaming=True`: what will probably come, so that the page opens its loudspeaker for it
            when the user clicks, and not at the first sample; any other rate is played as well.
        channels: Channels that the microphone delivers; the device's own number by default.
        constraints: The browser's media constraints for the microphone.
        format: Form of the file that arrays are sent as: `"wav"`, which is lossless.
        max_ahead: With `streaming=True`, the seconds of audio that a handler may be ahead of the listener before it is
            held back.
        autoplay: Whether a result plays automatically.
        loop: Whether it begins again at its end.
        playback_position: Seconds from the beginning at which it starts, and to which it jumps when an update says so.
        min_length: Seconds that a recording or an upload has to last.
        max_length: Maximum length in seconds; a recording ends then, a streamed one too.
        recording: `True` starts a recording as the user would by Record, `False` ends it as by Stop: as an update that
            a handler returns, or with `True` here as soon as the page is open. If it is so already nothing happens.
        push_to_talk: `True` records only as long as the button, or the space bar, is held down.
        waveform_options: How its waveform looks: `WaveformOptions`, or a dict of them.
        subtitles: Shown below the player while it plays: the path of a WebVTT, SubRip or JSON file, or a list of
            `{"text": "Hello", "timestamp": [0, 1.5]}` with times in seconds. They stay until an update gives others.
        buttons: Which buttons it has as an output: `"download"`.
        show_download_button: `False` takes the button away.
        common: See `Component`.
    """

    kind = "audio"
    known_sources: ClassVar[tuple[str, ...]] = ("microphone", "upload")
    device = "microphone"
    streams = "sound"
    keeps_whole_stream = True
    capabilities = frozenset({"captures_audio", "takes_file"})
    ignores: ClassVar[tuple[str, ...]] = ("show_share_button", "editable")
    addons: ClassVar[Mapping[str, str]] = {"subtitles": "audiosubtitles"}
    prop_names: ClassVar = {
        "show_download_button": ("buttons",),
        "waveform_options": ("waveform",),
        "subtitles": ("subtitles", "addons"),
    }

    stream = StreamEvent()
    change = Event()
    input = Event()
    upload = Event()
    clear = Event()
    play = Event()
    pause = Event()
    stop = Event()
    start_recording = Event()
    stop_recording = Event()
    pause_recording = NeverEvent()

    def __init__(
        self,
        value: Returned | Callable[[], Returned] | None = None,
        *,
        sources: Source | Sequence[Source] | None = None,
        type: Literal["numpy", "filepath"] = "numpy",
        streaming: bool = False,
        sample_rate: int | None = None,
        channels: int | None = None,
        constraints: Mapping[str, object] | None = None,
        format: Literal["wav", "mp3"] | None = None,
        max_ahead: float = 5.0,
        autoplay: bool = False,
        loop: bool = False,
        min_length: float | None = None,
        max_length: float | None = None,
        recording: bool = False,
        push_to_talk: bool = False,
        waveform_options: WaveformOptions | Mapping[str, object] | None = None,
        playback_position: float = 0,
        subtitles: Subtitles | None = None,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool | None = None,
        **common: Unpack[Common],
    ) -> None:
        self.sources = listed(sources, ["microphone"] if streaming else self.known_sources)
        self.type = type
        self.streaming = streaming
        self.sample_rate, self.channels, self.constraints = sample_rate, channels, constraints
        self.format = format
        self.max_ahead = max_ahead
        self.autoplay, self.loop = autoplay, loop
        self.playback_position, self.subtitles = playback_position, subtitles
        self.min_length, self.max_length, self.recording = min_length, max_length, recording
        self.push_to_talk = push_to_talk
        self.waveform_options = waveform_options_of(waveform_options)
        is_offered = show_download_button is not False and (buttons is None or "download" in buttons)
        self.buttons = ["download"] if is_offered else []
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("numpy", "filepath"))
        self.check_one_of("format", self.format, ("wav", "mp3", None))
        check_format(self.name, self.sample_rate, self.channels)
        if self.constraints is not None and not isinstance(self.constraints, Mapping):
            raise DeclarationError(f"{self.name}: constraints={self.constraints!r} is not a dict")
        super().check()

    def check_pace(self, stream_every: float, where: str) -> None:
        check_chunk(where, stream_every, self.sample_rate, self.channels, "Audio")

    def joined(self) -> None:
        super().joined()
        if self.format == "mp3":
            warn_ignored(self.name, ["format='mp3'"])

    def settle(self, is_interactive: bool, drives_stream: bool, is_output: bool) -> None:
        super().settle(is_interactive, drives_stream, is_output)
        if self.plays_ahead_s:
            self.capabilities = self.capabilities | {"plays_audio"}

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "sources": list(self.sources),
            "streaming": self.drives_stream,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "decoded": self.type == "numpy",
            "constraints": dict(self.constraints) if self.constraints is not None else None,
            "max_length": self.max_length,
            "autoplay": self.autoplay,
            "loop": self.loop,
            **({"push_to_talk": True} if self.push_to_talk else {}),
            **({"subtitles": self.titles} if "subtitles" in self.given else {}),
            "waveform": self.waveform_options.props(),
            "buttons": list(self.buttons),
        }

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        audio = AudioBlob(self.name, blob)
        typed = audio.typed
        if self.type != "filepath":
            audio.decoded(audio_file.check)
        try:
            return audio.presentable()
        except InvalidValue:
            if self.type == "filepath":
                return typed
            raise

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if value is None:
            return None
        if isinstance(value, WebLink):
            raise InvalidValue(f"{self.name} plays an address, which only the browser opens: upload the audio instead")
        if isinstance(value, Chunk):
            return self._given(value, scratch)
        assert isinstance(value, Blob)
        audio = AudioBlob(self.name, value)
        if self.type == "filepath":
            if self.min_length is not None or self.max_length is not None:
                self._check_seconds(audio.decoded(audio_file.duration_s))
            return audio.saved(scratch)
        chunk = audio.decoded(audio_file.decode)
        self._check_seconds(chunk.duration_s)
        return self._given(chunk, scratch)

    def _given(self, chunk: Chunk, scratch: Scratch) -> object:
        if self.type == "filepath":
            return AudioBlob(self.name, Blob("audio.wav", "audio/wav", data=wav.encode(chunk))).saved(scratch)
        samples = chunk.samples[:, 0] if chunk.channels == 1 else chunk.samples
        return chunk.sample_rate, samples

    def _check_seconds(self, seconds: float) -> None:
        if self.min_length is not None and seconds < self.min_length:
            raise self.unfit(f"at least {self.min_length} s of audio", f"{seconds:.1f} s")
        if self.max_length is not None and seconds > self.max_length:
            raise self.unfit(f"at most {self.max_length} s of audio", f"{seconds:.1f} s")

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        if value is None:
            return None
        if isinstance(value, bytes | bytearray | memoryview):
            return self._encoded(bytes(value))
        if isinstance(value, Path | str):
            link = self.link(value) if isinstance(value, str) else None
            return link or self._file(scratch.admit(Path(value)))
        if is_sound(value):
            try:
                return Blob("audio.wav", "audio/wav", data=wav.encode(self.loudness().to_chunk(*value)))
            except UnfitAudio as error:
                raise InvalidValue(f"{self.name} got {describe(value[1])}: {error}") from error
        raise self.invalid(f"(sample_rate, array), bytes, a path or an http(s) address{_remark(value)}", value)

    def mark(self, stored: Stored) -> object:
        return (stored.sample_rate, stored.samples.tobytes()) if isinstance(stored, Chunk) else super().mark(stored)

    def source(self) -> PlayerSource:
        return AudioSource(self)

    def _file(self, blob: Blob) -> Blob:
        audio = AudioBlob(self.name, blob)
        if audio.kind is None:
            self.of_kind(blob)
        return audio.presentable()

    def _encoded(self, data: bytes) -> Blob:
        kind = audio_file.recognise(data)
        if kind is None:
            raw = "samples without a header as (sample_rate, np.frombuffer(data, np.int16))"
            raise self.invalid(f"bytes of a {audio_file.NAMES} file, or {raw}", data[:16])
        blob = Blob(f"audio.{audio_file.suffix(kind)}", audio_file.media_type(kind), data=data)
        return AudioBlob(self.name, blob).presentable()

    def declared(self, value: object) -> Stored:
        return self.postprocess(value, DeclaredFiles())


def _remark(value: object) -> str:
    """Say how to give a value that is no audio, if it is one that is often given."""
    if is_number(value):  # a pair that was meant for one of two outputs has been shared out: this is its sample rate
        return ", and each other output a value of its own, or skip()"
    if hasattr(value, "getvalue"):
        return " (of a BytesIO its .getvalue())"
    if isinstance(value, tuple) and len(value) == 2 and not hasattr(value[0], "__array__"):
        return " (samples as np.array(samples))"
    return ""
