"""`HandlerSpec`: what is found out about a user's function once, when it is bound."""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from typing import Final, TypeAlias, cast

from millstream.declare.element import Element
from millstream.declare.injected import EventData, Request, SessionObject, Turn
from millstream.declare.model_handler import SESSION, handler_object, session_maker, set_ups_of
from millstream.declare.progress import Progress
from millstream.declare.set_up import SetUp
from millstream.errors import DeclarationError, InvalidValue
from millstream.types import Handler

Special: TypeAlias = type[Request | EventData | Progress | Turn | SessionObject]

EVENT_DATA: Final = {
    **dict.fromkeys(("select", "example_select", "option_select"), "SelectData"),
    "copy": "CopyData",
    "delete": "DeletedFileData",
    "download": "DownloadData",
    "edit": "EditData",
    "key_up": "KeyUpData",
    "like": "LikeData",
    "retry": "RetryData",
    "undo": "UndoData",
}
"""The events of which more is to be known, and the class of what is."""


class HandlerKind(StrEnum):
    """The way in which a handler is called, and its results come."""

    PLAIN = "plain"
    ASYNC = "async"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async_generator"


@dataclass(frozen=True)
class HandlerSpec:
    """A user's function, and how to call it.

    Attributes:
        fn: The function.
        name: What messages call it.
        kind: How it is called.
        specials: The parameters that ask for something, and the class that they ask for: by annotation, or by a
            `Progress` as the default; `SessionObject` by its name.
        parameters: Its parameters in order, `None` if Python cannot tell them.
        make_session: Makes the object that it keeps for one page; `None` if it keeps none.
        set_ups: What readies it in each process, of an object that holds a model.
        keywords: The parameters that get the last inputs, by name.
        components: The parameters that are annotated with a component, and get it with its value.
        told: The warnings about it that are in the log, and are not repeated.
    """

    fn: Handler
    name: str
    kind: HandlerKind
    specials: Mapping[str, Special]
    parameters: tuple[inspect.Parameter, ...] | None
    make_session: Callable[[], object] | None = None
    set_ups: tuple[SetUp, ...] = ()
    keywords: tuple[str, ...] = ()
    components: frozenset[str] = frozenset()
    told: set[str] = field(default_factory=set, compare=False)

    @cached_property
    def is_generator(self) -> bool:
        return self.kind in (HandlerKind.GENERATOR, HandlerKind.ASYNC_GENERATOR)

    @cached_property
    def is_async(self) -> bool:
        return self.kind in (HandlerKind.ASYNC, HandlerKind.ASYNC_GENERATOR)

    @cached_property
    def is_personal(self) -> bool:
        """True if it asks for what belongs to one visitor: its results may be nobody else's."""
        return any(issubclass(asked, Request | SessionObject | Turn) for asked in self.specials.values())

    @cached_property
    def tracks_tqdm(self) -> bool:
        """True if it wants the bars of tqdm to be shown."""
        defaults = [parameter.default for parameter in self.parameters or ()]
        return any(isinstance(default, Progress) and default.track_tqdm for default in defaults)

    def arguments(
        self, values: Sequence[object], extras: Mapping[str, object]
    ) -> tuple[list[object], dict[str, object]]:
        """Put the inputs' values and the special objects (by parameter name) where the function wants them.

        Returns:
            The positional arguments and the keyword arguments.
        """
        if not self.specials and not self.keywords:
            return list(values), {}
        count = len(values) - len(self.keywords)
        waiting = iter(values[:count])
        positional: list[object] = []
        keywords: dict[str, object] = dict(zip(self.keywords, values[count:], strict=True))
        for parameter in self.parameters or ():
            if parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD):
                if parameter.name in self.specials:
                    positional.append(extras[parameter.name])
                    continue
                for value in waiting:
                    positional.append(value)
                    break
                else:  # only parameters with defaults are left: specials after them go by keyword
                    break
        for name in [name for name in self.specials if name not in self._passed(positional)]:
            keywords[name] = extras[name]
        return positional + list(waiting), keywords

    def component_inputs(self, inputs: int) -> frozenset[int]:
        """Tell which of so many inputs go to parameters that are annotated with a component, by position from 0."""
        if not self.components:
            return frozenset()
        positional, keywords = self.arguments(range(inputs), dict.fromkeys(self.specials))
        names = (parameter.name for parameter in self.parameters or ())
        passed = {**dict(zip(names, positional, strict=False)), **keywords}
        return frozenset(at for name, at in passed.items() if name in self.components and isinstance(at, int))

    def generator(self, value: object) -> Generator[object, None, None]:
        """Take the generator that a function which is not async has given.

        Raises:
            InvalidValue: It hands on what has to be awaited, as decorators around an async function do.
        """
        if isinstance(value, Generator):
            return value
        kind = "an async generator"
        if inspect.iscoroutine(value):
            kind = "a coroutine"
            value.close()
        raise InvalidValue(
            f"{self.name}() is not an async function, but returned {kind}: declare it, or the function that a "
            "decorator puts in its place, with `async def`"
        )

    def check_arity(self, inputs: int, where: str) -> None:
        """Check that the function can be called with this many values.

        Raises:
            DeclarationError: It cannot; the message names the event, the function and the remedy.
        """
        if any(p.kind is p.KEYWORD_ONLY and p.default is p.empty for p in self._ordinary):
            raise DeclarationError(
                f"{where}: {self.name}() has a keyword-only parameter, but inputs come by position: use inputs_kwargs="
            )
        if unknown := self._unknown(inputs - len(self.keywords)):
            raise DeclarationError(f"{where}: {self.name}() cannot take {unknown}= by name; see inputs_kwargs=")
        if not self.takes(inputs):
            if inspect.isclass(self.fn) and any("__call__" in base.__dict__ for base in self.fn.__mro__):
                raise DeclarationError(
                    f"{where} got the class {self.name}: give an object of it, as {self.name}(…) makes"
                )
            names = ", ".join(parameter.name for parameter in self._ordinary) or "none"
            raise DeclarationError(
                f"{where} has {_count(inputs, 'input')}, but {self.name}() takes "
                f"{_count(len(self._needed), 'argument')} ({names}): give `inputs` one component for each argument"
                f"{self._or_annotate(inputs, where)}"
            )

    def _or_annotate(self, inputs: int, where: str) -> str:
        """Say how to ask for what there is to be known of an event, if that may be what an argument too many is for."""
        data = EVENT_DATA.get(where.rpartition(".")[2])
        if data is None or len(self._needed) != inputs + 1:
            return ""
        return f", or annotate the one that is to know more of the event, {self._needed[-1].name}: gr.{data}"

    def takes(self, inputs: int) -> bool:
        """True if the function can be called with this many values."""
        if self.parameters is None:
            return True
        inputs -= len(self.keywords)
        is_open = any(p.kind is p.VAR_POSITIONAL for p in self._ordinary)
        return len(self._needed) <= inputs and (is_open or inputs <= len(self._free))

    def _unknown(self, positional: int) -> str:
        """Name the first of `keywords` that no parameter has, or one that an input by position fills; else nothing."""
        if self.parameters is None or any(p.kind is p.VAR_KEYWORD for p in self.parameters):
            return ""
        ordinary = [p for p in self.parameters if p.name not in self.specials]
        by_position = [p for p in ordinary if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][:positional]
        by_name = [p.name for p in ordinary if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        taken = {p.name for p in by_position}
        return next((name for name in self.keywords if name not in by_name or name in taken), "")

    @property
    def _ordinary(self) -> list[inspect.Parameter]:
        aside = {*self.specials, *self.keywords}
        return [parameter for parameter in self.parameters or () if parameter.name not in aside]

    @property
    def _free(self) -> list[inspect.Parameter]:
        return [p for p in self._ordinary if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]

    @property
    def _needed(self) -> list[inspect.Parameter]:
        return [p for p in self._free if p.default is p.empty]

    def _passed(self, positional: list[object]) -> set[str]:
        return {parameter.name for parameter in (self.parameters or ())[: len(positional)]}


def inspect_handler(fn: Handler, where: str) -> HandlerSpec:
    """Find out how to call `fn`; a class that holds a model stands for an object of it.

    Raises:
        DeclarationError: It cannot be called, or its class cannot hold a model as it says.
    """
    fn = cast("Handler", handler_object(fn, where))
    if not callable(fn):
        raise DeclarationError(f"{where} needs a function, but got {fn!r}")
    try:
        signature = inspect.signature(fn)
    except (ValueError, TypeError):  # some built-in functions do not say
        return HandlerSpec(fn, handler_name(fn), HandlerKind.PLAIN, {}, None)
    parameters = tuple(signature.parameters.values())
    specials: dict[str, Special] = {p.name: asked for p in parameters if (asked := _special(p, fn)) is not None}
    make_session = session_maker(fn, parameters, where)
    if make_session is not None:
        specials[SESSION] = SessionObject
    kinds = ((parameter.name, _annotation(parameter, fn)) for parameter in parameters)
    components = frozenset(name for name, kind in kinds if isinstance(kind, type) and issubclass(kind, Element))
    spec = HandlerSpec(fn, handler_name(fn), _kind(fn), specials, parameters, make_session, tuple(set_ups_of(fn)))
    return replace(spec, components=components) if components else spec


def handler_name(fn: object) -> str:
    """Say what to call a function: its name, or that of its class."""
    while isinstance(fn, functools.partial):
        fn = fn.func
    return getattr(fn, "__name__", type(fn).__name__)


def _kind(fn: Handler) -> HandlerKind:
    target = _underlying(fn)
    if inspect.isasyncgenfunction(target):
        return HandlerKind.ASYNC_GENERATOR
    if inspect.iscoroutinefunction(target):
        return HandlerKind.ASYNC
    return HandlerKind.GENERATOR if inspect.isgeneratorfunction(target) else HandlerKind.PLAIN


def _underlying(fn: object) -> object:
    """Look through partials and callable objects at the function that is called in the end."""
    while True:
        if isinstance(fn, functools.partial):
            fn = fn.func
        elif inspect.isroutine(fn) or inspect.isclass(fn):
            return fn
        else:
            fn = type(fn).__call__


def _special(parameter: inspect.Parameter, fn: object) -> Special | None:
    """Say which special class a parameter asks for, in whatever way its annotation is written."""
    if isinstance(parameter.default, Progress):
        return Progress
    annotation = _annotation(parameter, fn)
    options = typing.get_args(annotation) if _is_union(annotation) else (annotation,)
    for option in options:
        if isinstance(option, type) and issubclass(option, Request | EventData | Progress | Turn):
            return option
    return None


def _annotation(parameter: inspect.Parameter, fn: object) -> object:
    annotation = parameter.annotation
    return _evaluate(annotation, fn) if isinstance(annotation, str) else annotation


def _is_union(annotation: object) -> bool:
    return typing.get_origin(annotation) in (typing.Union, types.UnionType)


def _evaluate(annotation: str, fn: object) -> object:
    """Look up an annotation that is written as a string; one that cannot be looked up asks for nothing."""
    scope = getattr(_underlying(fn), "__globals__", {})
    holder = types.SimpleNamespace(__annotations__={"it": annotation})
    try:
        return typing.get_type_hints(holder, scope)["it"]
    except (NameError, AttributeError, SyntaxError, TypeError):
        return None


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
