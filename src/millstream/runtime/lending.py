"""Lends a connection to a session, and closes it when that needs it no longer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from typing import Any, Final

from millstream.errors import Busy, Closed, ProtocolError, Refused
from millstream.runtime.session import Session
from millstream.runtime.shared import Closing
from millstream.types import Transport
from millstream.wire.close_codes import CLOSE_TAKEN_OVER

logger = logging.getLogger("millstream.session")

REFUSALS: Final = {"busy": 1013, "shutdown": 1012}
"""Close codes of refusals; of the others 1008."""

LOST: Final = Closing(1001, "the link is lost")
REPLACED: Final = Closing(CLOSE_TAKEN_OVER, "the page has come back over another connection")


async def lend(transport: Transport, serving: Coroutine[Any, Any, Closing]) -> None:
    """Serve a page over a transport, and close that; never raises for what a page does.

    If this is cancelled, the link of the session is lost, and the session finds its own end.
    """
    try:
        closing = await serving
    except ProtocolError as error:
        closing = Closing(error.code, str(error))
    except Busy as error:
        closing = Closing(REFUSALS["busy"], str(error))
    except Refused as error:
        closing = Closing(REFUSALS.get(error.code, 1008), str(error))
    except Closed as error:
        closing = Closing(1001, str(error))
    except Exception as error:
        logger.error("serving a page failed", exc_info=error)
        closing = Closing(1011, "something went wrong in the server")
    await transport.close(*closing)


async def lent(session: Session, attached: Coroutine[Any, Any, bool], transport: Transport) -> Closing:
    """Wait until a transport is not needed any more, and if the session has ended until nothing is left of it.

    A server that is being stopped waits for its calls: what belongs to the end of a page is not cut off then.
    """
    is_replaced = await attached
    if session.closing is None:
        return REPLACED if is_replaced else LOST
    await transport.close(*session.closing)
    await asyncio.shield(session.gone)
    return session.closing
