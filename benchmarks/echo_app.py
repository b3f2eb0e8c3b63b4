"""The app that the benchmarks drive: what the camera sees comes back; a second pair takes 200 ms for it."""

from __future__ import annotations

import argparse
import time

import numpy as np

import millstream as ms

UNMIRRORED = ms.WebcamOptions(mirror=False)


def slow(picture: np.ndarray) -> np.ndarray:
    """Echo after 200 ms, as a slow model would."""
    time.sleep(0.2)
    return picture


with ms.Blocks(title="Echo") as demo, ms.Row():
    camera = ms.Image(label="camera", elem_id="camera", sources=["webcam"], webcam_options=UNMIRRORED)
    output = ms.Image(label="output", elem_id="output")
    camera.stream(lambda picture: picture, camera, output, stream_every=0, concurrency_limit=None)

with ms.Blocks(title="Slow echo") as slow_demo, ms.Row():
    camera = ms.Image(label="camera", elem_id="camera", sources=["webcam"], webcam_options=UNMIRRORED)
    output = ms.Image(label="output", elem_id="output")
    camera.stream(slow, camera, output, stream_every=0, concurrency_limit=None)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--slow", action="store_true")
    (slow_demo if parser.parse_args().slow else demo).launch(server_port=0)
