"""The options by which programs for FastRTC tune their turn-taking, and what they mean to `ReplyOnPause`.

Names, units and order are those of https://fastrtc.org/reference/reply_on_pause. FastRTC judges audio in chunks, where
here each window of 32 ms is judged: what only divides a chunk has no meaning, and is accepted with a warning.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from millstream.declare.arguments import PlainArguments
from millstream.declare.conversation import MAX_TURN_S
from millstream.declare.user_warnings import warn_ignored

Tuned: TypeAlias = dict[str, float]
"""Options of `ReplyOnPause`, by name."""


class _Options(metaclass=PlainArguments):
    argument: ClassVar[str]
    unused: ClassVar[frozenset[str]]

    def __post_init__(self) -> None:
        warn_ignored(f"{type(self).__name__}()", [name for name in self.unused if getattr(self, name) is not None])


@dataclass
class AlgoOptions(_Options):
    """When a turn begins and ends, as FastRTC says it. What is left out stays as `ReplyOnPause` has it.

    Attributes:
        audio_chunk_duration: Seconds without speech that end a turn: `pause`.
        started_talking_threshold: Seconds of speech that begin one: `min_speech`.
        speech_threshold: Has no meaning here.
        max_continuous_speech_s: Seconds after which a turn ends even if the speaker continues: `max_turn`, 600 at most.
    """

    argument = "algo_options"
    unused = frozenset({"speech_threshold"})

    audio_chunk_duration: float | None = None
    started_talking_threshold: float | None = None
    speech_threshold: float | None = None
    max_continuous_speech_s: float | None = None

    def tuned(self) -> Tuned:
        """Say what they come to."""
        longest_s = self.max_continuous_speech_s
        return _given(
            pause=self.audio_chunk_duration,
            min_speech=self.started_talking_threshold,
            max_turn=None if longest_s is None else min(longest_s, MAX_TURN_S),
        )


@dataclass
class SileroVadOptions(_Options):
    """The bounds of speech, as FastRTC names them. Those that are left out stay as `ReplyOnPause` has them.

    Attributes:
        threshold: From this probability of speech on, 0 to 1, somebody speaks.
        min_speech_duration_ms: Anything shorter, in milliseconds, is a noise: `min_speech`.
        max_speech_duration_s: Has no meaning here.
        min_silence_duration_ms: Has no meaning here: `AlgoOptions.audio_chunk_duration` is the pause.
        window_size_samples: Has no meaning here.
        speech_pad_ms: Milliseconds from before the speech that are taken in: `pre_roll`.
    """

    argument = "model_options"
    unused = frozenset({"max_speech_duration_s", "min_silence_duration_ms", "window_size_samples"})

    threshold: float | None = None
    min_speech_duration_ms: float | None = None
    max_speech_duration_s: float | None = None
    min_silence_duration_ms: float | None = None
    window_size_samples: int | None = None
    speech_pad_ms: float | None = None

    def tuned(self) -> Tuned:
        """Say what they come to."""
        shortest_ms, before_ms = self.min_speech_duration_ms, self.speech_pad_ms
        return _given(
            threshold=self.threshold,
            min_speech=None if shortest_ms is None else shortest_ms / 1000,
            pre_roll=None if before_ms is None else before_ms / 1000,
        )


def _given(**options: float | None) -> Tuned:
    return {name: value for name, value in options.items() if value is not None}
