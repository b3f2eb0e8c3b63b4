"""`Manifest`: the frozen, numbered, serialisable form of a declaration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final, TypeVar, cast

from millstream.declare.binding import Binding, Outcome
from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.layout import Layout
from millstream.declare.pages import DeclaredPage
from millstream.declare.script import ElementScript
from millstream.declare.set_up import SetUp
from millstream.declare.tabs import Tab
from millstream.wire.messages import Value
from millstream.wire.packet import VERSION
from millstream.wire.plain import encodable

K = TypeVar("K")

ENDS: Final[Mapping[Outcome, tuple[bool | None, ...]]] = {
    "then": (True, False, None),
    "success": (True,),
    "failure": (False,),
}
"""The ends of a run or stream that each outcome stands for: whether it succeeded, `None` if it was cancelled."""


@dataclass(frozen=True)
class Look:
    """The look of the page beyond its elements.

    Attributes:
        theme: CSS custom properties.
        css: Style sheet of the app.
        js: JavaScript function that runs when the page is loaded; empty for none.
        head: HTML for the page's `<head>`.
        footer: Whether the page ends with the line that names the app.
        latency: Whether that line shows the latency.
        is_recorded: Whether visits are recorded, which the page says.
        fills_width: Whether the app is as wide as the window.
        fills_height: Whether the app is as high as the window; what has a `scale` takes what is left.
    """

    theme: Mapping[str, str]
    css: str = ""
    js: str = ""
    head: str = ""
    footer: bool = True
    latency: bool = False
    is_recorded: bool = False
    fills_width: bool = False
    fills_height: bool = False

    def joined(self, other: Look) -> Look:
        """Add the style sheet and head of an app that becomes a part of this one."""
        css, head = (f"{a}\n{b}".strip("\n") for a, b in ((self.css, other.css), (self.head, other.head)))
        return replace(self, css=css, head=head)


@dataclass(frozen=True, eq=False)
class Manifest:
    """The frozen form of a declaration: what the runtime works with and the page is built from.

    Attributes:
        title: The page's title.
        look: Theme, style sheet, scripts.
        root: The tree itself; element number 0.
        elements: Everything in the tree, layouts included, by number.
        components: The elements that have a value, by number.
        bindings: All bindings, in order.
        element_scripts: The scripts that components bring along, by name.
        max_waiting: How many may wait in the queue at most; `None` for any number.
        set_ups: What is called once in each process that calls handlers, before it does.
        pages: The manifests of the pages, by path, that of the main page under `""`, if the app has several: each has
            what is on it.
        name, path: The name and the path of the page that it is of; empty for the main page.
        extra: The components that the page has beside those in its tree: they are another page's, and unseen.
    """

    title: str
    look: Look
    root: Layout
    elements: Mapping[int, Element]
    components: Mapping[int, Component]
    bindings: tuple[Binding, ...]
    element_scripts: Mapping[str, ElementScript] = field(default_factory=dict)
    max_waiting: int | None = None
    set_ups: tuple[SetUp, ...] = ()
    pages: Mapping[str, Manifest] = field(default_factory=dict)
    name: str = ""
    path: str = ""
    extra: tuple[Component, ...] = ()

    @cached_property
    def numbered(self) -> Mapping[int, Binding]:
        """The bindings by number."""
        return {binding.number: binding for binding in self.bindings}

    @property
    def has_renders(self) -> bool:
        """True if a part of it is declared anew in each session."""
        return any(binding.renders for binding in self.bindings)

    def bindings_for(self, element: int | None, event: str) -> tuple[Binding, ...]:
        """Give the bindings that an event triggers, in order; `None` stands for the page (`load`, `unload`)."""
        return self._by_target.get((element, event), ())

    def keeps_recording(self, stream: Binding) -> bool:
        """True if an ordinary event takes what a stream records; of several streams of a component the first counts."""
        bindings = self.numbered.values()
        others = [binding for binding in bindings if binding.stream == stream.stream]
        is_taken = any(stream.stream in binding.inputs for binding in bindings if not binding.is_stream)
        return is_taken and others[0].number == stream.number

    def page(self) -> dict[str, Value]:
        """Give the inline manifest as JSON data, as `docs/internals/protocol.md` describes it; `assets` is empty."""
        return {**self._page, "build": self.build}

    @cached_property
    def build(self) -> str:
        """A word that differs whenever the page would be another one."""
        look = [self.look.css, self.look.js, self.head, self.look.is_recorded]
        scripts = [sorted(self.scripts.items()), sorted(self.element_scripts), self.component_scripts]
        pages = [[path, page.build] for path, page in self.pages.items()]
        text = json.dumps([self._page, look, scripts, *pages], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def scripts(self) -> Mapping[int, str]:
        """The JavaScript functions of the bindings that have one, by the binding's number."""
        return {binding.number: binding.js for binding in self.bindings if binding.js is not None}

    @cached_property
    def component_scripts(self) -> tuple[str, ...]:
        """The scripts that single components need in the page."""
        return tuple(script for component in self.components.values() for script in component.page_scripts())

    @cached_property
    def head(self) -> str:
        """The HTML for the page's `<head>`: the app's, and that of components, each once."""
        parts = [self.look.head, *(component.head for component in self.components.values())]
        return "\n".join(dict.fromkeys(part for part in parts if part))

    @cached_property
    def observed(self) -> tuple[int, ...]:
        """The components to whose `change` somebody listens."""
        return tuple(number for number in self.components if self.bindings_for(number, "change"))

    @cached_property
    def ticking(self) -> tuple[int, ...]:
        """The components to whose `tick_event` somebody listens."""
        return tuple(number for number, one in self.components.items() if self.bindings_for(number, one.tick_event))

    @cached_property
    def scripted(self) -> frozenset[int]:
        """The elements that a script of the page writes, without a handler."""
        scripts = [binding for binding in self.bindings if binding.js is not None and binding.handler is None]
        return frozenset(number for binding in scripts for number in binding.outputs)

    @cached_property
    def server_side(self) -> AbstractSet[int]:
        """The components whose values never leave the server."""
        return frozenset(number for number, component in self.components.items() if not component.on_page)

    @cached_property
    def lineages(self) -> Mapping[int, tuple[int, ...]]:
        """Each element's own number, and those of all that it is in, the innermost first."""
        return {number: lineage_of(element) for number, element in self.elements.items()}

    @cached_property
    def closed(self) -> Mapping[int, str]:
        """The elements that nobody gets at, nor at what is in them, with the reason: see `closed_by`."""
        return {number: why for number, element in self.elements.items() if (why := closed_by(element))}

    @cached_property
    def disabled(self) -> frozenset[int]:
        """The components whose values nobody can edit."""
        return frozenset(number for number, component in self.components.items() if component.interactive is False)

    @cached_property
    def _by_target(self) -> Mapping[tuple[int | None, str], tuple[Binding, ...]]:
        return _grouped((target, binding) for binding in self.bindings for target in binding.targets)

    @cached_property
    def followers(self) -> Mapping[tuple[int, bool | None], tuple[Binding, ...]]:
        """The bindings that follow the end of another, in order, by that one's number and how it ended: see `ENDS`."""
        return _grouped(
            ((binding.after[0], end), binding)
            for binding in self.bindings
            if binding.after is not None
            for end in ENDS[binding.after[1]]
        )

    @cached_property
    def _page(self) -> dict[str, Value]:
        return cast("dict[str, Value]", encodable(self._describe()))

    def _describe(self) -> dict[str, Value]:
        shown = {number: component for number, component in self.components.items() if component.on_page}
        root = tree_of(self.root)
        children = cast("list[Value]", root["children"])
        return {
            "version": VERSION,
            "title": self.title,
            **({"page": self.name} if self.name else {}),
            "theme": dict(self.look.theme),
            "footer": self.look.footer,
            "latency": self.look.latency,
            "assets": {},
            "root": {**root, "children": [*children, *({"id": each.id, "type": each.tag} for each in self.extra)]},
            "components": {str(number): leaf_of(component) for number, component in shown.items()},
            "bindings": [binding_of(binding) for binding in self.bindings],
        }


def _grouped(pairs: Iterable[tuple[K, Binding]]) -> dict[K, tuple[Binding, ...]]:
    groups: dict[K, tuple[Binding, ...]] = {}
    for key, binding in pairs:
        groups[key] = (*groups.get(key, ()), binding)
    return groups


def closed_by(element: Element) -> str:
    """Say why nobody gets at an element, nor at what is in it: it is hidden, or a disabled tab; empty if they do."""
    if not element.visible:
        return "hidden"
    return "disabled" if isinstance(element, Tab) and not element.interactive else ""


def lineage_of(element: Element) -> tuple[int, ...]:
    """Give the number of an element, and those of all that it is in, the innermost first."""
    numbers, parent = [element.id], element.parent
    while parent is not None:
        numbers.append(parent.id)
        parent = parent.parent
    return tuple(numbers)


def tree_of(element: Element) -> dict[str, Value]:
    """Describe an element, and what it holds, as a node of the page's tree."""
    if not isinstance(element, Layout):
        return {"id": element.id, "type": element.tag}
    children = [tree_of(child) for child in element.children if _is_within(child)]
    tag = "column" if element.tag == "blocks" and element.parent else element.tag  # an app that is a part of another
    return {"id": element.id, "type": tag, "props": element.props(), "children": children}


def _is_within(child: Element) -> bool:
    """Tell what the page of its parent shows."""
    return child.on_page if isinstance(child, Component) else not isinstance(child, DeclaredPage)


def leaf_of(component: Component) -> dict[str, Value]:
    """Describe a component for the page."""
    capabilities: dict[str, Value] = {"capabilities": sorted(component.capabilities)} if component.capabilities else {}
    return {"type": component.tag, **capabilities, "props": {**component.props(), "value": component.inline()}}


def binding_of(binding: Binding) -> dict[str, Value]:
    """Describe a binding for the page."""
    stream = binding.stream is not None and {
        "component": binding.stream,
        "every_s": binding.stream_every,
        "keep": binding.keep,
        "max_backlog_s": binding.max_backlog,
        "max_age_s": binding.max_age,
    }
    return {
        "id": binding.number,
        "targets": [list(target) for target in binding.targets if target[0] is not None],
        "inputs": list(binding.inputs),
        "outputs": list(binding.outputs),
        "trigger": binding.trigger_mode,
        "progress": binding.show_progress,
        **({"progress_on": list(binding.progress_on)} if binding.progress_on else {}),
        "handler": binding.handler is not None,
        "js": True if binding.js is not None else None,
        "stream": stream or None,
        **({"after": binding.after[0]} if binding.after is not None else {}),
    }
