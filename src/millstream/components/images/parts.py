"""Images and videos within the value of another component, in whose name their messages speak."""

from __future__ import annotations

from typing import Any

from millstream.components.image import Image
from millstream.components.video import Video
from millstream.declare.component import Component


class ImagePart(Image):
    """Reads and encodes the images of another component.

    Args:
        owner: That component.
        arguments: Those of an `Image`.
    """

    tag = "image"

    def __init__(self, owner: Component, **arguments: Any) -> None:
        self._owner = owner
        super().__init__(**arguments, render=False)

    @property
    def name(self) -> str:
        return self._owner.name


class VideoPart(Video):
    """Reads the videos of another component.

    Args:
        owner: That component.
    """

    tag = "video"

    def __init__(self, owner: Component) -> None:
        self._owner = owner
        super().__init__(render=False)

    @property
    def name(self) -> str:
        return self._owner.name
