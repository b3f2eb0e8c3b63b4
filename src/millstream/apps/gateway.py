"""The main program of a gateway: it runs the user's program, whose `launch()` serves beside its siblings."""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Sequence
from pathlib import Path

from millstream.apps.program import reported, serve
from millstream.server.gateways.gateway import Gateway
from millstream.server.gateways.siblings import FolderSiblings
from millstream.supervisor.broker_keeper import SOCKET
from millstream.supervisor.loads import Loads
from millstream.supervisor.messages import Retire, Serving, Start, receive, send


def main(descriptor: int) -> int:
    """Serve until the supervisor ends this gateway, or is gone; returns the exit code.

    Args:
        descriptor: The connection with the supervisor.
    """
    supervisor = socket.socket(fileno=descriptor)
    supervisor.set_inheritable(False)
    start, listener = receive(supervisor)
    assert isinstance(start, Start)
    if listener is not None:
        listener.setblocking(False)
    siblings = FolderSiblings(Path(start.folder), start.name)

    def on_serving(listener: socket.socket, lines: Sequence[str], drain_s: float) -> None:
        send(supervisor, Serving(list(lines), drain_s), listener)

    loads = Loads(Path(start.folder), start.seat)
    gateway = Gateway(
        siblings,
        start.key,
        siblings.listen(),
        listener,
        on_serving,
        loads,
        broker=siblings.broker(SOCKET),
    )
    threading.Thread(target=_obey, args=[supervisor, gateway], name="millstream-supervisor", daemon=True).start()
    return reported(lambda: serve(start.target, start.arguments, inbrowser=start.inbrowser, gateway=gateway))


def _obey(supervisor: socket.socket, gateway: Gateway) -> None:
    """End this process when the supervisor wants it, or has been killed."""
    try:
        message, _ = receive(supervisor)
        gateway.is_retiring = isinstance(message, Retire)
    except (EOFError, OSError):
        gateway.is_retiring = False
    os.kill(os.getpid(), signal.SIGTERM)
