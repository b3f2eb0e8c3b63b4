"""The figures of all gateways: whichever is asked asks the others."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Scope

from millstream.runtime.app_metrics import AppMetrics
from millstream.runtime.host import Host
from millstream.server.gateways.requests import forward
from millstream.server.gateways.siblings import Siblings
from millstream.server.http.metrics import FRESH, collected
from millstream.server.http.operator import carries

PATH: Final = "/siblings/metrics"
"""Path of the figures of one gateway; for whoever does not have the token there is nothing."""

ASK_S: Final = 1.0
"""Time allowed for the answers of siblings: those that do not answer are left out."""

_DECODER: Final = msgspec.msgpack.Decoder(AppMetrics)


class Figures:
    """Collects the figures of all gateways, and gives siblings those of this one.

    Args:
        siblings: The other gateways.
        token: What siblings send to be answered, in printable ASCII: they may come by the public port.
    """

    def __init__(self, siblings: Siblings, token: str) -> None:
        self._siblings = siblings
        self._token = token
        self._scope: Scope = {
            "type": "http",
            "method": "GET",
            "scheme": "http",
            "raw_path": PATH.encode(),
            "query_string": b"",
            "headers": [(b"host", b"localhost"), (b"authorization", f"Bearer {token}".encode())],
            "client": None,
        }

    async def by_gateway(self, host: Host) -> dict[str, AppMetrics]:
        """Collect the figures of each gateway that answers in time, by its name."""
        names = await self._siblings.names()
        own, others = await asyncio.gather(collected(host), asyncio.gather(*map(self._asked, names)))
        found = {name: figures for name, figures in zip(names, others, strict=True) if figures is not None}
        found[self._siblings.name] = own
        return dict(sorted(found.items()))

    async def serve(self, request: Request) -> Response:
        """Answer a sibling."""
        if not carries(request.headers.get("authorization", ""), self._token):
            return JSONResponse({"error": "Not Found"}, 404, FRESH)
        body = msgspec.msgpack.encode(await collected(request.scope["host"]))
        return Response(body, headers=FRESH, media_type="application/octet-stream")

    async def _asked(self, name: str) -> AppMetrics | None:
        address, body = self._siblings.address(name), bytearray()

        async def take(message: Message) -> None:
            body.extend(message.get("body", b""))

        try:
            async with asyncio.timeout(ASK_S):
                if address is None or not await forward(address, self._scope, _nothing_more, take):
                    return None
            return _DECODER.decode(body)
        except (TimeoutError, msgspec.MsgspecError):
            return None


async def _nothing_more() -> Message:
    await asyncio.Event().wait()
    return {"type": "http.disconnect"}
