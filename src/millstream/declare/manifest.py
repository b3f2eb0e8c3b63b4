"""`Manifest`: the frozen, numbered, serialisable form of a declaration."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, TypeVar, cast

from millstream.declare.component import Component
from millstream.declare.element import Element
from millstream.declare.event import Binding, Dependency, Outcome, Trigger
from millstream.declare.layout import Layout
from millstream.types import Handler
from millstream.wire.messages import Value
from millstream.wire.packet import VERSION
from millstream.wire.plain import encodable

if TYPE_CHECKING:
    from millstream.declare.declaration import Declaration

K = TypeVar("K")


@dataclass(frozen=True)
class Look:
    """What the page looks like beyond its elements.

    Attributes:
        theme: CSS custom properties.
        css: Style sheet of the app.
        js: JavaScript function that runs when the page is loaded; empty for none.
        head: HTML for the page's `<head>`.
        footer: Whether the page ends with the line that names the app.
        latency: Whether that line shows the latency.
    """

    theme: Mapping[str, str]
    css: str = ""
    js: str = ""
    head: str = ""
    footer: bool = True
    latency: bool = False

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
        bindings: All bindings; each one's number is its place.
        max_waiting: How many may wait in the queue at most; `None` for any number.
    """

    title: str
    look: Look
    root: Layout
    elements: Mapping[int, Element]
    components: Mapping[int, Component]
    bindings: tuple[Binding, ...]
    max_waiting: int | None = None

    def bindings_for(self, element: int | None, event: str) -> tuple[Binding, ...]:
        """Give the bindings that an event triggers, in order; `None` stands for the page (`load`, `unload`)."""
        return self._by_target.get((element, event), ())

    def followers(self, binding: int, outcome: Outcome) -> tuple[Binding, ...]:
        """Give the bindings that follow one with `then`, `success` or `failure`, in order."""
        return self._by_leader.get((binding, outcome), ())

    def keeps_recording(self, stream: Binding) -> bool:
        """Whether an ordinary event takes what a stream records; of several streams of a component the first counts."""
        others = [binding for binding in self.bindings if binding.stream == stream.stream]
        is_taken = any(stream.stream in binding.inputs for binding in self.bindings if not binding.is_stream)
        return is_taken and others[0].number == stream.number

    def page(self) -> dict[str, Value]:
        """Give the inline manifest as JSON data, as `docs/internals/protocol.md` describes it; `assets` is empty."""
        return {**self._page, "build": self.build}

    @cached_property
    def build(self) -> str:
        """A word that differs whenever the page would be another one."""
        scripts = [self.look.css, self.look.js, self.look.head, sorted(self.scripts.items())]
        text = json.dumps([self._page, scripts], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    @property
    def scripts(self) -> Mapping[int, str]:
        """The JavaScript functions of the bindings that have one, by the binding's number."""
        return {binding.number: binding.js for binding in self.bindings if binding.js is not None}

    @cached_property
    def observed(self) -> tuple[int, ...]:
        """The components to whose `change` somebody listens."""
        return tuple(number for number in self.components if self.bindings_for(number, "change"))

    @cached_property
    def ticking(self) -> tuple[int, ...]:
        """The components to whose `tick_event` somebody listens."""
        return tuple(number for number, one in self.components.items() if self.bindings_for(number, one.tick_event))

    @cached_property
    def _by_target(self) -> Mapping[tuple[int | None, str], tuple[Binding, ...]]:
        return _grouped((target, binding) for binding in self.bindings for target in binding.targets)

    @cached_property
    def _by_leader(self) -> Mapping[tuple[int, Outcome], tuple[Binding, ...]]:
        return _grouped((binding.after, binding) for binding in self.bindings if binding.after is not None)

    @cached_property
    def _page(self) -> dict[str, Value]:
        return cast("dict[str, Value]", encodable(self._describe()))

    def _describe(self) -> dict[str, Value]:
        shown = {number: component for number, component in self.components.items() if component.on_page}
        return {
            "version": VERSION,
            "title": self.title,
            "theme": dict(self.look.theme),
            "footer": self.look.footer,
            "latency": self.look.latency,
            "assets": {},
            "root": _tree(self.root),
            "components": {str(number): _leaf(component) for number, component in shown.items()},
            "bindings": [_binding(binding) for binding in self.bindings],
        }


def _grouped(pairs: Iterable[tuple[K, Binding]]) -> dict[K, tuple[Binding, ...]]:
    groups: dict[K, tuple[Binding, ...]] = {}
    for key, binding in pairs:
        groups[key] = (*groups.get(key, ()), binding)
    return groups


def freeze(declaration: Declaration, look: Look) -> Manifest:
    """Number the dependencies of a declaration and settle what only the whole tree tells."""
    dependencies = declaration.dependencies
    numbers = {id(dependency): number for number, dependency in enumerate(dependencies)}
    bindings = [_frozen(dependency, numbers, declaration) for dependency in dependencies]
    elements = {0: declaration, **{element.id: element for element in declaration.walk()}}
    components = {number: element for number, element in elements.items() if isinstance(element, Component)}
    _settle(components.values(), bindings)
    return Manifest(
        title=declaration.title,
        look=look,
        root=declaration,
        elements=MappingProxyType(elements),
        components=MappingProxyType(components),
        bindings=tuple(_with_shared_limits(bindings)),
        max_waiting=declaration.max_waiting,
    )


def _frozen(dependency: Dependency, numbers: Mapping[int, int], declaration: Declaration) -> Binding:
    options = dependency.options
    number = numbers[id(dependency)]
    limit = options.concurrency_limit
    after = None
    targets: list[tuple[int | None, str]] = []
    for trigger in dependency.triggers:
        if isinstance(trigger.source, Dependency):
            after = (numbers[id(trigger.source)], _outcome(trigger))
        else:
            targets.append((trigger.source.id or None, trigger.name))
    return Binding(
        number=number,
        targets=tuple(targets),
        handler=dependency.handler,
        inputs=tuple(component.id for component in dependency.inputs),
        outputs=tuple(element.id for element in dependency.outputs),
        inputs_as_dict=dependency.inputs_as_dict,
        trigger_mode=options.trigger_mode,
        show_progress=options.show_progress,
        queue=options.queue,
        concurrency_limit=declaration.default_concurrency_limit if limit == "default" else limit,
        concurrency_key=options.concurrency_id or _function_key(dependency, numbers, declaration.dependencies),
        time_limit=options.time_limit,
        stream_every=options.stream_every,
        keep=options.keep,
        max_backlog=options.max_backlog,
        cancels=tuple(numbers[id(other)] for other in options.cancels),
        js=options.js,
        after=after,
        stream=dependency.stream.id if dependency.stream is not None else None,
        turns=dependency.turns,
    )


def _outcome(trigger: Trigger) -> Outcome:
    return "success" if trigger.name == "success" else "failure" if trigger.name == "failure" else "then"


def _function_key(dependency: Dependency, numbers: Mapping[int, int], dependencies: Iterable[Dependency]) -> str:
    """Name the group of the bindings with the same function after the first of them."""
    identity = _identity(dependency.fn)
    first = next(d for d in dependencies if d is dependency or (identity and _identity(d.fn) == identity))
    return f"#{numbers[id(first)]}"


def _identity(fn: Handler | None) -> tuple[int, int] | None:
    """Tell functions apart; a bound method is a new object each time, so its parts are compared."""
    if fn is None:
        return None
    return id(getattr(fn, "__func__", fn)), id(getattr(fn, "__self__", None))


def _with_shared_limits(bindings: Sequence[Binding]) -> Iterable[Binding]:
    """Give all bindings of one key the same limit: the lowest that one of them sets."""
    limits: dict[str, int] = {}
    for binding in bindings:
        if binding.concurrency_limit is not None:
            known = limits.get(binding.concurrency_key, binding.concurrency_limit)
            limits[binding.concurrency_key] = min(known, binding.concurrency_limit)
    for binding in bindings:
        yield replace(binding, concurrency_limit=limits.get(binding.concurrency_key))


def _settle(components: Iterable[Component], bindings: Iterable[Binding]) -> None:
    """Find out which components may be edited: explicitly, or as inputs, or if nothing else gives them a value."""
    bindings = list(bindings)
    streams = {binding.stream for binding in bindings}
    inputs = {number for binding in bindings for number in binding.inputs} | streams
    outputs = {number for binding in bindings for number in binding.outputs}
    for component in components:
        is_input = component.id in inputs
        is_free = component.id not in outputs and component.is_empty
        interactive = component.interactive if component.interactive is not None else is_input or is_free
        component.settle(interactive, component.id in streams, component.id in outputs)


def _tree(element: Element) -> dict[str, Value]:
    if not isinstance(element, Layout):
        return {"id": element.id, "type": element.tag}
    children = [_tree(child) for child in element.children if not isinstance(child, Component) or child.on_page]
    tag = "column" if element.tag == "blocks" and element.parent else element.tag  # an app that is a part of another
    return {"id": element.id, "type": tag, "props": element.props(), "children": children}


def _leaf(component: Component) -> dict[str, Value]:
    capabilities: dict[str, Value] = {"capabilities": sorted(component.capabilities)} if component.capabilities else {}
    return {"type": component.tag, **capabilities, "props": {**component.props(), "value": component.inline()}}


def _binding(binding: Binding) -> dict[str, Value]:
    stream = binding.stream is not None and {
        "component": binding.stream,
        "every_s": binding.stream_every,
        "keep": binding.keep,
        "max_backlog_s": binding.max_backlog,
    }
    return {
        "id": binding.number,
        "targets": [list(target) for target in binding.targets if target[0] is not None],
        "inputs": list(binding.inputs),
        "outputs": list(binding.outputs),
        "trigger": binding.trigger_mode,
        "progress": binding.show_progress,
        "handler": binding.handler is not None,
        "js": True if binding.js is not None else None,
        "stream": stream or None,
        **({"after": binding.after[0]} if binding.after is not None else {}),
    }
