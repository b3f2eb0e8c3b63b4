"""Whole sessions in any order: each run and stream ends once and in one state, and nothing of a page is left."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from tests.client.media import picture, ramp

import millstream as gr
from millstream.client.run import ClientRun
from millstream.testing import TestPage
from millstream.wire.encoding import decode_server_message
from millstream.wire.messages import RunState, StreamState
from millstream.wire.packet import is_packet

MOST_PAGES = 3
ENDS = ("done", "failed", "cancelled")
LONG_S = 200.0
"""Longer than anything here takes, with all that waits for it, and than a lost page is waited for."""


def declare() -> gr.Blocks:
    """An app with a handler of each kind, few slots, and two devices."""

    def fail() -> None:
        raise gr.Error("no", print_exception=False)

    def count(text: str) -> Iterator[str]:
        for number in range(3):
            yield f"{text} {number}"

    def break_off(text: str) -> Iterator[str]:
        yield text
        fail()

    async def later(text: str) -> str:
        await asyncio.sleep(2)
        return text

    async def count_later(text: str) -> AsyncIterator[str]:
        for number in range(3):
            await asyncio.sleep(0.5)
            yield f"{text} {number}"

    with gr.Blocks() as demo:
        text, kept = gr.Textbox(label="text"), gr.State([])
        camera = gr.Image(label="camera", sources=["webcam"])
        mic = gr.Audio(label="mic", sources=["microphone"])
        gr.Button("keep").click(lambda text, kept: [*kept, text], [text, kept], kept, trigger_mode="multiple")
        gr.Button("fail").click(fail, trigger_mode="multiple")
        counting = gr.Button("count").click(count, text, text, trigger_mode="multiple", concurrency_limit=2)
        gr.Button("break off").click(break_off, text, text)
        gr.Button("later").click(later, text, text, trigger_mode="always_last", concurrency_limit=None)
        chained = gr.Button("count later").click(count_later, text, text, trigger_mode="multiple")
        chained.then(lambda text: text.upper(), text, text)
        gr.Button("stop").click(None, None, None, cancels=[counting, chained])
        text.change(lambda text: None, text)
        camera.stream(lambda frame: frame, camera, camera, stream_every=0.05, time_limit=2)
        mic.stream(lambda chunk, kept: [*kept[-3:], len(chunk[1])], [mic, kept], kept, stream_every=0.1)
    return demo


BUTTONS = ("keep", "fail", "count", "break off", "later", "count later", "stop")


class Visitor:
    """A page, and how often the server said of each of its runs and streams that it is over."""

    def __init__(self, page: TestPage) -> None:
        self.page = page
        self.runs: list[ClientRun] = []
        self.recordings: list[Any] = []
        self.ends: Counter[tuple[str, int]] = Counter()
        receive = page.link.receive

        async def overheard() -> bytes:
            data = await receive()
            self.note(data)
            return data

        page.link.receive = overheard  # type: ignore[method-assign]

    def note(self, data: bytes) -> None:
        message = None if is_packet(data) else decode_server_message(data)
        if isinstance(message, RunState) and message.run and message.state in ENDS:  # 0: what no page began
            self.ends["run", message.run] += 1
        elif isinstance(message, StreamState) and message.state == "ended":
            self.ends["stream", message.stream] += 1

    @property
    def recording(self) -> Any:
        """The recording that goes on, or nothing."""
        return next((each for each in self.recordings if each.state != "ended"), None)


class SessionMachine(RuleBasedStateMachine):
    """Pages come, act in any order and leave, or vanish."""

    @initialize(handler_s=st.sampled_from([0.0, 0.02, 0.7]), latency_s=st.sampled_from([0.0, 0.03]))
    def start(self, handler_s: float, latency_s: float) -> None:
        self.keeper = TestPage(declare(), handler_time=handler_s, latency_s=latency_s)
        self.keeper.advance(1)
        self.tasks = self.count_tasks()
        self.visitors = [Visitor(self.keeper.another())]

    @property
    def one(self) -> Any:
        return st.sampled_from(self.visitors)

    def count_tasks(self) -> int:
        async def count() -> int:
            return len(asyncio.all_tasks())

        return self.keeper.run(count())

    @precondition(lambda self: len(self.visitors) < MOST_PAGES)
    @rule()
    def come(self) -> None:
        self.visitors.append(Visitor(self.keeper.another()))

    @precondition(lambda self: self.visitors)
    @rule(data=st.data(), button=st.sampled_from(BUTTONS))
    def fire(self, data: st.DataObject, button: str) -> None:
        visitor = data.draw(self.one)
        visitor.runs += visitor.page.click(button, wait=False)

    @precondition(lambda self: any(visitor.runs for visitor in self.visitors))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        visitor = data.draw(st.sampled_from([each for each in self.visitors if each.runs]))
        visitor.page.cancel(data.draw(st.sampled_from(visitor.runs)))

    @precondition(lambda self: self.visitors)
    @rule(data=st.data(), text=st.text(max_size=5))
    def edit(self, data: st.DataObject, text: str) -> None:
        data.draw(self.one).page.set("text", text)

    @precondition(lambda self: self.visitors)
    @rule(data=st.data(), device=st.sampled_from(["camera", "mic"]))
    def record(self, data: st.DataObject, device: str) -> None:
        visitor = data.draw(self.one)
        if visitor.recording is None:
            recording = visitor.page.record(device)
            visitor.recordings.append(recording)
            recording.source = [picture(1)] * 3 if device == "camera" else ramp(0.3)

    @precondition(lambda self: any(visitor.recording for visitor in self.visitors))
    @rule(data=st.data(), is_over=st.booleans())
    def feed_or_stop(self, data: st.DataObject, is_over: bool) -> None:
        recording = data.draw(st.sampled_from([each for each in self.visitors if each.recording])).recording
        if is_over:
            recording.stop()
        elif recording.state == "running":
            recording.feed(recording.source)

    @precondition(lambda self: self.visitors)
    @rule(data=st.data(), vanishes=st.booleans())
    def leave(self, data: st.DataObject, vanishes: bool) -> None:
        visitor = data.draw(self.one)
        self.visitors.remove(visitor)
        if vanishes:
            visitor.page.drop()
        visitor.page.close()

    @rule(seconds=st.sampled_from([0.01, 0.3, 3.0]))
    def time_passes(self, seconds: float) -> None:
        self.keeper.advance(seconds)

    @invariant()
    def nothing_ends_twice_and_no_page_is_thrown_out(self) -> None:
        for visitor in getattr(self, "visitors", ()):
            assert visitor.page.page.closed is None
            assert max(visitor.ends.values(), default=1) == 1

    def teardown(self) -> None:
        if not hasattr(self, "visitors"):
            return
        for visitor in self.visitors:
            if visitor.recording is not None:
                visitor.recording.stop()
        self.keeper.advance(LONG_S)
        for visitor in self.visitors:
            assert {run.state for run in visitor.runs} <= set(ENDS)
            numbers = [("run", run.number) for run in visitor.runs]
            streams = [stream for each in visitor.recordings for stream in each.streams]
            numbers += [("stream", stream.number) for stream in streams]
            assert {number: visitor.ends[number] for number in numbers} == dict.fromkeys(numbers, 1)
            visitor.page.close()
        self.keeper.advance(LONG_S)
        assert len(self.keeper.host.sessions) == 1
        assert self.keeper.host.statistics()["waiting"] == 0
        assert self.count_tasks() == self.tasks
        self.keeper.close()


SessionMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestSessions = SessionMachine.TestCase


def test_the_machine_has_an_app_that_answers() -> None:
    with TestPage(declare()) as page:
        page.set("text", "a")
        page.click("count later")
        page.advance(1)
        assert page.value("text") == "A 2"
