"""Calls for a page that is gone: its `unload` handlers."""

from __future__ import annotations

import asyncio
import logging
from contextlib import aclosing

from millstream.declare.binding import Binding
from millstream.errors import Busy, DeclarationError, InvalidValue, QuotaExceeded
from millstream.jobs import Advance, Notice, Occurrence
from millstream.runtime.calls import Cause
from millstream.runtime.context import SessionContext
from millstream.runtime.state.values import apply
from millstream.tickets import TicketState

logger = logging.getLogger("millstream.session")


async def run_unseen(context: SessionContext, binding: Binding, event: Occurrence) -> None:
    """Call a handler for a page that is gone, when it has a slot: values are written, and nobody is told.

    Raises:
        TimeoutError: It takes longer than `farewell_s`.
    """
    queued, worker, ticket, calls, values = _Farewell(), None, None, context.calls, context.values
    try:
        if binding.queue:
            ticket = context.queue.join(queued, binding, context.page.caller.visitor, is_farewell=True)
        while ticket is not None and ticket.state is TicketState.WAITING:
            await queued.admission.wait()
            if queued.refusal is not None:
                raise queued.refusal
        worker = calls.open(binding, _nobody, ticket)
        began = calls.begin(binding, Cause(event=event))
        async with asyncio.timeout(context.settings.farewell_s), aclosing(worker.submit(began.job)) as results:
            async for result in results:
                apply(result, values, context.store, began.claim)
    except Busy as error:
        logger.warning("handler %s is not called for a page that has gone: %s", binding.name, error)
    except (QuotaExceeded, InvalidValue, DeclarationError) as error:
        context.reports.failed(binding.name, error)
    finally:
        if worker is not None:
            await worker.close()
        if ticket is not None:
            context.queue.leave(ticket)


def _nobody(said: Notice | Advance) -> None:
    """Hear what a handler says to a page that is gone."""


class _Farewell:
    """A `Queued` of the queue that nobody sees any more."""

    def __init__(self) -> None:
        self.admission = asyncio.Event()
        self.refusal: Busy | None = None

    def admitted(self) -> None:
        self.admission.set()

    def refused(self, error: Busy) -> None:
        self.refusal = error
        self.admission.set()

    def extended(self) -> None:
        """Nobody is to know."""

    def expired(self) -> None:
        """It is called once."""

    def surrender(self) -> None:
        """Its page does not come back, so it is never away."""

    def stands(self, position: int, eta_s: float) -> None:
        """Nobody is to know."""
