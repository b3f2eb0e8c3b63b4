"""Notebooks: an app as the last line of a cell, and the magic `%%app` of `%load_ext millstream`."""

from __future__ import annotations

import importlib
from typing import Any, Protocol, cast

from millstream.declare.declaration import Declaration
from millstream.errors import DeclarationError

_PROMPT = "%%app [NAME] [--height PIXELS] [--width PIXELS] [--port N]"


class Launchable(Protocol):
    """An app, as much of it as a notebook knows."""

    def launch(self, **arguments: Any) -> object: ...


def shown(app: Declaration) -> dict[str, str]:
    """Give what a notebook shows of an app that is the last line of a cell; outside of notebooks, its text.

    An app that does not run yet is launched. What this run of the cell has shown already is not shown twice.
    """
    from millstream.server.notebook.cells import CELLS
    from millstream.server.notebook.frame import bundle
    from millstream.server.notebook.kernel import find_shell, running_cell

    shell = find_shell()
    if shell is None or app.parent is not None:
        return {"text/plain": repr(app)}
    found = CELLS.find(app)
    if found is None:
        cast("Launchable", app).launch(inline=False, quiet=True)
        found = CELLS.find(app)
    elif found.run == running_cell(shell).run:
        return {"text/plain": repr(app)}
    return bundle(found.url, found.port) if found is not None else {"text/plain": repr(app)}


def load_ipython_extension(shell: Any) -> None:
    """Add the magic `%%app`, for `%load_ext millstream`; `%%blocks` is the same by Gradio's name.

    Args:
        shell: IPython's shell.
    """

    def app(line: str, cell: str) -> None:
        run_cell(shell, line, cell)

    for name in ("app", "blocks"):
        shell.register_magic_function(app, "cell", name)


def run_cell(shell: Any, line: str, cell: str) -> None:
    """Run a cell, and launch the app that it makes, in place of the one that it made before.

    Args:
        shell: IPython's shell.
        line: What follows `%%app`: the name of the variable, if there are several apps, and options.
        cell: The cell.

    Raises:
        DeclarationError: The cell makes no app.
    """
    from millstream.server.notebook.cells import CELLS
    from millstream.server.notebook.kernel import running_cell

    options = _options(line)
    before = list(shell.user_ns.values())  # kept, so that nothing new has the id of something old
    if not shell.run_cell(cell).success or CELLS.launched_by(running_cell(shell)):
        return
    _made(shell.user_ns, options.name, {id(value) for value in before}).launch(
        height=options.height, width=options.width, server_port=options.port, prevent_thread_lock=True
    )


def _made(names: dict[str, object], name: str | None, before: set[int]) -> Launchable:
    """Find the app that a cell has made: by its name, else `demo`, `app`, or the only one."""
    apps = {key: one for key, one in names.items() if isinstance(one, Declaration) and one.parent is None}
    if name is not None and name in apps:
        return cast("Launchable", apps[name])
    new = {key: one for key, one in apps.items() if id(one) not in before and not key.startswith("_")}
    usual = next((new[key] for key in ("demo", "app") if key in new), None)
    if name is not None or not (usual or len(set(map(id, new.values()))) == 1):
        found = f"no app {name!r}" if name is not None else "several apps" if new else "no app"
        raise DeclarationError(
            f"%%app: the cell makes {found}: put a Blocks or an Interface into a variable called demo, or name the "
            "variable, as in `%%app my_demo`"
        )
    return cast("Launchable", usual or next(iter(new.values())))


def _options(line: str) -> Any:
    """Read the line of the magic."""
    magic: Any = importlib.import_module("IPython.core.magic_arguments")
    parser = magic.MagicArgumentParser(prog="%%app", usage=_PROMPT, add_help=False)
    parser.add_argument("name", nargs="?")
    parser.add_argument("--demo-name", dest="name")
    parser.add_argument("--height")
    parser.add_argument("--width")
    parser.add_argument("--port", type=int)
    return parser.parse_args(line.split())
