"""`millstream run`: serves the app of a Python program."""

from __future__ import annotations

import argparse
import sys

from millstream.apps.program import CommandError, serve, split
from millstream.cli.usage import Parser, count, port


def add_run(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("run", help="serve the app of a Python program")
    parser.description = "Serves the app of a Python program; options given here override those of its own launch()."
    parser.add_argument(
        "target", metavar="FILE[:NAME]", help="the program, and optionally the variable that holds the app"
    )
    add_serving(parser)
    parser.add_argument("--workers", type=count, metavar="N", help="serve from N processes behind one port")
    parser.add_argument("--reload", action="store_true", help="apply edits of the program to open pages")
    parser.set_defaults(parser=parser, run=run)


def run(options: argparse.Namespace) -> int:
    """Serve the program in this process, or by a supervisor with several.

    Raises:
        CommandError, ProgramError: See `serve`.
    """
    if options.reload:
        if options.workers is not None:
            raise CommandError("--reload serves from one process: leave --workers out while you edit")
        from millstream.apps.reloading import serve_reloading  # not loaded for other commands

        serve_reloading(options.target, serving(options), inbrowser=options.open)
        return 0
    if options.workers is None:
        serve(options.target, serving(options), inbrowser=options.open)
        return 0
    if sys.platform == "win32":
        raise CommandError("--workers needs Linux or macOS: leave it out on Windows")
    from millstream.server.launch import say
    from millstream.supervisor.post import ServedProgram
    from millstream.supervisor.supervisor import Supervisor

    split(options.target)  # a file that is missing is said once
    code = Supervisor(ServedProgram(options.target, serving(options), options.open), options.workers, say).run()
    if not code:
        say("* Stopped.")
    return code


def add_serving(parser: argparse.ArgumentParser) -> None:
    """Add the options of every command that serves an app."""
    parser.add_argument("--port", type=port, metavar="N", help="port to listen on; 0 for any free one")
    parser.add_argument("--host", metavar="ADDRESS", help="address to listen on; 0.0.0.0 for every network")
    parser.add_argument("--root-path", metavar="PATH", help="path under which a proxy publishes the app")
    parser.add_argument("--show-error", action="store_true", default=None, help="show users the errors of handlers")
    parser.add_argument("--record", metavar="FOLDER", help="record each visit to a file there, for `millstream replay`")
    parser.add_argument(
        "--record-button", action="store_true", default=None, help="have a button in the page that records one visit"
    )
    parser.add_argument("--open", action="store_true", help="open the page in the browser")


def serving(options: argparse.Namespace) -> dict[str, object]:
    """Return the arguments for `launch()` that were given on the command line."""
    given = {
        "server_port": options.port,
        "server_name": options.host,
        "root_path": options.root_path,
        "show_error": options.show_error,
        "record": options.record,
        "record_button": options.record_button,
    }
    return {name: value for name, value in given.items() if value is not None}
