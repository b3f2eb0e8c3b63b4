"""Who speaks and who listens in the tests of audio on its way out: an app with a player, and a voice without one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np

import millstream as gr
from millstream.client.listener import Listener
from millstream.declare.component import Component
from millstream.frames import Chunk
from millstream.runtime.audio.output import AudioOutput
from millstream.runtime.audio.players import Players
from millstream.runtime.send.sender import Sender
from millstream.testing.page import TestPage
from millstream.types import VideoSegment
from millstream.wire.messages import Played

RATE = 16_000
PIECE = 320
"""20 ms."""


def piece(number: int, length: int = PIECE) -> np.ndarray:
    return np.full(length, number, np.int16)


def segment(*seconds: float, is_first: bool = False) -> VideoSegment:
    return VideoSegment("video/mp4", tuple((bytes(8), each) for each in seconds), is_first)


def speaker(handler: Callable[..., Any], event: dict[str, Any] | None = None, **options: Any) -> gr.Blocks:
    """A button that lets a handler speak, one that silences it, and what happens to the player."""
    with gr.Blocks() as demo:
        out = gr.Audio(label="Out", streaming=True, autoplay=True, **options)
        speaking = gr.Button("Go").click(handler, None, out, **(event or {}))
        gr.Button("Stop").click(None, None, None, cancels=[speaking])
        gr.Button("Clear").click(lambda: None, None, out)
    return demo


def listener(page: TestPage, label: str = "Out") -> Listener:
    page.wait_for(lambda: isinstance(page.page.values[page.page.find(label)], Listener))
    found = page.page.values[page.page.find(label)]
    assert isinstance(found, Listener)
    return found


def over(page: TestPage) -> Listener:
    """Hear it to its end."""
    found = listener(page)
    page.wait_for(lambda: found.is_over, 100)
    return found


class Room:
    """A voice that speaks into one player, and a page that says what we let it say; the clock stands still."""

    def __init__(self, component: Component) -> None:
        self.sender = Sender(64, lambda: None)
        self.players = Players(self.sender)
        self.voice = AudioOutput(self.players, 0, 0)
        self.component = component

    @property
    def ahead_s(self) -> float:
        return max(each["ahead_s"] for each in self.players.statistics().values())

    async def say(self, seconds: float, *, is_live: bool = False) -> None:
        sound = Chunk(np.ones((round(seconds * RATE), 1), np.int16), RATE)
        await self.voice.put(self.component, sound, 10.0, is_live=is_live)

    def hears(self, samples_s: float, played_s: float, **changes: Any) -> None:
        """Let the page say where it is."""
        told = {"playback": 1, "received": 0, "rate": RATE, **changes}
        self.players.report(Played(samples=round(samples_s * RATE), played=round(played_s * RATE), **told))


def in_a_room(act: Callable[[Room], Awaitable[None]], **options: Any) -> None:
    demo = speaker(lambda: None, **options)
    with TestPage(demo) as page:
        (player,) = [each for each in page.host.manifest.components.values() if each.plays_ahead_s]  # type: ignore[attr-defined]

        async def enter() -> None:
            await act(Room(player))

        page.run(enter())
