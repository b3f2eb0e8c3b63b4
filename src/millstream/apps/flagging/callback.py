"""`FlaggingCallback`: writes down what visitors flag. The base of those here, and of an app's own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path

from millstream.declare.component import Component


class FlaggingCallback(ABC):
    """Writes down what visitors flag; see `CSVLogger`."""

    @abstractmethod
    def setup(self, components: Sequence[Component], flagging_dir: str | Path) -> None:
        """Get ready, once, before anything is flagged.

        Args:
            components: Those whose values are written down, in order.
            flagging_dir: The folder for it.
        """

    @abstractmethod
    def flag(self, flag_data: Sequence[object], flag_option: str | None = None, username: str | None = None) -> int:
        """Write values down; gives how many entries there are.

        Args:
            flag_data: A value for each component, as handlers get it.
            flag_option: What the visitor chose to say of it.
            username: Who is logged in.
        """
