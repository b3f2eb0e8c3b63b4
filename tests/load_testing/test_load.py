"""`millstream load` against real servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing

import pytest
from tests.server.live import serving

import millstream as ms
from millstream.cli import EXIT_INTERRUPTED, main
from millstream.load_testing import server_figures
from millstream.load_testing.crew import find_event, processes_for
from millstream.load_testing.devices import camera, microphone
from millstream.load_testing.fed_event import FedEvent
from millstream.load_testing.group import run_group
from millstream.load_testing.plan import GroupFigures, GroupShare, LoadPlan
from millstream.load_testing.server_figures import ServerFigures
from millstream.load_testing.visitor import Devices

RATE_HZ = 10.0


def declare(limit: int | None = None) -> ms.Blocks:
    with ms.Blocks() as demo:
        seen = ms.Image(label="Camera", sources="webcam")
        seen.stream(lambda frame: frame, seen, ms.Image(), stream_every=0, concurrency_limit=limit)
        heard = ms.Audio(label="Mic", sources="microphone")
        heard.stream(lambda chunk: None, heard, None, stream_every=0.1, concurrency_limit=None)
        both = ms.Video(label="Both", sources="webcam")
        both.stream(lambda moment: None, both, None, stream_every=0.1, concurrency_limit=None)
    demo.queue(max_size=2)
    return demo


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving(declare(), grace=0) as (url, _):
        yield url + "/"


async def load(url: str, streams: int, event: str = "") -> tuple[FedEvent, GroupFigures]:
    """Load an app for a second, from this process."""
    plan = LoadPlan(url=url, event=event, streams=streams, rate_hz=RATE_HZ, width=64, height=48, ramp_s=0.5, seconds=1)
    found = await find_event(plan)
    made = Devices(camera(4, 64, 48), microphone(2.0) if found.is_audio else None)
    return found, await run_group(GroupShare(plan, found, 0, 1), made)


@pytest.mark.anyio
@pytest.mark.parametrize("event", ["Camera", "Mic", "Both"])
async def test_streams_of_each_kind_are_fed_at_their_rate(url: str, event: str) -> None:
    found, figures = await load(url, 2, event)
    assert [visitor.outcome for visitor in figures.visitors] == ["served"] * 2
    for visitor in figures.visitors:
        assert visitor.running_s == pytest.approx(1.0)
        assert visitor.results == pytest.approx(found.results_hz(RATE_HZ), abs=4)
        assert bool(visitor.ages_s) == found.has_outputs
        assert all(0 <= age_s < 1 for age_s in visitor.ages_s)
    assert figures.cores > 0


def test_who_waits_and_who_is_refused_is_told() -> None:
    with serving(declare(limit=1), grace=0) as (url, _):
        _, figures = asyncio.run(load(url + "/", 5))
    outcomes = [visitor.outcome for visitor in figures.visitors]
    assert (outcomes.count("served"), outcomes.count("waiting"), outcomes.count("refused")) == (1, 2, 2)
    assert {visitor.reason for visitor in figures.visitors if visitor.outcome == "refused"} == {
        "The app is busy: too many people are waiting. Try again in a moment."
    }


def test_the_command_loads_an_app_from_several_processes(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--streams", "4", "--seconds", "1", "--ramp", "0.5", "--rate", "5", "--size", "64x48", "--processes", "2"]
    assert main(["load", url, *words, "--p95", "5000", "--hold", "0.3", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["outcomes"] == {"served": 4, "waiting": 0, "refused": 0, "failed": 0}
    assert (said["held"], said["tester"]["processes"]) == (4, 2)
    assert said["server"]["running"] == 4
    assert said["server"]["calls"] > 5
    assert said["server"]["cores"] > 0


def test_the_command_tells_that_streams_did_not_hold(url: str, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--streams", "1", "--seconds", "0.5", "--ramp", "0.1", "--size", "64x48", "--p95", "0.001"]
    assert main(["load", url, *words]) == 3
    said = capsys.readouterr().out
    assert "held     0 streams at 13.5 frames/s or more" in said
    assert "Saturated first: " in said


def test_ctrl_c_ends_the_processes_of_the_tester_without_a_word_of_theirs(url: str) -> None:
    words = ["-m", "millstream", "load", url, "--streams", "4", "--size", "64x48", "--processes", "2"]
    tester = subprocess.Popen(
        [sys.executable, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    assert tester.stderr is not None
    assert tester.stderr.readline().startswith("visitors: 4")
    os.killpg(tester.pid, signal.SIGINT)  # as a terminal does
    assert tester.communicate(timeout=10) == ("", "")
    assert tester.returncode == EXIT_INTERRUPTED


def fails(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert main(["load", *words]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


def test_an_app_that_cannot_be_loaded_is_one_line(
    url: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(socket.socket()) as nobody:
        nobody.bind(("127.0.0.1", 0))
        assert "no web server answers at" in fails(capsys, f"http://127.0.0.1:{nobody.getsockname()[1]}")
    assert "is not a web address" in fails(capsys, "localhost")
    assert "components are called 'Nobody'" in fails(capsys, url, "--event", "Nobody")
    with serving() as (silent, _):
        assert "no streaming event" in fails(capsys, silent)
    with serving(declare(), auth=("me", "secret")) as (closed, _):
        assert "pass --user, and the password in MILLSTREAM_LOAD_PASSWORD" in fails(capsys, closed)
        assert "the password in the environment" in fails(capsys, closed, "--user", "me")
        monkeypatch.setenv("MILLSTREAM_LOAD_PASSWORD", "secret")
        few = ["--streams", "1", "--seconds", "0.2", "--ramp", "0.1", "--size", "64x48"]
        assert main(["load", closed, "--user", "me", *few]) in (0, 3)
        assert "1 served" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--streams", "0"], "is not a whole number"),
        (["--seconds", "-1"], "is not a number above 0"),
        (["--hold", "90"], "is not a share"),
        (["--size", "640"], "is not a size: give WIDTHxHEIGHT"),
    ],
)
def test_mistakes_in_the_options_say_what_to_write(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(["load", "http://127.0.0.1", *words])
    assert sentence in capsys.readouterr().err


def test_the_tester_takes_as_many_processes_as_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    event = FedEvent(1, "camera", (), 0.0)

    def processes(streams: int, cpus: int | None) -> int:
        monkeypatch.setattr("os.cpu_count", lambda: cpus)
        return processes_for(LoadPlan(url="", streams=streams, rate_hz=15.0), event)

    assert processes(1, 8) == 1
    assert processes(60, 8) == 3
    assert processes(1000, 8) == 8
    assert processes(1000, None) == 1


def test_what_is_no_exposition_has_no_figures() -> None:
    assert server_figures.parse('hello world\nframes_total 3\nframes_total{event="echo"} 4\n<html>') == {
        "frames_total": 7,
        "frames_total:echo": 4,
    }


def test_metrics_that_need_a_token_are_read_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_figures, "TIMEOUT_S", 5.0)
    with serving(metrics_token="x" * 20) as (url, _):
        closed, opened = ServerFigures(url + "/", ""), ServerFigures(url + "/", "x" * 20)
        assert not closed.ask().figures
        assert closed.refusal.endswith("/metrics answered 401")
        scrape = opened.ask()
    assert scrape.figures["process_cpu_time_seconds_total"] > 0
    assert scrape.answer_s is not None
    gone = opened.ask()
    assert (gone.answer_s, gone.figures) == (None, {})
    assert "did not answer" in opened.refusal
