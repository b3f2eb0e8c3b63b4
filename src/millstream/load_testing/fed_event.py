"""The streaming event that is fed: the first one of an app, or the one that was named."""

from __future__ import annotations

from typing import NamedTuple

from millstream.client.elements import Elements
from millstream.client.manifest import PageManifest
from millstream.errors import InvalidValue
from millstream.wire.packet import VERSION, PacketKind


class FedEvent(NamedTuple):
    """A streaming event.

    Attributes:
        component: Number of the component that records.
        name: How users know it.
        kinds: The media that it captures.
        every_s: The least time from one frame to the next, or the length of a chunk of audio, in seconds.
        has_outputs: Whether its results come back to the page.
    """

    component: int
    name: str
    kinds: tuple[PacketKind, ...]
    every_s: float
    has_outputs: bool = True

    @property
    def is_audio(self) -> bool:
        """True if its calls follow chunks of audio."""
        return PacketKind.SOUND in self.kinds

    def results_hz(self, rate_hz: float) -> float:
        """Tell how many results a second one stream is to give, fed with `rate_hz` frames a second."""
        if self.is_audio:
            return 1 / max(self.every_s, 0.01)
        return min(rate_hz, 1 / self.every_s) if self.every_s else rate_hz


def find_fed_event(manifest: PageManifest, name: str = "") -> FedEvent:
    """Find the event in a page's manifest.

    Args:
        manifest: The inline manifest.
        name: Label, `elem_id` or number of the component that records; empty for the first one.

    Raises:
        InvalidValue: The app is of another version, nothing streams in it, or not from that component.
    """
    if manifest.get("version") != VERSION:
        raise InvalidValue(
            f"the app speaks version {manifest.get('version')} of the protocol, this load tester version {VERSION}: "
            "install the same release of millstream as the app has"
        )
    elements = Elements(manifest)
    streams = {each["stream"]["component"]: each for each in reversed(manifest["bindings"]) if each["stream"]}
    if not streams:
        raise InvalidValue("the app has no streaming event: there is nothing to feed; bind one with .stream(...)")
    component = elements.find(int(name) if name.isdecimal() else name) if name else list(streams)[-1]
    if component not in streams:
        known = ", ".join(repr(_name(elements, each)) for each in reversed(streams))
        raise InvalidValue(f"nothing streams from {name!r}; streams come from {known}")
    binding = streams[component]
    kinds, every_s = elements.captures(component), float(binding["stream"]["every_s"])
    return FedEvent(component, _name(elements, component), kinds, every_s, bool(binding["outputs"]))


def _name(elements: Elements, component: int) -> str:
    props = elements.props[component]
    return str(props.get("label") or props.get("elem_id") or component)
