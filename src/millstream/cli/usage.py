"""Mistakes in the command line: answered with the usage of the command that was meant and the nearest word."""

from __future__ import annotations

import argparse
import difflib
import re
import sys
from collections.abc import Sequence
from typing import Final, NoReturn

EXIT_USAGE: Final = 2
"""The exit code for a mistake in the command line, as in other programs."""

_ELSEWHERE: Final = {
    "reload": "it is an option of `millstream run`",
    "watch": "say `millstream run app.py --reload`",
    "watch-dirs": "say --reload: modules that the program imports are followed wherever they are",
    "demo-name": "name the variable behind the file, as in `millstream run app.py:demo`",
    "share": "there is no tunnel: use `ssh -R`, or a reverse proxy with HTTPS",
    "threads": "each call of a handler has its own thread; --workers N serves from N processes",
    "debug": "the log has the traceback of every exception; --show-error shows users their text",
    "server-port": "did you mean --port?",
    "server-name": "did you mean --host?",
    "bind": "did you mean --host?",
    "address": "did you mean --host?",
    "inbrowser": "did you mean --open?",
    "browser": "did you mean --open?",
}
"""Options of other programs, and what to do here instead."""


class Parser(argparse.ArgumentParser):
    """A parser that reports a mistake in one line, and shows the usage of the very command that was used."""

    def __init__(self, **settings: object) -> None:
        super().__init__(allow_abbrev=False, **settings)  # type: ignore[arg-type]  # argparse's own

    def error(self, message: str) -> NoReturn:
        """Report the mistake, and exit."""
        sys.stderr.write(f"{self.prog}: {_sentence(message)}\n{self.format_usage()}")
        sys.stderr.write(f"Try `{self.prog} --help`.\n")
        raise SystemExit(EXIT_USAGE)

    def refuse(self, extra: Sequence[str]) -> NoReturn:
        """Report surplus words, and exit."""
        word = extra[0]
        if not word.startswith("-") or word == "-":
            self.error(f"{word!r} is one argument too many")
        name = word.partition("=")[0]
        known = [option for action in self._actions for option in action.option_strings]
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
        hint = _ELSEWHERE.get(name.lstrip("-").replace("_", "-"), f"did you mean {near[0]}?" if near else "")
        self.error(f"there is no option {name}" + (f"; {hint}" if hint else ""))


def port(text: str) -> int:
    """Read a port number."""
    if not re.fullmatch(r"[0-9]{1,5}", text) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: give a number from 0 to 65535")
    return int(text)


def count(text: str) -> int:
    """Read a number from 1."""
    if not re.fullmatch(r"[0-9]{1,4}", text) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of processes: give one from 1 to 9999")
    return int(text)


def _sentence(message: str) -> str:
    """Replace argparse's wording by our own."""
    if found := re.fullmatch(r"the following arguments are required: (.*)", message):
        return f"{found[1]} is missing"
    if found := re.fullmatch(r"argument (\S+): (.*)", message):
        return f"{found[1]}: {found[2]}"
    return message
