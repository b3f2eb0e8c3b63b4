"""`Video`: a video from a file or the camera, or as a result."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import ClassVar, Final, Literal, TypeAlias, Unpack

from millstream.components.options.media_source import DeclaredFiles, listed
from millstream.components.options.microphone import check_chunk, check_format
from millstream.components.options.watermark import Mark, WatermarkOptions, watermark_of
from millstream.components.options.webcam import WebcamOptions, webcam_options_of
from millstream.components.playing.subtitles import Subtitles, read_subtitles
from millstream.components.playing.video_files import VideoFiles
from millstream.components.playing.video_source import VideoSource
from millstream.components.values.browser_copies import converted
from millstream.components.values.moment import Moment, moment_of
from millstream.declare.arguments import describe, is_number
from millstream.declare.component import Common, Component
from millstream.declare.css_size import is_css_size
from millstream.declare.event import Event, StreamEvent
from millstream.errors import DeclarationError, InvalidValue, MediaError
from millstream.frames import Frame, Scene
from millstream.media import container
from millstream.media.budget import BUDGET
from millstream.types import Blob, Media, PlayerSource, Scratch, Stored, WebLink
from millstream.wire.messages import Value
from millstream.wire.plain import brief

Source: TypeAlias = Literal["upload", "webcam"]
Shown: TypeAlias = "str | Path | bytes | tuple[str | Path, str | Path | None]"

FRAME_RATES: Final = (1.0, 120.0)
"""Frames a second at which frames may be shown."""

PREVIEW: Final = BUDGET._replace(cpu_s=4.0, written_mib=64)
"""Of the copy of an upload: it is made while its visitor waits, and others with theirs."""


class Video(VideoFiles):
    """A video. Handlers get the path of its file; they return a path, the bytes of a file, or an address.

    The handler of a `stream` gets a `Moment`: a frame, the audio around it, and when both were captured. Ordinary
    events that take the component get the path of the whole video when it has ended, `stop_recording` first.

    Args:
        value: The initial video, or a function that gives it: a path, an address, or `(video, subtitles)`.
        format: The container that handlers get, and that returned files are shown in: `"mp4"`, `"webm"`, `"mkv"`,
            `"mov"` or `"avi"`; files that have another one are converted, which needs PyAV. `None` leaves all as it is.
        sources: Where the user may take it from: `"upload"`, `"webcam"`.
        height: Height in the page in pixels, or with a CSS unit.
        width: Width in the page in pixels, or with a CSS unit.
        webcam_options: What is asked of the camera.
        mirror_webcam: The same as `WebcamOptions(mirror=…)`.
        webcam_constraints: The same as `WebcamOptions(constraints=…)`.
        include_audio: Whether handlers get the audio as well: the microphone is recorded with the camera, and uploads
            keep theirs.
        sample_rate: Samples a second that the microphone delivers to a stream, in Hz, 8000 to 192000; the device's own
            by default.
        channels: Channels that the microphone delivers to a stream; the device's own number by default.
        autoplay: Whether a result plays automatically.
        loop: Whether it begins again at its end.
        playback_position: Seconds from the beginning at which it starts, and to which it jumps when an update says so.
        streaming: Of an output: what a handler yields is played segment after segment as it comes, without a gap. A
            segment is a file (path or bytes), a frame or a list of frames (`(height, width, 3)`, uint8 or floats from
            0 to 1), or `(frames, (sample_rate, samples))`, where the audio may be `None`. Afterwards the whole is the
            value. Needs PyAV.
        fps: With `streaming=True`, frames a second of a video that is made of frames, 1 to 120.
        max_ahead: With `streaming=True`, the seconds of video that a handler may be ahead of the viewer before it is
            held back.
        subtitles: Subtitles of the initial video: the path of a WebVTT, SubRip or JSON file, or a list of
            `{"text": "Hello", "timestamp": [0, 1.5]}` with times in seconds. In an update, those of the videos that
            come with it and after it.
        watermark: An image that is laid over the videos that it shows as a result: a `WatermarkOptions`. They are
            encoded anew, which takes its time, and needs PyAV. With `streaming=True`, frames get it; files do not.
        min_length: Seconds that a video from the user has to last.
        max_length: Maximum length in seconds; a recording ends then.
        recording: `True` starts a recording as the user would by Record, `False` ends it as by Stop: as an update that
            a handler returns, or with `True` here as soon as the page is open. If it is so already nothing happens.
        buttons: Its buttons in addition to the browser's: `"download"`.
        show_download_button: `False` takes the button away.
        common: See `Component`.
    """

    kind = "video"
    capabilities = frozenset({"captures_frames", "records_video", "takes_file"})
    known_sources: ClassVar[tuple[str, ...]] = ("upload", "webcam")
    device = "webcam"
    shows_own_stream = False
    ignores: ClassVar[tuple[str, ...]] = ("show_share_button",)
    value_arguments: ClassVar[tuple[str, ...]] = ("value", "watermark")
    prop_names: ClassVar = {
        "webcam_options": ("mirror", "constraints", "size", "model_size", "covers", "quality"),
        "mirror_webcam": ("mirror",),
        "webcam_constraints": ("constraints",),
        "show_download_button": ("buttons",),
        "watermark": (),
    }

    default_format: ClassVar[str | None] = None

    stream = StreamEvent()
    change = Event()
    input = Event()
    upload = Event()
    clear = Event()
    play = Event()
    pause = Event()
    stop = Event()
    end = Event()
    start_recording = Event()
    stop_recording = Event()

    def __init__(
        self,
        value: Shown | Callable[[], Shown] | None = None,
        *,
        format: str | None = None,
        sources: Source | Sequence[Source] | None = None,
        height: int | str | None = None,
        width: int | str | None = None,
        webcam_options: WebcamOptions | None = None,
        mirror_webcam: bool | None = None,
        webcam_constraints: Mapping[str, object] | None = None,
        include_audio: bool | None = None,
        sample_rate: int | None = None,
        channels: int | None = None,
        autoplay: bool = False,
        loop: bool = False,
        streaming: bool = False,
        fps: float = 25,
        max_ahead: float = 5.0,
        subtitles: Subtitles | None = None,
        watermark: WatermarkOptions | Mark | None = None,
        min_length: float | None = None,
        max_length: float | None = None,
        playback_position: float = 0,
        recording: bool = False,
        buttons: Sequence[str | Component] | None = None,
        show_download_button: bool = True,
        **common: Unpack[Common],
    ) -> None:
        self.format = format.lower().lstrip(".") if format is not None else self.default_format
        self.sources = listed(sources, self.known_sources)
        self.height, self.width = height, width
        self.webcam_options = webcam_options_of(webcam_options, mirror_webcam, webcam_constraints)
        self.include_audio = include_audio is not False
        self.streams = "film" if self.include_audio else "picture"
        if self.include_audio:
            self.capabilities = self.capabilities | {"captures_audio"}
        self.sample_rate, self.channels = sample_rate, channels
        self.autoplay, self.loop = autoplay, loop
        self.playback_position = playback_position
        self.streaming = streaming
        self.fps, self.max_ahead = fps, max_ahead
        self.subtitles, self.watermark = subtitles, watermark_of(watermark, self.__class__.__name__)
        self.min_length, self.max_length, self.recording = min_length, max_length, recording
        is_offered = show_download_button and (buttons is None or "download" in buttons)
        self.buttons = ["download"] if is_offered else []
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("format", self.format, (*container.FORMATS, None))
        for side in ("height", "width"):
            if not is_css_size(getattr(self, side)):
                self.correct(side, None, f"{brief(getattr(self, side))} is not a CSS size")
        check_format(self.name, self.sample_rate, self.channels)
        if not is_number(self.fps) or not FRAME_RATES[0] <= self.fps <= FRAME_RATES[1]:
            raise DeclarationError(f"{self.name}: fps={self.fps!r} is not between 1 and 120 frames a second")
        for argument in ("min_length", "max_length"):
            self.check_number(argument, getattr(self, argument))
        super().check()

    def check_pace(self, stream_every: float, where: str) -> None:
        if self.include_audio:
            check_chunk(where, stream_every, self.sample_rate, self.channels, "Video")

    def props(self) -> dict[str, Value]:
        return {
            **super().props(),
            "sources": list(self.sources),
            "streaming": self.drives_stream,
            **self.camera_props(),
            "height": self.height,
            "width": self.width,
            "include_audio": self.include_audio,
            "sample_rate": self.sample_rate,
            "channels": self.channels,
            "max_length": self.max_length,
            "autoplay": self.autoplay,
            "loop": self.loop,
            "buttons": list(self.buttons),
        }

    def inspect(self, blob: Blob, scratch: Scratch) -> Blob:
        """Refuse an upload that is not a video of a known kind; give others their true type, and browsers a copy.

        It is made of what they do not play, if that takes little. Runs in a thread.
        """
        kind = self._kind_of(blob)
        video = replace(blob, mime=container.mime_of(kind))
        if not container.is_installed():
            return video
        path = self._on_disk(blob, kind, scratch)
        try:
            is_playable = container.is_playable(path)
            return video if is_playable else replace(video, shown=converted(path, blob.name, "mp4", scratch, PREVIEW))
        except MediaError:
            return video  # the page says that it cannot be played; what it is for the handler tells

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        if value is None:
            return None
        if isinstance(value, Frame | Scene):
            return moment_of(value)
        if isinstance(value, WebLink):
            raise InvalidValue(
                f"{self.name} plays an address, which only the browser opens: upload the video file instead"
            )
        assert isinstance(value, Blob)
        kind = self._kind_of(value)
        path = self._on_disk(value, kind, scratch)
        try:
            self._check_length(path)
            return str(self._brought(path, kind, scratch))
        except MediaError as error:
            raise self._unreadable(value, error) from error

    def postprocess(self, value: object, scratch: Scratch) -> Stored | Media:
        if isinstance(value, tuple | list) and len(value) == 2:
            video, subtitles = value
            shown = self._shown(video, scratch)
            return shown if subtitles is None else self._subtitled(shown, subtitles, scratch)
        shown = self._shown(value, scratch)
        return self._subtitled(shown, self.titles, scratch) if self.has_new_titles and shown is not None else shown

    def _shown(self, value: object, scratch: Scratch) -> WebLink | Blob | None:
        if value is None:
            return None
        if isinstance(value, bytes | bytearray | memoryview):
            return self._playable(self._recognised(bytes(value)), scratch)
        if isinstance(value, Path | str):
            link = self.link(value) if isinstance(value, str) else None
            self.marked(link, scratch)  # an address cannot have a watermark
            return link or self._playable(self._video(scratch.admit(Path(value))), scratch)
        if hasattr(value, "__array__") or isinstance(value, Moment):
            raise self.unfit("files and addresses", f"{describe(value)}: frames are played with streaming=True")
        raise self.invalid("a path, bytes of a file, an http(s) address, or (video, subtitles)", value)

    def _subtitled(self, video: WebLink | Blob | None, subtitles: object, scratch: Scratch) -> WebLink | Blob | None:
        if not isinstance(video, Blob):
            raise InvalidValue(f"{self.name} shows subtitles for files alone, not for addresses")
        return replace(video, told={"subtitles": read_subtitles(subtitles, self.name, scratch)})

    def source(self) -> PlayerSource:
        return VideoSource(self, self.fps, self.stamp)

    def declared(self, value: object) -> Stored:
        """Take the developer's own files as they are: a page that shows them is made once, for everybody."""
        files = DeclaredFiles()
        video, subtitles = value, self.titles or None
        if isinstance(value, tuple | list) and len(value) == 2:
            video, subtitles = value
        if video is None or (isinstance(video, str) and self.link(video) is not None):
            return self._shown(video, files)
        if isinstance(video, bytes | bytearray | memoryview):
            blob = self._recognised(bytes(video))
        elif isinstance(video, str | Path):
            blob = self._video(files.admit(Path(video)))
        else:
            raise self.invalid("a path, bytes of a file, an http(s) address, or (video, subtitles)", video)
        blob = self._declared(blob)
        return blob if subtitles is None else self._subtitled(blob, subtitles, files)
