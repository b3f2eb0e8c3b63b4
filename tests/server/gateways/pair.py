"""Two gateways of one app in this process, each in a thread with a port and a private door of its own."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from tests.server.live import ORIGIN, echo

import millstream as gr
from millstream.server.app import App, create_app
from millstream.server.gateways.gateway import Gateway
from millstream.server.gateways.siblings import FolderSiblings
from millstream.server.launch import address
from millstream.server.options import ServerOptions
from millstream.server.process.network import listen
from millstream.server.serving import Server

KEY = b"k" * 32


@dataclass
class Member:
    """One gateway, its address without a slash at the end, and its server."""

    url: str
    app: App
    server: Server


@contextmanager
def member(folder: Path, name: str, demo: gr.Blocks, **options: object) -> Iterator[Member]:
    chosen = ServerOptions.resolve({"server_port": 0, "drain": 1.0, **options}, {})
    siblings = FolderSiblings(folder, name)
    app = create_app(demo, chosen, Gateway(siblings, KEY, siblings.listen()))
    listener = listen(chosen.server_name, chosen.server_port, 1)
    url = address(chosen, listener.getsockname()[1]).removesuffix("/")
    server = Server(app, listener)
    server.run_in_thread()
    try:
        yield Member(url, app, server)
    finally:
        server.stop()


@contextmanager
def pair(declare: Callable[[], gr.Blocks] = echo, **options: object) -> Iterator[tuple[Member, Member]]:
    with tempfile.TemporaryDirectory(prefix="ms-") as folder, ExitStack() as stack:
        a, b = (stack.enter_context(member(Path(folder), name, declare(), **options)) for name in ("a", "b"))
        yield a, b


@contextmanager
def browser(one: Member) -> Iterator[httpx.Client]:
    """Load the page as a browser does; its cookies are for this port, so that others are asked under its name."""
    host = one.url.removeprefix("http://")
    with httpx.Client(headers={ORIGIN: one.url, "host": host}, trust_env=False) as client:
        cookie = client.get(one.url + "/").headers.get("set-cookie", "").partition(";")[0]
        client.headers["cookie"] = cookie
        yield client
