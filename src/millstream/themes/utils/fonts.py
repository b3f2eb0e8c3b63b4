"""Fonts by name. A page loads none: each is used where the visitor's machine has it."""

from __future__ import annotations


class Font:
    """A font of the visitor's machine.

    Args:
        name: Its family.
    """

    def __init__(self, name: str) -> None:
        self.name = str(name)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Font) and other.name == self.name

    def __hash__(self) -> int:
        return hash(self.name)


class GoogleFont(Font):
    """A font by the name that it has at Google, from where nothing is loaded.

    Args:
        name: Its family.
        weights: Accepted for Gradio's sake.
    """

    def __init__(self, name: str, weights: tuple[int, ...] = (400, 600)) -> None:
        del weights
        super().__init__(name)


class LocalFont(Font):
    """A font by name.

    Args:
        name: Its family.
        weights: Accepted for Gradio's sake.
    """

    def __init__(self, name: str, weights: tuple[int, ...] = (400, 700)) -> None:
        del weights
        super().__init__(name)
