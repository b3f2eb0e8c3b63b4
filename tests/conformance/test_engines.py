"""Every engine of the library passes the suite."""

from __future__ import annotations

from tests.conformance.batched_program import BatchedEngine

from millstream import engines
from millstream.engines.batch import Engine as BatchEngine
from millstream.engines.inline import Engine as InlineEngine
from millstream.engines.process import Engine as ProcessEngine
from millstream.engines.router import Engine as RouterEngine
from millstream.engines.thread import Engine as ThreadEngine
from millstream.jobs import Engine
from millstream.testing.conformance.engines import EngineSuite


class TestThread(EngineSuite):
    def engine(self) -> ThreadEngine:
        return ThreadEngine()


class TestProcess(EngineSuite):
    def engine(self) -> ProcessEngine:
        return ProcessEngine()


class TestBatch(EngineSuite):
    def engine(self) -> BatchEngine:
        return BatchEngine()


class TestBatched(EngineSuite):
    """The same, with all handlers that may be called once for several calls."""

    def engine(self) -> BatchedEngine:
        return BatchedEngine()


class TestInline(EngineSuite):
    def engine(self) -> InlineEngine:
        return InlineEngine()


class TestRouter(EngineSuite):
    def engine(self) -> RouterEngine:
        return RouterEngine(ThreadEngine())


def test_all_are_found_by_their_names() -> None:
    found: list[Engine] = [engines.load(name) for name in ("thread", "process", "inline", "batch")]
    assert [type(engine) for engine in found] == [ThreadEngine, ProcessEngine, InlineEngine, BatchEngine]
