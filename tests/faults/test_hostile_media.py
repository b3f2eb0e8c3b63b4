"""Containers that ask for other files and addresses: nothing of them is opened, whichever way they come.

FFmpeg opens files without Python's knowledge, so the kernel is asked: which files were opened in the folders where
they lie that are named, and who has called on the port that is.
"""

from __future__ import annotations

import ctypes
import os
import socket
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

import av
import numpy as np
import pytest
from tests.browser.videos import piece
from tests.components.conftest import Folder
from tests.faults.hostile import SECRET, containers

import millstream as gr
from millstream.components.playing.audio_source import AudioSource
from millstream.components.playing.video_source import VideoSource
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk
from millstream.media import wav
from millstream.testing.page import TestPage
from millstream.types import Blob

pytestmark = [
    pytest.mark.audit,
    pytest.mark.skipif(sys.platform != "linux", reason="the kernel of Linux is asked who has opened what"),
]

IN_OPEN: Final = 0x20
SUFFIXES: Final = (".mp4", ".m3u8", ".mpd", ".ffconcat", ".sdp", ".mkv", ".wav", ".txt", "")
MAGENTA: Final = (255, 0, 255)


class Inotify:
    """Which files of some folders were opened since the last time."""

    def __init__(self, folders: list[Path]) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = library.inotify_init1(os.O_NONBLOCK)
        for folder in folders:
            assert library.inotify_add_watch(self._descriptor, bytes(folder), IN_OPEN) > 0

    def opened(self) -> list[str]:
        names = []
        with suppress(BlockingIOError):
            data = os.read(self._descriptor, 1024 * 1024)
            while data:
                _, _, _, length = struct.unpack_from("iIII", data)
                names.append(data[16 : 16 + length].rstrip(b"\0").decode())
                data = data[16 + length :]
        return names

    def close(self) -> None:
        os.close(self._descriptor)


class Trap(NamedTuple):
    """What is watched, and what is thrown at it."""

    inotify: Inotify
    port: socket.socket
    own: Folder
    containers: dict[str, bytes]

    def sprung(self) -> list[str]:
        """Tell what was opened that nobody may open, and who has called."""
        found = [name for name in self.inotify.opened() if name.startswith("secret")]
        with suppress(BlockingIOError):
            caller, address = self.port.accept()
            caller.close()
            found.append(f"connected from {address}")
        return found + [name for name in _seen if SECRET in name or name.startswith("socket")]


_seen: list[str] = []


def _watch(event: str, arguments: tuple[object, ...]) -> None:
    if event == "open":
        _seen.append(str(arguments[0]))
    elif event in ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system"):
        _seen.append(f"{event} {arguments}")


def secret_film() -> bytes:
    """Make a video of one colour that nothing else has."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, SECRET)
        with av.open(str(path), "w") as writer:
            track = writer.add_stream("libx264", rate=25)
            track.width, track.height, track.pix_fmt = 64, 64, "yuv420p"
            for _ in range(10):
                shown = av.VideoFrame.from_ndarray(np.full((64, 64, 3), MAGENTA, np.uint8), "rgb24")
                writer.mux(track.encode(shown))
            writer.mux(track.encode(None))
        return path.read_bytes()


@pytest.fixture(scope="module")
def trap() -> Iterator[Trap]:
    sys.addaudithook(_watch)
    before = Path.cwd()
    film = secret_film()
    with tempfile.TemporaryDirectory() as name, socket.create_server(("127.0.0.1", 0)) as port:
        port.setblocking(False)
        hidden, working, own = (Path(name, each) for each in ("hidden", "working", "own"))
        for folder in (hidden, working, own):
            folder.mkdir()
            (folder / SECRET).write_bytes(film)
            (folder / "secret.m3u8").write_text(f"#EXTM3U\n#EXTINF:1,\n{SECRET}\n#EXT-X-ENDLIST\n")
        os.chdir(working)
        sound = wav.encode(Chunk(np.zeros((800, 1), np.int16), 8_000))
        made = containers(hidden / SECRET, port.getsockname()[1], piece(0, frames=3), sound)
        inotify = Inotify([hidden, working, own])
        _seen.clear()  # what was opened to lay the trap
        yield Trap(inotify, port, Folder(own), made)
        inotify.close()
        os.chdir(before)


def components() -> tuple[gr.Video, gr.Video, gr.Audio, gr.Audio]:
    with gr.Blocks():
        return gr.Video(), gr.Video(format="mkv", max_length=9), gr.Audio(), gr.Audio(type="filepath", max_length=9)


def ways(trap: Trap, data: bytes, suffix: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Give every way by which a file reaches a reader, under a name with this end, and under a false type."""
    path = trap.own.path / f"upload{suffix}"

    def at_path(do: Callable[[Path], object]) -> Callable[[], object]:
        path.write_bytes(data)  # each time anew: what a handler returned is moved
        return lambda: do(path)

    for component in components():
        kind = component.kind
        source = (
            partial(VideoSource, component, 25) if isinstance(component, gr.Video) else partial(AudioSource, component)
        )
        as_file = partial(Blob, path.name, f"{kind}/mp4", path=path)
        as_data = partial(Blob, path.name, "text/plain", data=data)
        for take in (component.preprocess, getattr(component, "inspect", component.preprocess)):
            yield "upload", at_path(lambda _, take=take, blob=as_file: take(blob(), trap.own))
            yield "upload in memory", partial(lambda take, blob: take(blob(), trap.own), take, as_data)
        for form in (Path, str):
            yield "result", at_path(lambda path, form=form, own=component: own.postprocess(form(path), trap.own))
            yield "piece", at_path(lambda path, form=form, source=source: source().piece(form(path), trap.own))
        yield "bytes", partial(component.postprocess, data, trap.own)
        yield "piece of bytes", partial(lambda source: source().piece(data, trap.own), source)


def unlike(colour: tuple[int, ...]) -> bool:
    return bool(np.abs(np.subtract(colour, MAGENTA)).max() > 60)


def colours(given: object) -> Iterator[tuple[int, ...]]:
    """Give the colour of the first frame of what came out, if it is a video."""
    path = Path(given) if isinstance(given, str) else given.path if isinstance(given, Blob) else None
    if path is None or not path.is_file():
        return
    with (
        suppress(av.FFmpegError, IndexError, ValueError),
        path.open("rb") as file,
        av.open(file, format="mov") as reader,
    ):
        for frame in reader.decode(reader.streams.video[0]):
            yield tuple(int(each) for each in frame.to_ndarray(format="rgb24")[30, 30])
            return


NAMES: Final = list(
    containers(Path(__file__), 1, piece(0, frames=3), wav.encode(Chunk(np.zeros((8, 1), np.int16), 8_000)))
)


def test_there_are_sixty() -> None:
    assert len(NAMES) >= 60


def test_the_trap_works(trap: Trap) -> None:
    """The same playlist, opened as one would by name, is followed."""
    path = trap.own.path / "trusting.m3u8"
    path.write_bytes(trap.containers["hls relative"])
    with av.open(str(path)) as reader:
        assert reader.format.name == "hls"
    assert SECRET in trap.sprung()
    away = trap.own.path / "away.m3u8"
    away.write_bytes(trap.containers["hls http"])
    with suppress(av.FFmpegError):
        av.open(str(away), options={"protocol_whitelist": "file,http,tcp"}, timeout=1.0)
    assert any(each.startswith("connected") for each in trap.sprung())
    _seen.clear()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_else_is_opened(trap: Trap, name: str) -> None:
    trap.sprung()
    _seen.clear()
    for suffix in SUFFIXES if name.startswith(("hls absolute", "concat", "film")) else SUFFIXES[:3]:
        for way, do in ways(trap, trap.containers[name], suffix):
            given: object = None
            with suppress(InvalidValue, MediaError):
                given = do()
            assert trap.sprung() == [], f"{name}, as {way}, with {suffix}"
            assert all(unlike(colour) for colour in colours(given)), name


@pytest.mark.parametrize("name", NAMES)
def test_a_handler_that_echoes(trap: Trap, name: str) -> None:
    """The whole way: an upload, an event, a handler that gives back what it got, and what the page may fetch."""
    with gr.Blocks() as demo:
        before, after = gr.Video(label="before"), gr.Video(label="after", interactive=False)
        gr.Button("path").click(lambda path: path, before, after)
        gr.Button("bytes").click(lambda path: Path(path).read_bytes(), before, after)
    upload = trap.own.path / "upload.mp4"
    upload.write_bytes(trap.containers[name])
    trap.sprung()
    with TestPage(demo) as page:
        with suppress(InvalidValue):
            page.set("before", upload)
        for button in ("path", "bytes"):
            page.click(button)
            shown = page.value("after")
            assert shown is None or isinstance(shown, bytes)
            assert shown is None or all(unlike(colour) for colour in colours(shown))
    assert trap.sprung() == []
