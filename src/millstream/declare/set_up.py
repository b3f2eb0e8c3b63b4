"""Set-up of an app: what is called once in each process that calls handlers, to load a model for instance."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import partial

from millstream.errors import DeclarationError
from millstream.set_up_calls import SetUpCall

DEVICE = "device"
"""The parameter by which a set-up asks for its device."""


@dataclass(frozen=True)
class SetUp:
    """A function that is called once in each process that calls handlers, before it does.

    Attributes:
        fn: The function.
        name: What messages call it.
        takes_device: Whether it asks for the device of its process, by a parameter `device`.
        devices: The devices to choose from, `None` for those of the app.
    """

    fn: Callable[..., object]
    name: str
    takes_device: bool = False
    devices: tuple[str, ...] | None = None

    @property
    def looks_for_device(self) -> bool:
        """True if it asks for a device and names none."""
        return self.takes_device and self.devices is None

    @property
    def key(self) -> Hashable:
        """Tells functions apart; a bound method is a new object each time, so its parts are compared."""
        return id(getattr(self.fn, "__func__", self.fn)), id(getattr(self.fn, "__self__", None))

    def call(self, device: str) -> SetUpCall:
        """Make the call for a process."""
        if not self.takes_device:
            return SetUpCall(self.name, self.fn)
        return SetUpCall(f"{self.name} on {device}", partial(self.fn, device=device))


def checked_set_up(fn: Callable[..., object], name: str = "", devices: tuple[str, ...] | None = None) -> SetUp:
    """Check that a function can be called without arguments, or with `device=`, and does its work then.

    Raises:
        DeclarationError: It cannot, or does not.
    """
    if not callable(fn):
        raise DeclarationError(f"setup() takes a function, but got {fn!r}")
    said = name or f"setup(): {getattr(fn, '__name__', type(fn).__name__)}()"
    if inspect.iscoroutinefunction(fn) or inspect.isgeneratorfunction(fn) or inspect.isasyncgenfunction(fn):
        raise DeclarationError(f"{said} has to be a plain function that returns when all is loaded")
    takes_device = asks_for_device(fn)
    if not _takes(fn, *([DEVICE] if takes_device else [])):
        raise DeclarationError(f"{said} is called without arguments, or with `device`, but needs others")
    return SetUp(fn, name or f"{getattr(fn, '__name__', type(fn).__name__)}()", takes_device, devices)


def is_set_up(method: object) -> bool:
    """Tell a method that readies a handler from one of another library that happens to have its name."""
    return callable(method) and (_takes(method) or _takes(method, DEVICE))


def asks_for_device(fn: Callable[..., object]) -> bool:
    """True if a function has a parameter `device`."""
    try:
        return DEVICE in inspect.signature(fn).parameters
    except (TypeError, ValueError):  # some built-in functions do not say
        return False


def _takes(fn: Callable[..., object], *keywords: str) -> bool:
    try:
        inspect.signature(fn).bind(**dict.fromkeys(keywords))
    except TypeError:
        return False
    except ValueError:  # a built-in function that does not say
        return not keywords
    return True
