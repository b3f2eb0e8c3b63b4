"""The notebook's kernel that this program runs in, if it runs in one. IPython is never imported, only found."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast

LOOPBACK: Final = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*")
"""Notebook servers of this machine: pages of no other origin are served by programs that run here."""

EDITORS: Final = ("vscode-webview:", "vscode-file:")
"""Schemes of an editor's own windows, which no web site has."""

COLAB: Final = ("https://colab.research.google.com", "https://*.googleusercontent.com", "https://*.colab.dev")


class Shell(Protocol):
    """As much of IPython's shell as is needed here."""

    user_ns: dict[str, object]
    kernel: object


@dataclass(frozen=True)
class Cell:
    """A cell that is being run.

    Attributes:
        id: What stays the same when the cell is run again; empty if the front end does not say.
        run: The message that asked for this run.
    """

    id: str
    run: str


def find_shell() -> Shell | None:
    """Find the shell of a notebook's kernel; `None` at a terminal, and in a plain program."""
    find = getattr(sys.modules.get("IPython"), "get_ipython", None)
    shell = find() if callable(find) else None
    return cast("Shell | None", shell) if getattr(shell, "kernel", None) is not None else None


def running_cell(shell: Shell) -> Cell:
    """Tell which cell is being run."""
    ask = getattr(shell, "get_parent", None) or getattr(shell.kernel, "get_parent", None)
    message = ask() if callable(ask) else None
    header, metadata = (_part(message, name) for name in ("header", "metadata"))
    return Cell(str(metadata.get("cellId") or ""), str(header.get("msg_id") or ""))


def _part(message: object, name: str) -> Mapping[str, object]:
    part = message.get(name) if isinstance(message, Mapping) else None
    return part if isinstance(part, Mapping) else {}


def is_colab() -> bool:
    """True in Google's Colab, whose pages reach a server in the kernel by a proxy of their own."""
    return "google.colab" in sys.modules


def frame_ancestors() -> tuple[str, ...]:
    """Give the origins of notebooks that may show an app of this kernel in a frame."""
    return (*LOOPBACK, *EDITORS, *(COLAB if is_colab() else ()))
