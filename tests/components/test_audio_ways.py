"""However audio comes, a handler gets its samples, and the page what browsers play."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.media.audio_kinds import KINDS, check_tone, made

import millstream as gr
from millstream.errors import DeclarationError, InvalidValue
from millstream.frames import Chunk
from millstream.media import wav
from millstream.testing import TestPage
from millstream.types import Blob

pytestmark = pytest.mark.blocking  # in a TestPage handlers run on the loop, and these read and write files

NAMES = ("a.mp3", "a.wav", "a", "A.OGG", "a.txt")
"""What files are called, whatever is in them."""


def heard(app: gr.Blocks, *clicks: str) -> TestPage:
    page = TestPage(app)
    for label in clicks:
        (run,) = page.click(label)
        assert run.error == ""
    return page


def check(seen: list[Any]) -> None:
    ((rate, samples),) = seen
    check_tone(Chunk(samples, rate), 2)


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest) -> str:
    name: str = request.param
    return name


@pytest.fixture
def file(kind: str, tmp_path: Path) -> Path:
    file = tmp_path / NAMES[list(KINDS).index(kind) % len(NAMES)]
    file.write_bytes(made(kind))
    return file


def test_declared(file: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        sound = gr.Audio(file, label="Sound")
        gr.Button("Go").click(seen.append, sound, None)
    with heard(demo, "Go"):
        check(seen)


def test_as_an_example(file: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        sound = gr.Audio(label="Sound")
        rows = gr.Examples([[str(file)]], sound)
        gr.Button("Go").click(seen.append, sound, None)
    with TestPage(demo) as page:
        page.fire(rows.id, "select", {"index": 0})
        page.click("Go")
        check(seen)


@pytest.mark.parametrize("form", ["path", "bytes"])
def test_as_the_result_of_another_handler(file: Path, form: str) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        sound = gr.Audio(label="Sound")
        gr.Button("Make").click(lambda: str(file) if form == "path" else file.read_bytes(), None, sound)
        gr.Button("Go").click(seen.append, sound, None)
    with heard(demo, "Make", "Go"):
        check(seen)


def test_uploaded(kind: str, file: Path) -> None:
    seen: list[Any] = []
    with gr.Blocks() as demo:
        sound, path = gr.Audio(label="Sound"), gr.Audio(label="File", type="filepath")
        gr.Button("Go").click(seen.append, sound, None)
        gr.Button("Read").click(lambda path: seen.append(Path(path).read_bytes()), path, None)
    with TestPage(demo) as page:
        page.set("Sound", file)
        page.set("File", file)
        assert page.page.values[sound.id]["type"] == KINDS[kind][2]
        page.click("Read")
        assert seen.pop() == file.read_bytes()
        page.click("Go")
        check(seen)


def test_what_browsers_do_not_play_is_made_a_wav_of_for_them(kind: str, files: Any) -> None:
    _, _, mime, is_played = KINDS[kind]
    file = files.path / "a.mp3"
    file.write_bytes(made(kind))
    with gr.Blocks():
        sound = gr.Audio()
    for blob in (
        sound.postprocess(str(file), files),
        sound.postprocess(made(kind), files),
        sound.declared(file),
        sound.inspect(Blob("a", "application/octet-stream", path=file), files),
    ):
        assert isinstance(blob, Blob)
        assert blob.mime == mime
        assert (blob.shown is None) == is_played
        if blob.shown is not None:
            assert blob.shown.mime == "audio/wav"
            check_tone(wav.decode(blob.shown.data or b""))


def test_a_length_is_measured_of_every_kind(kind: str, files: Any) -> None:
    blob = Blob("a", "audio/mpeg", data=made(kind))
    with gr.Blocks():
        for type_ in ("numpy", "filepath"):
            gr.Audio(type=type_, min_length=0.5, max_length=2).preprocess(blob, files)
            with pytest.raises(InvalidValue, match=r"at least 5 s of audio, but got 1\.[01] s"):
                gr.Audio(type=type_, min_length=5).preprocess(blob, files)


def test_without_pyav_the_remedy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mp3, aiff = tmp_path / "a.mp3", tmp_path / "a.aiff"
    mp3.write_bytes(made("MP3"))
    aiff.write_bytes(made("AIFF"))
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.setattr("millstream.media.untrusted.find_spec", lambda name: None)
    with gr.Blocks() as demo:
        sound = gr.Audio(mp3, label="Sound")
        gr.Button("Go").click(print, sound, None)
        gr.Button("Show").click(lambda: str(aiff), None, sound)
        with pytest.raises(DeclarationError, match=r"needs PyAV, which comes with the extra \[video\]"):
            gr.Audio(aiff)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert "Audio 'Sound' cannot read a.mp3: this needs PyAV, which comes with the extra [video]" in run.error
        (run,) = page.click("Show")
        assert run.state == "failed"
        with pytest.raises(InvalidValue, match=r"needs PyAV, which comes with the extra \[video\]"):
            page.set("Sound", mp3)


@pytest.mark.parametrize("data", [b"", b"no sound", b"%PDF-1.4", b"\xff\xd8\xff\xe0 JFIF", b"ID3 no sound"])
def test_what_is_not_audio_is_refused_when_it_is_uploaded(data: bytes, tmp_path: Path) -> None:
    file = tmp_path / "a.mp3"
    file.write_bytes(data)
    with gr.Blocks() as demo:
        gr.Audio(label="Sound")
    with TestPage(demo) as page, pytest.raises(InvalidValue, match=r"Audio 'Sound' cannot read a\.mp3"):
        page.set("Sound", file)


def test_chunks_that_browsers_do_not_play_go_on_as_samples(tmp_path: Path) -> None:
    file = tmp_path / "a.mp3"
    file.write_bytes(made("AIFF"))

    def say() -> Any:
        yield str(file)
        yield made("AU")

    with gr.Blocks() as demo:
        player = gr.Audio(label="Out", streaming=True)
        gr.Button("Go").click(say, None, player)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert run.error == ""
        rate, samples = page.value("Out")
    assert (rate, len(samples)) == (16_000, 32_000)
    assert np.abs(samples).max() > 9_000
