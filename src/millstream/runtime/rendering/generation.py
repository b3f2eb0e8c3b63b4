"""One fragment in the life of a session."""

from __future__ import annotations

from dataclasses import dataclass

from millstream.declare.binding import Binding
from millstream.declare.fragment import Fragment


@dataclass(eq=False)
class Generation:
    """A fragment that is shown, or was replaced and lingers until what its events have begun is over.

    Attributes:
        fragment: What was declared.
        elements: Numbers of its elements that no later one has taken over.
    """

    fragment: Fragment
    elements: set[int]

    @property
    def bindings(self) -> tuple[Binding, ...]:
        return self.fragment.manifest.bindings
