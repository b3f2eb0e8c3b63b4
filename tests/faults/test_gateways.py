"""Several gateways behind one port, as real processes: what they share, and what becomes of it when one dies."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from tests.server.live import ORIGIN, open_socket, say_hello

from millstream.client.client import Client
from millstream.runtime.state.owned import owner_of

pytestmark = pytest.mark.slow

TOKEN = "a-token-of-metrics"
APP = Path(__file__).with_name("gateway_app.py")


class Served:
    """A supervisor with its gateways."""

    def __init__(self, process: subprocess.Popen[str], url: str, temp: Path) -> None:
        self.process = process
        self.url = url
        self.temp = temp

    @property
    def gateways(self) -> list[psutil.Process]:
        """The gateways in the order of their start, without the broker."""
        children = psutil.Process(self.process.pid).children()
        return sorted((one for one in children if is_gateway(one)), key=lambda one: one.create_time())

    def wait(self, timeout_s: float = 20.0) -> tuple[int, str]:
        output, _ = self.process.communicate(timeout=timeout_s)
        return self.process.returncode, output

    def names(self) -> list[str]:
        """The names of the gateways that answer."""
        with httpx.Client(trust_env=False) as client:
            text = client.get(f"{self.url}/metrics", headers={"authorization": f"Bearer {TOKEN}"}).text
        return sorted(re.findall(r'millstream_sessions{gateway="([^"]*)"}', text))


def is_gateway(process: psutil.Process) -> bool:
    try:
        return "apps.gateway" in " ".join(process.cmdline())
    except psutil.Error:
        return False


@contextmanager
def started(target: Path = APP, workers: int = 2, **environment: str) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    with tempfile.TemporaryDirectory(prefix="ms-") as temp:
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "millstream", "run", str(target), "--workers", str(workers), "--port", "0"],
            env={**os.environ, "TMPDIR": temp, "PYTHONUNBUFFERED": "1", **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        children: list[psutil.Process] = []
        try:
            yield process, Path(temp)
            children = psutil.Process(process.pid).children() if process.poll() is None else []
        finally:
            process.kill()
            process.communicate()
            psutil.wait_procs(children, timeout=10)


@contextmanager
def served(workers: int = 2, **environment: str) -> Iterator[Served]:
    with started(workers=workers, **environment) as (process, temp):
        assert process.stdout is not None
        line = process.stdout.readline()
        assert "http://" in line, line + process.stdout.read()
        one = Served(process, line.split()[-1], temp)
        wait_until(lambda: len(one.names()) == workers, 30)
        yield one


def wait_until(condition: Callable[[], bool], timeout_s: float = 10.0) -> None:
    due = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < due, "it did not come about"
        threading.Event().wait(0.02)


def test_500_uploads_files_and_logins_reach_their_owners() -> None:
    with served(GATEWAY_APP_AUTH="1", MILLSTREAM_METRICS_TOKEN=TOKEN) as one:
        with ThreadPoolExecutor(8) as pool:
            failures = list(pool.map(lambda number: use(one.url, number), range(50)))
        assert [failure for each in failures for failure in each] == []


def use(url: str, number: int) -> list[str]:
    """Log in, upload ten files and fetch each, over new connections, so that any gateway may be asked."""
    name, failures = f"user{number % 4}", []
    limits = httpx.Limits(max_keepalive_connections=0)
    with httpx.Client(base_url=url, headers={ORIGIN: url}, limits=limits, trust_env=False, timeout=30) as client:
        answer = client.post("/login", data={"username": name, "password": "secret"})
        cookies = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
        if answer.status_code != 303 or not cookies:
            return [f"login {answer.status_code}"]
        with open_socket(url, cookies) as page:
            session = say_hello(page, "").session
            for index in range(10):
                data = f"{number} {index} ".encode() * 5_000
                if client.get("/").status_code != 200:
                    failures.append("page")
                up = client.post(f"/upload?name={index}.txt", content=data, headers={"x-millstream-session": session})
                if up.status_code != 200:
                    failures.append(f"upload {up.status_code} {up.text}")
                    continue
                down = client.get(f"/file/{up.json()['file']}")
                if down.content != data:
                    failures.append(f"file {down.status_code}")
        client.post("/logout")
    return failures


def test_a_logout_is_known_everywhere() -> None:
    with served(GATEWAY_APP_AUTH="1", MILLSTREAM_METRICS_TOKEN=TOKEN) as one:
        limits = httpx.Limits(max_keepalive_connections=0)
        with httpx.Client(base_url=one.url, headers={ORIGIN: one.url}, limits=limits, trust_env=False) as client:
            client.post("/login", data={"username": "user0", "password": "secret"})
            cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
            assert {client.get("/").status_code for _ in range(20)} == {200}
            client.post("/logout")
            client.cookies.clear()
            wait_until(lambda: {client.get("/", headers={"cookie": cookie}).status_code for _ in range(20)} == {303})


def test_the_death_of_a_gateway_is_nobody_elses() -> None:
    with served(MILLSTREAM_GRACE="3") as one, Client(one.url) as first, Client(one.url) as second:
        pages = {"first": first, "second": second}
        for page in pages.values():
            page.set("Text", "at")
            page.click("Which")
        pids = {name: int(page.value("Text").split()[-1]) for name, page in pages.items()}
        victim = pids["first"]
        killed_at = time.monotonic()
        os.kill(victim, signal.SIGKILL)
        for name, pid in pids.items():
            if pid != victim:
                pages[name].set("Text", "still at")
                pages[name].click("Which")
                assert pages[name].value("Text") == f"still at {pid}"
        wait_until(lambda: len(one.gateways) == 2 and victim not in [found.pid for found in one.gateways], 1.0)
        with Client(one.url) as fresh:
            fresh.set("Text", "back at")
            fresh.click("Which")
            assert int(fresh.value("Text").split()[-1]) != victim
        assert time.monotonic() - killed_at < 3.0
        wait_until(lambda: len(one.names()) == 2)
        assert {name.partition("-")[0] for name in one.names()} == {"g1", "g2"}
        # Its files wait as long as its pages may come back; then there are those of two gateways and their supervisor.
        wait_until(lambda: len(list(one.temp.glob("millstream-*"))) == 3)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_drains_all_gateways(number: signal.Signals) -> None:
    with served() as one, Client(one.url) as page:
        page.set("Text", "1.0")
        [run] = page.click("Linger", wait=False)
        wait_until(lambda: page.value("Text") == "begun")
        one.process.send_signal(number)
        page.wait_for(lambda: run.is_over)
        assert page.value("Text") == "done"
        code, output = one.wait()
        assert (code, output) == (0, "* Stopped.\n")
        assert list(one.temp.iterdir()) == []


def test_a_second_signal_means_now() -> None:
    with served() as one, Client(one.url) as page:
        page.set("Text", "30")
        page.click("Linger", wait=False)
        wait_until(lambda: page.value("Text") == "begun")
        one.process.send_signal(signal.SIGTERM)
        threading.Event().wait(0.3)
        began = time.monotonic()
        one.process.send_signal(signal.SIGTERM)
        assert one.wait()[0] == 143
        assert time.monotonic() - began < 2.0


def test_a_handler_that_does_not_end_is_named_and_does_not_keep_the_processes() -> None:
    with served() as one, Client(one.url) as page:
        page.set("Text", "60")
        page.click("Linger", wait=False)
        wait_until(lambda: page.value("Text") == "begun")
        one.process.send_signal(signal.SIGTERM)
        code, output = one.wait()
        assert code == 75
        assert "linger" in output


def test_gateways_end_when_their_supervisor_is_killed() -> None:
    with served() as one:
        children = one.gateways
        one.process.kill()
        assert psutil.wait_procs(children, timeout=10)[1] == []


def test_a_rolling_restart_replaces_each_and_refuses_nobody() -> None:
    with served() as one:
        before, statuses, is_over = [found.pid for found in one.gateways], set(), threading.Event()

        def knock() -> None:
            with httpx.Client(trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)) as client:
                while not is_over.is_set():
                    statuses.add(client.get(f"{one.url}/readyz").status_code)

        knocking = threading.Thread(target=knock)
        knocking.start()
        one.process.send_signal(signal.SIGHUP)
        wait_until(lambda: one.names() == ["g1-2", "g2-2"], 30)
        wait_until(lambda: len(one.gateways) == 2)
        is_over.set()
        knocking.join()
        assert not set(before) & {found.pid for found in one.gateways}
        assert statuses == {200}


def test_sessions_are_shared_out_among_gateways_and_name_their_owner() -> None:
    with served() as one, ExitStack() as stack:
        pages = [stack.enter_context(open_socket(one.url)) for _ in range(8)]
        owners = [owner_of(say_hello(page, "").session) for page in pages]
        assert min(owners.count(name) for name in ("g1", "g2")) >= 2  # four each, unless the machine is busy


NOWHERE = """
import millstream as gr
with gr.Blocks() as demo:
    gr.Textbox()
demo.launch(server_name="nowhere.invalid")
"""


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import nothing_of_this_name\n", "No module named 'nothing_of_this_name'"),
        ("x = (\n", "was never closed"),
        ("import os\nos._exit(3)\n", "exit code 3"),
        ("print('no app')\n", "makes no app"),
        (NOWHERE, "is unknown on this machine"),
    ],
)
def test_a_program_that_cannot_be_served_says_so_once(tmp_path: Path, source: str, said: str) -> None:
    (tmp_path / "app.py").write_text(source)
    with started(tmp_path / "app.py") as (process, _):
        output, _ = process.communicate(timeout=20)
        assert process.returncode == (3 if "os._exit" in source else 1)
        assert output.count(said) == 1, output
        assert "gateway g1 ended with exit code" in output


def test_a_program_that_can_be_imported_only_once_says_so(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text(
        f"import os, millstream as gr\nos.mkdir({str(tmp_path / 'lock')!r})\n"
        "with gr.Blocks() as demo:\n    gr.Textbox()\ndemo.launch()\n"
    )
    with started(path) as (process, _):
        output, _ = process.communicate(timeout=20)
        assert process.returncode == 1
        assert "gateway g2 ended with exit code 1 before it served" in output
        assert "only once" in output


def test_what_was_broken_later_is_tried_again_at_growing_intervals(tmp_path: Path) -> None:
    path = tmp_path / "gateway_app.py"
    path.write_text(APP.read_text())
    with started(path) as (process, temp):
        assert process.stdout is not None
        one = Served(process, process.stdout.readline().split()[-1], temp)
        wait_until(lambda: len(one.names()) == 2, 30)
        path.write_text("raise RuntimeError('broken')\n")
        one.gateways[1].kill()
        pauses: list[str] = []
        while len(pauses) < 4:
            line = process.stdout.readline()
            pauses += re.findall(r"another one is started (.*)\.", line)
        assert pauses == ["now", "in 0.5 s", "in 1 s", "in 2 s"]
        assert one.names() == ["g1"]
        path.write_text(APP.read_text())
        wait_until(lambda: len(one.names()) == 2, 15)


def test_a_gateway_that_dies_while_others_start_is_started_again() -> None:
    with started() as (process, temp):
        assert process.stdout is not None
        one = Served(process, process.stdout.readline().split()[-1], temp)
        one.gateways[0].kill()
        wait_until(lambda: one.names() == ["g1-2", "g2"], 30)


def test_a_page_of_a_gateway_that_is_killed_goes_on_elsewhere_within_3_s() -> None:
    with served() as one, Client(one.url) as page:
        page.click("Add")
        page.click("Add")
        page.set("Text", "at")
        page.click("Which")
        pid, token = int(page.value("Text").split()[-1]), page.page.link.welcome.resume
        threading.Event().wait(1.5)  # a snapshot is written once a second at most
        os.kill(pid, signal.SIGKILL)
        page.wait_for(lambda: page.page.link.welcome.resume != token, 3)
        page.click("Add")
        assert page.value("Count") == 3
        page.set("Text", "at")
        page.click("Which")
        assert int(page.value("Text").split()[-1]) != pid
