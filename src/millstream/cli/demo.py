"""`millstream demo`: opens the gallery of examples that is part of the package."""

from __future__ import annotations

import argparse
import difflib
from pathlib import Path

import millstream
from millstream import installation
from millstream.apps.program import CommandError, ProgramError, serve
from millstream.cli.run import add_serving, serving
from millstream.cli.usage import Parser

PACKAGE = Path(millstream.__file__).parent


def add_demo(commands: argparse._SubParsersAction[Parser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("demo", help="open the gallery of examples")
    parser.description = "Opens the gallery of examples, or one of them."
    parser.add_argument("name", nargs="?", default="demo", metavar="EXAMPLE", help="name of one example")
    add_serving(parser)
    parser.set_defaults(parser=parser, run=open_example)


def open_example(options: argparse.Namespace) -> None:
    """Serve the example with the given name.

    Raises:
        CommandError: There is no such example, or the packages that examples need are not installed.
    """
    try:
        serve(str(example(options.name)), serving(options), inbrowser=options.open)
    except ProgramError as error:
        if not isinstance(error.__cause__, ModuleNotFoundError):
            raise
        name = error.__cause__.name
        raise CommandError(
            f"the examples need the module {name!r}: {installation.extra_command('examples')}"
        ) from error


def examples() -> Path:
    """Find the folder of the examples: in an installed package, else beside a source tree.

    Raises:
        CommandError: There is none.
    """
    for folder in (PACKAGE / "examples", PACKAGE.parents[1] / "examples"):
        if (folder / "demo.py").is_file():
            return folder
    raise CommandError("the examples are missing; reinstall the package")


def example(name: str) -> Path:
    """Find one example.

    Raises:
        CommandError: There is no such example; the message lists those that exist.
    """
    known = {path.stem: path for path in sorted(examples().glob("*.py"))}
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"did you mean {near[0]!r}? " if near else ""
        raise CommandError(f"there is no example {name!r}; {hint}There are {', '.join(known)}")
    return known[name]
