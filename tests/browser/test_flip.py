"""The two cameras of a phone: the front one is mirrored, the rear one is not, for the user and the handler alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from playwright.sync_api import Page, Playwright, expect
from tests.browser.chromium import find_chromium
from tests.browser.conftest import ALLOWED, DEVICES, FLAGS
from tests.browser.glass import EYES, Notes, button, record, stop, until
from tests.browser.media import read_halves

import millstream as ms

pytestmark = pytest.mark.browser

PHONE = """
(() => {
  const devices = navigator.mediaDevices;
  const open = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async ({ video }) => {
    const [camera] = (await open({ video })).getVideoTracks();
    const cameras = (await devices.enumerateDevices()).filter(({ kind }) => kind === "videoinput");
    const isRear = video.facingMode?.ideal === "environment";
    const canvas = Object.assign(document.createElement("canvas"), { width: 640, height: 480 });
    const context = canvas.getContext("2d");
    const draw = () => {
      context.fillStyle = "#f00";
      context.fillRect(0, 0, 320, 480);
      context.fillStyle = "#00f";
      context.fillRect(320, 0, 320, 480);
      if (camera.readyState === "live") requestAnimationFrame(draw);
    };
    draw();
    const film = canvas.captureStream(30);
    const [track] = film.getVideoTracks();
    const { deviceId } = cameras[isRear ? 1 : 0];
    const end = track.stop.bind(track);
    track.getSettings = () => ({ deviceId, facingMode: isRear ? "environment" : "user" });
    track.stop = () => { camera.stop(); end(); };
    return film;
  };
})();
"""
"""Chromium's fake cameras do not say where they look; these do, and both see red on the left and blue on the right."""

PLAIN, MIRRORED = ("red", "blue"), ("blue", "red")


@pytest.fixture
def phone(playwright: Playwright) -> Iterator[Callable[[str], Page]]:
    """Open an app on a phone with two cameras."""
    flags = [*FLAGS, ALLOWED, f"{DEVICES}=device-count=2"]
    with playwright.chromium.launch(executable_path=find_chromium(), args=flags) as browser:

        def start(url: str) -> Page:
            context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 844})
            context.add_init_script(EYES + PHONE)
            page = context.new_page()
            page.goto(url)
            return page

        yield start


@pytest.mark.parametrize(
    ("mirror", "front", "rear"),
    [(None, MIRRORED, PLAIN), (True, MIRRORED, MIRRORED), (False, PLAIN, PLAIN)],
)
def test_the_flip_button_changes_the_mirroring_of_pixels_and_preview_together(
    launch: Callable[..., str],
    phone: Callable[[str], Page],
    mirror: bool | None,
    front: tuple[str, str],
    rear: tuple[str, str],
) -> None:
    seen: Notes[tuple[str, str]] = Notes()

    def look(frame: np.ndarray) -> np.ndarray:
        seen.add(read_halves(frame))
        return frame

    with ms.Blocks() as demo:
        camera = ms.Image(sources="webcam", label="Camera", webcam_options=ms.WebcamOptions(mirror=mirror))
        result = ms.Image(label="Result")
        camera.stream(look, camera, result, stream_every=0.1)
    page = phone(launch(demo))
    record(page)
    for expected in (front, rear, front):
        preview = page.locator(".ms-preview.ms-mirrored" if expected is MIRRORED else ".ms-preview:not(.ms-mirrored)")
        expect(preview).to_be_visible()
        until(page, "eyes.colours('.ms-preview') === 'red blue'")
        until(page, "eyes.colours('.ms-output') === arg", " ".join(expected))
        assert seen.wait()[-1] == expected
        button(page, "Turn the camera").click()
    stop(page)
    changes = [after for before, after in zip([None, *seen.all], seen.all, strict=False) if before != after]
    assert changes == ([front, rear, front, rear] if front != rear else [front])[: len(changes)]
    assert len(changes) >= (3 if front != rear else 1), "no picture was a mixture"
