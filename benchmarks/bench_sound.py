"""(d) Audio: a microphone played back, a generator, ten listeners, and the time until the first sample is heard."""

from __future__ import annotations

import asyncio
import gc
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, Page
from tests.browser.ear import TAP, delays_ms, faults, gap_ms, hear, ramp, spoken
from tests.browser.media import make_clips

from benchmarks.chromium import listening_to
from benchmarks.duration import seconds
from benchmarks.server import Server, serve
from benchmarks.sound_app import RATE_HZ
from millstream.client.client import open_page
from millstream.client.listener import Listener
from millstream.runtime.state.temp_folders import LOCK

WARM_UP_S = 3.0
LEAST_S = 10.0
"""A shorter loop-back cannot be found in the recording of the microphone, and hardly anything of the sessions remains
after their warm-up."""

SECONDS = seconds("MILLSTREAM_BENCH_S", 60, LEAST_S)
"""Duration of each of the first three, and of the sessions; the promise is 60."""

ECHO_S = min(SECONDS, 20.0)
ECHO_RATE_HZ = 16_000
TURNS = 10
SESSIONS = 10
PIECE_S = 0.02
WHOLE = "#out audio"


def measure() -> dict[str, float]:
    """All four, one after the other, each with its own server."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-bench-"))
    try:
        with listening_to(str(make_clips(folder).chirp)) as browser:
            heard = {**_echo(browser, 20), **_echo(browser, 100), **_generator(browser), **_first_sound(browser)}
        return {**heard, **_sessions(folder / "files")}
    finally:
        shutil.rmtree(folder)


@contextmanager
def _page(browser: Browser) -> Iterator[Page]:
    with serve(app="benchmarks.sound_app") as server:
        context = browser.new_context(bypass_csp=True)
        context.set_default_timeout((SECONDS + 60) * 1000)
        context.add_init_script(TAP)
        page = context.new_page()
        page.goto(server.url)
        yield page
        context.close()


def _echo(browser: Browser, every_ms: int) -> dict[str, float]:
    """Audio of the microphone comes back: its faults, and its delay beyond the length of a chunk."""
    with _page(browser) as page:
        page.locator(f"#mic{every_ms}").get_by_role("button", name="Record", exact=True).click()
        page.wait_for_function("(s) => ear.seconds > s", arg=ECHO_S)
        _, heard = hear(page)
        wrong = faults(heard, _expected(heard, spoken(page)[1]), ECHO_RATE_HZ)
        added_ms = float(np.median(delays_ms(page))) - every_ms
    return {
        f"echo_{every_ms}_out_of_order": float(sum(not gap_ms(fault) for fault in wrong)),
        f"echo_{every_ms}_gaps": float(sum(gap_ms(fault) > 0 for fault in wrong)),
        f"echo_{every_ms}_added_ms": added_ms,
    }


def _expected(heard: np.ndarray, said: np.ndarray) -> np.ndarray:
    """Return the recording of the microphone from the start of the loudspeaker on, as far as it has come by now."""
    (loud,) = np.nonzero(heard)
    probe = heard[loud[0] : loud[0] + 400]
    begin = said.tobytes().find(probe.tobytes()) // 2
    return said[begin : begin + len(heard) - loud[0] - ECHO_RATE_HZ]


def _generator(browser: Browser) -> dict[str, float]:
    """A ramp in chunks of 20 ms: its faults, and the time that gaps add to its length."""
    with _page(browser) as page:
        _play(page, SECONDS)
        page.wait_for_selector(WHOLE, state="attached")
        rate, heard = hear(page)
    wrong = faults(heard, ramp(round(SECONDS * RATE_HZ)), rate)
    return {
        "generator_gaps_over_10_ms": float(sum(gap_ms(fault) > 10 for fault in wrong)),
        "generator_out_of_order": float(sum(not gap_ms(fault) for fault in wrong)),
        "generator_drift_ms_per_minute": sum(map(gap_ms, wrong)) / SECONDS * 60,
    }


def _first_sound(browser: Browser) -> dict[str, float]:
    """From the first yield to the first sample in the audio graph, in the first turn and in those that follow."""
    took = []
    with _page(browser) as page:
        for _ in range(TURNS):
            page.evaluate("ear.forget()")
            _play(page, 0.5)
            page.wait_for_function("ear.seen.heardAt > 0")
            page.wait_for_selector(WHOLE, state="attached")
            page.wait_for_timeout(200)
            heard_ms = page.evaluate("performance.timeOrigin + ear.seen.heardAt")
            took.append(heard_ms - float(page.locator("#yielded input").input_value()))
    return {"first_turn_ms": took[0], "first_sound_p50_ms": float(np.median(took[1:]))}


def _play(page: Page, seconds: float) -> None:
    page.locator("#seconds input").fill(f"{seconds:g}")
    page.locator("#seconds input").press("Tab")
    page.get_by_role("button", name="Speak", exact=True).click()


def _sessions(folder: Path) -> dict[str, float]:
    """Ten microphones with chunks of 20 ms, each echoed: the longest wait for a chunk, memory, and files on disk."""
    gc.collect()
    gc.freeze()  # to go through all that is imported here takes 30 ms, which would count as a gap
    folder.mkdir()
    with serve(app="benchmarks.sound_app", environment={"TMPDIR": str(folder)}) as server:
        waits, grown = asyncio.run(_speak(server))
        files = sum(path.is_file() for path in folder.rglob("*") if path.name != LOCK)
    return {
        "sessions_longest_gap_ms": (max(waits) - PIECE_S) * 1000,
        "sessions_grown_mib": grown,
        "sessions_files": float(files),
    }


async def _speak(server: Server) -> tuple[list[float], float]:
    pages = [await open_page(server.url) for _ in range(SESSIONS)]
    recordings = [await page.record(page.find("microphone 20")) for page in pages]
    for recording in recordings:
        await recording.first.wait_for_state("running")
    sound = (ECHO_RATE_HZ, ramp(round((SECONDS + WARM_UP_S) * ECHO_RATE_HZ)))
    feeding = [asyncio.create_task(recording.feed(sound)) for recording in recordings]
    await asyncio.sleep(WARM_UP_S)
    listeners = [page.values[page.find("echo 20")] for page in pages]
    for listener in listeners:
        assert isinstance(listener, Listener)
        listener.longest_wait_s = 0.0
    before = server.process.memory_info().rss
    await asyncio.sleep(SECONDS - WARM_UP_S)
    grown = (server.process.memory_info().rss - before) / 2**20
    waits = [listener.longest_wait_s for listener in listeners if isinstance(listener, Listener)]
    await asyncio.gather(*feeding)
    for recording, page in zip(recordings, pages, strict=True):
        await recording.stop()
        await page.close()
    return waits, grown
