"""The size of the images that a model takes: declared by `input_size`, or found at the handler and its model."""

from __future__ import annotations

import functools
import inspect
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple, TypeVar

from millstream.declare.arguments import describe
from millstream.errors import DeclarationError
from millstream.types import Handler

SMALLEST_SIDE: Final = 16
LARGEST_SIDE: Final = 4096
CHANNELS: Final = (1, 3, 4)
"""The length of the axis of a shape that is not one of the image's sides."""

ATTRIBUTE: Final = "input_size"
REMEDY: Final = "decorate the handler with @input_size(width, height), or give a size=(width, height) of your own"

H = TypeVar("H", bound=Callable[..., object])


class InputSize(NamedTuple):
    """The size of the images that a model takes, in pixels.

    `is_letterboxed`: frames are fitted into it, so that none needs to be larger; else they may also be cropped or
    distorted to it, so that neither side may be smaller.
    """

    width: int
    height: int
    is_letterboxed: bool = False


def input_size(width: int, height: int, *, letterbox: bool = False) -> Callable[[H], H]:
    """Declare, as a decorator, the size of the images that a handler's model takes, for `WebcamOptions(size="model")`.

    Args:
        width: In pixels.
        height: In pixels.
        letterbox: The handler fits the whole frame into that size, and fills up the rest. By default (`False`) it may
            crop or distort it, and frames are sent so large that neither side is smaller than the model's.

    Raises:
        DeclarationError: That is no size.
    """
    size = InputSize(width, height, letterbox)
    if not _is_size(size):
        sides = f"{SMALLEST_SIDE} to {LARGEST_SIDE} pixels"
        raise DeclarationError(f"input_size: {width!r} x {height!r} is not a width and a height of {sides}")

    def declare(handler: H) -> H:
        setattr(handler, ATTRIBUTE, size)
        return handler

    return declare


def input_size_of(handler: Handler, where: str) -> InputSize:
    """Find the size that the model of a handler takes.

    What the handler says itself counts. Else it is asked of the objects that it uses: those bound to it, the attributes
    of its object, and the variables outside of it that its code names. See `_RULES` for what such an object may say.

    Raises:
        DeclarationError: None of them says a size, or they do not agree; it calls the event `where`.
    """
    own = next((found for each in _layers(handler) if (found := _said_by(each))), None)
    if own is not None:
        return own
    models = {size: name for name, each in _used(handler) if (size := _said_by(each))}
    if len(models) == 1:
        return next(iter(models))
    name = getattr(handler, "__name__", describe(handler))
    if not models:
        why = f"neither {name}() nor a model that it uses says what size of image it takes"
    else:
        sizes = " and ".join(f"{name} {size.width} x {size.height}" for size, name in models.items())
        why = f"the models that {name}() uses take images of different sizes: {sizes}"
    raise DeclarationError(f"{where}: WebcamOptions(size='model'): {why}; {REMEDY}")


def _layers(handler: object) -> Iterator[object]:
    """Give a handler, and what it wraps."""
    layer: object = handler
    seen: set[int] = set()
    while layer is not None and id(layer) not in seen:
        seen.add(id(layer))
        yield layer
        if isinstance(layer, functools.partial):
            layer = layer.func
        else:
            layer = getattr(layer, "__wrapped__", None) or getattr(layer, "__func__", None)


def _used(handler: Handler) -> Iterator[tuple[str, object]]:
    """Give the objects that a handler uses, by the names under which it knows them."""
    for layer in _layers(handler):
        if isinstance(layer, functools.partial):
            yield from ((f"argument {at}", each) for at, each in enumerate(layer.args, 1))
            yield from layer.keywords.items()
        owner = layer.__self__ if inspect.ismethod(layer) else layer
        if not inspect.isfunction(owner):
            yield "its object", owner
            yield from vars(owner).items() if hasattr(owner, "__dict__") else ()
        if inspect.isfunction(layer):
            variables = inspect.getclosurevars(layer)
            yield from {**variables.globals, **variables.nonlocals}.items()


def _said_by(owner: object) -> InputSize | None:
    """Read the size that one object says; nothing is looked up that would have to be computed or imported first."""
    if isinstance(owner, types.ModuleType | type):
        return None
    for name, read in _RULES.items():
        if inspect.getattr_static(owner, name, None) is not None:
            found = read(getattr(owner, name))
            if found is not None and _is_size(found):
                return found
    return None


def _of_size(size: object) -> InputSize | None:
    """Read a side, a `(width, height)`, or what `input_size` has declared."""
    if isinstance(size, InputSize):
        return size
    sides = _whole(size if isinstance(size, Sequence) else (size, size))
    return InputSize(sides[0], sides[1]) if len(sides) == 2 else None


def _of_shape(shape: object) -> InputSize | None:
    """Read a shape with an axis for the channels, in front of the image's axes or behind them, and maybe a batch."""
    axes = list(shape) if isinstance(shape, Sequence) and not isinstance(shape, str) else []
    rows, columns = axes[-3:-1] if axes[-1:] and axes[-1] in CHANNELS else axes[-2:] if len(axes) > 1 else (0, 0)
    sides = _whole((columns, rows))
    return InputSize(sides[0], sides[1]) if len(axes) in (3, 4) and len(sides) == 2 else None


def _of_session(get_inputs: object) -> InputSize | None:
    """Read the first input of a session of ONNX Runtime."""
    inputs = get_inputs() if callable(get_inputs) else []
    return _of_shape(getattr(inputs[0], "shape", None)) if isinstance(inputs, Sequence) and inputs else None


def _of_overrides(overrides: object) -> InputSize | None:
    """Read the `imgsz` of a model of Ultralytics, a side or `[height, width]`, which fits frames into it."""
    found = _of_size(overrides.get("imgsz")) if isinstance(overrides, Mapping) else None
    return None if found is None else InputSize(found.height, found.width, is_letterboxed=True)


def _of_config(config: object) -> InputSize | None:
    """Read the `input_size` of a model of timm: channels, rows, columns."""
    return _of_shape(config.get("input_size")) if isinstance(config, Mapping) else None


_RULES: Final[Mapping[str, Callable[[object], InputSize | None]]] = {
    ATTRIBUTE: _of_size,
    "input_shape": _of_shape,
    "get_inputs": _of_session,
    "overrides": _of_overrides,
    "pretrained_cfg": _of_config,
}
"""The attributes that say a size, and how each is read."""


def _whole(sides: Sequence[object]) -> list[int]:
    """Give the sides that are whole numbers: one that is not fixed is `None`, or a name."""
    return [side for side in sides if isinstance(side, int) and not isinstance(side, bool)]


def _is_size(size: InputSize) -> bool:
    sides = _whole(size[:2])
    return len(sides) == 2 and all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in sides)
