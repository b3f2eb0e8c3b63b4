"""What one user says or sees never reaches another one, in whatever order things happen; and audio stays whole."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.client.media import RATE, picture

import millstream as gr
from millstream.runtime.settings import Settings
from millstream.testing import TestPage
from millstream.wire.packet import is_packet

SECRETS = ("ann-4711-secret", "bob-0815-secret")


def declare() -> gr.Blocks:
    """An app that keeps, repeats, raises, counts and shows whatever it is told."""
    with gr.Blocks() as demo:
        text, shown = gr.Textbox(label="text"), gr.Textbox(label="shown")
        kept = gr.State([])
        menu = gr.Dropdown([], label="menu", allow_custom_value=True)
        camera = gr.Image(label="camera", sources=["webcam"])
        image = gr.Image(label="image")

        def keep(text: str, kept: list[str]) -> tuple[list[str], str]:
            gr.Info(f"heard {text}")
            kept.append(text)
            return kept, " ".join(kept)

        def steps(text: str) -> Iterator[str]:
            for number in range(3):
                yield f"{text} {number}"

        def fail(text: str) -> None:
            raise gr.Error(text, print_exception=False)

        async def later(text: str, kept: list[str]) -> tuple[str, Any]:
            await asyncio.sleep(0.05)
            return f"{text} {kept}", gr.update(choices=[text], value=text, label=text)

        gr.Button("keep").click(keep, [text, kept], [kept, shown], trigger_mode="multiple")
        gr.Button("steps").click(steps, text, shown, trigger_mode="multiple", concurrency_limit=2)
        gr.Button("fail").click(fail, text, None, trigger_mode="multiple")
        gr.Button("later").click(later, [text, kept], [shown, menu], trigger_mode="multiple", concurrency_limit=None)
        text.change(lambda value: value, text, shown)
        camera.stream(
            lambda frame, text: (frame, text), [camera, text], [camera, shown], stream_every=0.05, time_limit=1
        )
        image.upload(lambda value: value, image, image)
    return demo


class Overhearing:
    """A page that keeps every byte that the server sends to it."""

    def __init__(self, page: TestPage, secret: str) -> None:
        self.page, self.secret = page, secret
        self.heard: list[bytes] = []
        receive = page.link.receive

        async def overheard() -> bytes:
            data = await receive()
            self.heard.append(data)
            return data

        page.link.receive = overheard  # type: ignore[method-assign]
        self.recording: Any = None

    def act(self, action: str, rng: random.Random) -> None:
        page = self.page
        if action == "edit":
            page.set("text", f"{self.secret} {rng.random()}")
        elif action in ("keep", "steps", "fail", "later"):
            page.click(action, wait=False)
        elif action == "record":
            if self.recording is None or self.recording.state == "ended":
                self.recording = page.record("camera")
        elif action == "film":
            if self.recording is not None and self.recording.state == "running":
                self.recording.feed([picture(len(self.secret))] * 3)
        elif action == "stop":
            if self.recording is not None:
                self.recording.stop()
                self.recording = None
        elif action == "upload":
            page.set("image", picture(rng.randrange(256)))
        else:
            page.advance(0.03)


ACTIONS = ("edit", "keep", "steps", "fail", "later", "record", "film", "stop", "upload", "wait")


@settings(max_examples=150)
@given(
    script=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(ACTIONS)), min_size=5, max_size=40),
    handler_s=st.sampled_from([0.0, 0.02, 0.3]),
    seed=st.integers(0, 2**16),
)
def test_two_users_never_hear_of_each_other(script: list[tuple[int, str]], handler_s: float, seed: int) -> None:
    rng = random.Random(seed)
    with (
        TestPage(declare(), handler_time=handler_s, settings=Settings(show_error=True), latency_s=0.01) as page,
        page.another() as other,
    ):
        users = [Overhearing(one, secret) for one, secret in zip((page, other), SECRETS, strict=True)]
        for user in users:
            user.act("edit", rng)
        for number, action in script:
            users[number].act(action, rng)
        page.advance(5)
        for user, foreign in zip(users, reversed(SECRETS), strict=True):
            assert any(user.secret.encode() in data for data in user.heard)
            assert not any(foreign.encode() in data for data in user.heard)
            assert user.page.page.closed is None
            streams = set(user.page.page.streams)
            packets = [data for data in user.heard if is_packet(data)]
            assert all(int.from_bytes(data[4:8], "little") in streams | {0} for data in packets)


@pytest.mark.parametrize("seed", range(3))
def test_ten_minutes_of_audio_stay_whole_though_the_handler_is_too_slow_now_and_then(seed: int) -> None:
    rng = random.Random(seed)
    heard: list[np.ndarray] = []
    every_s = 0.25
    with gr.Blocks() as demo:
        mic = gr.Audio(label="mic", sources=["microphone"])

        def hear(chunk: tuple[int, np.ndarray]) -> None:
            assert chunk[0] == RATE
            heard.append(chunk[1])
            page.handler_time = rng.choice([0.01, 0.1, 0.2, 3 * every_s, 12 * every_s])

        mic.stream(hear, mic, None, stream_every=every_s, max_backlog=60)
    sound = np.random.default_rng(seed).integers(-32768, 32768, 600 * RATE, np.int16)
    with TestPage(demo, latency_s=0.02) as page:
        recording = page.stream("mic", (RATE, sound))
        assert page.now >= 600
        assert recording.streams[0].reason == "user"
    assert np.array_equal(np.concatenate(heard), sound), "lost, repeated or in another order"
    piece = round(every_s * RATE)
    assert all(len(chunk) % piece == 0 for chunk in heard[:-1])
    assert max(len(chunk) for chunk in heard) > 3 * piece, "it was behind, and caught up"
