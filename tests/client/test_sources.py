from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.client.media import RATE, picture, ramp

from millstream.client import sources
from millstream.errors import InvalidValue, MediaError
from millstream.frames import Chunk
from millstream.media import wav


def test_one_array_is_one_frame_and_four_dimensions_are_several() -> None:
    assert [item.shape for item in sources.frames(picture(1))] == [(32, 32, 3)]
    assert len(list(sources.frames(np.stack([picture(1), picture(2)])))) == 2


def test_an_iterable_is_taken_as_it_comes() -> None:
    assert list(sources.frames([b"jpeg"])) == [b"jpeg"]


def test_an_image_file_is_one_frame(tmp_path: Path) -> None:
    path = tmp_path / "photo.png"
    cv2.imwrite(str(path), picture(9))
    [found] = sources.frames(path)
    assert np.array_equal(found, picture(9))


def test_a_video_is_all_of_its_frames_in_rgb(tmp_path: Path) -> None:
    path = tmp_path / "film.avi"
    red = np.zeros((32, 32, 3), np.uint8)
    red[:, :, 0] = 255
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (32, 32))
    for _ in range(3):
        writer.write(red[:, :, ::-1])
    writer.release()
    found = list(sources.frames(str(path)))
    assert len(found) == 3
    assert abs(found[0].astype(int) - red).max() < 12


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        (np.zeros((2, 2), np.uint8), InvalidValue, "3 or 4 dimensions"),
        (7, InvalidValue, "iterable"),
        ("missing.png", InvalidValue, "missing.png cannot be read"),
        ("missing.mp4", InvalidValue, "is not a video"),
        (__file__, MediaError, "neither|not|no "),
    ],
)
def test_what_holds_no_frames(source: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        list(sources.frames(source))  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", [(0,), (0, 2)])
def test_audio_may_be_empty(shape: tuple[int, ...]) -> None:
    chunk = sources.audio((RATE, np.zeros(shape, np.int16)))
    assert (len(chunk.samples), chunk.channels) == (0, len(shape))


def test_a_video_needs_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "find_spec", lambda name: None)
    with pytest.raises(InvalidValue, match="pip install opencv-python-headless"):
        next(sources.frames("film.mp4"))


def test_audio_is_an_array_a_chunk_or_a_wav_file(tmp_path: Path) -> None:
    rate, samples = ramp(0.1)
    chunk = sources.audio((rate, samples))
    assert (chunk.sample_rate, chunk.samples.shape) == (RATE, (1600, 1))
    assert sources.audio(chunk) is chunk
    stereo = sources.audio(ramp(0.1, channels=2))
    assert stereo.channels == 2
    path = tmp_path / "speech.wav"
    path.write_bytes(wav.encode(Chunk(samples[:, None], rate)))
    assert np.array_equal(sources.audio(path).samples[:, 0], samples)


@pytest.mark.parametrize(
    ("source", "error", "message"),
    [
        ((RATE, np.zeros(4, np.float32)), InvalidValue, "float32"),
        ((RATE, np.zeros((2, 2, 2), np.int16)), InvalidValue, "int16 array"),
        (np.zeros(3), InvalidValue, "sample_rate"),
        (7, InvalidValue, "sample_rate"),
        ((0, np.zeros(4, np.int16)), MediaError, "audio at 0 Hz, expected 8000 to 192000"),
        ((float("nan"), np.zeros(4, np.int16)), MediaError, "audio at nan Hz"),
        (("fast", np.zeros(4, np.int16)), MediaError, "audio at fast Hz"),
        ("missing.wav", InvalidValue, "missing.wav cannot be read"),
        (__file__, MediaError, "not a WAV file"),
    ],
)
def test_what_is_not_audio(source: object, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        sources.audio(source)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "item", [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8), "text"]
)
def test_what_is_not_a_frame(item: object) -> None:
    with pytest.raises(InvalidValue, match="uint8 array"):
        sources.frame(item)  # type: ignore[arg-type]
