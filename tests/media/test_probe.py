"""What videos say of themselves, against what PyAV finds in them."""

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.browser.videos import FPS, piece
from tests.media.test_video import made_of

from millstream.errors import MediaError
from millstream.media.probe import outline_of

FRAGMENTED = {"movflags": "frag_keyframe+empty_moov"}


def kept(folder: Path, data: bytes) -> Path:
    path = folder / "film"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("sound", [True, False])
@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_a_file(tmp_path: Path, container: str, sound: bool) -> None:
    found = outline_of(kept(tmp_path, piece(0, container=container, sound=sound)))
    assert found is not None
    assert found.seconds == pytest.approx(2, abs=0.1)
    assert found.has_sound is sound


@pytest.mark.parametrize("sound", [True, False])
def test_a_file_in_fragments(tmp_path: Path, sound: bool) -> None:
    found = outline_of(kept(tmp_path, piece(0, sound=sound, muxing=FRAGMENTED)))
    assert found is not None
    assert found.seconds == pytest.approx(2, abs=0.15)
    assert found.has_sound is sound


def test_a_video_of_ours(tmp_path: Path) -> None:
    video, data = made_of([piece(number, frames=FPS) for number in range(3)])
    found = outline_of(kept(tmp_path, data))
    assert found is not None
    assert found.seconds == pytest.approx(video.duration_s, abs=0.1)


@pytest.mark.parametrize("muxing", [{}, {"live": "1"}], ids=["whole", "recorded"])
def test_webm(tmp_path: Path, muxing: dict[str, str]) -> None:
    data = piece(0, codec="libvpx", container="webm", sound=False, muxing=muxing)
    found = outline_of(kept(tmp_path, data))
    assert found is not None
    assert found.seconds == pytest.approx(2, abs=0.1)
    assert not found.has_sound


def test_webm_with_audio(tmp_path: Path) -> None:
    found = outline_of(kept(tmp_path, piece(0, container="matroska")))
    assert found is not None
    assert found.has_sound


def test_others_say_nothing(tmp_path: Path) -> None:
    assert outline_of(kept(tmp_path, piece(0, frames=5, container="avi"))) is None


WHOLE = [piece(0, frames=5, muxing=FRAGMENTED), piece(0, frames=5, container="matroska")]


@given(st.sampled_from(WHOLE), st.integers(8, 3_000), st.binary(min_size=1, max_size=8))
def test_broken_files_end(tmp_path_factory: pytest.TempPathFactory, video: bytes, at: int, wrong: bytes) -> None:
    path = kept(tmp_path_factory.getbasetemp(), video[:at] + wrong + video[at + len(wrong) : -at])
    with contextlib.suppress(MediaError):
        outline_of(path)


def test_an_empty_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="it is empty"):
        outline_of(kept(tmp_path, b""))
