"""The attributes of a `ChatInterface` that the events of an app read and write, as Gradio's programs do."""

import json
from typing import Any

import pytest

import millstream as gr
from millstream.components.savedchats import SavedChats
from millstream.testing import TestPage


def echo(message: Any, history: list[dict[str, Any]]) -> str:
    return f"{message}!{len(history)}"


def app(**given: Any) -> tuple[gr.Blocks, gr.ChatInterface, gr.JSON]:
    """Make a chat with a button that tells what its attributes hold."""
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo, **given)
        told = gr.JSON()
        parts = [chat.chatbot_state, chat.saved_input, chat.conversation_id]
        gr.Button("Tell").click(lambda *values: list(values), parts, told)
        gr.Button("Forget").click(lambda: None, None, chat.conversation_id)
    return demo, chat, told


def send(page: TestPage, chat: gr.ChatInterface, text: str) -> None:
    page.set(chat.textbox, {"text": text, "files": []})
    page.fire(chat.textbox, "submit")
    page.advance(1)


def tell(page: TestPage, told: gr.JSON) -> list[Any]:
    page.click("Tell")
    page.advance(1)
    history, *others = page.value(told)
    return [[message["content"] for message in history], *others]


def list_of(demo: gr.Blocks) -> SavedChats:
    (saved,) = (part for part in demo.freeze().components.values() if isinstance(part, SavedChats))
    return saved


def test_events_read_the_conversation_and_the_last_message() -> None:
    demo, chat, told = app()
    with TestPage(demo) as page:
        assert tell(page, told) == [[], None, None]
        send(page, chat, "a")
        assert tell(page, told) == [["a", "a!0"], "a", None]
        page.fire(chat.textbox, "submit")  # with nothing in the field
        page.fire(chat.chatbot, "retry", {"index": 0, "value": "a"})
        page.advance(1)
        assert tell(page, told)[1] == "a"


def test_the_last_message_has_the_form_that_the_function_gets() -> None:
    demo, chat, told = app(multimodal=True, examples=["first"])
    with TestPage(demo) as page:
        page.fire(chat.chatbot, "example_select", {"index": 0, "value": {"text": "first"}})
        page.advance(1)
        assert tell(page, told)[1] == {"text": "first", "files": []}
        send(page, chat, "b")
        assert tell(page, told)[1] == {"text": "b", "files": []}


def test_an_event_empties_all_of_them_at_once() -> None:
    """As Gradio's programs do: there the conversation is three components, here it is one."""
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo)
        everything = [chat.chatbot, chat.chatbot_state, chat.chatbot_value, chat.saved_input]
        gr.Button("Reset").click(lambda: ([], [], [], None), None, everything)
        gr.Button("Begin").click(lambda: [{"role": "assistant", "content": "Hi"}], None, chat.chatbot_state)
    with TestPage(demo) as page:
        send(page, chat, "a")
        page.click("Reset")
        page.advance(1)
        assert page.value(chat.chatbot) == []
        page.click("Begin")
        page.advance(1)
        send(page, chat, "b")
        assert page.value(chat.chatbot)[-1]["content"][0]["text"] == "b!1"


def test_the_number_of_a_conversation_is_its_place_in_the_list() -> None:
    demo, chat, told = app(save_history=True)
    saved = list_of(demo)
    with TestPage(demo) as page:
        send(page, chat, "a")
        assert tell(page, told)[2] == 0
        page.set(saved, {"id": "old", "messages": [{"role": "user", "content": "o"}]})
        page.fire(saved, "select", {"index": 3, "value": "o"})
        page.advance(1)
        assert tell(page, told)[::2] == [["o"], 3]
        page.fire(chat.textbox, "submit")  # nothing is said: nothing moves
        page.fire(saved, "delete", {"index": 5})
        page.fire(saved, "delete", {"index": 1})
        page.advance(1)
        assert tell(page, told)[2] == 2
        send(page, chat, "b")
        assert (tell(page, told)[2], page.value(saved)["id"]) == (0, "old")
        page.fire(saved, "clear")
        page.advance(1)
        assert tell(page, told)[::2] == [[], None]


def test_an_event_that_writes_none_makes_the_conversation_a_new_one() -> None:
    demo, chat, told = app(save_history=True)
    saved = list_of(demo)
    with TestPage(demo) as page:
        send(page, chat, "a")
        first = page.value(saved)["id"]
        send(page, chat, "b")
        assert page.value(saved)["id"] == first
        page.click("Forget")
        page.advance(1)
        assert page.value(saved)["id"] == ""
        send(page, chat, "c")
        assert page.value(saved)["id"] != first
        assert tell(page, told)[2] == 0


def test_an_event_names_the_saved_conversation_that_it_shows() -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo, save_history=True)
        old = [{"role": "user", "content": "o"}]
        gr.Button("Restore").click(lambda: (old, 1), None, [chat.chatbot, chat.conversation_id])
    saved = list_of(demo)
    with TestPage(demo) as page:
        send(page, chat, "a")
        page.click("Restore")
        page.advance(1)
        assert page.value(saved)["index"] == 1
        page.set(saved, {"id": "old", "messages": old})  # the page has found it
        page.fire(saved, "open")
        page.advance(1)
        send(page, chat, "b")
        assert [message["content"] for message in page.value(saved)["messages"]] == ["o", "b", "b!1"]
        assert page.value(saved)["id"] == "old"


SAVED = [{"id": "x", "messages": [{"role": "user", "content": "one"}]}, {"id": "y", "messages": []}, {"id": 1}]


def test_events_read_and_write_the_saved_conversations() -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo, save_history=True)
        told = gr.JSON()
        chat.saved_conversations.change(lambda chats: chats, chat.saved_conversations, told)
        demo.load(lambda chats: f"{len(chats)} saved", chat.saved_conversations, gr.Textbox())

        @gr.Button("Add").click(inputs=chat.saved_conversations, outputs=chat.saved_conversations)
        def add(chats: list[Any]) -> list[Any]:
            return [*chats, [{"role": "user", "content": "two"}]]

    chat.saved_conversations.storage_key = "mine"
    (load,) = (binding.js for binding in demo.freeze().bindings if binding.js)
    assert '"millstream:chats:mine:"' in load
    assert list_of(demo).props()["key"] == "millstream:chats:mine"
    with TestPage(demo) as page:
        page.set(chat.saved_conversations, json.dumps(SAVED))
        page.advance(1)
        assert page.value(told) == [[{"role": "user", "content": "one"}], []]
        page.click("Add")
        page.advance(1)
        kept = json.loads(page.value(chat.saved_conversations))
        assert (kept[0], kept[-1]["messages"]) == (SAVED[0], [{"role": "user", "content": "two"}])


@pytest.mark.parametrize("save_history", [True, False])
def test_conversations_that_no_event_uses_stay_in_the_browser(save_history: bool) -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo, save_history=save_history)
        chat.saved_conversations.secret = "s"  # as Gradio's programs do
    demo.freeze()
    assert not chat.saved_conversations.on_page
