"""A call's steps serve engines from outside: one takes them apart, one ships the job whole; both pass the suite."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest
from tests.conformance.batching_engine import BatchingEngine
from tests.conformance.process_engine import ProcessEngine

import millstream as ms
from millstream.codecs import jpeg
from millstream.frames import Frame
from millstream.jobs import Job
from millstream.runtime.call.program import AppProgram
from millstream.testing.conformance.engines import RULES, EngineSuite
from millstream.wire.packet import INDEPENDENT, KEY, Packet, PacketKind


class TestBatching(EngineSuite):
    def engine(self) -> BatchingEngine:
        return BatchingEngine()


def mean_of(frames: list[np.ndarray], offsets: list[float]) -> list[str]:
    if max(offsets) > 100:
        raise ValueError("too far")
    return [f"{frame.mean() + offset:.0f}" for frame, offset in zip(frames, offsets, strict=True)]


def frame_job(shade: int, offset: float, payload: bytes | None = None) -> Job:
    data = jpeg.open_encoder(1.0).encode(Frame(np.full((16, 16, 3), shade, np.uint8))).payload
    packet = Packet(PacketKind.PICTURE, jpeg.NUMBER, KEY | INDEPENDENT, 1, 0, 1, 0, 0, 0, payload or data)
    return Job(0, shade + 1, (None, offset), (packet,), stream=1)


@pytest.mark.anyio
@pytest.mark.parametrize(("offset", "failure"), [(1.0, ""), (200.0, "too far")])
async def test_one_call_of_the_handler_handles_the_frames_of_several_streams(offset: float, failure: str) -> None:
    with ms.Blocks() as demo:
        camera = ms.Image(sources="webcam")
        camera.stream(mean_of, [camera, ms.Number(0)], ms.Textbox())
    engine = BatchingEngine(mean_of)
    engine.start(AppProgram(demo.freeze(), RULES, show_error=True))
    workers = [engine.open(0, lambda said: None) for _ in range(4)]
    jobs = [frame_job(10, 1.0), frame_job(50, 2.0, b"no JPEG"), frame_job(90, 3.0), frame_job(130, offset)]
    first, broken, *others = await asyncio.gather(
        *(anext(worker.submit(job)) for worker, job in zip(workers, jobs, strict=True))
    )
    assert engine.batches == [3], "what cannot be decoded is in no batch"
    assert broken.failure is not None
    assert broken.failure.kind == "media"
    assert [result.call for result in (first, *others)] == [11, 91, 131]
    for result, text in zip((first, *others), ("11", "93", "131"), strict=True):
        assert (result.failure.message if result.failure else "") == failure
        assert [output.value for output in result.outputs.values()] == ([] if failure else [text])
    for worker in workers:
        await worker.close()


class TestProcess(EngineSuite):
    def engine(self) -> ProcessEngine:
        return ProcessEngine()
