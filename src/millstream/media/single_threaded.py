"""Conversions of video frames and of audio by FFmpeg, in the thread that asks for them.

PyAV has them done by as many threads as the machine has processors, unless it is told otherwise (from 17.0 on). It
starts them for each frame, which costs more than they gain. A resampler keeps its threads for as long as it exists, and
gives them nothing to do.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any, cast

from millstream.errors import MediaError

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.filter import Graph
    from av.video.frame import VideoFrame


def converted(frame: VideoFrame, **into: Any) -> VideoFrame:
    """Give a frame in another size, pixel format or colour space; `into` is what PyAV's `reformat` takes."""
    return frame.reformat(**into, threads=1)


class AudioConverter:
    """Brings audio to one sample format, layout and rate, as PyAV's `AudioResampler` does.

    Args:
        sample_format: FFmpeg's name of the sample format, such as `s16`.
        layout: Name of the layout of the channels; that of the first frame if empty.
        rate_hz: That of the first frame if 0.
    """

    def __init__(self, sample_format: str, layout: str = "", rate_hz: int = 0) -> None:
        self._format, self._layout, self._rate_hz = sample_format, layout, rate_hz
        self._graph: Graph | None = None
        self._source = ("", "", 0)

    def resample(self, frame: AudioFrame | None) -> list[AudioFrame]:
        """Convert a frame; `None` gives what is held back.

        Raises:
            MediaError: The frame is of another kind than the first one.
        """
        if frame is None and self._graph is None:
            return []
        if frame is not None:
            source = frame.format.name, frame.layout.name, frame.sample_rate
            if self._graph is None:
                self._graph, self._source = self._opened(frame), source
            elif source != self._source:
                was, new = ("{}, {}, {} Hz".format(*kind) for kind in (self._source, source))
                raise MediaError(f"its audio changes from {was} to {new}: bring all of it to one form")
        assert self._graph is not None
        self._graph.push(frame)
        frames = []
        with suppress(BlockingIOError, EOFError):  # it wants more, or that was all
            while True:
                frames.append(cast("AudioFrame", self._graph.pull()))
        return frames

    def _opened(self, first: AudioFrame) -> Graph:
        from av.filter import Graph

        graph = Graph()
        graph.threads = 1
        times = {} if first.time_base is None else {"time_base": str(first.time_base)}
        source = graph.add(
            "abuffer",
            sample_rate=str(first.sample_rate),
            sample_fmt=first.format.name,
            channel_layout=first.layout.name,
            **times,
        )
        target = graph.add(
            "aformat",
            sample_rates=str(self._rate_hz or first.sample_rate),
            sample_fmts=self._format,
            channel_layouts=self._layout or first.layout.name,
        )
        graph.link_nodes(source, target, graph.add("abuffersink"))
        graph.configure()
        return graph
