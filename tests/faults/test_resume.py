"""Links that are really cut, over real sockets: nothing is lost, nothing comes twice, and everything goes on."""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from tests.client.media import endless, ramp
from tests.server.live import serving

import millstream as ms
from millstream.client.client import Client
from millstream.client.return_states import SPREAD, WAITS_S
from millstream.errors import Closed
from millstream.server.app import App
from millstream.testing.link import Link

CUTS = int(os.environ.get("MILLSTREAM_CUTS", "20"))
"""Cuts at random moments; 200 for the large run."""

SEED = 11

LONGEST_WAIT_S = WAITS_S[-1] * (1 + SPREAD) + 0.5


class Heard:
    """What the handlers were given, by recording."""

    def __init__(self) -> None:
        self.chunks: list[np.ndarray] = []
        self.clicks: list[int] = []

    @property
    def samples(self) -> np.ndarray:
        return np.concatenate(self.chunks) if self.chunks else np.zeros(0, np.int16)


def declare(heard: Heard, steps: int = 60, pause_s: float = 0.05) -> ms.Blocks:
    def listen(chunk: tuple[int, np.ndarray], total: int) -> tuple[int, int]:
        heard.chunks.append(chunk[1])
        return total + len(chunk[1]), total + len(chunk[1])

    def count() -> Iterator[int]:
        for number in range(steps):
            threading.Event().wait(pause_s)
            yield number

    def click(number: float) -> float:
        heard.clicks.append(int(number))
        return number

    with ms.Blocks() as demo:
        camera, shown = ms.Image(label="Camera", sources="webcam", streaming=True), ms.Image(label="Shown")
        camera.stream(lambda frame: frame, camera, shown, stream_every=0.03, concurrency_limit=None)
        mic, total, state = ms.Audio(label="Mic", sources="microphone"), ms.Number(label="Total"), ms.State(0)
        mic.stream(listen, [mic, state], [state, total], stream_every=0.05, concurrency_limit=None)
        step = ms.Number(label="Step")
        ms.Button("Count").click(count, None, step, concurrency_limit=None)
        number, same = ms.Number(label="Number"), ms.Number(label="Same")
        ms.Button("Send").click(click, number, same, trigger_mode="multiple", concurrency_limit=None)
    return demo


@contextmanager
def linked(demo: ms.Blocks, **options: Any) -> Iterator[tuple[Link, App, Client]]:
    with serving(demo, **options) as (url, app), Link(url) as link, Client(link.url) as page:
        yield link, app, page


def wait_until(condition: Any, timeout_s: float = 10.0) -> None:
    due = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < due, "it did not come about"
        threading.Event().wait(0.01)


def begun(page: Client) -> tuple[Any, Any, Any]:
    """Let camera, microphone and a generator run; gives the two recordings and the run."""
    recording, mic = page.record("Camera"), page.record("Mic")
    recording.wait_for_state("running")
    mic.wait_for_state("running")
    recording.feed_in_background(endless(), 30)
    [run] = page.click("Count", wait=False)
    return recording, mic, run


def test_B3_a_cut_of_5_s_costs_nothing_and_everything_goes_on_within_a_second() -> None:
    heard = Heard()
    with linked(declare(heard, steps=400)) as (link, app, page):
        recording, mic, run = begun(page)
        rate, samples = ramp(16.0)  # longer than any wait for the next attempt
        feeding = mic.feed_in_background((rate, samples))
        page.wait_for(lambda: len(run.results) > 10)
        page.set("Number", 7)
        token = page.page.welcome.resume
        link.cut(5.0)
        back_at = time.monotonic() + 5.0
        page.wait_for(lambda: page.page.link.welcome.resume != token, 20)
        resumed_at = time.monotonic()
        assert resumed_at - back_at < LONGEST_WAIT_S, "it is tried again in time"
        frames, steps, chunks = recording.summary().results, len(run.results), len(heard.chunks)
        took: dict[str, float] = {}
        while len(took) < 3:
            for name, has_gone_on in (
                ("camera", recording.summary().results > frames),
                ("generator", len(run.results) > steps),
                ("microphone", len(heard.chunks) > chunks),
            ):
                if has_gone_on:
                    took.setdefault(name, time.monotonic())
            assert time.monotonic() < back_at + 20, took
            threading.Event().wait(0.005)
        assert max(took.values()) - resumed_at < 1.0, took
        feeding.result()
        mic.stop()
        page.wait_for(lambda: run.is_over, 60)
        assert [result.values[page.page.find("Step")] for result in run.results] == list(range(400))
        assert np.array_equal(heard.samples, samples)
        assert page.value("Total") == len(samples)
        assert app.host.totals.sessions == 1
        recording.stop()
    wait_until(lambda: not app.host.sessions)


def test_B4_a_cut_longer_than_the_grace_period_is_said_and_the_session_is_freed() -> None:
    with linked(declare(Heard()), grace=1.0) as (link, app, page):
        begun(page)
        (session,) = app.host.sessions.values()
        link.cut(3.0)
        with pytest.raises(
            Closed, match=r"lost for \d s, .*given up the session: its values, 2 recordings and 1 run are"
        ):
            page.wait_for(lambda: False, 20)
        assert {stream.reason for stream in page.page.streams.values()} == {"closed"}
        wait_until(lambda: session.gone.done() and not app.host.sessions)


def test_without_a_grace_period_a_cut_ends_the_page() -> None:
    with linked(declare(Heard()), grace=0) as (link, app, page):
        assert page.page.welcome.resume == ""
        link.cut()
        with pytest.raises(Closed, match="the link is lost"):
            page.wait_for(lambda: False)
        wait_until(lambda: not app.host.sessions)


def test_a_server_that_cannot_be_reached_is_given_up_with_a_sentence() -> None:
    with serving(declare(Heard())) as (url, _), Link(url) as link, Client(link.url, grace=0.5) as page:
        page.set("Number", 3)
        link.cut(60.0)
        with pytest.raises(Closed, match="the server cannot be reached: its values are lost"):
            page.wait_for(lambda: False, 20)
        with pytest.raises(Closed, match="the server cannot be reached: its values are lost"):
            page.set("Number", 4)


def test_a_queue_position_survives_and_others_go_first_meanwhile() -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        camera.stream(lambda frame: None, camera, None, stream_every=0.03)
    with serving(demo) as (url, app), Link(url) as link, Client(url) as first, Client(link.url) as second:
        holds, waits = first.record("Camera"), second.record("Camera")
        holds.wait_for_state("running")
        second.wait_for(lambda: waits.position == 1)
        with Client(url) as third:
            behind = third.record("Camera")
            third.wait_for(lambda: behind.position == 2)
            link.cut(4.0)
            wait_until(lambda: len(app.host._shared.absences) == 1)  # type: ignore[union-attr]
            holds.stop()
            behind.wait_for_state("running")
            behind.feed_in_background(endless(), 10)  # else it would end as idle before a slow machine is back
            assert waits.state == "waiting"
            second.wait_for(lambda: second.page.link.welcome.resumed, 40)  # type: ignore[union-attr]
            second.wait_for(lambda: waits.position == 1)
            behind.stop()
            waits.wait_for_state("running")
            waits.stop()
    wait_until(lambda: not app.host.sessions)


def test_20_cuts_at_random_moments_lose_nothing_and_repeat_nothing() -> None:
    heard, chance = Heard(), random.Random(SEED)
    with linked(declare(heard, steps=40 * CUTS, pause_s=0.01)) as (link, app, page):
        recording, mic = page.record("Camera"), page.record("Mic")
        recording.wait_for_state("running")
        mic.wait_for_state("running")
        recording.feed_in_background(endless(), 30)
        rate, samples = ramp(CUTS * 0.5 + 3.0)
        feeding = mic.feed_in_background((rate, samples))
        [run] = page.click("Count", wait=False)
        said = []
        for number in range(CUTS):
            page.set("Number", number)
            page.click("Send", wait=False)
            said.append(number)
            threading.Event().wait(chance.uniform(0.05, 0.4))
            link.cut()
        feeding.result()
        mic.stop()
        page.wait_for(lambda: run.is_over, 60)
        page.wait_for(lambda: all(each.is_over for each in page.page.runs.values()), 60)
        assert heard.clicks == said
        assert [result.values[page.page.find("Step")] for result in run.results] == list(range(40 * CUTS))[-1000:]
        assert np.array_equal(heard.samples, samples[: len(heard.samples)])
        assert len(heard.samples) == len(samples)
        assert page.value("Total") == len(samples)
        assert recording.state == "running"
        assert app.host.totals.sessions == 1
        recording.stop()
    wait_until(lambda: not app.host.sessions)
