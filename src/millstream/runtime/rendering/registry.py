"""The numbers of all that renders of one process have declared, and the handlers behind them."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Final
from zlib import crc32

from millstream.declare.component import Component
from millstream.declare.manifest import Manifest
from millstream.wire.limits import FIRST_RENDERED

END: Final = 1 << 32
"""A number has to fit into the header of a packet."""


class RenderRegistry:
    """Gives numbers that no two sessions of a process have at a time, and finds the manifest of a binding.

    Numbers rise, and are given again only after some billions: what a page says late of what is gone is never about
    something else. Each gateway begins elsewhere: that holds for a session that moves as well.

    Args:
        gateway: The name of this gateway.

    Attributes:
        manifests: Where the bindings of all renders come from, by number.
        components: The components of all renders, by number.
    """

    def __init__(self, gateway: str = "") -> None:
        start = crc32(gateway.encode()) if gateway else 0
        self._numbers = itertools.count(start)
        self._live: set[int] = set()
        self.manifests: dict[int, Manifest] = {}
        self.components: dict[int, Component] = {}

    def next_number(self) -> int:
        """Give a number; in any thread."""
        while (number := FIRST_RENDERED + next(self._numbers) % (END - FIRST_RENDERED)) in self._live:
            pass
        return number

    def adopt(self, elements: Iterable[int], manifest: Manifest) -> None:
        """Keep what a render has declared: numbers are taken, and handlers can be called."""
        self.components.update(manifest.components)
        self._live.update(elements, manifest.numbered)
        self.manifests.update(dict.fromkeys(manifest.numbered, manifest))

    def release(self, elements: Iterable[int], bindings: Iterable[int]) -> None:
        """Forget what is gone."""
        elements, bindings = tuple(elements), tuple(bindings)
        self._live.difference_update(elements, bindings)
        for number in elements:
            self.components.pop(number, None)
        for number in bindings:
            self.manifests.pop(number, None)
