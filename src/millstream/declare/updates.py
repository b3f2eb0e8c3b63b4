"""Results of a handler other than values: `update(...)`, a component that serves as one, `skip()`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from millstream.declare.arguments import with_article
from millstream.declare.element import Element
from millstream.errors import InvalidValue
from millstream.types import Stored


class Skip:
    """The one object that `skip()` gives."""

    def __repr__(self) -> str:
        return "skip()"


SKIP: Final = Skip()


def skip() -> Skip:
    """Return this for an output that stays unchanged; as the only return value it leaves all outputs unchanged."""
    return SKIP


class Update:
    """Changes of an element that do not name its class.

    Attributes:
        changes: The constructor arguments that change, `value` among them.
    """

    def __init__(self, changes: Mapping[str, object]) -> None:
        self.changes = dict(changes)

    def __repr__(self) -> str:
        return f"update({', '.join(f'{name}={value!r}' for name, value in self.changes.items())})"


class InputComponent(Update):
    """An input whose parameter is annotated with a component, as `strength: gr.Slider`: its value, and its arguments.

    They are attributes of the names that the constructor has for them, as they are in the page at the time. What the
    handler sets changes the component if it returns the object for it.

    Args:
        component: The input.
        value: Its value, as a handler gets it.
    """

    value: object

    def __init__(self, component: Element, value: object) -> None:
        vars(self).update(changes={}, value=value, _component=component)

    def __getattr__(self, name: str) -> Any:
        """Give an argument of the component that was not set here."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(vars(self)["_component"], name)

    def __setattr__(self, name: str, value: object) -> None:
        vars(self)[name] = self.changes[name] = value


def update(**changes: object) -> Update:
    """Return this for an output whose properties change: `update(visible=False)`, `update(choices=[…], value=…)`.

    Takes the arguments of the element's constructor; arguments that are left out stay unchanged.
    """
    return Update(changes)


def changes_of(returned: object, target: Element) -> Mapping[str, object] | None:
    """Tell whether what a handler returned for `target` is an update, and which constructor arguments it changes.

    Returns:
        The changes, `value` among them if it was given; empty for `skip()`; `None` if `returned` is a plain value.

    Raises:
        InvalidValue: The update is an instance of a class that has nothing to do with the element.
    """
    if isinstance(returned, Skip):
        return {}
    if isinstance(returned, Update):
        return _with_value(returned.changes, target)
    if isinstance(returned, Mapping) and returned.get("__type__") == "update":  # as Gradio itself writes it
        return _with_value({name: change for name, change in returned.items() if name != "__type__"}, target)
    if not isinstance(returned, Element):
        return None
    if not _may_update(returned, target):
        kind, wanted = (with_article(type(element).__name__) for element in (returned, target))
        raise InvalidValue(f"{target.name} was updated with {kind}; return {wanted} or update(…)")
    return _with_value(returned.given, target)


def _may_update(returned: Element, target: Element) -> bool:
    """Allow relatives, elements that the page shows alike, and any that only says what the other one knows, too.

    A value is of its class, and one that says nothing was meant as a value.
    """
    if isinstance(target, type(returned)) or isinstance(returned, type(target)) or target.tag == returned.tag:
        return True
    given = returned.given
    return bool(given) and returned.value_name not in given and all(hasattr(target, name) for name in given)


def _with_value(changes: Mapping[str, object], target: Element) -> Mapping[str, object]:
    """Call the value by that name, where the constructor of an element has another for it."""
    if target.value_name == "value" or target.value_name not in changes:
        return changes
    return {("value" if name == target.value_name else name): change for name, change in changes.items()}


@dataclass(frozen=True)
class Declared:
    """A value that was brought into its stored form when the app was declared; its files are the developer's own."""

    stored: Stored
