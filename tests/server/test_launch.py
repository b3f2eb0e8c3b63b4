"""`launch()`: what it prints, returns and warns of; and programs that are ended by signals."""

import asyncio
import logging
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.server.live import hear, open_socket, say_hello
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

import millstream as gr
from millstream.server.launch import address
from millstream.server.options import ServerOptions
from millstream.server.process.exiting import EXIT_ABANDONED
from millstream.wire.encoding import encode_message
from millstream.wire.messages import Fire, Outputs, RunState, ServerMessage, Set


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("MILLSTREAM_")]:
        monkeypatch.delenv(name)


@pytest.fixture
def demo() -> Iterator[gr.Blocks]:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    yield demo
    demo.close()


def get(url: str) -> httpx.Response:
    return httpx.get(url, trust_env=False)


# ---- in this process -------------------------------------------------------------------------------------------


def test_returns_app_and_address_and_serves_in_a_thread(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    app, url, share_url = demo.launch(server_port=0, prevent_thread_lock=True)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/", url)
    assert share_url is None
    assert demo.app is app
    assert get(url).status_code == 200
    assert capsys.readouterr().out == f"* Running on local URL:  {url[:-1]}\n"
    demo.close()
    with pytest.raises(httpx.ConnectError):
        get(url)


def test_quiet_is_quiet(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    assert capsys.readouterr().out == ""


def test_a_program_can_wait_for_the_end_of_its_app(demo: gr.Blocks) -> None:
    demo.block_thread()  # it was never launched
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    threading.Thread(target=demo.close).start()
    demo.block_thread()
    assert not demo.is_running

    def interrupted() -> None:
        raise KeyboardInterrupt

    app, _, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    app.wait = interrupted
    demo.block_thread()
    assert not demo.is_running


def test_closing_twice_and_launching_again(demo: gr.Blocks) -> None:
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    demo.close()
    demo.close()
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    assert get(url).status_code == 200


def test_all_that_runs_can_be_closed_at_once(demo: gr.Blocks, capsys: pytest.CaptureFixture[str]) -> None:
    with gr.Blocks() as other:
        gr.Textbox()
    urls = [app.launch(server_port=0, prevent_thread_lock=True, quiet=True)[1] for app in (demo, other)]
    gr.close_all()
    assert sorted(capsys.readouterr().out.splitlines()) == sorted(f"* Closed the app on {url[:-1]}" for url in urls)
    for url in urls:
        with pytest.raises(httpx.ConnectError):
            get(url)
    gr.close_all()
    demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    gr.close_all(verbose=False)
    assert not demo.is_running
    assert capsys.readouterr().out == ""


def test_at_a_prompt_the_next_line_can_run(demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "ps1", ">>> ", raising=False)
    assert get(demo.launch(server_port=0, quiet=True)[1]).status_code == 200


@pytest.mark.blocking
def test_in_a_notebook_where_a_loop_runs_the_next_cell_can_run(demo: gr.Blocks) -> None:
    async def cell() -> str:
        return demo.launch(server_port=0, quiet=True)[1]

    assert get(asyncio.run(cell())).status_code == 200


def test_the_environment_counts(demo: gr.Blocks, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_SERVER_PORT", "0")
    monkeypatch.setenv("MILLSTREAM_SERVER_NAME", "localhost")
    _, url, _ = demo.launch(prevent_thread_lock=True, quiet=True)
    assert re.fullmatch(r"http://localhost:\d+/", url)
    assert get(url).status_code == 200


def test_a_port_that_is_taken_is_named(demo: gr.Blocks) -> None:
    _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True)
    port = int(url.rpartition(":")[2].strip("/"))
    with pytest.raises(OSError, match=f"port {port} is in use"):
        demo.launch(server_port=port, prevent_thread_lock=True)


def test_what_has_no_meaning_is_said_once(demo: gr.Blocks) -> None:
    with pytest.warns(UserWarning, match="launch\\(\\) ignores max_threads, pwa") as said:
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, max_threads=40, pwa=True, mcp_server=None)
    assert len(said) == 1
    assert said[0].filename == __file__


def test_there_is_no_tunnel(demo: gr.Blocks) -> None:
    with pytest.warns(UserWarning, match="no tunnel"):
        demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, share=True)


def test_an_unknown_argument_is_a_mistake(demo: gr.Blocks) -> None:
    with pytest.raises(TypeError, match="sever_port"):
        demo.launch(sever_port=1)


def test_an_app_that_all_can_reach_without_a_password_is_warned_of(
    demo: gr.Blocks, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.WARNING)
    demo.launch(server_name="0.0.0.0", server_port=0, prevent_thread_lock=True)
    assert len([record for record in caplog.records if "without auth=" in record.message]) == 1
    assert "no camera or microphone over plain HTTP" in capsys.readouterr().out
    caplog.clear()
    demo.close()
    demo.launch(server_name="0.0.0.0", server_port=0, prevent_thread_lock=True, auth=("a", "b"))
    assert not caplog.records


@pytest.mark.parametrize(
    ("name", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:1/"),
        ("0.0.0.0", "http://127.0.0.1:1/"),
        ("::", "http://[::1]:1/"),
        ("::1", "http://[::1]:1/"),
        ("app.example", "http://app.example:1/"),
    ],
)
def test_addresses(name: str, url: str) -> None:
    assert address(ServerOptions(server_name=name), 1) == url


def test_style_script_head_and_theme_may_be_given_to_either(tmp_path: Path) -> None:
    sheet = tmp_path / "app.css"
    sheet.write_text("h1 { color: teal }")
    with gr.Blocks(css="h2 { color: red }", theme="soft") as demo:
        pass
    try:
        _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, css=sheet, js="() => mine()")
        page = get(url).text
    finally:
        demo.close()
    assert "h1 { color: teal }" in page
    assert "h2 { color: red }" not in page
    assert "(() => mine()" in page
    assert "--ms-accent:light-dark(" in page


def test_style_sheets_and_heads_may_be_several_files(tmp_path: Path) -> None:
    (tmp_path / "a.css").write_text("h1 { color: teal }")
    (tmp_path / "b.html").write_text('<meta name="mine">')
    with gr.Blocks(css="h2 { color: red }") as demo:
        pass
    paths = {"css_paths": [tmp_path / "a.css"], "head_paths": str(tmp_path / "b.html")}
    try:
        _, url, _ = demo.launch(server_port=0, prevent_thread_lock=True, quiet=True, **paths)
        page = get(url).text
    finally:
        demo.close()
    assert "h2 { color: red }\nh1 { color: teal }" in page
    assert '<meta name="mine">' in page


def test_importing_and_declaring_loads_no_server() -> None:
    program = "import sys, millstream as gr\nwith gr.Blocks() as demo: gr.Textbox()\n"
    program += "sys.exit(any(name in sys.modules for name in ('uvicorn', 'starlette', 'uvloop')))"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# ---- programs --------------------------------------------------------------------------------------------------

PROGRAM = """
import sys, threading, time
import millstream as gr

def quick(text):
    time.sleep({quick_s})
    return text.upper()

def stubborn(text):
    print("working", flush=True)
    while True:
        try:
            time.sleep(60)
        except BaseException:
            pass

async def greedy(text):
    print("working", flush=True)
    while True:
        time.sleep(0.1)

with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    for handler in (quick, stubborn, greedy):
        gr.Button(handler.__name__).click(handler, text, text)

demo.launch(server_port=0, drain={drain_s})
print("after", flush=True)
"""


@contextmanager
def program(tmp_path: Path, drain_s: float = 1.0, quick_s: float = 0.5) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run a program that launches an app; gives the process and the app's address."""
    path = tmp_path / "program.py"
    path.write_text(PROGRAM.format(drain_s=drain_s, quick_s=quick_s))
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, str(path)], cwd=tmp_path, **pipes) as process:  # type: ignore[call-overload]
        try:
            line = process.stdout.readline()
            assert "Running on local URL" in line, process.stderr.read()
            yield process, line.split()[-1]
        finally:
            process.kill()


def start(page: ClientConnection, binding: int) -> None:
    """Type a text, press the button, and wait until its handler runs."""
    page.send(encode_message(Set(seq=2, component=1, value="hello")))
    page.send(encode_message(Fire(seq=3, binding=binding, run=1)))
    while True:
        message = hear(page)
        if isinstance(message, RunState) and message.state == "running":
            return


def hear_all(page: ClientConnection) -> tuple[list[ServerMessage], int]:
    """Read until the server closes the connection; gives the messages and its code."""
    messages: list[ServerMessage] = []
    try:
        while True:
            messages.append(hear(page))
    except ConnectionClosed as closed:
        return messages, closed.rcvd.code if closed.rcvd is not None else 1006


def build_of(url: str) -> str:
    [build] = re.findall(r'"build":"(\w+)"', get(url).text)
    return build


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_B7_a_signal_drains(tmp_path: Path, number: signal.Signals) -> None:
    """New pages are turned away, the running handler finishes and its result arrives, pages hear of the restart."""
    with program(tmp_path, drain_s=5) as (process, url), open_socket(url) as page:
        say_hello(page, build_of(url))
        start(page, 0)
        began = time.monotonic()
        process.send_signal(number)
        while get(f"{url}/readyz").status_code == 200:
            assert time.monotonic() - began < 0.1
        assert get(url).status_code == 503
        messages, code = hear_all(page)
        assert code == 1012
        results = [message for message in messages if isinstance(message, Outputs)]
        assert results[-1].updates[1]["value"] == "HELLO"
        assert process.wait(5) == 0
        assert time.monotonic() - began < 3
        assert process.stdout is not None
        assert process.stdout.read().split() == ["*", "Stopped.", "after"]


@pytest.mark.slow
def test_B8_a_handler_that_does_not_end_is_named_and_left(tmp_path: Path) -> None:
    with program(tmp_path) as (process, url), open_socket(url) as page:
        say_hello(page, build_of(url))
        start(page, 1)
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == EXIT_ABANDONED
        assert 0.9 < time.monotonic() - began < 2.5
        assert process.stderr is not None
        assert "stubborn" in process.stderr.read()


@pytest.mark.slow
def test_B8_a_handler_that_blocks_the_loop_does_not_keep_the_process(tmp_path: Path) -> None:
    with program(tmp_path) as (process, url), open_socket(url) as page:
        say_hello(page, build_of(url))
        page.send(encode_message(Fire(seq=2, binding=2, run=1)))
        assert process.stdout is not None
        assert process.stdout.readline() == "working\n"
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == EXIT_ABANDONED
        assert time.monotonic() - began < 2.5


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_B9_a_second_signal_means_now(tmp_path: Path, number: signal.Signals) -> None:
    with program(tmp_path, drain_s=30) as (process, url), open_socket(url) as page:
        say_hello(page, build_of(url))
        start(page, 1)
        process.send_signal(number)
        while get(f"{url}/readyz").status_code == 200:
            pass
        began = time.monotonic()
        process.send_signal(number)
        assert process.wait(10) == 128 + number
        assert time.monotonic() - began < 1


@pytest.mark.slow
def test_an_idle_server_is_small_and_still(tmp_path: Path) -> None:
    with program(tmp_path) as (process, url):
        get(url)
        server = psutil.Process(process.pid)
        server.cpu_percent()
        process_s = sum(server.cpu_times()[:2])
        time.sleep(4)  # the one measure that takes its time
        used = sum(server.cpu_times()[:2]) - process_s
        assert server.memory_info().rss < 80 * 1024 * 1024
        assert used / 4 < 0.01
