"""Serves an app on a real socket, in a thread, and speaks to it with and without good manners."""

import gc
import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import httpx
from websockets.sync.client import ClientConnection, connect

import millstream as gr
from millstream.server.app import App, create_app
from millstream.server.launch import address
from millstream.server.options import ServerOptions
from millstream.server.process.network import listen
from millstream.server.process.protocols import BoundedHttp
from millstream.server.serving import Server
from millstream.wire.encoding import decode_server_message, encode_message
from millstream.wire.messages import Hello, ServerMessage, Welcome
from millstream.wire.packet import VERSION

ORIGIN = "origin"


def echo() -> gr.Blocks:
    """The smallest app that does something."""
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")
        text.submit(lambda said: said, text, text)
    return demo


@contextmanager
def serving(demo: gr.Blocks | None = None, **options: object) -> Iterator[tuple[str, App]]:
    """Serve an app for as long as the block lasts; gives its address, without a slash at the end, and the app."""
    chosen = ServerOptions.resolve({"server_port": 0, "drain": 1.0, **options}, {})
    app = create_app(demo or echo(), chosen)
    listener = listen(chosen.server_name, chosen.server_port, 1)
    url = address(chosen, listener.getsockname()[1]).removesuffix("/")
    server = Server(app, listener)
    server.run_in_thread()
    try:
        yield url, app
    finally:
        server.stop()


def open_socket(
    url: str, cookie: str = "", context: ssl.SSLContext | None = None, forwarded: str = "", query: str = ""
) -> ClientConnection:
    """Open the WebSocket as a page of the app would."""
    headers = {"Cookie": cookie} if cookie else {}
    headers |= {"X-Forwarded-For": forwarded} if forwarded else {}
    return connect(
        f"ws{url.removeprefix('http')}/ws?{query}".removesuffix("?"),
        origin=url,  # type: ignore[arg-type]  # a NewType of str
        subprotocols=["millstream.1"],  # type: ignore[list-item]
        additional_headers=headers,
        max_size=None,
        compression=None,
        proxy=None,
        ssl=context,
    )


def say_hello(page: ClientConnection, build: str) -> Welcome:
    """Introduce the page; gives the session that it got."""
    page.send(encode_message(Hello(seq=1, version=VERSION, build=build, page_us=0)))
    message = hear(page)
    assert isinstance(message, Welcome), message
    return message


def hear(page: ClientConnection, timeout: float = 10.0) -> ServerMessage:
    """Wait for the next control message."""
    data = page.recv(timeout)
    assert isinstance(data, bytes)
    return decode_server_message(data)


@contextmanager
def visit(url: str, **more: object) -> Iterator[httpx.Client]:
    """Load the page as a browser does, and keep its cookies."""
    with httpx.Client(base_url=url, headers={ORIGIN: url}, trust_env=False, **more) as client:  # type: ignore[arg-type]
        client.get("/")
        yield client


def cookies(client: httpx.Client) -> str:
    return "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def raw(url: str, data: bytes, timeout: float = 10.0) -> bytes:
    """Send bytes and read until the server closes the connection, or nothing comes for a while."""
    place = urlsplit(url)
    with socket.create_connection((place.hostname, place.port), timeout) as connection:
        connection.sendall(data)
        return read_all(connection)


def read_all(connection: socket.socket) -> bytes:
    received = b""
    try:
        while piece := connection.recv(65536):
            received += piece
    except (TimeoutError, ConnectionResetError):
        pass
    return received


def held() -> list[BoundedHttp]:
    """Connections that the server still has."""
    return [found for found in gc.get_objects() if type(found) is BoundedHttp and found in found.connections]
