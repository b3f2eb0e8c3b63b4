"""Real models for the examples: each one is fetched or found when it is first used, never at import."""

from .drawing import draw_detections
from .faces import FaceFinder, blur_box
from .fetch import FetchError
from .noise import NOISE_RATE_HZ, NoiseFilter
from .objects import Detection, Detector
from .packages import ModelError
from .people import PeopleMask, blur_behind
from .resampler import Resampler, to_mono
from .speech import StreamingRecogniser
from .video_file import UnreadableVideo, VideoFile
from .voice import VOICE_RATE_HZ, SpeakingVoice, sentences
from .wake_word import WAKE_WORDS, WakeWord

__all__ = [
    "NOISE_RATE_HZ",
    "VOICE_RATE_HZ",
    "WAKE_WORDS",
    "Detection",
    "Detector",
    "FaceFinder",
    "FetchError",
    "ModelError",
    "NoiseFilter",
    "PeopleMask",
    "Resampler",
    "SpeakingVoice",
    "StreamingRecogniser",
    "UnreadableVideo",
    "VideoFile",
    "WakeWord",
    "blur_behind",
    "blur_box",
    "draw_detections",
    "sentences",
    "to_mono",
]
