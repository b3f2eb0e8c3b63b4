"""The command line: `millstream run app.py`, `demo`, `replay visit.msr app.py`, `load URL`."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import millstream
from millstream.apps.program import reported
from millstream.cli.demo import add_demo
from millstream.cli.deploy import add_deploy
from millstream.cli.link import add_link
from millstream.cli.load import add_load
from millstream.cli.replay import add_replay
from millstream.cli.run import add_run
from millstream.cli.usage import EXIT_USAGE, Parser

__all__ = ["main"]

EXIT_INTERRUPTED: Final = 130
"""The exit code after Ctrl-C, as in shells."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the `millstream` command; returns the exit code.

    A mistake in the command line gives one line on standard error and the usage; a user's program that fails gives its
    own traceback.

    Args:
        arguments: The words after `millstream`; those of the process by default.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    parser, commands = _parser()
    _check_command(parser, commands, words)
    options, extra = parser.parse_known_args(words)
    if options.command is None:
        if extra:
            parser.refuse(extra)
        parser.print_help()
        return EXIT_USAGE
    if extra:
        options.parser.refuse(extra)
    try:
        return reported(lambda: options.run(options))
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _parser() -> tuple[Parser, Mapping[str, Parser]]:
    parser = Parser(prog="millstream", description="Live web apps for camera and microphone.")
    parser.add_argument("--version", action="version", version=f"millstream {millstream.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)
    add_run(commands)
    add_deploy(commands)
    add_demo(commands)
    add_link(commands)
    add_load(commands)
    add_replay(commands)
    return parser, commands.choices


def _check_command(parser: Parser, commands: Mapping[str, Parser], words: Sequence[str]) -> None:
    """Exit with an error if the first word is no command."""
    word = words[0] if words else ""
    if not word or word.startswith("-") or word in commands:
        return
    near = difflib.get_close_matches(word, [*commands, "help", "version"], n=1)
    if Path(word.partition(":")[0]).suffix in (".py", ".ipynb") or Path(word).exists():
        hint = f"; did you mean `millstream run {word}`?"
    elif near:
        hint = f"; did you mean `millstream {near[0] if near[0] in commands else '--' + near[0]}`?"
    else:
        *others, last = commands
        hint = f"; there are {', '.join(others)} and {last}"
    parser.error(f"there is no command {word!r}{hint}")
