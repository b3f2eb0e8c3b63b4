"""Pages that come back to a session of a sibling: their messages are passed on, whole and in both directions."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.types import Scope
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from millstream.errors import Departed
from millstream.runtime.shared import Closing
from millstream.runtime.state.owned import owner_of
from millstream.server.gateways.forwarded import is_forwarded
from millstream.server.gateways.requests import passed_on, target_of
from millstream.server.gateways.siblings import Siblings, connected
from millstream.types import Transport
from millstream.wire.encoding import encode_message
from millstream.wire.limits import MAX_MESSAGE_BYTES
from millstream.wire.messages import Hello
from millstream.wire.packet import SUBPROTOCOL

OWNER_S: Final = 4.0
"""Time allowed for the owner of a session to take its page back; after that the page begins anew here."""

CLOSE_S: Final = 1.0

MAX_WAITING: Final = 4
"""Messages from a sibling that may wait for the page."""

NOT_HERE: Final = Closing(4404, "this gateway does not have the session")
"""The answer to a sibling; never sent to a page."""

LOST: Final = Closing(1001, "the gateway of the session is gone")
STOPPED: Final = Closing(1012, "the app is being restarted; come back")

_OF_HANDSHAKE: Final = (b"sec-websocket-", b"content-", b"host", b"user-agent")


class Relay:
    """Carries messages between pages and the siblings that have their sessions.

    Args:
        siblings: The other gateways.
    """

    def __init__(self, siblings: Siblings) -> None:
        self._siblings = siblings
        self._open: set[asyncio.Future[Closing]] = set()

    async def serve(self, scope: Scope, transport: Transport, owner: str, hello: Hello) -> Closing | None:
        """Serve a page up to the end of its connection; `None` if no sibling has its session.

        Args:
            scope: The request that opened the connection, over a WebSocket or HTTP.
            transport: The page's connection.
            owner: The gateway where a page begins that has no session yet; empty for this one.
            hello: Its first message.

        Raises:
            Closed: The page is gone.
        """
        if is_forwarded(scope):
            return NOT_HERE if hello.resume else None
        address = self._siblings.address(owner_of(hello.resume) if hello.resume else owner)
        if address is None:
            return None
        sibling: ClientConnection | None = None
        try:
            try:
                async with asyncio.timeout(OWNER_S):
                    sibling = await _opened(address, scope)
                    await sibling.send(encode_message(hello))
                    first = await sibling.recv(decode=False)
            except (OSError, WebSocketException):  # it is gone, or does not have it
                return None
            await transport.send(first)
            return await self._carry(transport, sibling)
        finally:
            if sibling is not None:  # also if the call was cancelled: its session would take the page for connected
                sibling.transport.abort()

    def close(self) -> None:
        """Send all pages away: the server stops, and their sessions are elsewhere."""
        for end in self._open:
            if not end.done():
                end.set_result(STOPPED)

    async def _carry(self, transport: Transport, sibling: ClientConnection) -> Closing:
        end: asyncio.Future[Closing] = asyncio.get_running_loop().create_future()
        self._open.add(end)
        tasks = [asyncio.ensure_future(_down(transport, sibling)), asyncio.ensure_future(_up(transport, sibling))]
        try:
            await asyncio.wait([end, *tasks], return_when=asyncio.FIRST_COMPLETED)
            finished = next(one for one in (end, *tasks) if one.done())
            return await finished
        finally:
            self._open.discard(end)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _down(transport: Transport, sibling: ClientConnection) -> Closing:
    """Pass on the messages of the sibling, until it closes; returns its close code and reason.

    Raises:
        Closed: The page is gone.
    """
    try:
        while True:
            await transport.send(await sibling.recv(decode=False))
    except ConnectionClosed as error:
        return LOST if error.rcvd is None else Closing(error.rcvd.code, error.rcvd.reason)


async def _up(transport: Transport, sibling: ClientConnection) -> Closing:
    """Pass on the messages of the page, and its goodbye.

    Raises:
        Closed: The page is gone.
    """
    try:
        while True:
            await sibling.send(await transport.receive())
    except Departed:
        await sibling.close(1000)
        raise
    except ConnectionClosed:
        await asyncio.Event().wait()  # what it closed with comes down
        raise


async def _opened(address: str, scope: Scope) -> ClientConnection:
    """Open a WebSocket to a sibling with the handshake of the page.

    Raises:
        OSError, WebSocketException: The sibling is gone, or refuses.
    """
    headers = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in passed_on(scope)
        if not name.startswith(_OF_HANDSHAKE)
    ]
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    path = target_of({**scope, "raw_path": scope["raw_path"].removesuffix(b"/down").removesuffix(b"/ws") + b"/ws"})
    connection = await connected(address)
    options: dict[str, Any] = {"unix": True} if address.startswith("unix:") else {}
    try:
        return await connect(
            f"ws://{host}{path.decode('latin-1')}",
            additional_headers=headers,
            user_agent_header=None,
            subprotocols=[Subprotocol(SUBPROTOCOL)],
            compression=None,
            max_size=MAX_MESSAGE_BYTES,
            max_queue=MAX_WAITING,
            ping_interval=None,
            open_timeout=OWNER_S,
            close_timeout=CLOSE_S,
            sock=connection,
            **options,
        )
    except BaseException:
        connection.close()
        raise
