"""The figures of all gateways: whichever is asked asks the others."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.host import Host
from millstream.server.gateways.requests import forward
from millstream.server.gateways.siblings import Siblings
from millstream.server.http.metrics import collected

PATH: Final = "/siblings/metrics"
"""Path of the figures on the private door; there is nothing at the public port."""

ASK_S: Final = 1.0
"""Time allowed for the answers of siblings: those that do not answer are left out."""

_DECODER: Final = msgspec.msgpack.Decoder(AppMetrics)


class Figures:
    """Collects the figures of all gateways, and gives siblings those of this one.

    Args:
        siblings: The other gateways.
        host: Gives the host of this one.
    """

    def __init__(self, siblings: Siblings, host: Callable[[], Host]) -> None:
        self._siblings = siblings
        self._host = host

    async def by_gateway(self, host: Host) -> dict[str, AppMetrics]:
        """Collect the figures of each gateway that answers in time, by its name."""
        names = await self._siblings.names()
        own, others = await asyncio.gather(collected(host), asyncio.gather(*map(self._asked, names)))
        found = {name: figures for name, figures in zip(names, others, strict=True) if figures is not None}
        found[self._siblings.name] = own
        return dict(sorted(found.items()))

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a sibling."""
        body = msgspec.msgpack.encode(await collected(self._host()))
        await Response(body, media_type="application/octet-stream")(scope, receive, send)

    async def _asked(self, name: str) -> AppMetrics | None:
        address, body = self._siblings.address(name), bytearray()

        async def take(message: Message) -> None:
            body.extend(message.get("body", b""))

        try:
            async with asyncio.timeout(ASK_S):
                if address is None or not await forward(address, _SCOPE, _nothing_more, take):
                    return None
            return _DECODER.decode(body)
        except (TimeoutError, msgspec.MsgspecError):
            return None


_SCOPE: Final[Scope] = {
    "type": "http",
    "method": "GET",
    "scheme": "http",
    "raw_path": PATH.encode(),
    "query_string": b"",
    "headers": [(b"host", b"localhost")],
    "client": None,
}


async def _nothing_more() -> Message:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}
