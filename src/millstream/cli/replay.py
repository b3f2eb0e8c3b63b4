"""`millstream replay`: plays a recorded visit to an app again, and says what is different now."""

from __future__ import annotations

import argparse
from typing import Final

from millstream.apps.program import CommandError, declared
from millstream.cli.usage import Parser
from millstream.errors import InvalidValue

EXIT_DIFFERENT: Final = 3
"""The exit code if something is different."""


def add_replay(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("replay", help="play a recorded visit again, and compare the results")
    parser.description = (
        "Plays a visit that launch(record=...) has recorded to an app again, as fast as its handlers are, and prints "
        f"what differs. The exit code is 0 if nothing does, and {EXIT_DIFFERENT} if something does."
    )
    parser.add_argument("recording", metavar="RECORDING", help="the .msr file")
    parser.add_argument(
        "target", metavar="FILE[:NAME]", help="the program, and optionally the variable that holds the app"
    )
    parser.set_defaults(parser=parser, run=_replay)


def _replay(options: argparse.Namespace) -> int:
    from millstream.testing.replay import replay  # the tools for tests are not loaded for other commands

    try:
        found = replay(options.recording, declared(options.target).app)
    except InvalidValue as error:
        raise CommandError(str(error)) from error
    print(found)
    return 0 if found.is_equal else EXIT_DIFFERENT
