"""A blocked event loop is noticed, named and freed, and health checks are answered meanwhile."""

from __future__ import annotations

import asyncio
import logging
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.server.live import cookies, open_socket, say_hello, serving, visit

import millstream as gr
from millstream.client import Client
from millstream.server.complaints import VisitorLog
from millstream.server.process.exiting import EXIT_BLOCKED
from millstream.server.process.side_door import SideDoor
from millstream.server.process.watchdog import Watchdog, culprit_in

pytestmark = pytest.mark.blocking


def status(url: str, timeout: float = 5.0) -> tuple[int, str]:
    reply = httpx.get(url, trust_env=False, timeout=timeout)
    return reply.status_code, reply.text


@contextmanager
def blocked(seconds: float, **options: object) -> Iterator[tuple[str, Client]]:
    """Serve an app of which one handler blocks the loop, and press its button; gives its address and the page."""
    has_begun = threading.Event()

    async def greedy() -> str:
        has_begun.set()
        until = time.monotonic() + seconds
        while time.monotonic() < until:  # pure Python, which can be ended in any thread
            time.sleep(0.01)  # noqa: ASYNC251 - it blocks the loop, which is what is tested
        return "done"

    with gr.Blocks() as demo:
        out = gr.Textbox(label="Out")
        gr.Button("Block").click(greedy, None, out)
        gr.Button("Fine").click(lambda: "fine", None, out)
    with serving(demo, **options) as (url, _), Client(url) as client:
        pressing = threading.Thread(target=client.click, args=["Block"])
        pressing.start()
        assert has_begun.wait(10)
        yield url, client
        pressing.join(20)


def test_B14_a_blocked_loop_is_logged_within_a_second_and_healthz_answers(caplog: pytest.LogCaptureFixture) -> None:
    with blocked(2.0) as (url, _):
        began = time.monotonic()
        while not any("The event loop is blocked by" in record.message for record in list(caplog.records)):
            assert time.monotonic() - began < 1.0
            time.sleep(0.01)
        assert status(f"{url}/healthz") == (200, "the event loop is blocked\n")
        assert status(f"{url}/readyz")[0] == 503
        assert time.monotonic() - began < 2.0, "both were answered while the loop was blocked"
    named = [record for record in caplog.records if "greedy()" in record.message]
    assert [record.levelno for record in named] == [logging.WARNING, logging.ERROR]
    assert "time.sleep(0.01)" in named[1].message, "the stack"
    assert "millstream" not in named[1].message.replace("test_watchdog", "").partition("\n")[2]


def test_the_loop_goes_on_and_the_same_is_not_logged_again(caplog: pytest.LogCaptureFixture) -> None:
    with blocked(0.8) as (url, client):
        assert status(url)[0] == 200
        assert status(f"{url}/healthz") == (200, "ok\n")
        client.click("Block")
        client.click("Fine")
        assert client.value("Out") == "fine"
    assert len([record for record in caplog.records if "is blocked by" in record.message]) == 1


def test_what_is_no_health_check_waits_for_the_loop_untouched() -> None:
    with blocked(2.0) as (url, _):
        place = httpx.URL(url)
        time.sleep(0.6)
        with socket.create_connection((place.host, place.port), 10) as silent:
            page = httpx.get(url, trust_env=False, timeout=10)
            assert page.status_code == 200
            assert "<title>" in page.text
            silent.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            assert silent.recv(4096).endswith(b"ok\n")


def test_a_handler_that_blocks_for_too_long_is_ended(caplog: pytest.LogCaptureFixture) -> None:
    with blocked(30.0, unblock_after=1.0) as (url, client):
        began = time.monotonic()
        assert status(url, 10)[0] == 200
        assert time.monotonic() - began < 3
        [run] = client.click("Fine")
        assert run.state == "done"
    assert any("LoopBlocked" in str(record.exc_info) for record in caplog.records if "greedy" in record.message)


def test_an_idle_watchdog_costs_next_to_nothing() -> None:
    async def idle() -> float:
        watchdog = Watchdog(asyncio.get_running_loop(), VisitorLog(), 10.0, None, lambda name: None)
        watchdog.start()
        await asyncio.sleep(0.2)
        began = time.process_time()
        await asyncio.sleep(2)
        used_s = time.process_time() - began
        watchdog.stop()
        return used_s

    assert asyncio.run(idle()) < 0.01


def test_the_watchdog_ends_with_its_server() -> None:
    with serving():
        assert "millstream-watchdog" in {thread.name for thread in threading.enumerate()}
    assert "millstream-watchdog" not in {thread.name for thread in threading.enumerate()}


def test_code_that_is_no_handlers_is_not_ended() -> None:
    assert not culprit_in(sys._getframe()).is_handler
    assert culprit_in(sys._getframe()).name.startswith("test_code_that_is_no_handlers_is_not_ended() of ")
    assert culprit_in(None).name == "code that cannot be seen"


@pytest.mark.parametrize(
    ("line", "is_probe"),
    [
        (b"GET /healthz HTTP/1.1", True),
        (b"HEAD /healthz HTTP/1.0", True),
        (b"GET /camera/readyz?x=1 HTTP/1.1", True),
        (b"GET /file/healthz HTTP/1.1", False),
        (b"GET /healthz/x HTTP/1.1", False),
        (b"POST /healthz HTTP/1.1", False),
        (b"GET /camera HTTP/1.1", False),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01", False),
    ],
)
def test_only_health_checks_are_answered_at_the_side_door(line: bytes, is_probe: bool) -> None:
    taken: list[socket.socket] = []

    async def knock() -> bytes:
        loop = asyncio.get_running_loop()
        with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as client:
            listener.setblocking(False)
            door = SideDoor(listener, loop, lambda connection, _: taken.append(connection), "/camera")
            client.connect(listener.getsockname())
            door.attend()
            client.sendall(line + b"\r\nHost: x\r\n\r\n")
            door.attend()
            await asyncio.sleep(0)
            client.settimeout(0.2)
            return client.recv(1000) if is_probe else taken[0].recv(1000)

    reply = asyncio.run(knock())
    assert reply.startswith(b"HTTP/1.1 " if is_probe else line)
    assert bool(taken) is not is_probe
    for connection in taken:
        connection.close()


# ---- in programs of their own: the loop is in the main thread ---------------------------------------------------

PROGRAM = """
import signal, sys, time
import millstream as gr

async def sleepy(text):
    print("working", flush=True)
    time.sleep(60)

async def stubborn(text):
    print("working", flush=True)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    gr.Button("sleepy").click(sleepy, text, text)
    gr.Button("stubborn").click(stubborn, text, text)
    gr.Button("quick").click(lambda text: "quick", text, text)

demo.launch(server_port=0, unblock_after=1.0)
"""


@contextmanager
def program(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, str(path)], cwd=tmp_path, **pipes) as process:  # type: ignore[call-overload]
        try:
            line = process.stdout.readline()
            assert "Running on local URL" in line, process.stderr.read()
            yield process, line.split()[-1]
        finally:
            process.kill()


def press(url: str, name: str, process: subprocess.Popen[str]) -> threading.Thread:
    """Press a button, and wait until its handler works."""

    def click() -> None:
        with Client(url, grace=0) as client:
            client.click(name)

    thread = threading.Thread(target=click, daemon=True)
    thread.start()
    assert process.stdout is not None
    assert process.stdout.readline() == "working\n"
    return thread


@pytest.mark.slow
def test_B14_a_sleep_on_the_loop_of_the_main_thread_is_interrupted(tmp_path: Path) -> None:
    with program(tmp_path) as (process, url):
        pressing = press(url, "sleepy", process)
        began = time.monotonic()
        assert status(url, 10)[0] == 200
        assert time.monotonic() - began < 3
        pressing.join(10)
        with Client(url) as client:
            [run] = client.click("quick")
            assert run.state == "done"
        process.terminate()
        assert process.wait(10) == 0
        assert process.stderr is not None
        log = process.stderr.read()
    assert "the handler sleepy()" in log
    assert re.search(r"LoopBlocked: this handler has blocked the event loop", log)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")  # the page is left without a word
def test_B14_a_handler_that_resists_ends_the_process_with_a_code_of_its_own(tmp_path: Path) -> None:
    with program(tmp_path) as (process, url):
        press(url, "stubborn", process)
        assert process.wait(15) == EXIT_BLOCKED
        assert process.stderr is not None
        assert "still blocked by the handler stubborn(), which cannot be ended" in process.stderr.read()


@pytest.mark.slow
def test_B23_a_process_that_was_suspended_accuses_nobody_and_keeps_its_pages(tmp_path: Path) -> None:
    with program(tmp_path) as (process, address), visit(url := address.rstrip("/")) as visitor:
        [build] = re.findall(r'"build":"(\w+)"', visitor.get("/").text)
        with open_socket(url, cookies(visitor)) as page:
            say_hello(page, build)
            process.send_signal(signal.SIGSTOP)
            time.sleep(10)
            process.send_signal(signal.SIGCONT)
            time.sleep(2)
            assert status(f"{url}/healthz") == (200, "ok\n")
            page.ping().wait(5)
        process.terminate()
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""
