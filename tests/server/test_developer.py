"""Who reads why a handler failed: the developer, at this machine, without a proxy in between; and nobody else."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import pytest
from tests.server.live import hear, serving
from websockets.sync.client import connect

import millstream as gr
from millstream.client import Client
from millstream.server.security.hosts import is_from_here
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Hello, Toast
from millstream.wire.packet import VERSION

SECRET = "the secret of the house"
PLACE = "test_developer.py, line"


def fail(*_: object) -> None:
    raise ValueError(SECRET)


def app() -> gr.Blocks:
    with gr.Blocks() as demo:
        gr.Button("Go").click(fail)
        camera = gr.Image(sources="webcam", label="Camera")
        camera.stream(fail, camera, camera)
        demo.load(fail)
    return demo


@contextmanager
def launched(**options: object) -> Iterator[str]:
    demo = app()
    url = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, **options)[1]  # type: ignore[arg-type]
    try:
        yield url
    finally:
        demo.close()


def told(url: str, headers: Mapping[str, str]) -> str:
    """Open a page with these headers; gives what it is told of the `load` that fails."""
    with connect(
        f"ws{url.removeprefix('http')}ws",
        origin=url.removesuffix("/"),  # type: ignore[arg-type]  # a NewType of str
        subprotocols=["millstream.1"],  # type: ignore[list-item]
        additional_headers=headers,
        proxy=None,
    ) as page:
        page.send(encode_message(Hello(seq=1, version=VERSION, build="", page_us=0)))
        while True:
            message = hear(page)
            if isinstance(message, Toast):
                return message.message


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_developer_reads_type_message_and_line(host: str) -> None:
    with launched() as url:
        said = told(url.replace("127.0.0.1", host), {})
    assert said.startswith(f"ValueError: {SECRET}\n{PLACE}")
    assert "Traceback" not in said


def test_runs_and_streams_say_it_too() -> None:
    with launched() as url, Client(url) as page:
        assert page.click("Go")[0].error.startswith(f"ValueError: {SECRET}\n{PLACE}")
        with pytest.raises(gr.Error, match=f"^ValueError: {SECRET}\n{PLACE}"):
            page.stream("Camera", [np.zeros((8, 8, 3), np.uint8)])


@pytest.mark.parametrize(
    "header",
    ["X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP"],
)
def test_behind_a_proxy_nobody_is_the_developer(header: str) -> None:
    with launched() as url:
        assert SECRET not in told(url, {header: "127.0.0.1"})


@pytest.mark.parametrize(
    "options",
    [
        {"show_error": False},
        {"server_name": "0.0.0.0"},
        {"root_path": "/demo"},
        {"allowed_hosts": ["app.example"]},
        {"allowed_origins": ["https://app.example"]},
        {"trusted_proxies": ["127.0.0.1"]},
    ],
)
def test_an_app_for_others_tells_nobody(options: dict[str, object]) -> None:
    with launched(**options) as url:
        said = told(url, {})
    assert said.startswith("Something went wrong in the app. (")


def test_show_error_tells_everybody_the_text_alone() -> None:
    with launched(show_error=True) as url:
        assert told(url, {"X-Forwarded-For": "192.0.2.1"}) == SECRET
        assert told(url, {}) == SECRET


def test_under_another_server_nobody_knows_who_asks() -> None:
    with serving(app()) as (url, _):
        assert SECRET not in told(url + "/", {})


@pytest.mark.parametrize(
    ("peer", "host", "headers", "expected"),
    [
        ("127.0.0.1", "127.0.0.1", ["host", "origin", "cookie", "user-agent", "accept-language"], True),
        ("::1", "[::1]", [], True),
        ("127.3.2.1", "localhost", [], True),
        ("192.0.2.1", "localhost", [], False),
        ("127.0.0.1", "app.example", [], False),
        ("127.0.0.1", "192.168.0.7", [], False),
        ("", "localhost", [], False),
        ("127.0.0.1", "localhost", ["X-FORWARDED-PREFIX"], False),
        ("127.0.0.1", "localhost", ["true-client-ip"], False),
        ("127.0.0.1", "localhost", ["fly-client-ip"], False),
        ("127.0.0.1", "localhost", ["x-envoy-external-address"], False),
    ],
)
def test_who_is_here(peer: str, host: str, headers: list[str], expected: bool) -> None:
    assert is_from_here(peer, host, headers) is expected
