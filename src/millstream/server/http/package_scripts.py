"""Scripts that Python packages bring along: those with which plotly and bokeh draw their figures in a page.

So the script is always of the release that wrote the figure down, and an app without such a package has nothing of it.
"""

from __future__ import annotations

import asyncio
import gzip
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from millstream.run_in_thread import begin

logger = logging.getLogger("millstream.server")

JAVASCRIPT: Final = "text/javascript; charset=utf-8"

_LEVEL: Final = 6
"""Of compression: 9 takes three times as long for one percent, and a visitor waits for it."""

_SCRIPTS: Final[Mapping[str, tuple[str, str]]] = {
    "plotly": ("plotly", "package_data/plotly.min.js"),
    "bokeh": ("bokeh", "server/static/js/bokeh.min.js"),
    "bokeh-widgets": ("bokeh", "server/static/js/bokeh-widgets.min.js"),
    "bokeh-tables": ("bokeh", "server/static/js/bokeh-tables.min.js"),
    "bokeh-gl": ("bokeh", "server/static/js/bokeh-gl.min.js"),
}
"""By name: the package that a script is in, and where there."""


@dataclass(frozen=True)
class Asset:
    """One file, plain and compressed."""

    body: bytes
    zipped: bytes
    media_type: str


class PackageScripts:
    """The scripts of packages, looked for when a page first asks for one, and then kept.

    Their names are `SCRIPT-RELEASE.js`, with the release of the package.
    """

    def __init__(self) -> None:
        self._paths: dict[str, Path] | None = None
        self._assets: dict[str, asyncio.Future[Asset | None]] = {}

    async def find(self, name: str) -> Asset | None:
        """Give a script by its name; `None` if no installed package has it."""
        if not name.startswith(("plotly-", "bokeh-")):
            return None
        if self._paths is None:
            self._paths = await begin("package scripts", _installed)
        path = self._paths.get(name)
        if path is None:
            return None
        if name not in self._assets:
            self._assets[name] = begin("package scripts", lambda: _read(path))
        return await asyncio.shield(self._assets[name])


def _installed() -> dict[str, Path]:
    """Find the scripts of the packages that are installed; none is imported."""
    found = {}
    for name, (package, path) in _SCRIPTS.items():
        spec = find_spec(package)
        if spec is None or spec.origin is None:
            continue
        try:
            found[f"{name}-{version(package)}.js"] = Path(spec.origin).parent / path
        except PackageNotFoundError:
            continue  # a folder of that name, and no package
    return found


def _read(path: Path) -> Asset | None:
    try:
        body = path.read_bytes()
    except OSError as error:
        logger.error("the script %s of an installed package cannot be read: %s", path, error.strerror)
        return None
    return Asset(body, gzip.compress(body, _LEVEL, mtime=0), JAVASCRIPT)
