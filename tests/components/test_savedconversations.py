import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

import millstream as gr
from millstream.components.chat.chatmessage import ChatMessage
from millstream.components.savedconversations import SavedConversations
from millstream.errors import DeclarationError, InvalidValue


def declared(*arguments: object, **given: Any) -> Any:
    with gr.Blocks():
        return SavedConversations(*arguments, **given)


def told(component: Any, value: object) -> Any:
    """Send what a handler returned to the page."""
    return json.loads(component.wire(component.accept(component.received(value))))


def test_handlers_get_lists_that_keep_their_ids() -> None:
    component = declared(storage_key="a")
    kept = [{"id": name, "messages": [{"role": "user", "content": name}]} for name in ("x", "y")]
    chats = component.preprocess(component.validate(json.dumps(kept), None), None)
    assert chats == [[{"role": "user", "content": "x"}], [{"role": "user", "content": "y"}]]
    chats = copy.deepcopy(chats)
    chats[1].append(ChatMessage("z"))
    del chats[0]
    answer = {"role": "assistant", "content": "z"}
    assert told(component, chats) == [{"id": "y", "messages": [*kept[1]["messages"], answer]}]


def test_new_conversations_get_ids_and_the_same_one_is_there_once() -> None:
    component = declared()
    chats = told(component, [[{"role": "user", "content": "a"}], [], ({"role": "user", "content": "a"},)])
    assert [chat["messages"] for chat in chats] == [[{"role": "user", "content": "a"}]]
    assert told(component, None) == []


def test_the_newest_are_taken_of_very_many() -> None:
    chats = [[{"role": "user", "content": f"{at} {'x' * 100_000}"}] for at in range(20)]
    assert [chat["messages"][0]["content"][:2] for chat in told(declared(), chats)] == [f"{at} " for at in range(10)]


@pytest.mark.parametrize(
    "value",
    [7, "text", {"a": 1}, [7], [[7]], [[{"role": "user"}]], [[{"role": "nobody", "content": "a"}]], [["text"]]],
)
def test_other_values_are_refused_in_words(value: object) -> None:
    with pytest.raises(InvalidValue, match="takes a list of conversations, each a list of messages"):
        declared().received(value)
    with pytest.raises(DeclarationError, match="takes a list of conversations"):
        declared(value)


@pytest.mark.parametrize("wire", [None, [], 7, "{", "{}", "[" * 100_000])
def test_what_is_no_list_of_a_browser_is_refused(wire: object) -> None:
    with pytest.raises(InvalidValue, match="takes the list of conversations that a browser keeps"):
        declared().validate(wire, None)


@pytest.mark.parametrize(
    "message",
    [
        lambda good: {**good, "content": {"path": "/etc/passwd"}},
        lambda good: {**good, "role": "root"},
        lambda good: {**good, "more": 1},
        lambda good: [good],
    ],
)
def test_what_is_no_conversation_is_left_out(message: Callable[[Any], object]) -> None:
    good = {"role": "user", "content": "a"}
    kept = [{"id": "x", "messages": [message(good)]}, {"id": "y", "messages": [good]}]
    assert [chat["id"] for chat in declared().validate(json.dumps(kept), None)] == ["y"]
