from typing import Any

import pytest

import millstream as gr
from millstream.components.chat.saved_messages import MAX_BYTES, kept_messages
from millstream.components.savedchats import SavedChats
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def app(**given: Any) -> tuple[gr.ChatInterface, SavedChats]:
    demo = gr.ChatInterface(lambda message, history: f"{message}!{len(history)}", save_history=True, **given)
    (saved,) = (part for part in demo.freeze().components.values() if isinstance(part, SavedChats))
    return demo, saved


def send(page: TestPage, demo: gr.ChatInterface, text: str) -> None:
    page.set(demo.textbox, {"text": text, "files": []})
    page.fire(demo.textbox, "submit")
    page.advance(1)


def choose(page: TestPage, saved: SavedChats, chat: object) -> None:
    page.set(saved, chat)
    page.fire(saved, "select" if chat else "clear")
    page.advance(1)


def said(page: TestPage, demo: gr.ChatInterface) -> list[str]:
    return [part["text"] for entry in page.value(demo.chatbot) for part in entry["content"]]


def kept(page: TestPage, saved: SavedChats) -> list[object]:
    return [message["content"] for message in page.value(saved)["messages"]]


def test_each_conversation_goes_to_the_browser_under_an_id_of_its_own() -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        send(page, demo, "a")
        first = page.value(saved)
        assert kept(page, saved) == ["a", "a!0"]
        choose(page, saved, None)
        assert page.value(demo.chatbot) == []
        send(page, demo, "b")
        assert kept(page, saved) == ["b", "b!0"]
        assert page.value(saved)["id"] != first["id"]


def test_a_chosen_conversation_goes_on_where_it_was() -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        send(page, demo, "a")
        first = page.value(saved)
        choose(page, saved, None)
        choose(page, saved, first)
        assert said(page, demo) == ["a", "a!0"]
        send(page, demo, "b")
        assert page.value(saved)["id"] == first["id"]
        assert kept(page, saved) == ["a", "a!0", "b", "b!2"]


def test_what_is_taken_back_is_taken_back_in_the_browser_too() -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        send(page, demo, "a")
        send(page, demo, "b")
        page.fire(demo.chatbot, "undo", {"index": 2, "value": "b"})
        page.advance(1)
        assert kept(page, saved) == ["a", "a!0"]
        page.set(demo.chatbot, [])
        page.fire(demo.chatbot, "clear")
        page.advance(1)
        assert kept(page, saved) == []


def test_an_answer_that_is_under_way_does_not_end_in_the_chosen_conversation() -> None:
    def speak(message: str, history: object) -> Any:
        yield "half"
        yield "whole"

    demo = gr.ChatInterface(speak, save_history=True)
    (saved,) = (part for part in demo.freeze().components.values() if isinstance(part, SavedChats))
    other = {"id": "other", "messages": [{"role": "user", "content": "o"}, {"role": "assistant", "content": "p"}]}
    with TestPage(demo, handler_time=5) as page:
        page.set(demo.textbox, {"text": "a", "files": []})
        page.fire(demo.textbox, "submit")
        page.set(saved, other)
        page.fire(saved, "select")
        page.advance(30)
        assert said(page, demo) == ["o", "p"]
        assert (page.value(saved)["id"], kept(page, saved)) == ("other", ["o", "p"])


@pytest.mark.parametrize(
    "content",
    [{"path": "/etc/passwd"}, {"path": "file:///etc/passwd"}, {"path": "javascript:x"}, 1, None, {"type": "text"}],
)
def test_a_browser_brings_texts_and_web_addresses_and_nothing_else(content: object) -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        choose(page, saved, {"id": "x", "messages": [{"role": "user", "content": content}]})
        assert page.value(demo.chatbot) == []
        assert "takes messages of the user" in page.toasts[0].message


@pytest.mark.parametrize(
    "chat",
    [
        {"id": "", "messages": []},
        {"id": "x" * 65, "messages": []},
        {"id": "x"},
        [],
        "x",
        {"id": "x", "messages": [], "y": 1},
    ],
)
def test_what_is_no_conversation_is_refused(chat: object) -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        page.set(saved, chat)
        page.advance(1)
        assert page.toasts


def test_what_a_browser_kept_is_sanitised() -> None:
    demo, saved = app()
    with TestPage(demo) as page:
        choose(page, saved, {"id": "x", "messages": [{"role": "assistant", "content": "<img src=x onerror=alert(1)>"}]})
        assert "onerror" not in page.value(demo.chatbot)[0]["content"][0]["html"]
    with pytest.raises(DeclarationError, match="leave sanitize_html=False out"):
        app(chatbot=gr.Chatbot(sanitize_html=False))


def test_files_are_kept_by_name_and_addresses_as_they_are() -> None:
    history = [
        {"role": "user", "content": [{"path": "/tmp/x", "orig_name": "a.png"}, {"type": "text", "text": "see"}]},
        {"role": "assistant", "content": {"path": "https://a.org/b.png", "alt_text": None}, "metadata": {"title": "t"}},
    ]
    assert kept_messages(history) == [
        {"role": "user", "content": ["`a.png`", "see"]},
        {
            "role": "assistant",
            "content": {"path": "https://a.org/b.png", "alt_text": None},
            "metadata": {"title": "t"},
        },
    ]


def test_of_a_very_long_conversation_the_newest_messages_are_kept() -> None:
    history = [{"role": "user", "content": f"{at} " + "x" * 1000} for at in range(1000)]
    kept = kept_messages(history)
    assert 0 < len(kept) < MAX_BYTES // 1000
    assert kept[-1] == history[-1]


def test_the_button_for_a_new_chat_is_for_handlers_of_the_app_too() -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(lambda message, history: message, save_history=True)
        note = gr.Textbox(label="Note")
        chat.new_chat_button.click(lambda: "begun", None, note)
    (saved,) = (part for part in demo.freeze().components.values() if isinstance(part, SavedChats))
    with TestPage(demo) as page:
        page.fire(saved, "click")
        page.advance(1)
        assert page.value(note) == "begun"


def test_without_saved_chats_the_button_says_what_it_needs() -> None:
    with pytest.raises(AttributeError, match=r"no 'new_chat_button'; instead: ChatInterface\(save_history=True\)"):
        _ = gr.ChatInterface(lambda message, history: message).new_chat_button
