"""Moments as people type them: `2026-01-31 18:30:00`, `2026-01-31`, `now - 1d`."""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, tzinfo
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from millstream.components.values.plain import plain_number

FORMS: Final = {
    True: "a moment such as '2026-01-31 18:30:00' or 'now - 1d'",
    False: "a date such as '2026-01-31' or 'now - 1d'",
}
"""What is taken with a time, and without."""

UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}

LONGEST: Final = 40
"""Most characters of a moment."""

_NOW: Final = re.compile(r"now(?: ?([+-]) ?([0-9]{1,9}) ?([smhd]))?", re.ASCII)
_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}")
_TIME: Final = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?")


class ReadMoment(NamedTuple):
    """A moment that was typed; `is_relative` to the moment at which it was read."""

    moment: datetime
    is_relative: bool


def read_moment(text: str, zone: tzinfo | None) -> ReadMoment | None:
    """Read what was typed; `None` if it is no moment. Without a zone the moment is naive, in the server's own."""
    if len(text) > LONGEST:
        return None
    words = " ".join(text.lower().split())
    try:
        if found := _NOW.fullmatch(words):
            sign, count, unit = found.groups()
            passed = timedelta(**{UNITS[unit]: int(count)}) if count else timedelta()
            now = datetime.now(zone).replace(microsecond=0)
            return ReadMoment(now + passed if sign == "+" else now - passed, is_relative=True)
        day, _, hour = words.replace("t", " ", 1).partition(" ")
        if not _DATE.fullmatch(day) or (hour and not _TIME.fullmatch(hour)):
            return None
        clock = (hour or "0:0").split(".")[0]
        form = "%Y-%m-%d %H:%M:%S" if clock.count(":") == 2 else "%Y-%m-%d %H:%M"
        moment = datetime.strptime(f"{day} {clock}", form).replace(tzinfo=zone)
        moment.timestamp()
        return ReadMoment(moment, is_relative=False)
    except (ValueError, OverflowError, OSError):  # no such day, or beyond what the clock of the machine counts
        return None


def moment_of(value: object, zone: tzinfo | None) -> datetime:
    """Give a `datetime`, a date, or seconds since 1970 as a moment in a zone.

    Raises:
        TypeError, ValueError, OverflowError, OSError: It is none, or beyond what can be written.
    """
    if isinstance(value, datetime):
        return value.astimezone(zone) if value.tzinfo is not None and zone is not None else value
    if isinstance(value, date):
        return datetime.combine(value, time(), zone)
    if (seconds := plain_number(value)) is None:
        raise TypeError("no moment")
    return datetime.fromtimestamp(seconds, zone)


def written_moment(moment: datetime, has_time: bool) -> str:
    """Write a moment as people type it."""
    day = moment.date().isoformat()
    return f"{day} {moment.time().isoformat('seconds')}" if has_time else day


def zone_of(name: str | None) -> tzinfo | None:
    """Find a time zone by its name; `None` for none.

    Raises:
        ValueError: There is no such zone; the message says what to do.
    """
    if name is None:
        return None
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError) as error:
        remedy = "write a name such as 'Europe/Paris'; where the system has no zones, install the package tzdata"
        raise ValueError(f"is not a time zone: {remedy}") from error
