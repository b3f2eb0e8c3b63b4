import asyncio
from collections.abc import AsyncIterator, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

import millstream as gr
from millstream.apps.conversation import ChatFunction, draft_of, messages_of, user_message
from millstream.declare.handler import inspect_handler

ASKED = [{"role": "user", "content": "hi"}]


def conversation(fn: object, *, is_multimodal: bool = False, extra_outputs: int = 0) -> ChatFunction:
    return ChatFunction(inspect_handler(fn, "test"), is_multimodal=is_multimodal, extra_outputs=extra_outputs)


@pytest.mark.parametrize(
    ("said", "messages"),
    [
        (None, []),
        ("hi", [{"role": "assistant", "content": "hi"}]),
        (3, [{"role": "assistant", "content": "3"}]),
        ({"content": "hi", "metadata": {}}, [{"role": "assistant", "content": "hi", "metadata": {}}]),
        ({"role": "system", "content": "hi"}, [{"role": "system", "content": "hi"}]),
        ({"path": "a.png"}, [{"role": "assistant", "content": {"path": "a.png"}}]),
        ({"text": "hi", "files": []}, [{"role": "assistant", "content": "hi"}]),
        ({"files": ["a.png"]}, [{"role": "assistant", "content": [{"path": "a.png"}]}]),
        (("a.png", "A"), [{"role": "assistant", "content": ("a.png", "A")}]),
        (["a", ["b"]], [{"role": "assistant", "content": "a"}, {"role": "assistant", "content": "b"}]),
    ],
)
def test_whatever_is_said_becomes_messages(said: object, messages: list[object]) -> None:
    assert messages_of(said) == messages


def test_components_and_messages_are_said_as_they_are() -> None:
    picture, message = gr.Image(), gr.ChatMessage("x")
    assert messages_of([picture, message]) == [{"role": "assistant", "content": picture}, message]
    others = SimpleNamespace(role="assistant", content="of a client of a language model")
    assert messages_of(others) == [others]


@pytest.mark.parametrize(
    ("draft", "content"),
    [
        ("hi", "hi"),
        ({"text": "hi", "files": []}, "hi"),
        ({"text": "", "files": ["a.png"]}, [{"path": "a.png"}]),
        ({"text": "hi", "files": ["a.png"]}, [{"path": "a.png"}, {"type": "text", "text": "hi"}]),
    ],
)
def test_what_is_written_becomes_a_message_and_back(draft: object, content: object) -> None:
    message = user_message(draft)  # type: ignore[arg-type]
    assert message == {"role": "user", "content": content}
    assert draft_of(message) == (draft if isinstance(draft, dict) else {"text": draft, "files": []})


def test_the_function_gets_the_message_and_what_was_said_before() -> None:
    before = [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]
    got = []
    conversation(lambda message, history, more: got.append((message, history, more))).handler("send")(
        "send", [*before, *ASKED], 5
    )
    assert got == [("hi", before, 5)]


def test_with_files_the_message_is_a_dict() -> None:
    got = []
    conversation(lambda message, history: got.append(message), is_multimodal=True).handler("send")("send", ASKED)
    assert got == [{"text": "hi", "files": []}]


def test_a_generator_says_more_and_more_and_is_closed() -> None:
    ended = []

    def speak(message: str, history: list[object]) -> Iterator[str]:
        try:
            yield "a"
            yield "ab"
        finally:
            ended.append(True)

    answers = conversation(speak).handler("send")("send", ASKED)
    assert next(answers) == [*ASKED, {"role": "assistant", "content": "a"}]
    assert next(answers) == [*ASKED, {"role": "assistant", "content": "ab"}]
    answers.close()
    assert ended == [True]


def test_a_function_may_hand_on_what_a_generator_says() -> None:
    answer = conversation(lambda message, history: (message * times for times in (1, 2))).handler("send")
    answers: Any = answer("send", ASKED)
    assert [history[-1]["content"] for history in answers] == ["hi", "hihi"]


def test_an_async_function_and_an_async_generator() -> None:
    async def once(message: str, history: list[object]) -> str:
        return message

    async def often(message: str, history: list[object]) -> AsyncIterator[str]:
        yield message

    async def main() -> list[object]:
        return [
            await conversation(once).handler("send")("send", ASKED),
            [said async for said in conversation(often).handler("send")("send", ASKED)],
        ]

    said = [*ASKED, {"role": "assistant", "content": "hi"}]
    assert asyncio.run(main()) == [said, [said]]


def test_the_handler_is_of_the_functions_kind_and_asks_for_what_it_asks_for() -> None:
    def speak(message: str, request: gr.Request, history: list[object]) -> Iterator[str]:
        yield f"{message} {request.username} {len(history)}"

    handler = conversation(speak).handler("send")
    spec = inspect_handler(handler, "test")
    assert (spec.name, spec.is_generator, dict(spec.specials)) == ("speak", True, {"request": gr.Request})
    (said,) = handler("send", ASKED, request=gr.Request(username="Ada"))
    assert said[-1]["content"] == "hi Ada 0"


def test_values_for_additional_outputs() -> None:
    assert conversation(lambda m, h: ("x", 1), extra_outputs=1).handler("send")("send", ASKED) == (
        [*ASKED, {"role": "assistant", "content": "x"}],
        1,
    )
    with pytest.raises(TypeError, match="1 additional output:"):
        conversation(lambda m, h: "x", extra_outputs=1).handler("send")("send", ASKED)


def test_skip_leaves_everything_as_it_is() -> None:
    assert conversation(lambda m, h: gr.skip()).handler("send")("send", ASKED) is gr.skip()


def test_an_event_that_came_to_nothing_is_not_answered() -> None:
    def typed(message: str, history: list[object]) -> Iterator[str]:
        yield message

    for history in ([], [{"role": "assistant", "content": "x"}]):
        assert conversation(lambda m, h: "x").handler("send")("send", history) is gr.skip()
        assert list(conversation(typed).handler("send")("send", history)) == []


def test_what_was_asked_in_another_way_is_not_answered_here() -> None:
    async def once(message: str, history: list[object]) -> str:
        return message

    async def often(message: str, history: list[object]) -> AsyncIterator[str]:
        yield message

    def more(message: str, history: list[object]) -> Iterator[str]:
        yield message

    async def main() -> list[object]:
        first = await conversation(once).handler("send")("retry", ASKED)
        return [first, [said async for said in conversation(often).handler("send")("", ASKED)]]

    assert asyncio.run(main()) == [gr.skip(), []]
    assert conversation(lambda m, h: m).handler("send")("", ASKED) is gr.skip()
    assert list(conversation(more).handler("send")("", ASKED)) == []
