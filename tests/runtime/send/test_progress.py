"""How far a run is, from a handler to the page, under virtual time."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest
from tests.client.media import pictures

import millstream as ms
from millstream.client.run import ClientRun
from millstream.jobs import Advance, Level
from millstream.runtime.send.progress import ProgressSender
from millstream.runtime.send.sender import CALM
from millstream.testing.page import TestPage
from millstream.wire.messages import ProgressState


def app(handler: Any, **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Out")
        ms.Button("Go").click(handler, text, out, **options)
    return demo


def fractions(run: ClientRun) -> list[float | None]:
    return [levels[-1].fraction if levels else None for levels in run.progress]


def test_a_plain_handler_is_seen_at_its_first_word_and_its_last() -> None:
    def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        for number in range(1_001):
            progress(number / 1_000, desc=text)
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go")
        assert run.progress == [(Level("a", fraction=0.0),), (Level("a", fraction=1.0),)]
        assert page.value("Out") == "a"


def test_at_most_ten_reports_a_second_and_the_last_one_always() -> None:
    async def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        for _ in progress.tqdm(range(500)):
            await asyncio.sleep(0.01)
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go")
        assert 45 <= len(run.progress) <= 52
        assert run.progress[-1] == (Level("", 500.0, 500.0, 1.0),)
        counts = [levels[0].index for levels in run.progress]
        assert counts == sorted(counts, key=lambda count: count or 0.0)


def test_the_newest_word_arrives_although_the_handler_falls_silent() -> None:
    async def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        for part in (0.1, 0.2, 0.3):
            progress(part)
        await asyncio.sleep(60)
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go", wait=False)
        page.advance(1)
        assert fractions(run) == [0.1, 0.3]


def test_generators_of_both_kinds() -> None:
    def steps(text: str, progress: ms.Progress = ms.Progress()) -> Iterator[str]:
        for number in progress.tqdm(range(3), desc="Step"):
            yield str(number)

    async def async_steps(text: str, progress: ms.Progress = ms.Progress()) -> AsyncIterator[str]:
        for number in progress.tqdm(range(3), desc="Step"):
            await asyncio.sleep(0)
            yield str(number)

    for handler in (steps, async_steps):
        with TestPage(app(handler), handler_time=0.2) as page:
            (run,) = page.click("Go")
            assert [(levels[0].desc, levels[0].index) for levels in run.progress] == [
                ("Step", 0), ("Step", 1), ("Step", 2), ("Step", 3),
            ]  # fmt: skip
            assert [list(result.values.values()) for result in run.results] == [["0"], ["1"], ["2"]]


def test_many_sessions_at_once_each_see_their_own() -> None:
    async def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        for part in range(5):
            await asyncio.sleep(0.2)
            progress(part / 4, desc=text)
        return text

    with TestPage(app(work, concurrency_limit=None)) as one:
        pages = [one, *(one.another() for _ in range(4))]
        runs = []
        for number, page in enumerate(pages):
            page.set("Text", str(number))
            runs += page.click("Go", wait=False)
        one.advance(2)
        for number, run in enumerate(runs):
            assert {levels[0].desc for levels in run.progress} == {str(number)}
            assert fractions(run) == [0, 0.25, 0.5, 0.75, 1]
        for page in pages[1:]:
            page.close()


def test_threads_of_the_handlers_own_may_speak() -> None:
    def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        thread = threading.Thread(target=lambda: progress(0.5, "from another thread"))
        thread.start()
        thread.join()
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go")
        assert run.progress == [(Level("from another thread", fraction=0.5),)]


def test_a_failing_handler_has_said_how_far_it_was() -> None:
    def work(text: str, progress: ms.Progress = ms.Progress()) -> Iterator[str]:
        progress(0.5)
        yield "half"
        progress(0.75)
        raise ms.Error("enough")

    with TestPage(app(work)) as page:
        (run,) = page.click("Go")
        assert (run.state, run.error, fractions(run)) == ("failed", "enough", [0.5, 0.75])
        assert page.value("Out") == "half"


def test_a_run_that_is_cancelled_says_no_more() -> None:
    closed: list[str] = []

    async def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        try:
            for part in range(100):
                progress(part / 100)
                await asyncio.sleep(0.2)
        finally:
            progress(1.0)
            closed.append("closed")
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go", wait=False)
        page.advance(0.5)
        page.cancel(run)
        page.advance(1)
        assert (run.state, closed) == ("cancelled", ["closed"])
        assert fractions(run) == [0, 0.01, 0.02]


def test_a_run_of_the_servers_own_is_seen_too() -> None:
    seen: list[ProgressState] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        text.change(lambda progress=ms.Progress(): progress(0.5, "Changing"))
    with TestPage(demo) as page:
        incoming = page.page._incoming
        original = incoming.take

        async def take(said: Any, sent: int) -> None:
            if isinstance(said, ProgressState):
                seen.append(said)
            await original(said, sent)

        incoming.take = take  # type: ignore[method-assign]
        page.set("Text", "b")
        page.advance(0.1)
        assert [(message.run, message.stream, message.levels[0].desc) for message in seen] == [(0, 0, "Changing")]
        assert seen[0].call in page.page.server_runs


def test_a_page_that_takes_nothing_gets_no_heap_of_reports() -> None:
    async def work(text: str, progress: ms.Progress = ms.Progress()) -> str:
        for part in range(1_001):
            progress(part / 1_000)
            await asyncio.sleep(0.1)
        return text

    with TestPage(app(work)) as page:
        (run,) = page.click("Go", wait=False)
        link = page.link.incoming
        link._buffer_bytes, link.is_stalled = 100, True
        page.advance(50)
        link.resume()
        page.advance(5)
        before = fractions(run)
        assert len(before) < 3 * CALM + 60
        assert before[-1] is not None
        assert before[-1] > 0.5, "and it is up to date again at once"
        page.wait_for(lambda: run.is_over, 120)
        assert fractions(run)[-1] == 1.0


@pytest.mark.parametrize("is_generator", [False, True])
def test_a_call_of_a_stream_shows_how_far_it_is_and_takes_that_back(is_generator: bool) -> None:
    async def plain(frame: Any, progress: ms.Progress = ms.Progress()) -> Any:
        progress(0.5)
        await asyncio.sleep(0.3)
        return frame

    async def generator(frame: Any, progress: ms.Progress = ms.Progress()) -> AsyncIterator[Any]:
        progress(0.5)
        await asyncio.sleep(0.3)
        yield frame

    with ms.Blocks() as demo:
        camera, out = ms.Image(label="Camera", sources="webcam"), ms.Image(label="Out")
        camera.stream(generator if is_generator else plain, camera, out, stream_every=0.1)
    with TestPage(demo) as page:
        recording = page.stream("Camera", pictures(10))
        progress = recording.streams[0].progress
        assert progress[0] == (Level(fraction=0.5),)
        assert progress[1] == ()
        assert progress[-1] == ()
        assert np.asarray(page.value("Out")).ndim == 3


def test_a_stream_that_is_cancelled_takes_its_bar_back() -> None:
    async def work(frame: Any, progress: ms.Progress = ms.Progress()) -> None:
        progress(0.5)
        await asyncio.sleep(60)

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam")
        stream = camera.stream(work, camera, None, stream_every=0.1)
        ms.Button("Stop it").click(None, cancels=[stream])
    with TestPage(demo) as page:
        recording = page.record("Camera")
        recording.wait_for_state("running")
        feeding = recording.feed_in_background(pictures(30))
        page.advance(0.5)
        page.click("Stop it")
        page.advance(0.5)
        feeding.cancel()
        assert recording.streams[0].progress == [(Level(fraction=0.5),), ()]


class Said(Advance):
    """A call that announces itself as often as it likes."""

    call = 5

    def __init__(self, fraction: float) -> None:
        self._fraction = fraction

    def levels(self) -> tuple[Level, ...]:
        return (Level(fraction=self._fraction),)


def test_an_engine_that_announces_too_much_does_no_harm() -> None:
    with TestPage(app(lambda text: text)) as page:
        seen: list[float | None] = []
        (session,) = page.host.sessions.values()
        context = session._context
        context.sender.control.send = lambda message: seen.append(message.levels[0].fraction)  # type: ignore[method-assign,assignment]
        meter = ProgressSender(
            context.sender.control, context.clock, context.reports.tell, context.manifest.bindings[0]
        )

        async def hear(*fractions: float) -> None:
            for fraction in fractions:
                meter.hear(Said(fraction))

        page.run(hear(0.1, 0.2, 0.3))
        page.advance(0.15)
        assert seen == [0.1, 0.3]
        page.run(hear(0.4))
        meter.close()
        page.run(hear(0.5))
        page.advance(1)
        assert seen == [0.1, 0.3, 0.4]
        del context.sender.control.send
