"""The apps that the cells of a notebook have launched: a cell that is run again replaces its own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from millstream.declare.declaration import Declaration
from millstream.server.app import App
from millstream.server.notebook.kernel import Cell, Shell


@dataclass
class _Launch:
    """An app that runs, the name of the variable that held it, and where it is shown."""

    declaration: Declaration
    variable: str
    app: App
    port: int
    url: str


@dataclass
class _Apps:
    """The apps of one cell: those of its last run, and ports of the run before that are still to be taken over."""

    run: str = ""
    launches: list[_Launch] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)


class Found(NamedTuple):
    """The address and the port of a running app, and the run of a cell that launched it."""

    url: str
    port: int
    run: str


class Cells:
    """The cells of one notebook."""

    def __init__(self) -> None:
        self._cells: dict[str, _Apps] = {}

    def replaced_port(self, shell: Shell, cell: Cell, declaration: Declaration) -> int | None:
        """End what an app that is about to be launched replaces; returns the port that it takes over, if any.

        That is the same app, wherever it was launched; the apps that the same cell launched when it was last run; and,
        where the front end does not name its cells, what the same variable held.
        """
        apps = self._cells.setdefault(cell.id, _Apps())
        variable = _variable(shell, declaration)
        if apps.run != cell.run and cell.id:
            apps.ports = [self._end(launch) for launch in list(apps.launches)]
        apps.run = cell.run
        same = [
            one
            for one in self._launches()
            if one.declaration is declaration or (not cell.id and one.variable == variable)
        ]
        ports = [self._end(launch) for launch in same] or apps.ports[:1]
        apps.ports = [port for port in apps.ports if port not in ports[:1]]
        return ports[0] if ports else None

    def note(self, shell: Shell, cell: Cell, declaration: Declaration, app: App, port: int, url: str) -> None:
        """Note an app that was launched."""
        launch = _Launch(declaration, _variable(shell, declaration), app, port, url)
        self._cells.setdefault(cell.id, _Apps(cell.run)).launches.append(launch)

    def find(self, declaration: Declaration) -> Found | None:
        """Find a running app."""
        found = (
            Found(launch.url, launch.port, apps.run)
            for apps in self._cells.values()
            for launch in apps.launches
            if launch.declaration is declaration and launch.app.is_running
        )
        return next(found, None)

    def launched_by(self, cell: Cell) -> bool:
        """True if this run of a cell has launched an app."""
        apps = self._cells.get(cell.id)
        return apps is not None and apps.run == cell.run and bool(apps.launches)

    def _launches(self) -> Iterator[_Launch]:
        for apps in list(self._cells.values()):
            yield from list(apps.launches)

    def _end(self, launch: _Launch) -> int:
        launch.app.stop(0.0)
        for apps in self._cells.values():
            apps.launches = [one for one in apps.launches if one is not launch]
        return launch.port


def _variable(shell: Shell, declaration: Declaration) -> str:
    return next((name for name, value in shell.user_ns.items() if value is declaration and name[:1] != "_"), "")


CELLS: Final = Cells()
"""Those of this process: a kernel runs one notebook."""
