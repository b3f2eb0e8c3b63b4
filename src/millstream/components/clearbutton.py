"""`ClearButton`: a button that empties other components."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Literal, Self, Unpack, cast

from millstream.components.button import Button
from millstream.components.state import State
from millstream.declare.component import Common, Component
from millstream.declare.element import current_parent
from millstream.errors import DeclarationError
from millstream.wire.messages import Value


class ClearButton(Button):
    """A button that empties components: states go back to their initial value.

    Args:
        components: What it empties; `add` adds more.
        value: The text.
        variant: See `Button`.
        size: See `Button`.
        common: See `Component`.
    """

    tag = "button"
    ignores: ClassVar[tuple[str, ...]] = ("api_name", "api_visibility", "show_api")

    def __init__(
        self,
        components: Component | Sequence[Component] | None = None,
        *,
        value: str = "Clear",
        variant: Literal["primary", "secondary", "stop", "huggingface"] = "secondary",
        size: Literal["sm", "md", "lg"] | None = "lg",
        **common: Unpack[Common],
    ) -> None:
        super().__init__(value, variant=variant, size=size, **common)
        if components and current_parent.get() is not None:
            self.add(components)

    def props(self) -> dict[str, Value]:
        return {**super().props(), "clears": True}

    def add(self, components: Component | Sequence[Component]) -> Self:
        """Let the button empty these components, too."""
        listed = list(components) if isinstance(components, Sequence) else [components]
        for part in cast("list[object]", listed):
            if not isinstance(part, Component):
                raise DeclarationError(f"{self.name}: components must be components, but got {part!r}")

        def clear() -> object:
            values = [component.initial() if isinstance(component, State) else None for component in listed]
            return values[0] if len(values) == 1 else values

        self.click(clear, None, listed, queue=False, show_progress="hidden")
        return self
