"""Frozen bindings: what was bound, numbered, with everything settled that only the whole declaration tells."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple, TypeAlias

from millstream.declare.batching import batch_rules
from millstream.declare.binding import CAMERA_S, Binding, Outcome
from millstream.declare.browser_values import opening_script
from millstream.declare.component import Component
from millstream.declare.event import Dependency, Trigger
from millstream.declare.pages import DeclaredPage
from millstream.declare.script import ElementScript, read_script
from millstream.declare.tree import DeclaredTree
from millstream.errors import DeclarationError
from millstream.types import Handler

FunctionIdentity: TypeAlias = tuple[int, int]


class KnownBindings(NamedTuple):
    """The bindings of an app, as those of its renders refer to them.

    Attributes:
        numbers: Their numbers, by the `id` of the dependency.
        keys: The keys of their functions' slots.
        limits: The lowest limit of each key that has one.
        default_limit: The `concurrency_limit` of those that set none; `None` for any number.
    """

    numbers: Mapping[int, int]
    keys: Mapping[FunctionIdentity, str]
    limits: Mapping[str, int]
    default_limit: int | None


def frozen_bindings(dependencies: Sequence[Dependency], default_limit: int | None) -> tuple[Binding, ...]:
    """Number dependencies, and settle what only all of them tell.

    Args:
        dependencies: The bound events, in order.
        default_limit: The `concurrency_limit` of those that set none; `None` for any number.
    """
    numbers = {id(dependency): number for number, dependency in enumerate(dependencies)}
    keys = {id(dependency): _function_key(dependency, numbers, dependencies) for dependency in dependencies}
    bindings = [_frozen(dependency, numbers, keys[id(dependency)], default_limit) for dependency in dependencies]
    return tuple(_with_shared_limits(bindings, {}))


def known_bindings(
    dependencies: Sequence[Dependency], bindings: Sequence[Binding], default_limit: int | None
) -> KnownBindings:
    """Note what those of renders have to know of the frozen bindings of an app."""
    pairs = list(zip(dependencies, bindings, strict=True))
    identities = ((_identity(dependency.fn), binding.concurrency_key) for dependency, binding in pairs)
    return KnownBindings(
        {id(dependency): binding.number for dependency, binding in pairs},
        {identity: key for identity, key in identities if identity is not None},
        {each.concurrency_key: each.concurrency_limit for each in bindings if each.concurrency_limit is not None},
        default_limit,
    )


def rendered_bindings(
    dependencies: Sequence[Dependency], known: KnownBindings, next_number: Callable[[], int], rendered_by: int
) -> tuple[Binding, ...]:
    """Freeze what a render has bound.

    All of it runs in threads of the server: no other process has its functions. A function has the same slots in all
    sessions, as one of the app has; one that each run of the render makes anew is known by its place in the program.

    Args:
        dependencies: The bound events, in order.
        known: Those of the app.
        next_number: Gives each its number.
        rendered_by: The binding of the app that renders.
    """
    numbers = {**known.numbers, **{id(dependency): next_number() for dependency in dependencies}}
    bindings = []
    for dependency in dependencies:
        identity = _identity(dependency.fn)
        key = known.keys.get(identity, "") if identity is not None else ""
        frozen = _frozen(dependency, numbers, key or _place_of(dependency.fn), known.default_limit)
        bindings.append(replace(frozen, engine=None, rendered_by=rendered_by))
    return tuple(_with_shared_limits(bindings, known.limits))


def _place_of(fn: Handler | None) -> str:
    function = getattr(fn, "__func__", fn)
    line = getattr(getattr(function, "__code__", None), "co_firstlineno", 0)
    return f"{getattr(function, '__module__', '')}.{getattr(function, '__qualname__', type(function).__name__)}:{line}"


def _frozen(
    dependency: Dependency, numbers: Mapping[int, int], function_key: str, default_limit: int | None
) -> Binding:
    options = dependency.options
    limit = default_limit if options.concurrency_limit == "default" else options.concurrency_limit
    batch = batch_rules(options, function_key)
    return Binding(
        number=numbers[id(dependency)],
        targets=tuple(_targets(dependency)),
        handler=dependency.handler,
        inputs=tuple(component.id for component in dependency.inputs),
        outputs=tuple(element.id for element in dependency.outputs),
        inputs_as_dict=dependency.inputs_as_dict,
        trigger_mode=options.trigger_mode,
        show_progress=options.show_progress,
        progress_on=tuple(component.id for component in dependency.progress_on),
        queue=options.queue,
        concurrency_limit=limit * batch.max_size if batch is not None and limit is not None else limit,
        concurrency_key=options.concurrency_id or function_key,
        time_limit=options.time_limit,
        stream_every=options.stream_every,
        camera_s=dependency.stream.camera_s if dependency.stream is not None else CAMERA_S,
        keep=options.keep,
        max_backlog=options.max_backlog,
        max_age=options.max_age,
        cancels=tuple(numbers[id(other)] for other in options.cancels),
        js=opening_script(dependency),
        after=_followed(dependency, numbers),
        stream=dependency.stream.id if dependency.stream is not None else None,
        turns=dependency.turns,
        engine=options.engine or (None if batch is None else "batch"),
        batch=batch,
        validator=dependency.validator,
        renders=dependency.renders,
        answers=dependency.answers,
    )


def _targets(dependency: Dependency) -> Iterable[tuple[int | None, str]]:
    """Give the elements and events that trigger it, `None` for the page."""
    for trigger in dependency.triggers:
        if not isinstance(trigger.source, Dependency):
            is_page = isinstance(trigger.source, DeclaredTree | DeclaredPage)
            yield None if is_page else trigger.source.id, trigger.name


def _followed(dependency: Dependency, numbers: Mapping[int, int]) -> tuple[int, Outcome] | None:
    """Give the number of the dependency that it follows, and the outcome that it waits for."""
    followed = [trigger for trigger in dependency.triggers if isinstance(trigger.source, Dependency)]
    return (numbers[id(followed[-1].source)], _outcome(followed[-1])) if followed else None


def _outcome(trigger: Trigger) -> Outcome:
    return "success" if trigger.name == "success" else "failure" if trigger.name == "failure" else "then"


def _function_key(dependency: Dependency, numbers: Mapping[int, int], dependencies: Iterable[Dependency]) -> str:
    """Name the group of the bindings with the same function after the first of them."""
    identity = _identity(dependency.fn)
    first = next(d for d in dependencies if d is dependency or (identity and _identity(d.fn) == identity))
    return f"#{numbers[id(first)]}"


def _identity(fn: Handler | None) -> FunctionIdentity | None:
    """Tell functions apart; a bound method is a new object each time, so its parts are compared."""
    if fn is None:
        return None
    return id(getattr(fn, "__func__", fn)), id(getattr(fn, "__self__", None))


def _with_shared_limits(bindings: Sequence[Binding], known: Mapping[str, int]) -> Iterable[Binding]:
    """Give all bindings of one key the same limit: the lowest that one of them sets, or of those that are known."""
    limits = dict(known)
    for binding in bindings:
        if binding.concurrency_limit is not None:
            lowest = limits.get(binding.concurrency_key, binding.concurrency_limit)
            limits[binding.concurrency_key] = min(lowest, binding.concurrency_limit)
    for binding in bindings:
        yield replace(binding, concurrency_limit=limits.get(binding.concurrency_key))


def settle(components: Iterable[Component], bindings: Iterable[Binding]) -> None:
    """Find out which components may be edited: explicitly, or as inputs, or if nothing else gives them a value."""
    bindings = list(bindings)
    streams = {binding.stream for binding in bindings}
    inputs = {number for binding in bindings for number in binding.inputs} | streams
    components = list(components)
    targets = {target for binding in bindings for target in binding.targets}
    own = {(component.id, event) for component in components for event in component.own_events}
    outputs = {number for binding in bindings if own.isdisjoint(binding.targets) for number in binding.outputs}
    for component in components:
        is_input = component.id in inputs
        component.is_observed = (component.id, "change") in targets
        is_free = component.id not in outputs and component.is_empty
        interactive = component.interactive if component.interactive is not None else is_input or is_free
        component.settle(interactive, component.id in streams, component.id in outputs)


def element_scripts(components: Iterable[Component]) -> Mapping[str, ElementScript]:
    """Read the scripts that define the elements of these components, each once, by their names.

    Raises:
        DeclarationError: One cannot be read, or two classes of the same `tag` have different ones.
    """
    owners: dict[str, type[Component]] = {}
    scripts: dict[str, ElementScript] = {}
    for kind in dict.fromkeys(type(component) for component in components):
        script = read_script(kind, kind.tag)
        if script is None:
            continue
        owner = owners.setdefault(script.tag, kind)
        scripts[script.name] = script
        if len(owners) < len(scripts):
            raise DeclarationError(
                f"{owner.__name__} and {kind.__name__} have the same tag {script.tag!r}, but different scripts: "
                "give one of the classes another tag"
            )
    return MappingProxyType(scripts)
