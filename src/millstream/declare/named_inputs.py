"""`inputs_kwargs=`: components whose values a handler takes by the names of its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace

from millstream.declare.arguments import describe
from millstream.declare.component import Component
from millstream.declare.handler import HandlerSpec
from millstream.errors import DeclarationError

NAME = "inputs_kwargs"


def with_named_inputs(
    handler: HandlerSpec | None,
    inputs: Component | Sequence[Component] | AbstractSet[Component] | None,
    options: Mapping[str, object],
    where: str,
) -> tuple[HandlerSpec | None, Component | Sequence[Component] | AbstractSet[Component] | None, Mapping[str, object]]:
    """Put the components of `inputs_kwargs=` behind the other inputs, and let the handler take them by name.

    Args:
        handler: What is called; `None` for an event without a function.
        inputs: The components that it takes by position.
        options: The options of the event; the one that is meant here is taken out.
        where: What messages call the event.

    Raises:
        DeclarationError: There is no function, or what is given is not a dict of components by name.
    """
    named = options.get(NAME)
    options = {name: value for name, value in options.items() if name != NAME}
    if not named:
        return handler, inputs, options
    if not isinstance(named, Mapping) or not all(isinstance(each, Component) for each in named.values()):
        raise DeclarationError(f"{where}: {NAME}={describe(named)} is not a dict of components by parameter")
    if handler is None:
        raise DeclarationError(f"{where}: {NAME}= needs a function that takes them: give fn=")
    if isinstance(inputs, AbstractSet):
        raise DeclarationError(f"{where}: a set of inputs comes as one dict; with {NAME}= give them as a list")
    listed = [inputs] if isinstance(inputs, Component) else list(inputs or ())
    return replace(handler, keywords=tuple(map(str, named))), [*listed, *named.values()], options
