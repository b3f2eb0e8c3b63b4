"""The elements of a page: their values and properties, by number, and how callers name them."""

from __future__ import annotations

from typing import Any

from millstream.client.manifest import PageManifest, Reference, elements_of
from millstream.errors import InvalidValue
from millstream.wire.packet import PacketKind


class Elements:
    """All components and layouts of one page.

    Attributes:
        values: Value of each component on the wire.
        props: Properties of each component and layout.
        declared: The components as declared, by number as a text.
    """

    def __init__(self, manifest: PageManifest) -> None:
        self.values: dict[int, object] = {}
        self.props: dict[int, dict[str, object]] = {}
        self.declared: dict[str, Any] = dict(manifest["components"])
        for number, props in elements_of(manifest):
            if "value" in props:
                self.values[number] = props.pop("value")
            self.props[number] = props

    def find(self, reference: Reference) -> int:
        """Resolve an element's number from its number, label, `elem_id`, a button's text, or the element itself.

        A component goes before a layout of the same name.

        Raises:
            InvalidValue: Nothing is called so, or several are.
        """
        if isinstance(reference, str):
            found = [number for number in self.values if self._is_called(number, reference)]
            found = found or [number for number in self.props if self._is_called(number, reference)]
        else:
            number = reference if isinstance(reference, int) else getattr(reference, "id", None)
            found = [number] if number in self.props else []
        if len(found) != 1:
            names = {str(props.get("label") or props.get("elem_id") or "") for props in self.props.values()}
            known = ", ".join(sorted(names - {""}))
            raise InvalidValue(f"{len(found)} components are called {reference!r}; this page has {known}")
        return found[0]

    def find_component(self, reference: Reference) -> int:
        """Resolve the number of something that has a value; see `find`.

        Raises:
            InvalidValue: Nothing is called so, several are, or it is a layout.
        """
        number = self.find(reference)
        if number not in self.values:
            raise InvalidValue(f"{reference!r} is a layout: it has no value")
        return number

    def kind(self, number: int) -> str:
        """Give the type of a component, by its declaration; empty for a layout."""
        return str(self.declared.get(str(number), {}).get("type", ""))

    def name(self, number: int) -> str:
        """Give what messages call an element: its label, its `elem_id`, or its number."""
        props = self.props[number]
        called = props.get("label") or props.get("elem_id")
        return repr(called) if called else f"component {number}"

    def _is_called(self, number: int, name: str) -> bool:
        props = self.props[number]
        if name in (props.get("elem_id"), props.get("label")):
            return True
        return self.can(number, "shows_caption") and self.values[number] == name

    def can(self, number: int, capability: str) -> bool:
        """Tell whether a component has a capability, by its declaration; a layout has none."""
        return capability in self.declared.get(str(number), {}).get("capabilities", ())

    def captures(self, component: int, *, microphone: bool = True) -> tuple[PacketKind, ...]:
        """List the media that a component captures, audio last; without a `microphone` frames alone, if it has any."""
        frames = (PacketKind.PICTURE,) if self.can(component, "captures_frames") else ()
        has_audio = self.can(component, "captures_audio") and (microphone or not frames)
        return (*frames, PacketKind.SOUND) if has_audio else frames
