"""`millstream link`: serves an app behind a narrow and long link, for a developer who wants to feel it."""

from __future__ import annotations

import argparse
import math
import socket
from collections.abc import Callable
from functools import partial

from millstream.cli.demo import add_demo
from millstream.cli.run import add_run
from millstream.cli.usage import Parser


def add_link(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("link", help="serve an app behind a narrow or long link")
    parser.description = "Serves an app as `run` and `demo` do, and also behind a simulated slow link."
    parser.add_argument("--up", type=_above_0, metavar="MBIT", help="Mbit/s from the page to the server")
    parser.add_argument("--down", type=_above_0, metavar="MBIT", help="Mbit/s from the server to the page")
    parser.add_argument("--rtt", type=_milliseconds, default=0.0, metavar="MS", help="round trip in milliseconds")
    parser.add_argument("--jitter", type=_milliseconds, default=0.0, metavar="MS", help="maximum variation of it")
    parser.add_argument("--loss", type=_percentage, default=0.0, metavar="PERCENT", help="segments that are lost")
    inner = parser.add_subparsers(dest="served", metavar="COMMAND", parser_class=Parser, required=True)
    add_run(inner)
    add_demo(inner)
    for command in inner.choices.values():
        serve = command.get_default("run")
        command.set_defaults(run=partial(_serve_behind, serve=serve))


def _serve_behind(options: argparse.Namespace, serve: Callable[[argparse.Namespace], object]) -> None:
    """Serve an app on the requested port, or any free one, and once more on another port behind a link."""
    from millstream.testing.link import Link  # the tools for tests are not loaded for other commands

    options.port = options.port or _free_port()
    settings = {
        "up": options.up,
        "down": options.down,
        "rtt": options.rtt,
        "jitter": options.jitter,
        "loss": options.loss / 100,
    }
    with Link(options.port, **settings) as link:
        rates = ", ".join(f"{options.__dict__[way] or 'any'} Mbit/s {way}" for way in ("up", "down"))
        print(f"* Over a link of {rates}, {options.rtt:g} ms: {link.url.removesuffix('/')}", flush=True)
        serve(options)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _above_0(text: str) -> float:
    """Read a rate."""
    number = _number(text)
    if not number > 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate: give Mbit/s above 0, or leave the option out")
    return number


def _milliseconds(text: str) -> float:
    """Read a time."""
    number = _number(text)
    if not number >= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a time: give milliseconds from 0")
    return number


def _percentage(text: str) -> float:
    """Read a share."""
    number = _number(text)
    if not 0 <= number < 100:
        raise argparse.ArgumentTypeError(f"{text!r} is no share of lost segments: give a percentage below 100")
    return number


def _number(text: str) -> float:
    """Read a number; anything else, and infinity, becomes NaN."""
    try:
        number = float(text)
    except ValueError:
        return math.nan
    return number if math.isfinite(number) else math.nan
