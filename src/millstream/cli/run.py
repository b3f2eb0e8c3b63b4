"""`millstream run`: serves the app of a Python program."""

from __future__ import annotations

import argparse

from millstream.apps.program import serve
from millstream.cli.usage import Parser, port


def add_run(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="serve the app of a Python program")
    parser.description = (
        "Serves the app that a Python program makes; options given here override those of its own launch()."
    )
    parser.add_argument(
        "target", metavar="FILE[:NAME]", help="the program, and if need be the variable that holds the app"
    )
    add_serving(parser)
    parser.set_defaults(
        parser=parser, run=lambda options: serve(options.target, serving(options), inbrowser=options.open)
    )


def add_serving(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that serves an app."""
    parser.add_argument("--port", type=port, metavar="N", help="port to listen on; 0 for any free one")
    parser.add_argument("--host", metavar="ADDRESS", help="address to listen on; 0.0.0.0 for every network")
    parser.add_argument("--root-path", metavar="PATH", help="path below which a proxy publishes the app")
    parser.add_argument("--show-error", action="store_true", default=None, help="show users what handlers raise")
    parser.add_argument("--record", metavar="FOLDER", help="record each visit to a file there, for `millstream replay`")
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def serving(options: argparse.Namespace) -> dict[str, object]:
    """Return the arguments for `launch()` that were given on the command line."""
    given = {
        "server_port": options.port,
        "server_name": options.host,
        "root_path": options.root_path,
        "show_error": options.show_error,
        "record": options.record,
    }
    return {name: value for name, value in given.items() if value is not None}
