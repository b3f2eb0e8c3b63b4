"""`DateTime`: a date, or a moment, that the user types or picks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, tzinfo
from typing import Literal, TypeAlias, Unpack

from millstream.components.values.moment_text import FORMS, moment_of, read_moment, written_moment, zone_of
from millstream.declare.component import Component, Tooled
from millstream.declare.event import Event
from millstream.errors import DeclarationError
from millstream.types import Files, Media, Scratch, Stored
from millstream.wire.messages import Value

Given: TypeAlias = float | str | datetime


class DateTime(Component):
    """A date, or a date and a time, that the user types or picks from a calendar.

    What is typed may also be relative to the moment of the call: `now`, `now - 1d`, `now - 2h`, `now - 30m`,
    `now - 15s`.

    Args:
        value: The initial moment: seconds since 1970, a `datetime`, or text as the user types it; or a function that
            gives it.
        include_time: Whether there is a time, to the second.
        type: Whether handlers get a `"timestamp"` (seconds since 1970), a `"datetime"` (with the time zone if there is
            one), or a `"string"` such as `"2026-01-31 18:30:00"`.
        timezone: The time zone of what is shown, such as `"Europe/Paris"`; by default that of the server.
        common: See `Component`.
    """

    change = Event()
    input = Event()
    submit = Event()
    focus = Event()
    blur = Event()

    def __init__(
        self,
        value: Given | Callable[[], Given] | None = None,
        *,
        include_time: bool = True,
        type: Literal["timestamp", "datetime", "string"] = "timestamp",
        timezone: str | None = None,
        **common: Unpack[Tooled],
    ) -> None:
        self.include_time = include_time
        self.type = type
        self.timezone = timezone
        super().__init__(value, **common)

    def check(self) -> None:
        self.check_one_of("type", self.type, ("timestamp", "datetime", "string"))
        try:
            zone_of(self.timezone)
        except ValueError as error:
            raise DeclarationError(f"{self.name}: timezone={self.timezone!r} {error}") from error
        super().check()

    def props(self) -> dict[str, Value]:
        return {**super().props(), "include_time": self.include_time}

    @property
    def zone(self) -> tzinfo | None:
        """The time zone of what is shown, `None` for that of the server."""
        return zone_of(self.timezone)

    def validate(self, wire: Value, files: Files) -> Stored:
        if wire is None or wire == "":
            return None
        if not isinstance(wire, str):
            raise self.invalid(FORMS[self.include_time], wire)
        return self._text(wire)

    def accept(self, value: object) -> Stored:
        if value is None or value == "":
            return None
        if isinstance(value, str):
            return self._text(value)
        try:
            return written_moment(moment_of(value, self.zone), self.include_time)
        except (TypeError, ValueError, OverflowError, OSError) as error:
            raise self.invalid(f"a datetime, seconds since 1970, or {FORMS[self.include_time]}", value) from error

    def received(self, value: object) -> object:
        """Leave a `datetime` as it is, and make a number of numpy's a plain one."""
        return value if isinstance(value, datetime) else super().received(value)

    def _text(self, text: str) -> str:
        """Check what was typed, and bring it into one form; what is relative stays so."""
        found = read_moment(text, self.zone)
        if found is None:
            raise self.invalid(FORMS[self.include_time], text)
        return " ".join(text.lower().split()) if found.is_relative else written_moment(found.moment, self.include_time)

    def preprocess(self, value: Stored | Media, scratch: Scratch) -> object:
        found = read_moment(value, self.zone) if isinstance(value, str) else None
        if found is None:
            return None
        if self.type == "string":
            return written_moment(found.moment, self.include_time)
        return found.moment if self.type == "datetime" else found.moment.timestamp()
