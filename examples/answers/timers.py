"""Timers as people ask for them: "set a timer for two minutes and thirty seconds", "how long is left", "stop it"."""

import re
from dataclasses import dataclass

from .numbers import read_number, split_words
from .sums import say_number

UNITS_S = {"second": 1, "minute": 60, "hour": 3600}
LONGEST_S = 24 * 3600
HALVES = ((r"\bhalf an hour\b", "30 minutes"), (r"\bquarter of an hour\b", "15 minutes"), (r"\ban?\b", "one"))


@dataclass
class Timer:
    """One visitor's timer. Times are seconds on any monotonic clock.

    Attributes:
        ends_at: The time when it rings; None if none is set.
    """

    ends_at: float | None = None

    def answer(self, text: str, now: float) -> str | None:
        """Reply to the text; None if it has nothing to do with timers."""
        words = split_words(text)
        if any(word in words for word in ("cancel", "stop", "clear")) and "timer" in words:
            return self._cancel()
        duration_s = read_duration(text)
        is_asked = "timer" in words or "remind" in words or "wake" in words
        if duration_s is not None and is_asked:
            return self._set(duration_s, now)
        if "timer" in words or ({"left", "time"} <= set(words) and self.ends_at is not None):
            return self._left(now)
        return None

    def ring(self, now: float) -> str | None:
        """Return the announcement that the time is over, once."""
        if self.ends_at is None or now < self.ends_at:
            return None
        late_s = round(now - self.ends_at)
        self.ends_at = None
        return "Your timer is over." if late_s < 2 else f"Your timer was over {say_duration(late_s)} ago."

    def _set(self, duration_s: float, now: float) -> str:
        if not 1 <= duration_s <= LONGEST_S:
            return "A timer lasts between one second and a day."
        self.ends_at = now + duration_s
        return f"I have set a timer for {say_duration(round(duration_s))}. Ask me how long is left."

    def _left(self, now: float) -> str:
        if self.ends_at is None:
            return "No timer is set. Say, for example: set a timer for two minutes."
        return f"{say_duration(max(round(self.ends_at - now), 1))} left.".capitalize()

    def _cancel(self) -> str:
        was_set, self.ends_at = self.ends_at is not None, None
        return "The timer is off." if was_set else "No timer is set."


def read_duration(text: str) -> float | None:
    """Return the seconds of "two minutes and thirty seconds"; None if the text names no duration."""
    plain = text.lower()
    for phrase, meaning in HALVES:
        plain = re.sub(phrase, meaning, plain)
    words, total_s, found = split_words(plain), 0.0, False
    while words:
        number = read_number(words)
        words = words[number.words if number is not None else 1 :]
        if number is None:
            continue
        half, words = _take_half(words)
        unit_s = UNITS_S.get("".join(words[:1]).removesuffix("s"))
        if unit_s is not None:
            late_half, words = _take_half(words[1:])
            total_s, found = total_s + (number.value + half + late_half) * unit_s, True
    return total_s if found else None


def _take_half(words: list[str]) -> tuple[float, list[str]]:
    """Read "and a half", before or after the unit."""
    return (0.5, words[3:]) if words[:3] == ["and", "one", "half"] else (0.0, words)


def say_duration(seconds: int) -> str:
    """Write a duration as it is read aloud: 1 hour, 2 minutes and 30 seconds."""
    parts, rest = [], seconds
    for unit, size_s in reversed(UNITS_S.items()):
        count, rest = divmod(rest, size_s)
        if count:
            parts.append(f"{say_number(count)} {unit}{'' if count == 1 else 's'}")
    if len(parts) > 1:
        parts[-2:] = [f"{parts[-2]} and {parts[-1]}"]
    return ", ".join(parts) or "0 seconds"
