"""Every transport of the library passes the suite; that over WebSocket is tested with a real server beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from tests.server.over_http import connected

from millstream.testing.conformance.transports import Pair, TransportSuite
from millstream.transports.memory import connect


class TestMemory(TransportSuite):
    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        yield connect()


@pytest.mark.parametrize("latency_s", [0.001])
class TestSlowMemory(TransportSuite):
    @pytest.fixture(autouse=True)
    def _latency(self, latency_s: float) -> None:
        self.latency_s = latency_s

    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        yield connect(latency_s=self.latency_s)


class TestHttp(TransportSuite):
    @asynccontextmanager
    async def pair(self) -> AsyncIterator[Pair]:
        async with connected() as pair:
            yield pair
