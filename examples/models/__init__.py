"""Real models for the examples: each one is fetched or found when it is first used, never at import."""

from .drawing import draw_detections
from .faces import FaceFinder, blur_box
from .fetch import FetchError
from .objects import Detection, Detector
from .people import PeopleMask, blur_behind
from .speech import StreamingRecogniser

__all__ = [
    "Detection",
    "Detector",
    "FaceFinder",
    "FetchError",
    "PeopleMask",
    "StreamingRecogniser",
    "blur_behind",
    "blur_box",
    "draw_detections",
]
