"""Videos in files: recognised, measured, and brought into other containers."""

from pathlib import Path

import av
import numpy as np
import pytest
from tests.browser.videos import piece, turned

from millstream.errors import MediaError
from millstream.media import container
from millstream.media.container import convert, duration_s, is_playable, recognise


def stored(folder: Path, name: str, **options: object) -> Path:
    path = folder / name
    path.write_bytes(piece(0, frames=25, **options))  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize(
    ("made", "kind"),
    [("mp4", "mp4"), ("mov", "mov"), ("matroska", "mkv"), ("avi", "avi"), ("mpegts", "ts")],
)
def test_what_a_file_is_shows_in_its_first_bytes(made: str, kind: str) -> None:
    assert recognise(piece(0, frames=3, container=made)) == kind


def test_webm_is_told_from_matroska() -> None:
    assert recognise(b"\x1a\x45\xdf\xa3\x9f\x42\x82\x84webm") == "webm"


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"RIFF\x00\x00\x00\x00WAVE", b"\x47" + bytes(200), b"ID3"])
def test_what_is_not_a_video_is_not_recognised(data: bytes) -> None:
    assert recognise(data) is None


def test_length(tmp_path: Path) -> None:
    assert duration_s(stored(tmp_path, "a.mp4")) == pytest.approx(1, abs=0.1)
    assert duration_s(stored(tmp_path, "a.mkv", container="matroska")) == pytest.approx(1, abs=0.1)


def test_a_recording_that_does_not_say_how_long_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(stored(tmp_path, "b.mp4", sound=False))) as reader, path.open("wb") as file:
        unseekable = type("Pipe", (), {"write": file.write})()
        with av.open(unseekable, "w", format="matroska", options={"live": "1"}) as writer:
            track = writer.add_stream_from_template(reader.streams.video[0])
            for packet in reader.demux():
                if packet.dts is not None:
                    packet.stream = track
                    writer.mux(packet)
    assert duration_s(path) == pytest.approx(1, abs=0.1)


def test_what_browsers_play(tmp_path: Path) -> None:
    assert is_playable(stored(tmp_path, "a.mp4"))
    assert not is_playable(stored(tmp_path, "b.mp4", codec="mpeg4"))
    assert not is_playable(stored(tmp_path, "a.ts", container="mpegts"))


def test_tracks_that_fit_are_copied(tmp_path: Path) -> None:
    source, target = stored(tmp_path, "a.mkv", container="matroska"), tmp_path / "b.mp4"
    convert(source, target)
    with av.open(str(source)) as before, av.open(str(target)) as after:
        frames = [[frame.to_ndarray() for frame in file.decode(video=0)] for file in (before, after)]
        assert np.array_equal(frames[0], frames[1]), "encoded twice, they would differ"
        assert len(after.streams.audio) == 1


@pytest.mark.parametrize(
    ("kind", "codecs"), [("mp4", ("h264", "aac")), ("webm", ("vp9", "opus")), ("avi", ("mpeg4", "mp3"))]
)
def test_tracks_that_do_not_fit_are_encoded(tmp_path: Path, kind: str, codecs: tuple[str, str]) -> None:
    source = stored(tmp_path, "a.mkv", container="matroska", codec="mpeg4" if kind == "mp4" else "libx264")
    target = tmp_path / f"b.{kind}"
    convert(source, target)
    with av.open(str(target)) as reader:
        names = [reader.streams.video[0].codec_context.name, reader.streams.audio[0].codec_context.name]
        assert sum(1 for _ in reader.decode(video=0)) >= 25
    assert [name.removesuffix("float") for name in names] == list(codecs)
    assert duration_s(target) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize("kind", ["mp4", "webm", "avi"])
def test_a_video_that_begins_late_begins_at_once(tmp_path: Path, kind: str) -> None:
    """The clock of a transport stream never begins at zero."""
    source, target = stored(tmp_path, "a.ts", container="mpegts"), tmp_path / f"b.{kind}"
    convert(source, target)
    with av.open(str(target)) as reader:
        times = [float(frame.pts * frame.time_base) for frame in reader.decode(video=0)]
    assert times[0] == pytest.approx(0, abs=0.05)
    assert times[-1] == pytest.approx(0.96, abs=0.07)
    assert duration_s(target) == pytest.approx(1, abs=0.15)


@pytest.mark.parametrize(("name", "size"), [("b.webm", (240, 320)), ("b.mkv", (320, 240))])
def test_the_video_of_a_phone_is_upright(tmp_path: Path, name: str, size: tuple[int, int]) -> None:
    source = tmp_path / "a.mp4"
    source.write_bytes(turned(piece(0, frames=5)))
    convert(source, tmp_path / name)
    with av.open(str(tmp_path / name)) as reader:
        frame = next(reader.decode(video=0))
    assert (frame.width, frame.height) == size, "what is copied says how it was held, what is encoded is turned"
    assert frame.rotation == (0 if size == (240, 320) else -90)


def test_audio_can_be_left_out(tmp_path: Path) -> None:
    convert(stored(tmp_path, "a.mp4"), tmp_path / "b.mp4", keeps_audio=False)
    with av.open(str(tmp_path / "b.mp4")) as reader:
        assert not reader.streams.audio


def test_broken_files_say_so(tmp_path: Path) -> None:
    path = tmp_path / "a.mp4"
    path.write_bytes(piece(0, frames=25)[:2_000])
    with pytest.raises(MediaError, match="broken, or no video"):
        duration_s(path)


def test_pyav_is_named_where_it_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    with pytest.raises(MediaError, match=r"this needs PyAV, which comes with the extra \[video\]"):
        container.library()
