from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Optional

import pytest

import millstream as gr
from millstream.declare.handler import EVENT_DATA, HandlerKind, handler_name, inspect_handler
from millstream.errors import DeclarationError, InvalidValue

if TYPE_CHECKING:
    from collections import OrderedDict


def plain(a, b): ...


async def coroutine(a): ...


def generator(a):
    yield a


async def async_generator(a):
    yield a


class Caller:
    def __call__(self, a): ...

    def method(self, a): ...

    async def coroutine(self, a): ...


class AsyncCallable:
    async def __call__(self, a): ...


class GeneratorCallable:
    def __call__(self, a):
        yield a


@pytest.mark.parametrize(
    ("fn", "kind"),
    [
        (plain, HandlerKind.PLAIN),
        (coroutine, HandlerKind.ASYNC),
        (generator, HandlerKind.GENERATOR),
        (async_generator, HandlerKind.ASYNC_GENERATOR),
        (functools.partial(plain, 1), HandlerKind.PLAIN),
        (functools.partial(generator), HandlerKind.GENERATOR),
        (functools.partial(functools.partial(coroutine)), HandlerKind.ASYNC),
        (Caller(), HandlerKind.PLAIN),
        (Caller().method, HandlerKind.PLAIN),
        (Caller().coroutine, HandlerKind.ASYNC),
        (AsyncCallable(), HandlerKind.ASYNC),
        (GeneratorCallable(), HandlerKind.GENERATOR),
        (functools.partial(AsyncCallable()), HandlerKind.ASYNC),
        (lambda a: a, HandlerKind.PLAIN),
        (str, HandlerKind.PLAIN),
        (len, HandlerKind.PLAIN),
    ],
)
def test_kinds(fn, kind) -> None:
    spec = inspect_handler(fn, "here")
    assert spec.kind is kind
    assert spec.is_async == (kind in (HandlerKind.ASYNC, HandlerKind.ASYNC_GENERATOR))
    assert spec.is_generator == (kind in (HandlerKind.GENERATOR, HandlerKind.ASYNC_GENERATOR))


def test_names() -> None:
    assert handler_name(plain) == "plain"
    assert handler_name(functools.partial(plain, 1)) == "plain"
    assert handler_name(Caller()) == "Caller"


def test_only_functions_are_handlers() -> None:
    with pytest.raises(DeclarationError, match=r"click needs a function, but got 5"):
        inspect_handler(5, "click")


def by_string(value, request: gr.Request): ...


def optional(request: Optional[gr.Request], value): ...  # noqa: UP045


def union(evt: gr.SelectData | None, value): ...


def hidden_import(value, more: OrderedDict, evt: gr.EventData): ...


def by_keyword(value, *, request: gr.Request): ...


class Asking:
    def __call__(self, value, request: gr.Request): ...


@pytest.mark.parametrize(
    ("fn", "specials"),
    [
        (by_string, {"request": gr.Request}),
        (optional, {"request": gr.Request}),
        (union, {"evt": gr.SelectData}),
        (hidden_import, {"evt": gr.EventData}),
        (by_keyword, {"request": gr.Request}),
        (Asking(), {"request": gr.Request}),
        (plain, {}),
    ],
)
def test_special_parameters_are_found_by_annotation(fn, specials) -> None:
    assert inspect_handler(fn, "here").specials == specials


@pytest.mark.parametrize(
    ("fn", "values", "positional", "keywords"),
    [
        (plain, [1, 2], [1, 2], {}),
        (by_string, [1], [1, "R"], {}),
        (optional, [1], ["R", 1], {}),
        (by_keyword, [1], [1], {"request": "R"}),
        (lambda a, *rest: None, [1, 2, 3], [1, 2, 3], {}),
    ],
)
def test_arguments_stand_where_the_function_wants_them(fn, values, positional, keywords) -> None:
    spec = inspect_handler(fn, "here")
    assert spec.arguments(values, {"request": "R"}) == (positional, keywords)


def test_specials_after_defaults_go_by_keyword() -> None:
    def fn(a, b=5, request: gr.Request = None): ...

    assert inspect_handler(fn, "here").arguments([1], {"request": "R"}) == ([1], {"request": "R"})
    assert inspect_handler(fn, "here").arguments([1, 2], {"request": "R"}) == ([1, 2, "R"], {})


@pytest.mark.parametrize(
    ("fn", "inputs"),
    [
        (plain, 2),
        (by_string, 1),
        (lambda *a: None, 7),
        (lambda *a: None, 0),
        (lambda a, b=1: None, 1),
        (lambda a, b=1: None, 2),
        (functools.partial(plain, 1), 1),
        (Caller().method, 1),
        (str, 5),
    ],
)
def test_the_right_number_of_inputs(fn, inputs: int) -> None:
    inspect_handler(fn, "here").check_arity(inputs, "here")


@pytest.mark.parametrize(
    ("fn", "inputs", "message"),
    [
        (plain, 1, r"here has 1 input, but plain\(\) takes 2 arguments \(a, b\): give `inputs` one component for each"),
        (plain, 3, r"3 inputs.*2 arguments"),
        (by_string, 2, r"2 inputs.*1 argument \(value\)"),
        (lambda: None, 1, r"0 arguments \(none\)"),
        (Caller, 1, r"here got the class Caller: give an object of it, as Caller\(…\) makes"),
    ],
)
def test_the_wrong_number_of_inputs(fn, inputs: int, message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        inspect_handler(fn, "here").check_arity(inputs, "here")


def test_who_forgets_to_annotate_what_happened_is_told_how() -> None:
    spec = inspect_handler(plain, "Chatbot 'Chat'.like")
    with pytest.raises(
        DeclarationError, match=r", or annotate the one that is to know more of the event, b: gr\.LikeData$"
    ):
        spec.check_arity(1, "Chatbot 'Chat'.like")
    for inputs, where in ((0, "Chatbot 'Chat'.like"), (1, "Button 'Go'.click")):
        with pytest.raises(DeclarationError, match=r"one component for each argument$"):
            spec.check_arity(inputs, where)
    assert {getattr(gr, name) for name in EVENT_DATA.values()}


def test_inputs_come_by_position() -> None:
    def fn(*, a): ...

    with pytest.raises(DeclarationError, match="keyword-only"):
        inspect_handler(fn, "here").check_arity(1, "here")


async def asynchronous_generator(a):
    yield a


@pytest.mark.parametrize(
    ("fn", "kind"), [(coroutine, "a coroutine"), (asynchronous_generator, "an async generator")], ids=["once", "often"]
)
def test_what_has_to_be_awaited_cannot_be_handed_on(fn, kind: str) -> None:
    def handed_on(*given):
        return fn(*given)

    with pytest.raises(InvalidValue, match=rf"handed_on\(\) is not an async function, but returned {kind}: declare it"):
        inspect_handler(handed_on, "here").generator(handed_on(1))
