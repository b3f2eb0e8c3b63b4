"""Sounds and images as people have them: declared, uploaded and returned, in formats that no browser knows."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from tests.browser.conftest import OpenPage
from tests.browser.glass import button, until
from tests.media.audio_kinds import made

import millstream as gr

pytestmark = pytest.mark.browser

Launch = Callable[..., str]


def field(page: Page, label: str) -> Locator:
    return page.get_by_role("textbox", name=label, exact=True)


def test_a_declared_mp3_reaches_a_handler_as_samples(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "song.wav"  # whatever it is called
    file.write_bytes(made("MP3"))
    with gr.Blocks() as demo:
        sound, text = gr.Audio(file, label="Sound"), gr.Textbox(label="Heard")
        gr.Button("Go").click(lambda sound: f"{sound[0]} {sound[1].dtype} {sound[1].shape}", sound, text)
    page = open_page(launch(demo))
    button(page, "Go").click()
    expect(field(page, "Heard")).to_have_value("16000 int16 (16000, 2)")


@pytest.mark.parametrize("kind", ["AIFF", "WMA", "ALAC", "ADPCM", "WAV of 24 bits"])
@pytest.mark.parametrize("way", ["declared", "returned", "uploaded"])
def test_what_no_browser_plays_is_heard(
    launch: Launch, open_page: OpenPage, tmp_path: Path, kind: str, way: str
) -> None:
    file = tmp_path / "sound.aiff"
    file.write_bytes(made(kind))
    with gr.Blocks() as demo:
        sound, text = gr.Audio(file if way == "declared" else None, label="Sound"), gr.Textbox(label="Heard")
        gr.Button("Make").click(lambda: str(file), None, sound)
        gr.Button("Go").click(lambda sound: f"{sound[0]} {sound[1].ndim}", sound, text)
    page = open_page(launch(demo))
    if way == "returned":
        button(page, "Make").click()
    if way == "uploaded":
        page.locator("input[type=file]").set_input_files(file)
    until(page, "Math.abs((document.querySelector('audio')?.duration ?? 0) - 1) < 0.15")
    page.evaluate("document.querySelector('audio').play()")
    until(page, "document.querySelector('audio').currentTime > 0.3")
    button(page, "Go").click()
    expect(field(page, "Heard")).to_have_value("16000 2")


def shown(page: Page, width: int, height: int) -> None:
    until(
        page,
        f"[...document.querySelectorAll('img')].some(i => i.naturalWidth == {width} && i.naturalHeight == {height})",
    )


def looking(**options: object) -> gr.Blocks:
    with gr.Blocks() as demo:
        image, text = gr.Image(label="Photo", **options), gr.Textbox(label="Seen")
        image.upload(lambda pixels: str(pixels.shape), image, text)
    return demo


def test_a_photo_of_24_megapixels_is_uploaded(launch: Launch, open_page: OpenPage, tmp_path: Path) -> None:
    file = tmp_path / "IMG_0001.JPG"
    exif = Image.Exif()
    exif[0x0112] = 6
    rows = np.random.default_rng(1).integers(0, 256, (500, 750, 3), np.uint8)
    Image.fromarray(rows).resize((6_000, 4_000)).save(file, "JPEG", quality=95, exif=exif)
    page = open_page(launch(looking()))
    page.locator("input[type=file]").set_input_files(file)
    expect(field(page, "Seen")).to_have_value("(6000, 4000, 3)")
    shown(page, 4_000, 6_000)


@pytest.mark.parametrize("name", ["photo.tiff", "photo.ppm", "photo.ico", "photo", "photo.PNG"])
def test_an_image_that_no_browser_shows_is_seen(launch: Launch, open_page: OpenPage, tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    kind = {".ppm": "PPM", ".ico": "ICO"}.get(file.suffix, "TIFF")
    Image.new("RGB", (64, 64), "red").save(file, kind, **({"sizes": [(64, 64)]} if kind == "ICO" else {}))
    page = open_page(launch(looking()))
    page.locator("input[type=file]").set_input_files(file)
    expect(field(page, "Seen")).to_have_value("(64, 64, 3)")
    shown(page, 64, 64)


def test_what_cannot_be_read_is_refused_and_changes_nothing(
    launch: Launch, open_page: OpenPage, tmp_path: Path
) -> None:
    heic, photo = tmp_path / "IMG_0002.HEIC", tmp_path / "a.png"
    heic.write_bytes(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(500))
    Image.new("RGB", (300, 200)).save(photo)
    page = open_page(launch(looking(), max_image_pixels=10_000))
    open_page.expected += ["415"]  # type: ignore[attr-defined]
    inbox = page.locator("input[type=file]")
    inbox.set_input_files({"name": heic.name, "mimeType": "image/heic", "buffer": heic.read_bytes()})
    alert = page.get_by_role("alert")
    said = "Image 'Photo' cannot read IMG_0002.HEIC, whose format is HEIC: take one of AVIF, BMP, GIF, ICO, JPEG, PNG"
    expect(alert.filter(has_text=said)).to_be_visible()
    inbox.set_input_files(photo)
    said = "an image of 300x200 has more than the 10000 pixels that are allowed; make it smaller"
    expect(alert.filter(has_text=said)).to_be_visible()
    expect(field(page, "Seen")).to_have_value("")
    assert page.locator("img").count() == 0
