"""Worker processes that end in every way there is: each costs the call that it was busy with, and nothing else."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
from tests.client.media import ramp
from tests.faults import process_app
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.engines.batch import former
from millstream.server.app import App

REPLACED_S = 10.0
"""What is promised is one second, on a machine that does nothing else."""

SEGMENTS = Path("/dev/shm")


@contextmanager
def served(**options: object) -> Iterator[tuple[str, App]]:
    """Serve the app with handlers in processes; at the end nothing of them may be left."""
    server = psutil.Process()
    segments, children = set(SEGMENTS.iterdir()) if SEGMENTS.is_dir() else set(), set(server.children())
    files, threads = server.num_fds(), set(threading.enumerate())
    with serving(process_app.demo, engine="process", **{"engine_workers": 2, **options}) as (url, app):
        yield url, app
    assert set(server.children()) <= children
    assert (set(SEGMENTS.iterdir()) if SEGMENTS.is_dir() else set()) <= segments
    wait_until(lambda: set(threading.enumerate()) <= threads)
    wait_until(lambda: server.num_fds() <= files)


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    """Serve once, so that what a process opens only once is not taken for a leak."""
    with serving() as (url, _), Client(url):
        pass


@pytest.fixture(scope="module")
def both(warm: None) -> Iterator[tuple[str, App]]:
    with served() as (url, app):
        yield url, app


@pytest.fixture
def page(both: tuple[str, App]) -> Iterator[Client]:
    wait_until(lambda: len(pids(both[1])) == 2)
    with Client(both[0]) as page:
        yield page


def developing(app: App, url: str) -> Client:
    """Open the app as its developer, who reads why something fails."""
    app.bound_to("127.0.0.1")
    return Client(url)


def wait_until(condition: Any, timeout_s: float = REPLACED_S) -> None:
    until = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < until, "it did not come about"
        threading.Event().wait(0.01)


def engine(app: App) -> dict[str, Any]:
    found = app.host.statistics()["engine"]
    assert isinstance(found, dict)
    return found


def pids(app: App) -> list[int]:
    found: list[int] = engine(app)["pids"]
    return found


def call(page: Client, button: str, said: str) -> str:
    page.set("Text", said)
    page.click(button)
    value: str = page.value("Text")
    return value


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ("exit", "ended itself with exit code 1"),
        ("segfault", "crashed with a segmentation fault"),
        ("kill", "was killed from outside"),
        ("descriptors", "ended itself"),
    ],
)
def test_b15_b16_a_worker_that_dies_costs_its_call_and_is_replaced(
    both: tuple[str, App], page: Client, how: str, said: str
) -> None:
    deaths, before = engine(both[1])["deaths"], pids(both[1])
    with Client(both[0]) as other:
        assert call(other, "count", "steady").startswith("steady 99")  # somebody else, at the other worker
        call(page, "crash", how)
        assert f"crash() was lost: its worker process {said}" in page.toasts[-1].message
        assert call(page, "echo", "next").startswith("next from ")
        assert call(other, "echo", "other").startswith("other from ")
    wait_until(lambda: len(pids(both[1])) == 2 and pids(both[1]) != before)
    assert both[1].metrics()["workers"] == {"running": 2, "deaths": deaths + 1, "recycled": 0}


def test_b15_no_job_runs_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("MILLSTREAM_TEST_NOTES", str(notes))
    with served() as (url, _), Client(url) as page:
        call(page, "crash", "exit")
        call(page, "crash", "kill")
        call(page, "echo", "x")
    assert notes.read_text().split("\n").count("call") == 2


def test_b15_a_state_is_as_it_was_before_the_lost_call(page: Client) -> None:
    assert call(page, "remember", "a") == "a"
    assert call(page, "remember", "exit") == "exit"
    assert call(page, "remember", "b") == "a b"


@pytest.mark.parametrize(("codec", "camera"), [("jpeg", "Camera"), ("vp8", "Camera"), ("vp8", "Camera of a crowd")])
def test_b15_a_stream_goes_on_after_its_worker_has_died(page: Client, codec: str, camera: str) -> None:
    page.page.camera_codec = codec
    dark, light = np.zeros((48, 64, 3), np.uint8), np.full((48, 64, 3), 255, np.uint8)
    recording = page.record(camera)
    recording.wait_for_state("running")
    recording.feed([dark] * 3)
    recording.feed([light])
    wait_until(lambda: page.toasts)
    recording.feed([dark] * 30)
    assert recording.state == "running"
    recording.stop()
    assert page.value("Out").max() < 60
    assert "segmentation fault" in page.toasts[-1].message


def test_b15_a_worker_that_dies_in_mid_batch_costs_each_member_its_call(
    both: tuple[str, App], page: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(former, "SLACK", 800.0)  # nobody is late, however busy the machine is
    gate, ran = tmp_path / "gate", tmp_path / "ran"
    with Client(both[0]) as one, Client(both[0]) as other:
        for number, (member, said) in enumerate([(page, f"wait {gate}"), (one, f"exit {ran}"), (other, "x")], 1):
            member.set("Text", said)
            member.click("crowd", wait=False)
            wait_until(lambda number=number: engine(both[1])["threads"] == number)
        with Client(both[0]) as bystander:
            assert call(bystander, "echo", "y").startswith("y from ")
        gate.touch()
        wait_until(lambda: one.toasts and other.toasts)
        for member in (one, other):
            assert "crowd() was lost: its worker process ended itself with exit code 1" in member.toasts[-1].message
        wait_until(lambda: page.value("Text").startswith("1 of "))
        assert call(other, "crowd", "z").startswith("1 of ")
    assert ran.read_text() == "x"


def test_b13_a_handler_that_hangs_is_ended_and_so_is_its_process() -> None:
    with served(hang_after=1.0) as (url, app), Client(url) as page:
        before = pids(app)
        for how in ("sleep", "loop"):
            call(page, "crash", how)
            assert "gave no result for 1 seconds" in page.toasts[-1].message
        assert call(page, "echo", "next").startswith("next from ")
        wait_until(lambda: len(pids(app)) == 2)
        assert not set(pids(app)) & set(before)
        assert engine(app)["abandoned"] == []


@pytest.mark.parametrize("how", ["sleep", "loop"])
def test_b13_a_handler_that_ignores_its_cancellation_is_ended_with_its_process(how: str) -> None:
    with served(abandon_after=0.6) as (url, app):
        before = pids(app)
        with Client(url) as page:
            page.set("Text", how)
            page.click("crash", wait=False)
            wait_until(lambda: engine(app)["running"] == ["crash"])
        wait_until(lambda: engine(app)["running"] == [] and len(pids(app)) == 2)
        assert len(set(pids(app)) & set(before)) == 1


def test_b17_what_is_too_large_for_the_limit_is_an_error_of_its_call() -> None:
    with served(worker_memory="1 GB") as (url, app), Client(url) as page:
        own = psutil.Process().memory_info().rss
        before = pids(app)
        call(page, "crash", "memory")
        assert "crash() needs more memory than it can get" in page.toasts[-1].message
        assert pids(app) == before, "nothing had to be ended"
        assert call(page, "echo", "next").startswith("next from ")
        assert psutil.Process().memory_info().rss < own + 64 * 2**20


def test_b17_a_worker_beyond_its_limit_is_ended_and_says_why() -> None:
    with served(worker_memory="400 MB") as (url, _), Client(url) as page:
        call(page, "crash", "hoard")
        said = page.toasts[-1].message
        assert "needs more memory" in said or "took more than 400 MiB" in said
        assert call(page, "echo", "next").startswith("next from ")


def children() -> set[int]:
    """The processes of all servers of this test run."""
    return {child.pid for child in psutil.Process().children()}


def test_b15_a_standby_replaces_an_only_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    monkeypatch.setenv("MILLSTREAM_TEST_NOTES", str(notes))
    with served(engine_workers=1) as (url, app), Client(url) as page:
        for death in range(1, 3):
            wait_until(lambda: engine(app)["standby"], 30.0)
            assert notes.read_text().split("\n").count("set up") == death, "a standby sets up nothing before its turn"
            spare = children() - set(pids(app))
            call(page, "crash", "kill")
            assert int(call(page, "echo", "x").rpartition(" ")[2]) in spare
            assert engine(app)["deaths"] == death


def test_b15_a_standby_that_dies_is_replaced_and_nobody_notices() -> None:
    others = children()
    with served(engine_workers=1) as (url, app), Client(url) as page:
        wait_until(lambda: engine(app)["standby"], 30.0)
        (spare,) = children() - others - set(pids(app))
        os.kill(spare, signal.SIGKILL)
        wait_until(lambda: not engine(app)["standby"])
        assert call(page, "echo", "x").startswith("x from ")
        wait_until(lambda: engine(app)["standby"], 30.0)


def test_an_only_worker_may_do_without_a_standby() -> None:
    others = children()
    with served(engine_workers=1, engine_standby=False) as (url, app), Client(url) as page:
        assert call(page, "echo", "x").startswith("x from ")
        assert children() - others == set(pids(app))


def test_b18_a_worker_is_recycled_after_its_calls_and_no_call_is_lost() -> None:
    with served(recycle_after=5, engine_workers=1) as (url, app), Client(url) as page:
        seen: set[str] = set()
        while len(seen) < 3:
            seen.add(call(page, "echo", "slowly"))  # a page that says more than a thousand things a second is sent away
        assert not page.toasts
        assert engine(app)["deaths"] == 0


def test_b18_a_worker_that_leaks_is_recycled() -> None:
    with served(recycle_memory="160 MB", engine_workers=1) as (url, app), Client(url) as page:
        seen: set[str] = set()
        while len(seen) < 2:
            seen.add(call(page, "leak", "x"))
        assert not page.toasts
        assert engine(app)["recycled"] == 1
        assert engine(app)["deaths"] == 0


def test_b19_a_handler_that_crashes_again_and_again_is_refused_and_others_go_on() -> None:
    with served() as (url, app), Client(url) as page:
        for _ in range(12):
            call(page, "crash", "exit")
        assert "out of order" in page.toasts[-1].message
        deaths = engine(app)["deaths"]
        assert deaths <= 10
        for _ in range(20):
            call(page, "crash", "exit")
        assert engine(app)["deaths"] == deaths
        assert call(page, "echo", "others").startswith("others from ")
        with Client(url) as another:
            assert call(another, "models", "x") == "1 1"


def test_b19_a_set_up_that_fails_is_said_in_the_page_and_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("MILLSTREAM_TEST_SETUP", "fail")
    with caplog.at_level(logging.ERROR, "millstream"), served(engine_workers=1) as (url, app), Client(url) as page:
        call(page, "echo", "x")
        assert "could not be started" in page.toasts[-1].message
        assert engine(app)["workers"] == 0
        monkeypatch.delenv("MILLSTREAM_TEST_SETUP")
        wait_until(lambda: engine(app)["workers"] == 1, 30.0)
        assert call(page, "echo", "x").startswith("x from ")
    assert "no weights" in caplog.text


@pytest.mark.parametrize(("how", "named"), [("hang", "load()"), ("model hangs", "Keeper.setup() on cuda:1")])
def test_b19_a_set_up_that_hangs_is_ended(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, how: str, named: str
) -> None:
    monkeypatch.setenv("MILLSTREAM_TEST_SETUP", how)
    monkeypatch.setattr("millstream.engine_limits.SET_UP_S", 1.0)
    monkeypatch.setattr("millstream.engines.process.pool.WARN_S", 2.0)
    caplog.set_level(logging.WARNING, "millstream")
    with served(engine_workers=1, hang_after=3.0, devices="cuda:1") as (url, app), developing(app, url) as page:
        call(page, "echo", "x")
        assert "could not be started" in page.toasts[-1].message
        assert f"gave no result for 3 seconds and was ended (hang_after), in {named}." in page.toasts[-1].message
    assert f"{named} is still running in worker process" in caplog.text
    assert "gave no result for 3 seconds" in caplog.text


def test_a_model_that_cannot_be_set_up_is_named_with_its_device(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MILLSTREAM_TEST_SETUP", "model fails")
    with served(engine_workers=1, devices=["cuda:5"]) as (url, app), developing(app, url) as page:
        call(page, "echo", "x")
        assert "Keeper.setup() on cuda:5 failed: RuntimeError: no weights. Correct it" in page.toasts[-1].message


def test_what_is_kept_for_a_page_stays_in_one_worker_and_ends_with_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    monkeypatch.setenv("MILLSTREAM_TEST_NOTES", str(notes))
    with served(devices=["cuda:0", "cuda:1"]) as (url, app), Client(url) as page:
        wait_until(lambda: len(pids(app)) == 2)
        with Client(url) as other:
            first, second = call(page, "keep", "a").split(), call(other, "keep", "x").split()
            assert {first[1], second[1]} == {"cuda:0", "cuda:1"}, "each worker has a device of its own"
            for number in range(2, 8):
                button = "keep too" if number % 2 else "keep"
                call(other, "echo", "anywhere")
                assert call(page, button, "b").split() == [f"{number}", *first[1:]]
            assert call(other, "keep", "y").split() == ["2", *second[1:]]
            assert "forgot x" not in notes.read_text()
        wait_until(lambda: "forgot x y" in notes.read_text())
        assert "forgot a" not in notes.read_text()
        os.kill(int(first[2]), signal.SIGKILL)
        wait_until(lambda: len(pids(app)) == 2 and int(first[2]) not in pids(app))
        again = {tuple(call(page, "keep", "c").split()[1:]) for _ in range(3)}
        assert len(again) == 1, "it has a new one, which stays where it is"
        with Client(url) as third:
            assert {call(third, "keep", "z").split()[1], again.pop()[0]} == {"cuda:0", "cuda:1"}


def test_what_cannot_be_pickled_is_named_with_the_remedy(page: Client) -> None:
    call(page, "lock", "x")
    message = page.toasts[-1].message
    assert "lock() returned a lock for State" in message
    assert "cannot pickle" in message
    assert "setup()" in message


def test_everything_works_as_in_threads(page: Client) -> None:
    assert call(page, "tell", "x") == "x"
    assert [toast.message for toast in page.toasts] == ["told x", "careful"]
    assert call(page, "count", "n").startswith("n 99 ")
    assert call(page, "later", "x") == "second"
    assert call(page, "models", "x") == "1 1"


def test_audio_conversations_and_files_work_as_in_threads(both: tuple[str, App], page: Client) -> None:
    rate, samples = ramp(1.03)
    page.stream("Mic", (rate, samples))
    _, heard = page.value("Speaker")
    assert np.array_equal(heard.reshape(-1), samples)
    loud, quiet = np.full(2 * rate, 8_000, np.int16), np.zeros(rate, np.int16)
    recording = page.record("Phone")
    recording.wait_for_state("running")
    recording.feed((rate, np.concatenate([quiet, loud, quiet])))
    wait_until(lambda: " s in " in page.value("Answer"))
    recording.stop()
    said, pid = page.value("Answer").split(" s in ")
    assert int(said) >= 2
    assert int(pid) in pids(both[1])
    page.set("Text", "kept")
    page.click("file")
    assert page.value("File") is not None
    assert not page.toasts


def test_a_cancelled_generator_runs_its_finally(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    notes = tmp_path / "notes"
    notes.touch()
    monkeypatch.setenv("MILLSTREAM_TEST_NOTES", str(notes))
    with served() as (url, app):
        with Client(url) as page:
            page.set("Text", "resist")
            page.click("later", wait=False)
            # A generator that has not begun has no ``finally`` to run.
            wait_until(lambda: page.value("Text") == "first")
        wait_until(lambda: "async closed" in notes.read_text())
        wait_until(lambda: engine(app)["threads"] == 0)
        assert engine(app)["deaths"] == 0


PROGRAM = """
import millstream as gr, os, sys
with gr.Blocks() as demo:
    text = gr.Textbox(label="Text")
    gr.Button("Go").click(lambda: f"{{os.getpid()}} {{__name__}} {{'uvicorn' in sys.modules}}", None, text)
{launch}
{after}
"""


@contextmanager
def program(path: Path, text: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Run a program that launches an app, as its user does; gives its address."""
    path.write_text(text)
    environment = {**os.environ, "MILLSTREAM_ENGINE": "process", "MILLSTREAM_SERVER_PORT": "0"}
    with subprocess.Popen(
        [sys.executable, "-u", str(path)], env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as server:
        assert server.stdout is not None
        try:
            line = server.stdout.readline()
            assert "http://" in line, line + server.stdout.read()
            yield line.split()[-1], server
        finally:
            server.kill()


@pytest.mark.parametrize(
    ("name", "launch", "after"),
    [
        ("app.py", "demo.launch(engine_workers=1)", "raise SystemExit('never in a worker')"),
        ("my app.py", "if __name__ == '__main__':\n    demo.launch(engine_workers=1)", ""),
        ("turtle.py", "if __name__ == '__main__':\n    demo.launch(engine_workers=1)", ""),
    ],
)
def test_a_script_is_imported_under_its_own_name_however_it_launches(
    tmp_path: Path, name: str, launch: str, after: str
) -> None:
    with program(tmp_path / name, PROGRAM.format(launch=launch, after=after)) as (url, server):
        with Client(url) as page:
            page.click("Go")
            pid, module, has_server = page.value("Text").split()
        assert int(pid) != server.pid
        assert has_server == "False", "only a server imports one"
        assert module in ("app", "script_my_app", "script_turtle")
        workers = psutil.Process(server.pid).children()
        assert int(pid) in [worker.pid for worker in workers]
        assert len(workers) <= 2, "the other one is the standby"
        server.send_signal(signal.SIGKILL)  # B10: nothing of it may be left
        server.wait()
        assert psutil.wait_procs(workers, timeout=REPLACED_S)[1] == []


def test_ctrl_c_reaches_the_server_alone(tmp_path: Path) -> None:
    with program(tmp_path / "app.py", PROGRAM.format(launch="demo.launch(engine_workers=1)", after="")) as (
        _,
        server,
    ):
        workers = psutil.Process(server.pid).children()
        assert os.getpgid(workers[0].pid) != os.getpgid(server.pid)
        workers[0].send_signal(signal.SIGINT)
        workers[0].send_signal(signal.SIGTERM)
        assert workers[0].is_running()
        server.send_signal(signal.SIGINT)
        assert server.wait(REPLACED_S) == 0
        assert psutil.wait_procs(workers, timeout=REPLACED_S)[1] == []


def test_an_app_that_no_worker_can_find_is_refused_with_the_remedy() -> None:
    with gr.Blocks() as demo:
        text = gr.Textbox()
        text.submit(lambda said: said, text, text, engine="process")
    with pytest.raises(ValueError, match="top level"):
        demo.launch(server_port=0, prevent_thread_lock=True)


def test_an_engine_that_does_not_exist_is_refused() -> None:
    with gr.Blocks():
        text = gr.Textbox()
        with pytest.raises(ValueError, match=r"engine 'proces' does not exist.*did you mean 'process'"):
            text.submit(lambda said: said, text, text, engine="proces")
