"""Files and containers of images, audio and video: what is in them, and how they are read and written.

`get_image` and its neighbours are here as they are in Gradio's module of the same name.
"""

from __future__ import annotations

import importlib

_SAMPLES = ("get_audio", "get_file", "get_image", "get_model3d", "get_video")


def __getattr__(name: str) -> object:
    if name == "MEDIA_ROOT":
        return importlib.import_module("millstream.media.samples").folder()
    if name not in _SAMPLES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module("millstream.media.samples"), name)
