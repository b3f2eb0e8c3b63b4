"""The notebook's kernel that this program runs in, if it runs in one. IPython is never imported, only found."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Protocol, cast
from urllib.parse import urlsplit

LOOPBACK: Final = ("http://localhost:*", "http://127.0.0.1:*", "https://localhost:*", "https://127.0.0.1:*")
"""Notebook servers of this machine: pages of no other origin are served by programs that run here."""

EDITORS: Final = ("vscode-webview:", "vscode-file:")
"""Schemes of an editor's own windows, which no web site has."""

COLAB_S: Final = 10.0
"""How long Colab's page may take to answer: nobody may be looking at the notebook."""

HUB: Final = ("JUPYTERHUB_PUBLIC_URL", "JUPYTERHUB_HOST")
"""What JupyterHub tells its users' servers, and so their kernels, about the address that browsers use."""

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


def colab_origin(port: int) -> str:
    """Ask Colab's page for the origin under which it shows what is served at a port. Blocks for up to `COLAB_S`.

    Raises:
        LookupError: It does not say.
    """
    try:
        output = importlib.import_module("google.colab.output")
        told = output.eval_js(f"google.colab.kernel.proxyPort({port}, {{cache: false}})", timeout_sec=COLAB_S)
        address = urlsplit(told)
    except Exception as error:  # whatever Colab raises when its page does not answer, or cannot
        raise LookupError(f"Colab's page does not say where it shows port {port}: {error}") from error
    if not isinstance(told, str) or address.scheme != "https" or not address.netloc:
        raise LookupError(f"Colab's page says that it shows port {port} at {told!r}, which is no address")
    return f"https://{address.netloc}"


def hub_hosts() -> tuple[str, ...]:
    """Give the host names under which JupyterHub, if it has started this kernel, says that browsers reach it."""
    found = (urlsplit(os.environ.get(name, "")).hostname for name in HUB)
    return tuple(dict.fromkeys(name for name in found if name))


def frame_ancestors() -> tuple[str, ...]:
    """Give the origins of notebooks that may show an app of this kernel in a frame."""
    return (*LOOPBACK, *EDITORS, *(COLAB if is_colab() else ()))
