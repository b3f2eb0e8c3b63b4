"""An app behind nginx: TLS, a sub-path, idle pages, real addresses, and a new process that takes over under load."""

from __future__ import annotations

import asyncio
import ssl
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Final

import httpx
import pytest
from tests.deploy.proxies import certificate, proxied
from tests.deploy.servers import free_port, program
from tests.server.live import ORIGIN, hear, say_hello
from websockets.sync.client import connect

from millstream.client import Client
from millstream.client.client import open_page
from millstream.client.page import Page
from millstream.errors import Closed
from millstream.wire.messages import Outputs

pytestmark = pytest.mark.slow

APP: Final = """
import os, time
import millstream as gr

def address(request: gr.Request):
    return f"{request.client.host} {request.url.rpartition('?')[0] or request.url}"

def work(text):
    time.sleep(0.05)
    with open("done.txt", "a") as log:
        log.write(f"{text} {os.getpid()}\\n")
    return text

with gr.Blocks() as demo:
    asked, answered = gr.Textbox(label="Asked"), gr.Textbox(label="Answered")
    where = gr.Textbox(label="Where")
    photo = gr.File(label="File")
    size = gr.Number(label="Size")
    gr.Button("Work").click(work, asked, answered, concurrency_limit=8)
    gr.Button("Locate").click(address, None, where)
    demo.load(address, None, where)
    photo.change(lambda path: os.path.getsize(path), photo, size)

demo.launch()
"""

BEHIND: Final = {"MILLSTREAM_ROOT_PATH": "/camera", "MILLSTREAM_TRUSTED_PROXIES": "127.0.0.1", "MILLSTREAM_DRAIN": "4"}


@pytest.fixture(scope="module")
def cert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def trusted(cert: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let clients trust the certificate, as browsers trust a real one."""
    monkeypatch.setenv("SSL_CERT_FILE", str(cert))
    return cert


def test_B31_page_events_and_uploads_work_below_a_path_with_tls(tmp_path: Path, trusted: Path) -> None:
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(program(APP, tmp_path, port, **BEHIND))
        url = stack.enter_context(proxied(tmp_path, (port, free_port()), trusted))
        context = ssl.create_default_context(cafile=str(trusted))
        origin = url.removesuffix("/camera")
        visitor = stack.enter_context(httpx.Client(verify=context, trust_env=False, headers={ORIGIN: origin}))
        page = visitor.get(f"{url}/")
        assert page.status_code == 200
        assert all("Secure" in each and each.startswith("__Host-") for each in page.headers.get_list("set-cookie"))
        assert len(page.headers.get_list("set-cookie")) == 1
        assert visitor.get(url, follow_redirects=True).url == f"{url}/"
        client = stack.enter_context(Client(url))
        client.click("Locate")
        assert client.value("Where") == f"127.0.0.1 {url}/"
        client.set("File", tmp_path / "app.py")
        client.wait_for(lambda: client.page.values[client.page.find("Size")] == len(APP))


def test_B31_a_handler_sees_the_address_of_the_visitor(tmp_path: Path, trusted: Path) -> None:
    """Not the proxy's, and not one that the visitor makes up."""
    port = free_port()
    with ExitStack() as stack:
        stack.enter_context(program(APP, tmp_path, port, **BEHIND))
        url = stack.enter_context(proxied(tmp_path, (port, free_port()), trusted))
        address = url.replace("https", "wss")
        page = stack.enter_context(
            connect(
                f"{address}/ws",
                ssl=ssl.create_default_context(cafile=str(trusted)),
                additional_headers={"X-Forwarded-For": "203.0.113.7", "X-Forwarded-Host": "evil.example"},
                source_address=("127.0.0.9", 0),
                proxy=None,
            )
        )
        say_hello(page, "")
        message = hear(page)
        while not isinstance(message, Outputs):
            message = hear(page)
        assert [each["value"] for each in message.updates.values()] == [f"127.0.0.9 {url}/"]


def test_B30_an_idle_page_outlives_the_patience_of_the_proxy(tmp_path: Path, trusted: Path) -> None:
    """nginx cuts what is silent for 60 s; here, for 7 s. The page is open for 15."""
    port = free_port()
    patience = ("proxy_buffering off;", "proxy_buffering off; proxy_read_timeout 7s; proxy_send_timeout 7s;")
    with ExitStack() as stack:
        stack.enter_context(program(APP, tmp_path, port, **BEHIND))
        url = stack.enter_context(proxied(tmp_path, (port, free_port()), trusted, patience))
        client = stack.enter_context(Client(url))
        time.sleep(15)
        [run] = client.click("Locate")
        assert run.state == "done"


def test_B32_where_the_upgrade_is_stripped_the_page_goes_over_http(tmp_path: Path, trusted: Path) -> None:
    port = free_port()
    stripped = ("proxy_set_header Upgrade $http_upgrade;", "")
    with ExitStack() as stack:
        stack.enter_context(program(APP, tmp_path, port, **BEHIND))
        url = stack.enter_context(proxied(tmp_path, (port, free_port()), trusted, stripped))
        with pytest.raises(Closed):
            Client(url)
        client = stack.enter_context(Client(url, transport="http"))
        for number in range(20):
            client.set("Asked", f"over http {number}")
            [run] = client.click("Work")
            assert (run.state, client.value("Answered")) == ("done", f"over http {number}")


class Visitor:
    """A visitor who clicks all the time, comes back when sent away, and asks again for what was not begun.

    Attributes:
        done: What was answered.
        failed: What went wrong otherwise.
        gaps_s: How long it took to be back, each time.
    """

    def __init__(self, url: str, name: str) -> None:
        self.done: list[str] = []
        self.failed: list[str] = []
        self.gaps_s: list[float] = []
        self._url = url
        self._name = name

    async def click(self, until: Callable[[], bool]) -> None:
        page, number = await open_page(self._url, grace=0), 0
        while not until():
            number += 1
            text = f"{self._name}.{number}"
            while not await self._is_answered(page, text):
                page = await self._back()
        await page.close()

    async def _is_answered(self, page: Page, text: str) -> bool:
        """Ask once; false if the connection ended before it began: had it run all the same, it would run twice now."""
        run = None
        try:
            await page.set(page.find("Asked"), text)
            [run] = await page.fire(page.find("Work"), "click")
            await page.wait_for(lambda: run.is_over)
        except Closed:
            await self._end_of(page)
            if "1012" not in str(page.closed) or (run is not None and run.state == "running"):
                self.failed.append(f"{text}: {page.closed}, {run}")
            return False
        if run.state == "failed" and "restarted" in run.error:
            await self._end_of(page)
            return False
        is_right = run.state == "done" and page.values[page.find("Answered")] == text
        (self.done if is_right else self.failed).append(text)
        return True

    async def _end_of(self, page: Page) -> None:
        """Wait until the page has read why its connection ended: what it sends may fail before that."""
        await asyncio.gather(page.wait_for(lambda: False), return_exceptions=True)

    async def _back(self) -> Page:
        began = time.monotonic()
        while True:
            try:
                page = await open_page(self._url, grace=0)
            except Closed:
                await asyncio.sleep(0.1)
                continue
            self.gaps_s.append(time.monotonic() - began)
            return page


# If the proxy resets a connection before its TLS handshake, `ssl.SSLSocket` raises from its constructor without closing
# the socket that it has taken over (CPython's `_create`, at `recv(1)`): nobody has it who could close it.
@pytest.mark.filterwarnings(r"ignore:Exception ignored in. <ssl\.SSLSocket:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.anyio
async def test_B38_a_rolling_deploy_loses_no_event(tmp_path: Path, trusted: Path) -> None:
    """Ten visitors click while the process is replaced twice: each event is executed once, and answered."""
    ports, is_over = (free_port(), free_port()), False
    async with AsyncExitStack() as stack:
        old = stack.enter_context(program(APP, tmp_path, ports[0], **BEHIND))
        url = stack.enter_context(proxied(tmp_path, ports, trusted))
        visitors = [Visitor(url, str(number)) for number in range(10)]
        clicking = [asyncio.ensure_future(visitor.click(lambda: is_over)) for visitor in visitors]
        for port in (ports[1], ports[0]):
            await asyncio.sleep(3)
            new = await asyncio.to_thread(stack.enter_context, program(APP, tmp_path, port, **BEHIND))
            old.process.terminate()
            assert await asyncio.to_thread(old.process.wait, 10) == 0
            old = new
        await asyncio.sleep(3)
        is_over = True
        await asyncio.gather(*clicking)
    executed = [line.split() for line in (tmp_path / "done.txt").read_text().splitlines()]
    assert [text for visitor in visitors for text in visitor.failed] == []
    assert Counter(text for text, _ in executed) == Counter(text for visitor in visitors for text in visitor.done)
    assert max(Counter(text for text, _ in executed).values()) == 1
    assert len({process for _, process in executed}) == 3, "all three processes have served"
    gaps_s = sorted(gap_s for visitor in visitors for gap_s in visitor.gaps_s)
    assert len(gaps_s) >= 20
    assert gaps_s[-1] < 5
