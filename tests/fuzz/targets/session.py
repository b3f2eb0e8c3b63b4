"""What a page says to a session: a JSON object on each line, one for each message, packet or pause.

Sequences of control messages are filled in. `{"type": "raw", "text": …}` is sent as it is, `{"type": "packet", …}`
names the fields of a header, and `{"type": "wait", "s": …}` lets time pass. Lines that are none of these are left out.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import logging
import struct
from collections.abc import Iterator
from functools import cache
from typing import Any

import msgspec
import numpy as np

import millstream as gr
from millstream.codecs import jpeg, pcm16
from millstream.declare.injected import Request
from millstream.errors import Closed
from millstream.frames import Chunk, Frame
from millstream.testing import TestPage
from millstream.transports.memory import MemoryTransport, connect
from millstream.wire.encoding import encode_message, encode_packet
from millstream.wire.messages import Hello
from millstream.wire.packet import VERSION, Packet, PacketKind

MOST_LINES = 40
LONGEST_WAIT_S = 5.0
CODES = {1000, 1001, 1002, 1003, 1006, 1008, 1009, 4400, 4404, 4409}
"""How a connection may end: never with an error of the server, 1011."""

LINK_LOST = 1006


def declare() -> gr.Blocks:
    """An app with an event and a stream of each kind."""
    with gr.Blocks() as demo:
        camera = gr.Image(label="Camera", sources=["webcam"])
        text, level, state = gr.Textbox(label="Text"), gr.Slider(0, 10, value=5, step=1, label="Level"), gr.State([])
        menu = gr.Dropdown(["a", "b"], label="Menu", multiselect=True)
        file = gr.File(label="File")

        def count(text: str) -> Iterator[str]:
            for number in range(3):
                yield f"{text} {number}"

        def fail() -> None:
            raise gr.Error("no", print_exception=False)

        async def later(text: str) -> str:
            await asyncio.sleep(0.5)
            return text

        camera.stream(lambda frame, text: (frame, text), [camera, text], [camera, text], stream_every=0.0)
        mic = gr.Audio(label="Mic", sources=["microphone"])
        mic.stream(lambda chunk, kept: ([*kept[-3:], len(chunk[1])], "heard"), [mic, state], [state, text])
        gr.Button("keep").click(lambda *values: [*values[0], 1], [state, level, menu, file], state)
        counting = gr.Button("count").click(count, text, text, trigger_mode="multiple", concurrency_limit=2)
        gr.Button("fail").click(fail)
        gr.Button("later").click(later, text, text, trigger_mode="always_last")
        gr.Button("stop").click(None, None, None, cancels=[counting])
        speaker = gr.Audio(label="Speaker", streaming=True, autoplay=True)
        gr.Button("speak").click(lambda: (8000, np.zeros(800, np.int16)), None, speaker)
        level.change(lambda value: value, level, None)
    return demo


class Complaints(logging.Handler):
    """Keeps what the library has to say of errors."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(self.format(record))


@cache
def app() -> tuple[TestPage, Complaints]:
    """The app, which serves each input in a session of its own, and what it complains of."""
    complaints = Complaints()
    log = logging.getLogger("millstream")
    log.addHandler(complaints)
    log.propagate = False
    return TestPage(declare(), handler_time=0.01), complaints


def close() -> None:
    """End the app."""
    page, complaints = app()
    page.close()
    log = logging.getLogger("millstream")
    log.removeHandler(complaints)
    log.propagate = True
    app.cache_clear()


def fuzz(data: bytes) -> None:
    """Say it all, leave, and look: nothing is left of the session, and nobody complained."""
    page, complaints = app()
    lines = [line for line in map(parsed, data.splitlines()[:MOST_LINES]) if line is not None]
    code = page.run(visit(page, lines))
    assert code in CODES, f"closed with {code}"
    assert len(page.host.sessions) == 1, "besides that of the page that keeps the app open"
    assert complaints.said == []


async def visit(page: TestPage, lines: list[dict[str, Any]]) -> int:
    """Say the lines to a session; gives the code with which it ended."""
    near, far = connect()
    before = asyncio.all_tasks()
    serving = asyncio.create_task(page.host.serve(far, Request(), "fuzzer"))
    reading = asyncio.create_task(read(near))
    numbers = itertools.count(2)
    try:
        await near.send(encode_message(Hello(seq=1, version=VERSION, build="", page_us=0)))
        for line in lines:
            if line["type"] == "wait":
                await asyncio.sleep(min(max(float(line["s"]), 0.0), LONGEST_WAIT_S))
            else:
                await near.send(message(line, next(numbers)))
        await asyncio.sleep(1)
    except Closed:
        pass
    await near.close(1001, "")
    await asyncio.wait_for(serving, 60)
    await asyncio.wait_for(reading, 60)
    await asyncio.sleep(60)
    left = asyncio.all_tasks() - before
    assert not left, left
    return near.code or LINK_LOST


async def read(near: MemoryTransport) -> None:
    """Take what the server says."""
    try:
        while True:
            await near.receive()
    except Closed:
        return


def parsed(line: bytes) -> dict[str, Any] | None:
    """Read a line, if it is one that can be said."""
    try:
        found = json.loads(line)
        assert isinstance(found["type"], str)
        assert found["type"] != "wait" or found["s"] >= 0
        message(found, 2)
    except (
        ValueError,
        TypeError,
        KeyError,
        AssertionError,
        AttributeError,
        RecursionError,
        OverflowError,
        struct.error,
    ):
        return None
    return found


FRAME = jpeg.open_encoder(0.8).encode(Frame(np.zeros((16, 16, 3), np.uint8))).payload
PACKET = Packet(PacketKind.PICTURE, 1, 3, 1, 1, 1, 0, 0, 0, FRAME)


def message(line: dict[str, Any], number: int) -> bytes:
    """Make the bytes of a line."""
    if line["type"] == "wait":
        return b""
    if line["type"] == "raw":
        return str(line["text"]).encode()
    if line["type"] != "packet":
        return msgspec.msgpack.encode({"seq": number} | line)
    fields = {name: value for name, value in line.items() if name not in ("type", "samples")}
    if "samples" in line:
        fields |= {"kind": PacketKind.SOUND, "payload": sound(line["samples"])}
    return encode_packet(msgspec.structs.replace(PACKET, **fields))


def sound(count: int) -> bytes:
    """Make so many samples of silence."""
    return bytes(pcm16.open_encoder(1.0).encode(Chunk(np.zeros((min(count, 2000), 1), np.int16), 16_000)).payload)
