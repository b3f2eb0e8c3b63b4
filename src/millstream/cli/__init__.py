"""The command line: `millstream run app.py`, `millstream demo`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

import millstream
from millstream.cli.demo import add_demo
from millstream.cli.program import CommandError
from millstream.cli.run import add_run

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `millstream` command; returns the exit code.

    Mistakes in how the command was used are one line on standard error; a user's program fails with its own traceback.

    Args:
        arguments: The words after `millstream`; those of the process by default.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 2
    try:
        options.run(options)
    except CommandError as error:
        print(f"millstream: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="millstream", description="Live web apps for camera and microphone.")
    parser.add_argument("--version", action="version", version=f"millstream {millstream.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    add_run(commands)
    add_demo(commands)
    return parser
