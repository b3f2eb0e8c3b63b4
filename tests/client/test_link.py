"""A client over a link that is cut at any message: it comes back, and nothing is lost, repeated or out of order."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator
from typing import Any, Self

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client.media import RATE, pictures, ramp
from tests.runtime.test_link import virtual

import millstream as ms
from millstream.client.link import ASK_EVERY
from millstream.client.listener import Listener
from millstream.client.page import Page
from millstream.client.recording import Recording
from millstream.declare.injected import Request
from millstream.engines.inline import Engine
from millstream.errors import Closed, Refused
from millstream.runtime.host import Settings
from millstream.server.composition import compose_host
from millstream.transports.memory import MemoryTransport, connect

STEPS = 20
CLICKS = 8
TONE = 320

Cut = tuple[float, float, str]
CUTS = st.lists(
    st.tuples(
        st.floats(0, 0.5), st.floats(0, 8), st.sampled_from(["cut", "half open", "cut after a message", "no welcome"])
    ),
    max_size=5,
)


class Near:
    """The page's end of a connection, with faults that only one side notices, and a count of what passes."""

    def __init__(self, transport: MemoryTransport) -> None:
        self.transport = transport
        self.left = -1
        self._gone: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def abandon(self) -> None:
        """The page notices that the link is dead; the server does not."""
        if not self._gone.done():
            self._gone.set_result(None)
        self.transport.incoming.is_stalled = True

    async def receive(self) -> bytes:
        receiving = asyncio.ensure_future(self.transport.receive())
        try:
            await asyncio.wait([receiving, self._gone], return_when=asyncio.FIRST_COMPLETED)
            if self._gone.done():
                raise Closed("the link is dead")
            message = receiving.result()
        finally:
            receiving.cancel()
        if self.left == 0:
            self.transport.lose()
            raise Closed("cut before this message")
        self.left -= 1
        return message

    async def send(self, message: bytes) -> None:
        if self._gone.done():
            raise Closed("the link is dead")
        await self.transport.send(message)

    async def close(self, code: int, reason: str) -> None:
        if code == 1006:
            self.transport.lose()
        else:
            await self.transport.close(code, reason)


class Wire:
    """A host, a page, and the connections that it opens."""

    def __init__(self, demo: ms.Blocks, latency_s: float = 0.0, **options: Any) -> None:
        manifest = demo.freeze()
        self.host = compose_host(manifest, Settings(**{"grace_s": 600.0, **options}), Engine(0.0))
        self.manifest, self.latency_s = manifest, latency_s
        self.connections: list[Near] = []
        self.serving: list[asyncio.Task[None]] = []
        self.back_at = 0.0
        self.page: Page

    async def __aenter__(self) -> Self:
        await self.host.start()
        self.page = Page(self.manifest.page(), await self.open(), self.open, 600.0)  # type: ignore[arg-type]
        await self.page.open()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.page.close()
        await asyncio.sleep(1)
        assert not self.host.sessions
        await self.host.close(0)
        await asyncio.wait(self.serving)

    async def open(self) -> Near:
        if asyncio.get_running_loop().time() < self.back_at:
            raise Closed("there is no network")
        near, far = connect(latency_s=self.latency_s, buffer_bytes=1024 * 1024)
        self.serving.append(asyncio.ensure_future(self.host.serve(far, Request(), "me")))
        self.connections.append(Near(near))
        return self.connections[-1]

    def break_off(self, away_s: float, how: str) -> None:
        self.back_at = asyncio.get_running_loop().time() + away_s
        connection = self.connections[-1]
        if how == "half open":
            connection.abandon()
        elif how == "cut after a message":
            connection.left = 1
        else:
            connection.transport.lose()
        if how == "no welcome":  # the next connection is lost before its first message arrives
            self.back_at = 0.0
            original = self.open

            async def fail_once() -> Near:
                self.page.link._reopen = original  # type: ignore[assignment]
                near = await original()
                near.left = 0
                return near

            self.page.link._reopen = fail_once  # type: ignore[assignment]


class Given:
    """What the handlers were given."""

    def __init__(self) -> None:
        self.clicks: list[int] = []
        self.chunks: list[np.ndarray] = []


def declare(given_to: Given) -> ms.Blocks:
    def listen(chunk: tuple[int, np.ndarray], total: int) -> tuple[int, int]:
        given_to.chunks.append(chunk[1])
        return total + len(chunk[1]), total + len(chunk[1])

    def count() -> Iterator[tuple[int, tuple[int, np.ndarray]]]:
        for number in range(STEPS):
            yield number, (RATE, np.full(TONE, number, np.int16))

    def click(number: float) -> float:
        given_to.clicks.append(int(number))
        return number

    with ms.Blocks() as demo:
        camera = ms.Image(label="Camera", sources="webcam", streaming=True)
        camera.stream(lambda frame: frame, camera, ms.Image(label="Shown"), stream_every=0.03)
        mic, total, state = ms.Audio(label="Mic", sources="microphone"), ms.Number(label="Total"), ms.State(0)
        mic.stream(listen, [mic, state], [state, total], stream_every=0.1)
        step, voice = ms.Number(label="Step"), ms.Audio(label="Voice", streaming=True, autoplay=True)
        ms.Button("Count").click(count, None, [step, voice])
        number = ms.Number(label="Number")
        ms.Button("Send").click(click, number, ms.Number(label="Same"), trigger_mode="multiple")
    return demo


@pytest.mark.slow
@settings(max_examples=25, deadline=None)
@given(CUTS, st.sampled_from([0.0, 0.02, 0.2]))
@virtual
async def test_every_event_every_sample_and_every_result_comes_once_and_in_order(
    cuts: list[Cut], latency_s: float
) -> None:
    given_to = Given()
    async with Wire(declare(given_to), latency_s) as wire:
        page = wire.page
        camera, mic = await page.record(page.find("Camera")), await page.record(page.find("Mic"))
        for recording in (camera, mic):
            await recording.first.wait_for_state("running")
        _, samples = ramp(3.0)
        feeding = [asyncio.ensure_future(mic.feed((RATE, samples))), asyncio.ensure_future(camera.feed(pictures(90)))]
        [run] = await page.fire(page.find("Count"), "click")
        sent = 0
        for after_s, away_s, how in cuts:
            await asyncio.sleep(after_s)
            await page.set(page.find("Number"), sent)
            await page.fire(page.find("Send"), "click")
            sent += 1
            wire.break_off(away_s, how)
        await asyncio.gather(*feeding)
        await mic.stop()
        async with asyncio.timeout(120):
            await page.wait_for(lambda: all(each.is_over for each in page.runs.values()))
            voice = page.values[page.find("Voice")]
            assert isinstance(voice, Listener)
            await page.wait_for(lambda: voice.is_over)
        assert given_to.clicks == list(range(sent))
        assert [result.values[page.find("Step")] for result in run.results] == list(range(STEPS))
        heard = np.concatenate(given_to.chunks)
        assert np.array_equal(heard.ravel(), samples)
        assert page.values[page.find("Total")] == len(samples)
        assert np.array_equal(voice.samples.ravel(), np.repeat(np.arange(STEPS, dtype=np.int16), TONE))
        assert camera.first.state == "running"
        assert wire.host.totals.sessions == 1
        await camera.stop()


async def lose_the_slot(wire: Wire, mic: Recording, samples: np.ndarray) -> tuple[asyncio.Task[None], Page, float]:
    """Be away for at least 15 s of a recording, in which somebody else gets its slot.

    Gives the feeding, that other page, and the seconds that passed until the connection was back.
    """
    rival = Page(wire.manifest.page(), await wire.open(), wire.open, 600.0)  # type: ignore[arg-type]
    await rival.open()
    feeding = asyncio.ensure_future(mic.feed((RATE, samples)))
    await asyncio.sleep(0.95)
    other = await rival.record(rival.find("Mic"))
    wire.connections[0].transport.lose()
    lost_at = asyncio.get_running_loop().time()
    wire.back_at = lost_at + 15.0
    await other.first.wait_for_state("running")
    async with asyncio.timeout(60):
        await wire.page.wait_for(lambda: wire.page.welcome is not None and wire.page.welcome.resumed)
        away_s = asyncio.get_running_loop().time() - lost_at
        await mic.first.wait_for_state("waiting")
    return feeding, rival, away_s


@virtual
async def test_audio_of_a_page_that_lost_its_slot_while_it_was_away_is_handled_in_the_next_one() -> None:
    given_to = Given()
    async with Wire(declare(given_to)) as wire:
        mic, (_, samples) = await wire.page.record(wire.page.find("Mic")), ramp(40.0)
        await mic.first.wait_for_state("running")
        feeding, rival, _ = await lose_the_slot(wire, mic, samples)
        await asyncio.sleep(2.0)  # nothing is captured meanwhile, and the page says so
        await rival.close()
        await mic.first.wait_for_state("running")
        await feeding
        await mic.stop()
        heard = np.concatenate(given_to.chunks).ravel()
        steps = np.diff(heard.astype(np.int32)) % 30_000
        assert mic.first.error == ""
        assert np.count_nonzero(steps != 1) == 1, "it jumps once, where nothing was captured"
        assert len(samples) - len(heard) == pytest.approx(2 * RATE, abs=0.2 * RATE)


@virtual
async def test_who_stops_before_that_reads_how_much_was_not_handled() -> None:
    async with Wire(declare(Given())) as wire:
        mic, (_, samples) = await wire.page.record(wire.page.find("Mic")), ramp(40.0)
        await mic.first.wait_for_state("running")
        feeding, rival, away_s = await lose_the_slot(wire, mic, samples)
        with pytest.raises(ms.Error, match="s recorded without a connection were not handled") as told:
            await mic.stop()
        [told_s] = re.findall(r"[\d.]+(?= s recorded)", str(told.value))
        assert float(told_s) == pytest.approx(away_s, abs=0.3), "what was captured until it was back, and no more"
        await feeding
        await rival.close()


@pytest.mark.parametrize("way", ["close", "drop"])
@virtual
async def test_a_page_that_leaves_does_not_come_back_while_its_connection_takes_its_time_to_end(way: str) -> None:
    async with Wire(declare(Given()), grace_s=0.5) as wire:
        near = wire.connections[0]
        close = near.close

        async def close_slowly(code: int, reason: str) -> None:
            await close(code, reason)
            await asyncio.sleep(1.0)

        near.close = close_slowly  # type: ignore[method-assign]
        await (wire.page.close() if way == "close" else wire.page.drop())
        await asyncio.sleep(5.0)
        assert len(wire.connections) == 1


@virtual
async def test_what_is_too_large_for_the_server_is_refused_here_and_everything_goes_on() -> None:
    given_to = Given()
    async with Wire(declare(given_to)) as wire:
        page = wire.page
        for value in ([0] * 10_000, "x" * 2**20):
            with pytest.raises(ms.InvalidValue, match="upload it as a file"):
                await page.set(page.find("Number"), value)
        await page.set(page.find("Number"), 3)
        [run] = await page.fire(page.find("Send"), "click")
        await page.wait_for(lambda: run.is_over)
        assert given_to.clicks == [3]
        assert len(wire.connections) == 1


@virtual
async def test_what_the_server_has_is_not_kept_for_long() -> None:
    async with Wire(declare(Given())) as wire:
        for number in range(20 * ASK_EVERY):
            await wire.page.set(wire.page.find("Number"), number)
            await asyncio.sleep(0.01)
        assert len(wire.page.link._kept) <= 2 * ASK_EVERY


@virtual
async def test_without_a_network_it_is_tried_until_the_grace_period_is_over() -> None:
    wire = Wire(declare(Given()), grace_s=30.0)
    await wire.host.start()
    page = Page(wire.manifest.page(), await wire.open(), wire.open, 30.0)  # type: ignore[arg-type]
    await page.open()
    wire.break_off(1000.0, "cut")
    began = asyncio.get_running_loop().time()
    with pytest.raises(Closed, match="cannot be reached: its values are lost"):
        await page.wait_for(lambda: False)
    assert 30 <= asyncio.get_running_loop().time() - began < 40
    with pytest.raises(Closed):
        await page.set(page.find("Number"), 1)
    await page.close()
    assert not wire.host.sessions
    await wire.host.close(0)


@pytest.mark.parametrize(
    ("error", "is_final"), [(Refused("log in", "login"), True), (Refused("restarting", "shutdown"), False)]
)
@virtual
async def test_only_a_refusal_that_lasts_is_the_end(error: Closed, is_final: bool) -> None:
    async with Wire(declare(Given())) as wire:
        page = wire.page
        original: Callable[..., Any] = wire.open
        refusals = [error]

        async def refuse() -> Near:
            if refusals:
                raise refusals.pop()
            return await original()

        page.link._reopen = refuse  # type: ignore[assignment]
        wire.break_off(0.0, "cut")
        if is_final:
            with pytest.raises(Refused, match="log in"):
                await page.wait_for(lambda: False)
            (session,) = wire.host.sessions.values()
            session.end(1001, "the test is over")
        else:
            await page.wait_for(lambda: page.welcome is not None and page.welcome.resumed)
