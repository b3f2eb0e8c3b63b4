"""`replay`: plays a recorded visit to an app again, faster than it was, and compares what comes of it."""

from __future__ import annotations

import asyncio
import platform
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from millstream.declare.declaration import Declaration
from millstream.declare.injected import Request
from millstream.engines.thread import Engine
from millstream.errors import ProtocolError
from millstream.recording.msr import RecordKind, UnreadableRecording, Visit, read
from millstream.runtime.settings import Settings
from millstream.server.composition import compose_host
from millstream.testing.page import on_one_engine
from millstream.testing.replayed_page import Replayed, ReplayedPage
from millstream.testing.told import EVENTS, Place, StreamStep, VisitResults, difference, results_of
from millstream.testing.virtual import VirtualLoop
from millstream.transports.memory import connect
from millstream.wire.encoding import decode_packet
from millstream.wire.packet import is_packet

BUFFER_BYTES: Final = 256 * 1024 * 1024
"""Frames that were not handled for a newer one go with that in one burst, which must not wait in the middle."""

MOST_SHOWN: Final = 20
"""Differences that a report lists."""


@dataclass(frozen=True)
class Timing:
    """The time that results took from the arrival of their packet, in milliseconds; 0 if there were none."""

    results: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True)
class Replay:
    """The comparison of a recorded visit with its replay.

    Attributes:
        differences: One sentence for each result that is another one, is missing, or was not there before.
        compared: How many values, ends and messages were compared.
        recorded: How long results took when they were recorded, waits included.
        replayed: How long the app itself takes for them now: nothing else runs, and nothing waits.
        notes: What of the visit could not be played again, and other things to know.
    """

    differences: tuple[str, ...]
    compared: int
    recorded: Timing
    replayed: Timing
    notes: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """True if nothing differs."""
        return not self.differences

    def __str__(self) -> str:
        shown = [f"- {each}" for each in self.differences[:MOST_SHOWN]]
        if len(self.differences) > MOST_SHOWN:
            shown.append(f"- and {len(self.differences) - MOST_SHOWN} more")
        lines = [
            f"{self.compared} compared, {len(self.differences)} different",
            *shown,
            f"{'':10}{'results':>8}{'p50 ms':>9}{'p95 ms':>9}",
            *(
                f"{name:10}{timing.results:>8}{timing.p50_ms:>9.1f}{timing.p95_ms:>9.1f}"
                for name, timing in (("recorded", self.recorded), ("replayed", self.replayed))
            ),
            *(f"Note: {note}" for note in self.notes),
        ]
        return "\n".join(lines)


def replay(recording: str | Path, demo: Declaration) -> Replay:
    """Play a recorded visit to an app again, and compare what the page is told with what it was told then.

    The clock is virtual: it stands still while a handler runs, and no time passes between. A stream that keeps only the
    newest frame gets those that were handled then. What was not over when the visit ended is not compared.

    Args:
        recording: A file that `launch(record=…)` wrote.
        demo: The app, as it is now.

    Raises:
        UnreadableRecording: The file cannot be read, or holds no visit.
    """
    visit = read(Path(recording))
    if not any(record.kind is RecordKind.UP for record in visit.records):
        raise UnreadableRecording(f"{recording} holds no visit: nobody said anything in it")
    try:
        return _compared(visit, _replayed(visit, demo))
    except ProtocolError as error:
        raise UnreadableRecording(f"{recording} holds something that no page and no app says: {error}") from error


def _replayed(visit: Visit, demo: Declaration) -> Replayed:
    """Play it in a thread of its own: in a notebook, say, a loop runs in this one."""
    thread = ThreadPoolExecutor(1, "millstream-replay")
    try:
        return thread.submit(_replayed_here, visit, demo).result()
    finally:
        thread.shutdown(wait=False)


def _replayed_here(visit: Visit, demo: Declaration) -> Replayed:
    loop, engine = VirtualLoop(), Engine()
    loop.watch(lambda: engine.is_busy)
    try:
        return loop.run_until_complete(_play(visit, demo, engine))
    finally:
        loop.close()


def _compared(visit: Visit, replayed: Replayed) -> Replay:
    downs = [(record.time_us, record.body) for record in visit.records if record.kind is RecordKind.DOWN]
    before, now = results_of(downs), results_of(replayed.downs, replayed.sources)
    differences, compared = compare(before, now)
    return Replay(
        differences=tuple(differences),
        compared=compared,
        recorded=_timing(before, _arrivals(visit)),
        replayed=_timing(now, replayed.arrivals_us),
        notes=tuple(_notes(visit, replayed)),
    )


def compare(before: VisitResults, now: VisitResults) -> tuple[list[str], int]:
    """Compare two visits; gives the differences, as sentences, and how many things were compared."""
    found = [f"{_named(place)}: {how}" for place, how in _values(before, now)]
    for name, old in sorted(before.ends.items()):
        new = now.ends.get(name, "running")
        if old.split()[0] != new.split()[0]:  # whether a visitor reads why a handler failed is up to the operator
            found.append(f"{name}: ended as {old!r}, now {new!r}")
    if [_said(toast) for toast in before.toasts] != [_said(toast) for toast in now.toasts]:
        found.append(f"messages: {before.toasts} became {now.toasts}")
    for component in sorted({*before.audio, *now.audio}):
        heard, hears = before.audio.get(component, b""), now.audio.get(component, b"")
        if None not in (heard, hears) and heard != hears:
            sizes = f"{len(heard or b'')} bytes of samples became {len(hears or b'')}"
            found.append(f"component {component}: the audio is another one; {sizes}")
    names = [*before.ends, *before.toasts, *{*before.audio, *now.audio}]
    return found, len({*before.values, *now.values}) + len(names)


def _values(before: VisitResults, now: VisitResults) -> list[tuple[Place, str]]:
    found = []
    unfinished = now.ends.keys() - before.ends.keys()
    for place in sorted({*before.values, *now.values}):
        if place not in now.values:
            found.append((place, "is missing now"))
        elif place not in before.values:
            if not (place.step.where in unfinished or (place.step.where == EVENTS and unfinished)):
                found.append((place, "was not there before"))
        elif how := difference(before.values[place], now.values[place]):
            found.append((place, how))
    return found


def _said(toast: str) -> str:
    return "error" if toast.startswith("error:") else toast


def _named(place: Place) -> str:
    return f"{place.step}: {place.property} of component {place.component}"


async def _play(visit: Visit, demo: Declaration, engine: Engine) -> Replayed:
    host = compose_host(
        on_one_engine(demo.freeze()), Settings(show_error=True, grace_s=0.0, messages_per_s=1e9), engine
    )
    near, far = connect(buffer_bytes=BUFFER_BYTES)
    page = ReplayedPage(near, visit, host)
    await host.start()
    serving = asyncio.create_task(host.serve(far, Request()))
    try:
        return await page.play()
    finally:
        await near.close(1001, "the replay is over")
        await host.close(drain_s=0)
        await serving


def _arrivals(visit: Visit) -> dict[tuple[int, int], int]:
    """Give the times at which packets arrived, by stream and sequence."""
    ups = [(record.time_us, record.body) for record in visit.records if record.kind is RecordKind.UP]
    packets = [(time_us, decode_packet(body)) for time_us, body in ups if is_packet(body)]
    return {(packet.stream, packet.sequence): time_us for time_us, packet in packets}


def _timing(results: VisitResults, arrivals_us: dict[tuple[int, int], int]) -> Timing:
    def arrived(step: StreamStep) -> int | None:
        stream = step.where.removeprefix("stream ")
        return arrivals_us.get((int(stream), step.source)) if stream.isdecimal() and not step.number else None

    pairs = [(arrived(step), sent) for step, sent in results.times_us.items()]
    times = [(sent - at) / 1000 for at, sent in pairs if at is not None]
    p50, p95 = np.percentile(times or [0.0], (50, 95))
    return Timing(len(times), float(p50), float(p95))


def _notes(visit: Visit, replayed: Replayed) -> list[str]:
    notes = list(replayed.notes)
    if not visit.is_whole:
        notes.append("the recording was cut off; it was replayed as far as it goes")
    if visit.header.python not in ("", platform.python_version()):
        notes.append(f"it was recorded with Python {visit.header.python}; this is {platform.python_version()}")
    return notes
