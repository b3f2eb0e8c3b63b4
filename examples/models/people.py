"""Separate the people in front of the camera from their background: selfie segmentation, on the CPU, about 10 ms."""

from functools import partial

import cv2
import numpy as np

from .fetch import NpmPackage, read_member
from .network import Floats, Network, Pixels, to_batch

SELFIE_SEGMENTATION = NpmPackage(
    name="@mediapipe/selfie_segmentation",
    version="0.1.1675465747",
    integrity="sha512-IxYxNhwE5VwOm52L1yoFWYLP7q9Pd+NJjzOC5tlepfvEGaY3o9hslhUrx9BgseqdfZtKSDtd/4NfCSMjNzQalA==",
    members=("selfie_segmentation.tflite",),
)
INPUT_SIZE = 256


class PeopleMask:
    """Finds people in RGB images of any size. May be shared by threads. `threads` as in `Network`."""

    def __init__(self, threads: int = 1) -> None:
        self._network = Network(partial(read_member, SELFIE_SEGMENTATION, SELFIE_SEGMENTATION.members[0]), threads)

    def __call__(self, rgb: Pixels) -> Floats:
        """Return `(height, width)`: 1 where there is a person, 0 where there is none, and in between at the edges.

        Raises:
            FetchError: On the first call, when the weights cannot be fetched.
        """
        mask = self._network.run(to_batch(rgb, INPUT_SIZE, 0.0, 1.0))[0][0, ..., 0]
        return cv2.resize(mask, rgb.shape[1::-1], interpolation=cv2.INTER_LINEAR).astype(np.float32, copy=False)


def blur_behind(rgb: Pixels, mask: Floats, strength: float) -> Pixels:
    """Return the image with the background behind people out of focus.

    Args:
        rgb: uint8 `(height, width, 3)`.
        mask: From `PeopleMask`.
        strength: Radius of the blur in percent of the image's width; 0 changes nothing.
    """
    height, width = rgb.shape[:2]
    radius = strength / 100 * width / 4
    if radius <= 0:
        return rgb
    small = cv2.resize(rgb, (width // 4, height // 4), interpolation=cv2.INTER_AREA)  # a blur needs no detail
    behind = cv2.resize(cv2.GaussianBlur(small, (0, 0), radius), (width, height), interpolation=cv2.INTER_LINEAR)
    alpha = mask[..., None]
    return (rgb * alpha + behind * (1 - alpha)).astype(np.uint8)
