"""`millstream load`: many visitors of a running app at once, and a report on the first thing that is saturated."""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import re
import sys
from typing import Final

from millstream.apps.program import CommandError
from millstream.cli.usage import Parser
from millstream.errors import Closed, InvalidValue, MillstreamError, Refused
from millstream.variables import LOAD_PASSWORD, PREFIX

EXIT_NOT_HELD: Final = 3
"""The exit code if not all streams held the rate and the latency."""

RAMP_HZ: Final = 20.0
"""So many visitors come a second, unless `--ramp` says otherwise."""

TOKEN: Final = f"{PREFIX}METRICS_TOKEN"


def add_load(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("load", help="load a running app with many streams, and find the bottleneck")
    parser.description = (
        "Opens many pages of a running app, feeds a streaming event of each with the frames of a camera or the audio "
        "of a microphone, and reports rate, latency, gaps, waits and drops, and what is saturated first. The exit code "
        f"is 0 if all streams held the rate and the latency, and {EXIT_NOT_HELD} if not."
    )
    parser.add_argument("url", metavar="URL", help="the app's address, such as http://127.0.0.1:7860")
    parser.add_argument("--streams", type=_count, default=20, metavar="N", help="visitors, each with a stream (20)")
    parser.add_argument("--seconds", type=_above_0, default=30.0, metavar="S", help="duration of the measurement (30)")
    parser.add_argument("--ramp", type=_above_0, metavar="S", help="seconds in which the visitors arrive (20 a second)")
    parser.add_argument("--rate", type=_above_0, default=15.0, metavar="HZ", help="frames per second of a camera (15)")
    parser.add_argument("--size", type=_size, default=(640, 480), metavar="WxH", help="size of its frames (640x480)")
    parser.add_argument("--event", default="", metavar="NAME", help="label, elem_id or number of the component")
    parser.add_argument("--hold", type=_share, default=0.9, metavar="SHARE", help="share of the rate to reach (0.9)")
    parser.add_argument("--p95", type=_above_0, default=200.0, metavar="MS", help="highest latency (200)")
    parser.add_argument("--user", metavar="NAME", help=f"user name for a login; the password is in {LOAD_PASSWORD}")
    parser.add_argument("--metrics-token", metavar="TOKEN", help=f"opens /metrics; also in {TOKEN}")
    parser.add_argument("--processes", type=_count, metavar="N", help="processes of the tester (as many as needed)")
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of text")
    parser.set_defaults(parser=parser, run=_load)


def _load(options: argparse.Namespace) -> int:
    # The tester is not loaded for other commands.
    from millstream.load_testing.crew import find_event, processes_for, run_load
    from millstream.load_testing.plan import LoadPlan
    from millstream.load_testing.report import Goal
    from millstream.load_testing.table import table
    from millstream.load_testing.verdict import verdict

    width, height = options.size
    plan = LoadPlan(
        url=options.url if options.url.endswith("/") else f"{options.url}/",
        auth=_auth(options.user),
        event=options.event,
        streams=options.streams,
        rate_hz=options.rate,
        width=width,
        height=height,
        ramp_s=options.ramp or max(1.0, options.streams / RAMP_HZ),
        seconds=options.seconds,
    )
    goal = Goal(options.hold, options.p95 / 1000)
    token = options.metrics_token or os.environ.get(TOKEN, "")
    try:
        event = asyncio.run(find_event(plan))
        processes = options.processes or processes_for(plan, event)
        found = asyncio.run(run_load(plan, event, goal, min(processes, plan.streams), token, _say))
    except MillstreamError as error:
        raise CommandError(_sentence(error)) from error
    if options.json:
        judged = verdict(found)
        print(json.dumps({**found.plain(), "saturated": {"part": judged.part, "sentence": judged.sentence}}, indent=2))
    else:
        print(table(found))
    return 0 if found.held == found.streams else EXIT_NOT_HELD


def _say(progress: str) -> None:
    print(progress, file=sys.stderr, flush=True)


def _auth(user: str | None) -> tuple[str, str] | None:
    if user is None:
        return None
    if LOAD_PASSWORD not in os.environ:
        raise CommandError(f"--user needs the password in the environment variable {LOAD_PASSWORD}")
    return user, os.environ[LOAD_PASSWORD]


def _sentence(error: MillstreamError) -> str:
    """Say what can be done about an app that cannot be loaded."""
    if isinstance(error, Refused) and error.code == "login":
        return f"the app requires a login: pass --user, and the password in {LOAD_PASSWORD} ({error})"
    if isinstance(error, Refused) and error.code == "version":
        return f"the app has another version: install the same release of millstream ({error})"
    if isinstance(error, Closed | InvalidValue):
        return str(error)
    return f"the load test failed: {error}"


def _count(text: str) -> int:
    """Read a number of things."""
    if not re.fullmatch(r"[1-9][0-9]{0,5}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number: give a whole number from 1")
    return int(text)


def _above_0(text: str) -> float:
    """Read a number above 0."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def _share(text: str) -> float:
    """Read a share."""
    number = _above_0(text)
    if number > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share: give a number from 0 to 1, such as 0.9")
    return number


def _size(text: str) -> tuple[int, int]:
    """Read the size of a frame."""
    found = re.fullmatch(r"([0-9]{2,4})x([0-9]{2,4})", text)
    if found is None or min(int(found[1]), int(found[2])) < 16:
        raise argparse.ArgumentTypeError(f"{text!r} is not a size: give WIDTHxHEIGHT in pixels, such as 640x480")
    return int(found[1]), int(found[2])
