"""(d) A conversation: headless Chromium with a microphone that speaks, gets a reply, and interrupts it."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import Page
from tests.browser.ear import TAP
from tests.browser.media import make_clips
from tests.browser.talk import LEAD_S, PAUSE_S, SPEECH_S, Times, record_talk, watch

from benchmarks.chromium import listening_to
from benchmarks.server import serve

TURNS = 22
"""The first one interrupts nothing, and the last one may be cut off."""

DECISIONS = """
window.decisions = [];
new MutationObserver(() => {
  const talk = document.querySelector(".ms-turn-chip")?.dataset.turn;
  const isMine = (turn) => turn === "thinking" || turn === "answering";
  if (isMine(talk) && !isMine(window.talk)) window.decisions.push(Date.now() / 1000);
  window.talk = talk;
}).observe(document, {subtree: true, childList: true, attributes: true, attributeFilter: ["data-turn"]});
"""
"""Notes when the server told the page that the turn has ended, which it does when it begins the reply."""


def measure(turns: int = TURNS) -> dict[str, float]:
    """From the onset of speech to silence, and from the end of a turn to the first audio of its reply."""
    folder = Path(tempfile.mkdtemp(prefix="millstream-bench-"))
    try:
        times, decisions_s = _talk(record_talk(make_clips(folder).speech, turns, folder / "talk.wav"), turns)
    finally:
        shutil.rmtree(folder)
    silent_ms = np.array(times.barge_ins_s()) * 1000
    starts = np.array([start for start, _ in times.heard])
    waits = [starts[starts >= at - 0.05].min(initial=np.inf) - at for at in decisions_s]
    replies_ms = np.array([wait for wait in waits if wait < PAUSE_S]) * 1000
    if not len(silent_ms) or not len(replies_ms):
        heard = f"{len(times.said)} times speech, {len(decisions_s)} turns and {len(starts)} answers"
        raise RuntimeError(f"no answer was interrupted: the page noted {heard} in {turns} turns that were spoken")
    return {
        "turns": float(len(replies_ms)),
        "interruptions": float(len(silent_ms)),
        "silent_p50_ms": float(np.median(silent_ms)),
        "silent_p95_ms": float(np.percentile(silent_ms, 95)),
        "reply_p50_ms": float(np.median(replies_ms)),
        "reply_p95_ms": float(np.percentile(replies_ms, 95)),
    }


def _talk(sound: Path, turns: int) -> tuple[Times, list[float]]:
    with serve(app="benchmarks.talk_app") as server, listening_to(f"{sound}%noloop") as browser:
        page: Page = browser.new_page(bypass_csp=True)
        page.add_init_script(TAP + DECISIONS)
        page.goto(server.url)
        page.get_by_role("button", name="Record").click()
        time.sleep(LEAD_S + turns * (SPEECH_S[1] - SPEECH_S[0] + PAUSE_S))
        times, decisions_s = watch(page), page.evaluate("decisions")
    return times, decisions_s
