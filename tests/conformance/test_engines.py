"""Every engine of the library passes the suite."""

from __future__ import annotations

from millstream import engines
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


class TestInline(EngineSuite):
    def engine(self) -> InlineEngine:
        return InlineEngine()


class TestRouter(EngineSuite):
    def engine(self) -> RouterEngine:
        return RouterEngine(ThreadEngine())


def test_both_are_found_by_their_names() -> None:
    found: list[Engine] = [engines.load(name) for name in ("thread", "process", "inline")]
    assert [type(engine) for engine in found] == [ThreadEngine, ProcessEngine, InlineEngine]
