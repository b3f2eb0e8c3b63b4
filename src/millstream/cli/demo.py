"""`millstream demo`: opens the gallery of examples that comes with the package."""

from __future__ import annotations

import argparse
from pathlib import Path

import millstream
from millstream.cli.program import CommandError, serve
from millstream.cli.run import add_serving, serving

PACKAGE = Path(millstream.__file__).parent


def add_demo(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to the parser."""
    parser = commands.add_parser("demo", help="open the gallery of examples")
    parser.description = "Opens the gallery of examples, or one of them."
    parser.add_argument("name", nargs="?", default="demo", metavar="EXAMPLE", help="name of one example")
    add_serving(parser)
    parser.set_defaults(run=open_example)


def open_example(options: argparse.Namespace) -> None:
    """Serve the example that was named.

    Raises:
        CommandError: There is none of that name, or the packages of the examples are not installed.
    """
    try:
        serve(str(example(options.name)), serving(options), inbrowser=options.open)
    except ModuleNotFoundError as error:
        raise CommandError(
            f"the examples need the package of the module {error.name!r}: pip install 'millstream[examples]'"
        ) from error


def examples() -> Path:
    """Find the folder of the examples: in an installed package, else beside a source tree.

    Raises:
        CommandError: There is none.
    """
    for folder in (PACKAGE / "examples", PACKAGE.parents[1] / "examples"):
        if (folder / "demo.py").is_file():
            return folder
    raise CommandError("the examples are not there; install the package again")


def example(name: str) -> Path:
    """Find one example.

    Raises:
        CommandError: There is none of that name; the message lists those that are.
    """
    known = {path.stem: path for path in sorted(examples().glob("*.py"))}
    if name not in known:
        raise CommandError(f"there is no example {name!r}; there are {', '.join(known)}")
    return known[name]
