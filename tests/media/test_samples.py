"""Samples are made where no file of that name is there."""

from pathlib import Path

import pytest
from PIL import Image

import millstream as gr
from millstream.media import MEDIA_ROOT, audio_file, container, get_image


def test_a_file_of_the_apps_own_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("cheetah.jpg").write_bytes(b"own")
    assert Path(get_image("cheetah.jpg")).read_bytes() == b"own"
    assert get_image("https://example.com/a.png") == "https://example.com/a.png"


@pytest.mark.parametrize("name", ["cheetah.jpg", "logo.png", "screenshot.gif", "avatar.webp"])
def test_a_picture_has_the_format_of_its_name(name: str) -> None:
    made = Path(gr.get_image(name))
    assert made == MEDIA_ROOT / name
    with Image.open(made) as image:
        assert image.size == (640, 480)
    assert made.read_bytes() != Path(gr.get_image(f"other-{name}")).read_bytes()


def test_the_others_can_be_read() -> None:
    assert container.duration_s(Path(gr.get_video("world.mp4"))) == pytest.approx(2, abs=0.2)
    assert audio_file.duration_s(Path(gr.get_audio("cantina.mp3"))) == 2
    assert Path(gr.get_model3d("Bunny.obj")).read_text().startswith("v 1 0 0")
    assert Path(gr.get_file("titanic.csv")).read_text().splitlines()[0].startswith("PassengerId,Survived")
    assert Path(gr.get_file("s2.vtt")).read_text().startswith("WEBVTT")
    for get in (gr.get_image, gr.get_video, gr.get_audio, gr.get_model3d, gr.get_file):
        assert Path(get()).is_file()
