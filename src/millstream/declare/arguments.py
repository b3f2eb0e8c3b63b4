"""The arguments of an element's constructor as people give them, brought to what its signature asks for."""

from __future__ import annotations

import inspect
import math
import os
import sys
import types
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from enum import EnumType
from fractions import Fraction
from functools import wraps
from pathlib import Path
from typing import Final, Literal, Never, TypeAlias, TypeVar, Union, Unpack, get_args, get_origin, get_type_hints

from millstream.errors import DeclarationError, nearest
from millstream.wire.plain import brief, plain

T = TypeVar("T")

Kinds: TypeAlias = tuple[type, ...]


class Word(str):
    """Stands for a `Literal` of texts in annotations: only certain texts, so no number is made one."""


FITTING: Final[Mapping[type, tuple[type, ...]]] = {
    str: (str,),
    Word: (str,),
    Path: (type(Path()),),
    int: (int,),
    float: (float, int),
    bool: (bool,),
    list: (list, tuple),
    types.NoneType: (types.NoneType,),
}
"""The types of which an annotation may consist for its argument to be checked, and those that fit each."""

LENIENT: Final = {**FITTING, int: (int, float), Word: (str, bool, int, float)}
"""Types that are let through all the same: half a pixel harms nobody, and the owner knows its words best."""

WORDS: Final = {
    str: "text",
    Word: "text",
    Path: "a path",
    int: "a whole number",
    float: "a number",
    bool: "True or False",
    list: "a list",
    types.NoneType: "None",
}
"""Their names in messages."""

LISTS: Final = frozenset({list, tuple, Sequence, Iterable, Collection})

ELSEWHERE: Final = {
    "dataset": "the gr.Examples itself",
    "from_pipeline": "gr.Interface(pipe, …) with the components of its task",
    "integrate": "a gr.Button whose handler writes to the service",
    "load_data": "gr.Examples",
    "new_chat_button": "ChatInterface(save_history=True), which has one",
    "style": "the same arguments, of the constructor",
    "share_url": "demo.local_url; there is no tunnel",
    "update": "gr.update(…)",
}
"""Attributes of Gradio's classes that ours lack, and the replacement for each."""

UNIT: Final = "px"
"""The suffix that people put on a length; the number alone means the same."""


class PlainArguments(type):
    """Does what `Plainly` does, for objects that only hold options."""

    def __call__(cls: type[T], *args: object, **keywords: object) -> T:
        check_known(cls, keywords)
        known = dict(zip(positional(cls), args, strict=False))
        fitting = fitted(cls, {**known, **keywords}, cls.__name__)
        return type.__call__(cls, *args[len(known) :], **fitting)  # type: ignore[no-any-return]  # a `T`


class Plainly(type):
    """Makes what constructors are given plain: numpy's numbers, arrays and Series as lists, enums, subclasses of `str`.

    All arguments but the `value_arguments`, which are the component's own business, whether they come from the
    declaration or from an update. What then still is of another type than the signature says is converted where
    nothing can be lost by it: `label=3`, `lines=2.0`, `min_width="160px"`, `scale="2"`, one text for a list. `None` for
    what cannot be `None` is the default.

    Raises:
        DeclarationError: An argument is of another type all the same; the message names the class and the argument.
    """

    def __call__(cls: type[T], *args: object, **keywords: object) -> T:
        given = {name: _argument(cls, name, value) for name, value in zip(positional(cls), args, strict=False)}
        named = {name: _argument(cls, name, value) for name, value in keywords.items() if _counts(cls, name, value)}
        if wrong := misfits(cls, {**given, **named}):
            raise DeclarationError(f"{cls.__name__}: {'; '.join(wrong)}")
        more = args[len(given) :]  # one too many: the constructor says so
        return type.__call__(cls, *given.values(), *more, **named)  # type: ignore[no-any-return]  # a `T`

    def __getattr__(cls, name: str) -> Never:
        raise AttributeError(f"{cls.__name__} has no {name!r}{attribute_instead_of(name)}", name=name)


def attribute_instead_of(name: str) -> str:
    """Go on after `X has no NAME` with what to use in its place; empty if it is none of Gradio's."""
    return f"; instead: {ELSEWHERE[name]}" if name in ELSEWHERE else ""


def fitted(owner: type, given: Mapping[str, object], where: str) -> dict[str, object]:
    """Make arguments plain, and bring them to what the signature of `owner` asks for; see `Plainly`.

    Raises:
        DeclarationError: One is of another type all the same; the message begins with `where`.
    """
    named = {name: _argument(owner, name, value) for name, value in given.items() if _counts(owner, name, value)}
    if wrong := misfits(owner, named):
        raise DeclarationError(f"{where}: {'; '.join(wrong)}")
    return named


def converted(value: object, *kinds: type) -> object:
    """Make a value plain, and give it as one of `kinds` if nothing can be lost by it, else as it is."""
    value = plain(value)
    return value if _fits(value, kinds) else _converted(value, kinds)


def listed(given: object) -> list[object]:
    """Give several things as a list; one alone, such as a text, as a list of it."""
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else [given]


def once_per_class(find: Callable[[type], T]) -> Callable[[type], T]:
    """Keep what is found about a class with the class itself, as one that was reloaded has to go."""
    name = f"_kept_{find.__name__}"

    @wraps(find)
    def found(owner: type) -> T:
        if name not in owner.__dict__:
            setattr(owner, name, find(owner))
        kept: T = owner.__dict__[name]
        return kept

    return found


@once_per_class
def positional(owner: type) -> tuple[str, ...]:
    """Give the names of a constructor's arguments that may be passed by position, in order."""
    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    return tuple(name for name, parameter in parameters(owner).items() if parameter.kind is kind)


def check_known(owner: type, keywords: Iterable[str]) -> None:
    """Check that a constructor, or one of a base, names each of these keywords.

    Raises:
        TypeError: None does; the message names the class, the keyword, and the nearest one that there is.
    """
    known, meant = _known(owner), getattr(owner, "meant", {})
    for name in keywords:
        if name not in known:
            hint = f"; {meant[name]}" if name in meant else nearest(name, known)
            raise TypeError(f"{owner.__name__}() has no argument {name!r}{hint}")


@once_per_class
def _known(owner: type) -> frozenset[str]:
    bases = [base for base in owner.__mro__[:-1] if "__init__" in base.__dict__]
    named = [parameter for base in bases for parameter in parameters(base).values()]
    return frozenset(parameter.name for parameter in named if parameter.kind is not parameter.POSITIONAL_ONLY)


@once_per_class
def defaults(owner: type) -> Mapping[str, object]:
    """Give the defaults of a constructor's arguments, those of its bases included, by name; `None` where there is none.

    Keywords that a base takes in a typed dict have the defaults that its own base says.
    """
    bases = [base for base in reversed(owner.__mro__[:-1]) if "__init__" in base.__dict__]
    named = [parameter for base in bases for parameter in parameters(base).values()]
    return {each.name: None if each.default is each.empty else each.default for each in named}


def parameters(owner: type) -> dict[str, inspect.Parameter]:
    """Give the parameters of a class's constructor that have a name of their own."""
    found = inspect.signature(owner.__init__).parameters  # type: ignore[misc]  # only read, never called
    plainly = {name: parameter for name, parameter in found.items() if not parameter.kind.name.startswith("VAR")}
    plainly.pop("self", None)
    return plainly


def misfits(owner: type, given: Mapping[str, object]) -> list[str]:
    """Say which arguments are of a type that the signature does not allow, and what would be; values are left out."""
    return [
        f"{name}={brief(value)} is not {' or '.join(WORDS[kind] for kind in kinds)}"
        for name, value in given.items()
        if name not in _raw(owner) and (kinds := _kinds(owner).get(name)) and not _fits(value, kinds, LENIENT)
    ]


def plain_argument(owner: str, name: str, value: object, kinds: Kinds = ()) -> object:
    """Make an argument plain, and one of `kinds` where nothing is lost by it.

    Raises:
        DeclarationError: It cannot be read; the message begins with `owner` and names the argument.
    """
    try:
        value = plain(list(value) if isinstance(value, EnumType) else value)
        return converted(value, *kinds) if kinds else value
    except Exception as error:  # whatever an object raises that is asked what it is
        raise DeclarationError(f"{owner}: {name}= cannot be read: {type(error).__name__}: {error}") from error


def _argument(owner: type, name: str, value: object) -> object:
    if name in _raw(owner):
        return value
    return plain_argument(owner.__name__, name, value, _kinds(owner).get(name, ()))


def _raw(owner: type) -> tuple[str, ...]:
    return getattr(owner, "value_arguments", ())


def _counts(owner: type, name: str, value: object) -> bool:
    """True if an argument was given to say something."""
    return value is not None or types.NoneType in _kinds(owner).get(name, (types.NoneType,))


def _fits(value: object, kinds: Kinds, fitting: Mapping[type, tuple[type, ...]] = FITTING) -> bool:
    return any(type(value) in fitting[kind] for kind in kinds)


def _converted(value: object, kinds: Kinds) -> object:
    """Give a value as one of `kinds` if that is the same in other clothes, else as it is."""
    if isinstance(value, str):
        return _number_in(value, kinds) if {int, float} & set(kinds) else [value] if list in kinds else value
    if isinstance(value, os.PathLike) and Path in kinds:
        return Path(value)
    if isinstance(value, Decimal | Fraction) and float in kinds and math.isfinite(value):
        return float(value)
    if type(value) is int and value in (0, 1) and bool in kinds:
        return bool(value)
    if isinstance(value, float) and value.is_integer() and int in kinds:
        return int(value)
    if isinstance(value, bool | int | float) and str in kinds:
        return str(value)
    return list(value) if isinstance(value, dict) and list in kinds else value


def _number_in(text: str, kinds: Kinds) -> object:
    """Read a number, or a length; what is none, or may be meant as text, stays text."""
    number = text.strip().removesuffix(UNIT)
    if not number.isascii() or (str in kinds and number == text):
        return text
    if number.isdigit():
        return int(number)
    is_real = float in kinds and number.replace(".", "", 1).removeprefix("-").isdigit()
    return float(number) if is_real else text


@once_per_class
def _kinds(owner: type) -> Mapping[str, Kinds]:
    """Give the types that each argument may have; arguments that may be anything else are left out."""
    hints = {name: hint for base in reversed(owner.__mro__) for name, hint in _hints(base)}
    flat = {name: _unmixed(tuple(_flat(hint))) for name, hint in hints.items()}
    return {name: kinds for name, kinds in flat.items() if FITTING.keys() >= set(kinds)}


def _unmixed(kinds: Kinds) -> Kinds:
    """Take one word beside a list of them for text, so that whatever is given can be gone through."""
    return tuple(str if kind is Word else kind for kind in kinds) if list in kinds else kinds


def _flat(hint: object) -> Iterator[type]:
    """Give the members of a union, lists of whatever kind as `list`."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        for member in get_args(hint):
            yield from _flat(member)
    elif origin is Literal:
        kinds = {type(member) for member in get_args(hint)}  # which of them it is, the component checks
        yield from (Word if kind is str else kind for kind in kinds)
    else:
        kind = hint if origin is None else origin
        yield list if kind in LISTS else kind if isinstance(kind, type) else object


def _hints(base: type) -> Iterator[tuple[str, object]]:
    """Give the annotations of a constructor, those of a typed dict of keywords included; `object` for unclear ones."""
    if "__init__" not in base.__dict__ or base is object:
        return
    for name, parameter in inspect.signature(base.__dict__["__init__"]).parameters.items():
        hint = _hint(base, parameter.annotation)
        if parameter.kind is not inspect.Parameter.VAR_KEYWORD:
            yield name, hint
        elif get_origin(hint) is Unpack:
            yield from get_type_hints(get_args(hint)[0]).items()


def _hint(base: type, annotation: object) -> object:
    try:
        return get_type_hints(
            types.SimpleNamespace(__annotations__={"it": annotation}), vars(sys.modules[base.__module__])
        )["it"]
    except (NameError, TypeError):  # a name that only the type checker knows
        return object


def is_number(value: object) -> bool:
    """Tell a finite int or float from everything else, `True` and `False` included."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) if isinstance(value, float) else abs(value) <= sys.float_info.max


def describe(value: object) -> str:
    """Say in a few words what a value is: arrays by shape and type, the rest by a shortened `repr`."""
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    if shape is not None and dtype is not None:
        return f"an array of shape {tuple(shape)} and type {dtype}"
    if value is None or isinstance(value, bool | int | float | str | bytes):
        return f"{type(value).__name__} {brief(value)}" if value is not None else "None"
    if isinstance(value, type):
        return f"the class {value.__name__}"
    return f"{with_article(type(value).__name__)}: {brief(value)}"


def with_article(name: str) -> str:
    """Put an article before the name of a class."""
    return f"{'an' if name[:1].lower() in 'aeio' else 'a'} {name}"
