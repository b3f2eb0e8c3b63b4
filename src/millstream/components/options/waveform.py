"""`WaveformOptions`: the look of a waveform, and the step of its arrow keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from millstream.declare.arguments import PlainArguments, is_number
from millstream.declare.user_warnings import warn, warn_ignored
from millstream.errors import DeclarationError
from millstream.wire.messages import Value


@dataclass(frozen=True)
class WaveformOptions(metaclass=PlainArguments):
    """The look of the waveform of an `Audio`.

    Attributes:
        waveform_color: CSS colour of what was not played yet, and of the level while the user records.
        waveform_progress_color: CSS colour of what was played.
        trim_region_color: Accepted with a warning: audio is not trimmed here.
        show_recording_waveform: Whether the level is shown while the user records.
        skip_length: Seconds that an arrow key skips; by default 5, or 1 in audio of up to 30 s.
        sample_rate: Accepted with a warning: say `Audio(sample_rate=…)`.
        show_controls: Accepted with a warning if it is `False`: what cannot be paused cannot be used with a keyboard.
    """

    waveform_color: str | None = None
    waveform_progress_color: str | None = None
    trim_region_color: str | None = None
    show_recording_waveform: bool = True
    skip_length: float | None = None
    sample_rate: int | None = None
    show_controls: bool = True

    def __post_init__(self) -> None:
        for name in ("waveform_color", "waveform_progress_color"):
            color = getattr(self, name)
            if color is not None and not isinstance(color, str):
                raise DeclarationError(f"WaveformOptions: {name}={color!r} is not a CSS colour")
        if self.skip_length is not None and not (is_number(self.skip_length) and self.skip_length > 0):
            warn(f"WaveformOptions: skip_length={self.skip_length!r} is not above 0; the default is taken")
            object.__setattr__(self, "skip_length", None)
        meaningless = [name for name in ("trim_region_color", "sample_rate") if getattr(self, name) is not None]
        hidden = [] if self.show_controls else ["show_controls"]
        warn_ignored("WaveformOptions()", meaningless + hidden)

    def props(self) -> dict[str, Value]:
        """Give the form in which the page gets them."""
        return {
            "color": self.waveform_color,
            "played_color": self.waveform_progress_color,
            "shows_recording": self.show_recording_waveform,
            "skip_s": self.skip_length,
        }


def waveform_options_of(given: WaveformOptions | Mapping[str, object] | None) -> WaveformOptions:
    """Bring the two forms in which they may be given into one.

    Raises:
        TypeError: A key is unknown.
    """
    if isinstance(given, WaveformOptions):
        return given
    if not isinstance(given, Mapping | None):
        raise DeclarationError(f"waveform_options={given!r} is not a WaveformOptions")
    return WaveformOptions(**(given or {}))  # type: ignore[arg-type]  # checked by the class itself
