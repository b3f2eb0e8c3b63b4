"""The part that a notebook has in the launch of an app: what it replaces, and the frame below the cell."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

from millstream.declare.declaration import Declaration
from millstream.server.app import App
from millstream.server.notebook.cells import CELLS
from millstream.server.notebook.frame import HEIGHT, WIDTH, bundle, css_size, display
from millstream.server.notebook.kernel import (
    Cell,
    Shell,
    colab_origin,
    find_shell,
    frame_ancestors,
    hub_hosts,
    is_colab,
    running_cell,
)
from millstream.server.options import ServerOptions

logger = logging.getLogger("millstream")

ARGUMENTS = ("inline", "height", "width")
"""Arguments of `launch()` that only mean something in a notebook."""


@dataclass(frozen=True)
class NotebookView:
    """One launch in a notebook.

    Attributes:
        shell: The kernel's.
        cell: The cell that launches.
        declaration: The app.
        is_inline: Whether the app is shown below the cell.
        height, width: Sizes of the frame for a style sheet.
    """

    shell: Shell
    cell: Cell
    declaration: Declaration
    is_inline: bool
    height: str
    width: str

    @classmethod
    def asked_for(cls, declaration: Declaration, arguments: Mapping[str, object]) -> Self | None:
        """Read the arguments of `launch()`; `None` outside of a notebook.

        Raises:
            ValueError: A size is none.
        """
        inline, height, width = (arguments.get(name) for name in ARGUMENTS)
        sizes = css_size("height", height or HEIGHT), css_size("width", width or WIDTH)  # type: ignore[arg-type]
        shell = find_shell()
        if shell is None:
            return None
        return cls(shell, running_cell(shell), declaration, inline is None or bool(inline), *sizes)

    def options(self, options: ServerOptions) -> ServerOptions:
        """End what this launch replaces, and take over its port unless another one is asked for."""
        port = CELLS.replaced_port(self.shell, self.cell, self.declaration)
        if options.server_port is None:
            options = replace(options, server_port=port)
        # Colab's pages come by a proxy under names that change; there is no other way to a server in that machine.
        further = ("*",) if is_colab() else hub_hosts()
        return replace(options, allowed_hosts=(*options.allowed_hosts, *further))

    def serve(self, app: App) -> None:
        """Let pages of notebooks on this machine show the app in a frame."""
        app.policy.allow_frames(frame_ancestors())

    def show(self, app: App, port: int, url: str) -> None:
        """Show the app below the cell, unless that is not wanted, and note that it is there."""
        CELLS.note(self.shell, self.cell, self.declaration, app, port, url)
        if is_colab():
            _admit_colab(app, port)
        if self.is_inline:
            display(bundle(url, port, self.height, self.width))


def _admit_colab(app: App, port: int) -> None:
    """Let the pages that Colab's proxy shows open connections: the server gets another host's name from it."""
    try:
        app.policy.callers.add(colab_origin(port))
    except LookupError as error:
        logger.warning("%s; if the app does not connect there, pass that origin as allowed_origins=", error)


class Silent(tuple[object, ...]):
    """The result of `launch()` in a notebook: as the last line of a cell it is not printed."""

    def _ipython_display_(self) -> None:
        return
