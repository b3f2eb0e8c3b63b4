"""The app whose page the benchmarks measure: a form, an image, and with `--updates` 60 new values a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator

import millstream as ms

RATE_HZ = 60


def count() -> Iterator[tuple[float, str, dict[str, float]]]:
    """Yield new values of three components, 60 of them a second."""
    begun = time.monotonic()
    for number in range(1_000_000):
        part = number % 100 / 100
        yield part * 100, f"No. {number}", {"cat": part, "dog": 1 - part}
        time.sleep(max(0.0, begun + (number + 1) * 3 / RATE_HZ - time.monotonic()))


def declare(updates: bool) -> ms.Blocks:
    """Make the app; with `updates` its values change by themselves."""
    with ms.Blocks(title="Page") as demo:
        with ms.Row():
            ms.Image(label="Image", sources=["upload", "webcam"])
            ms.Audio(label="Audio", sources=["microphone"])
        level = ms.Slider(0, 100, label="Level")
        text = ms.Textbox(label="Text")
        label = ms.Label(label="Label")
        ms.Button("Go", elem_id="go").click(lambda: "gone", None, text)
        if updates:
            demo.load(count, None, [level, text, label], show_progress="hidden")
    return demo


if __name__ == "__main__":
    declare("--updates" in sys.argv).launch(server_port=0)
