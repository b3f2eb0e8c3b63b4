import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request
from starlette.types import Message

from millstream.server.http.uploads import (
    STALL_S,
    chunks_of,
    clean_name,
    clean_type,
    disposition,
    parse_range,
    send_file,
)
from millstream.testing.virtual import VirtualLoop
from millstream.types import Blob

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "span"),
    [
        ("bytes=0-99", (0, 100, True)),
        ("bytes=990-", (990, 1000, True)),
        ("bytes=990-5000", (990, 1000, True)),
        ("bytes=-10", (990, 1000, True)),
        ("bytes=-5000", (0, 1000, True)),
        ("bytes=1000-", None),
        ("bytes=-0", None),
        ("bytes=10-5", (0, 1000, False)),
        ("bytes=-", (0, 1000, False)),
        ("bytes=0-1,5-6", (0, 1000, False)),
        ("items=0-1", (0, 1000, False)),
        ("bytes=a-b", (0, 1000, False)),
        ("bytes=" + ",".join("0-1" for _ in range(1000)), (0, 1000, False)),
        ("bytes=" + "9" * 5000 + "-", (0, 1000, False)),
        ("", (0, 1000, False)),
    ],
)
def test_ranges(header: str, span: tuple[int, int, bool] | None) -> None:
    assert parse_range(header, SIZE) == span


@given(st.text("bytes=-,0123456789 ", max_size=40), st.integers(0, 100))
def test_a_range_lies_within_the_file(header: str, size: int) -> None:
    span = parse_range(header, size)
    assert span is None or 0 <= span[0] <= span[1] <= size


def test_an_empty_file_has_no_ranges() -> None:
    assert parse_range("bytes=0-", 0) is None
    assert parse_range("", 0) == (0, 0, False)


NAMES = [
    ("../../x", "x"),
    ("..\\x", "x"),
    ("C:\\x.png", "x.png"),
    ("\\\\host\\share", "share"),
    ("x::$DATA", "x::$DATA"),
    ("a\nb\r\0.png", "ab.png"),
    ("\x1b[31mred.png", "[31mred.png"),
    ("%2e%2e%2f", "%2e%2e%2f"),
    ("..", "file"),
    ("", "file"),
    ("photo\u202egnp.exe", "photognp.exe"),
    ("\udcff.png", "png"),
    ("x" * 10_000, "x" * 200),
    ("Ünïcode 画像.png", "Ünïcode 画像.png"),
]


@pytest.mark.parametrize(("name", "clean"), NAMES)
def test_names_are_something_to_show(name: str, clean: str) -> None:
    assert clean_name(name) == clean


@given(st.text(st.characters()))
def test_any_name_is_safe_in_a_header(name: str) -> None:
    header = disposition(name, is_attachment=True)
    assert header.isascii()
    assert header.isprintable()
    assert '"' not in header
    assert header.count(";") == 1


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("image/PNG; charset=x", "image/png"),
        ("application/vnd.ms-excel", "application/vnd.ms-excel"),
        ("", "application/octet-stream"),
        ("text/html\r\nx: y", "application/octet-stream"),
        ("a/b/c", "application/octet-stream"),
        ("x" * 1000 + "/y", "application/octet-stream"),
    ],
)
def test_types_are_types(text: str, kind: str) -> None:
    assert clean_type(text) == kind


def test_a_body_that_stands_still_is_given_up_whatever_server_reads_it() -> None:
    sent = [{"type": "http.request", "body": b"ab", "more_body": True}]

    async def receive() -> Message:
        return sent.pop() if sent else await asyncio.get_running_loop().create_future()

    async def read() -> None:
        now, chunks = asyncio.get_running_loop().time, chunks_of(Request({"type": "http"}, receive))
        assert await anext(chunks) == b"ab"
        began = now()
        with pytest.raises(TimeoutError):
            await anext(chunks)
        assert now() - began == pytest.approx(STALL_S)

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(read())


def test_downloads_wait_for_no_thread_that_handlers_take(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"abc")
    blob, done, sent = Blob("a.txt", "text/plain", path=path, size=3), threading.Event(), list[Message]()
    host, caller = SimpleNamespace(file=lambda visitor, handle: blob), SimpleNamespace(visitor="v")
    scope = {"type": "http", "method": "GET", "headers": [], "query_string": b"", "path_params": {"handle": "h"}}

    async def receive() -> Message:
        return await asyncio.get_running_loop().create_future()

    async def send(message: Message) -> None:
        sent.append(message)

    async def download() -> None:
        with ThreadPoolExecutor(1) as pool:
            asyncio.get_running_loop().set_default_executor(pool)
            busy = asyncio.create_task(asyncio.to_thread(done.wait))  # as an async handler does with what blocks
            try:
                async with asyncio.timeout(5):
                    response = await send_file(Request({**scope, "host": host, "caller": caller}))
                    await response(response_scope, receive, send)
            finally:
                done.set()
                await busy

    response_scope = {**scope, "asgi": {"spec_version": "2.4"}}
    asyncio.run(download())
    assert b"".join(message.get("body", b"") for message in sent) == b"abc"
