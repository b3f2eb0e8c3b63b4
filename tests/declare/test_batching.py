"""Declaring batches: what may be batched, and the rules that come of it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

import millstream as gr
from millstream.batches import BatchRules
from millstream.errors import DeclarationError


def look(texts: list[str]) -> list[list[str]]:
    return [texts]


def binding(**options: Any) -> Any:
    with gr.Blocks() as demo:
        text = gr.Textbox()
        gr.Button("Go").click(options.pop("fn", look), text, text, batch=True, **options)
    return demo.freeze().bindings[0]


def test_the_rules_and_their_defaults() -> None:
    assert binding().batch == BatchRules(4, 0.008, "#0")
    assert binding(max_batch_size=8, max_wait=0.02).batch == BatchRules(8, 0.02, "#0")
    assert binding().engine == "batch"
    assert binding(engine="process").engine == "process"


def test_a_limit_counts_calls_of_the_function_each_of_which_has_room_for_a_batch() -> None:
    assert binding().concurrency_limit == 4
    assert binding(concurrency_limit=2, max_batch_size=8).concurrency_limit == 16
    assert binding(concurrency_limit=None).concurrency_limit is None


def generator(texts: list[str]) -> Iterator[list[list[str]]]:
    yield [texts]


async def coroutine(texts: list[str]) -> list[list[str]]:
    return [texts]


async def async_generator(texts: list[str]) -> AsyncIterator[list[list[str]]]:
    yield [texts]


class Tracking:
    def session(self) -> list[str]:
        return []

    def __call__(self, texts: list[str], session: list[list[str]]) -> list[list[str]]:
        return [texts]


def asking(texts: list[str], request: gr.Request) -> list[list[str]]:
    return [texts]


@pytest.mark.parametrize(
    ("fn", "options", "message"),
    [
        (generator, {}, r"Button 'Go'.click: generator\(\) cannot have batch=True: a generator has results of its own"),
        (async_generator, {}, r"async_generator\(\) cannot have batch=True: a generator"),
        (coroutine, {"engine": "ray"}, r"coroutine\(\) cannot have batch=True: it is async, .* declare it with `def`"),
        (asking, {}, r"asking\(\) cannot have batch=True: request= asks for the Request of one call"),
        (look, {"engine": "thread"}, r"look\(\) cannot have batch=True: batches run in a thread of the server; leave"),
        (Tracking, {"engine": "process"}, r"Tracking\(\) cannot have batch=True: what session\(\) makes stays in one"),
        (look, {"max_batch_size": 0}, r"max_batch_size=0 is not allowed; give a whole number from 1"),
        (look, {"max_wait": -1}, r"max_wait=-1.* is not allowed; give seconds from 0"),
        (None, {}, r"Button 'Go'.click: batch=True needs a function"),
    ],
)
def test_what_cannot_be_batched(fn: Callable[..., object] | None, options: dict[str, Any], message: str) -> None:
    with pytest.raises(DeclarationError, match=message):
        binding(fn=fn, **options)


def test_a_set_of_inputs_cannot_be_batched() -> None:
    with gr.Blocks():
        text = gr.Textbox()
        with pytest.raises(DeclarationError, match=r"a set of inputs comes as one dict; give the inputs as a list"):
            gr.Button().click(look, {text}, text, batch=True)


def test_a_conversation_cannot_be_batched() -> None:
    with gr.Blocks():
        microphone, out = gr.Audio(sources="microphone"), gr.Audio(streaming=True)
        with pytest.raises(DeclarationError, match=r"a conversation replies to one person at a time"):
            microphone.stream(gr.ReplyOnPause(look), microphone, out, batch=True)


def test_progress_as_a_default_does_no_harm() -> None:
    def slow(texts: list[str], progress: gr.Progress = gr.Progress()) -> list[list[str]]:
        return [texts]

    assert binding(fn=slow).batch is not None


def test_an_interface_has_batches() -> None:
    frozen = gr.Interface(look, "text", "text", batch=True, max_batch_size=16).freeze().bindings
    assert 16 in {each.batch.max_size for each in frozen if each.batch is not None}
