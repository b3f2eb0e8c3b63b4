"""`ServerFunctions`: functions of the app that a script of the page may call."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from millstream.declare.component import Component
from millstream.declare.event import Dependency, Trigger, current_declaration
from millstream.declare.handler import HandlerSpec, inspect_handler
from millstream.declare.options import checked_options
from millstream.errors import DeclarationError
from millstream.types import Handler
from millstream.wire.messages import Value

PREFIX: Final = "server."
"""What the events begin with that stand for calls of functions."""

OPTIONS: Final = {"show_progress": "hidden", "trigger_mode": "multiple"}


class ServerFunctions:
    """The functions that the script of one component may call, and no others.

    A call is an event of the component, as its `click` is: it waits for a slot, of which each function has as many as
    handlers have by default; what it raises is a message in the page; a hidden or disabled component has none. The
    functions get `Request` and the like as handlers do. One that takes a single argument gets several as a list.

    Args:
        component: Whose script it is.
        functions: The functions.

    Raises:
        DeclarationError: One has no name by which JavaScript could call it, two have the same, or one is a generator.
    """

    def __init__(self, component: Component, functions: Sequence[Handler]) -> None:
        self._component = component
        self._specs: dict[str, HandlerSpec] = {}
        self._is_bound = False
        where = f"{type(component).__name__}(server_functions=…)"
        for fn in functions:
            spec = inspect_handler(fn, where)
            if not spec.name.isidentifier():
                raise DeclarationError(f"{where}: {spec.name!r} is no name to call it by; define it with def")
            if spec.name in self._specs:
                raise DeclarationError(f"{where}: two functions are called {spec.name!r}; rename one")
            if spec.is_generator:
                raise DeclarationError(f"{where}: {spec.name}() is a generator, but a call has one result: return it")
            self._specs[spec.name] = spec

    @property
    def names(self) -> list[Value]:
        """The names by which the script calls them."""
        return list(self._specs)

    @cached_property
    def events(self) -> frozenset[str]:
        """The events that stand for calls of them."""
        return frozenset(f"{PREFIX}{name}" for name in self._specs)

    def bind(self) -> None:
        """Have their calls answered, as soon as the component is in an app."""
        if self._is_bound or self._component.parent is None or self._component.declaration is None:
            return
        self._is_bound = True
        for name, spec in self._specs.items():
            trigger = Trigger(self._component, f"{PREFIX}{name}")
            options = checked_options(trigger.where, {trigger.name}, None, OPTIONS)
            dependency = Dependency([trigger], spec, None, None, options)
            dependency.answers = True
            current_declaration(trigger.where).add(dependency)
