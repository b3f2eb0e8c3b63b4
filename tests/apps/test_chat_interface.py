import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.errors import DeclarationError
from millstream.testing import TestPage


def echo(message: str, history: list[dict[str, Any]]) -> str:
    return f"{message} after {len(history)}"


def send(page: TestPage, demo: gr.ChatInterface, text: str, *files: object) -> None:
    page.set(demo.textbox, {"text": text, "files": list(files)})
    page.fire(demo.textbox, "submit")
    settle(page)


def settle(page: TestPage) -> None:
    page.advance(1)


def talk(page: TestPage, demo: gr.ChatInterface) -> list[tuple[str, str]]:
    return [
        (entry["role"], "".join(part.get("text", part.get("kind")) for part in entry["content"]))
        for entry in page.value(demo.chatbot)
    ]


def tags_shown(demo: gr.Blocks, chat: gr.ChatInterface) -> list[str]:
    demo.freeze()
    return [child.tag for child in chat.children if getattr(child, "on_page", True)]


def test_a_message_is_answered_and_the_field_is_empty_at_once() -> None:
    demo = gr.ChatInterface(echo)
    with TestPage(demo, handler_time=0.1) as page:
        send(page, demo, "a")
        send(page, demo, "b")
        assert talk(page, demo) == [
            ("user", "a"),
            ("assistant", "a after 0"),
            ("user", "b"),
            ("assistant", "b after 2"),
        ]
        assert page.value(demo.textbox) == {"text": "", "files": []}


def test_nothing_is_not_a_message() -> None:
    demo = gr.ChatInterface(echo)
    with TestPage(demo) as page:
        send(page, demo, " \n")
        assert talk(page, demo) == []
        assert page.toasts == []


def test_a_generator_can_be_stopped_and_what_it_said_stays() -> None:
    ended = []

    async def speak(message: str, history: object) -> Any:
        try:
            yield "one"
            await asyncio.sleep(60)
            yield "two"
        finally:
            ended.append(True)

    demo = gr.ChatInterface(speak)
    with TestPage(demo) as page:
        send(page, demo, "a")
        assert talk(page, demo)[-1] == ("assistant", "one")
        assert (page.props(demo.textbox)["submit_button"], page.props(demo.textbox)["stop_button"]) == (False, True)

        page.fire(demo.textbox, "submit")  # nothing is sent while an answer is awaited
        page.set(demo.textbox, {"text": "later", "files": []})
        page.fire(demo.textbox, "submit")
        settle(page)
        assert page.toasts[-1].message == "Wait for the reply, or stop it."
        assert page.value(demo.textbox)["text"] == "later"

        page.fire(demo.textbox, "stop")
        settle(page)
        assert ended == [True]
        assert talk(page, demo) == [("user", "a"), ("assistant", "one")]
        assert (page.props(demo.textbox)["submit_button"], page.props(demo.textbox)["stop_button"]) == (True, False)


def test_an_error_is_shown_and_the_message_is_not_lost() -> None:
    calls = []

    def fail_once(message: str, history: object) -> str:
        calls.append(message)
        if len(calls) == 1:
            raise gr.Error("Not now.", print_exception=False)
        return "now"

    demo = gr.ChatInterface(fail_once)
    with TestPage(demo) as page:
        send(page, demo, "a")
        assert [toast.message for toast in page.toasts] == ["Not now."]
        assert talk(page, demo) == [("user", "a")]
        page.fire(demo.chatbot, "retry", {"index": 0, "value": "a"})
        settle(page)
        assert talk(page, demo) == [("user", "a"), ("assistant", "now")]


def test_retry_undo_edit_and_clear() -> None:
    demo = gr.ChatInterface(echo, editable=True)
    with TestPage(demo) as page:
        for text in ("a", "b"):
            send(page, demo, text)
        page.fire(demo.chatbot, "retry", {"index": 2, "value": "b"})
        settle(page)
        assert talk(page, demo)[2:] == [("user", "b"), ("assistant", "b after 2")]
        page.fire(demo.chatbot, "undo", {"index": 2, "value": "b"})
        settle(page)
        assert talk(page, demo) == [("user", "a"), ("assistant", "a after 0")]
        assert page.value(demo.textbox) == {"text": "b", "files": []}
        page.fire(demo.chatbot, "edit", {"index": 0, "value": "c", "previous_value": "a"})
        settle(page)
        assert talk(page, demo) == [("user", "c"), ("assistant", "c after 0")]
        page.set(demo.chatbot, [])
        page.fire(demo.chatbot, "clear")
        settle(page)
        assert talk(page, demo) == []
        send(page, demo, "d")
        assert talk(page, demo) == [("user", "d"), ("assistant", "d after 0")]


@pytest.mark.parametrize("event", ["retry", "undo", "edit"])
def test_a_message_that_does_not_exist_comes_to_nothing_worse_than_a_word(event: str) -> None:
    demo = gr.ChatInterface(echo, editable=True)
    with TestPage(demo) as page:
        send(page, demo, "a")
        page.fire(demo.chatbot, event, {"index": 99, "value": "x"})
        page.fire(demo.chatbot, event, {"index": -1, "value": "x"})
        page.fire(demo.chatbot, event, "nonsense")
        settle(page)
        send(page, demo, "b")
        assert talk(page, demo)[-1][0] == "assistant"


def test_an_answer_is_not_for_the_user_to_rewrite() -> None:
    demo = gr.ChatInterface(echo, editable=True)
    with TestPage(demo) as page:
        send(page, demo, "a")
        page.fire(demo.chatbot, "edit", {"index": 1, "value": "x", "previous_value": ""})
        settle(page)
        assert talk(page, demo) == [("user", "a"), ("assistant", "a after 0")]


def test_examples_fill_and_submit() -> None:
    level = gr.Slider(0, 10, label="Level")
    demo = gr.ChatInterface(
        lambda message, history, level: f"{message}{level:g}",
        additional_inputs=[level],
        examples=[["one", 7], ["two"]],
        example_labels=["First"],
    )
    assert demo.chatbot.props()["examples"] == [{"text": "one", "label": "First"}, {"text": "two", "label": "two"}]
    with TestPage(demo) as page:
        page.fire(demo.chatbot, "example_select", {"index": 0, "value": {"text": "one"}})
        settle(page)
        assert talk(page, demo) == [("user", "one"), ("assistant", "one7")]
        page.fire(demo.chatbot, "example_select", {"index": 1, "value": {"text": "two"}})
        settle(page)
        assert talk(page, demo)[-1] == ("assistant", "two7")
        page.fire(demo.chatbot, "example_select", {"index": 9, "value": {"text": "x"}})
        settle(page)
        assert len(talk(page, demo)) == 4


def test_an_example_leaves_what_it_does_not_say() -> None:
    demo = gr.ChatInterface(
        lambda m, h, x, y: f"{m}{x}{y:g}", additional_inputs=["text", gr.Number(2)], examples=[["one", None, 7]]
    )
    with TestPage(demo) as page:
        page.set(demo.additional_inputs[0], "z")
        page.fire(demo.chatbot, "example_select", {"index": 0, "value": {"text": "one"}})
        settle(page)
        assert talk(page, demo)[1] == ("assistant", "onez7")


@pytest.mark.blocking
@pytest.mark.parametrize("runs", [True, False])
def test_the_files_of_examples_are_the_developers_own(tmp_path: Path, runs: bool) -> None:
    seen = []

    def look(message: dict[str, Any], history: object, file: str) -> str:
        seen.append([Path(path).read_text() for path in [*message["files"], file]])
        return "seen"

    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text(name)
    demo = gr.ChatInterface(
        look,
        multimodal=True,
        additional_inputs=gr.File(),
        examples=[
            [{"text": "see", "files": [tmp_path / "a.txt"]}, tmp_path / "b.txt"],
            {"files": [tmp_path / "b.txt"]},
        ],
        run_examples_on_click=runs,
    )
    assert [example["label"] for example in demo.chatbot.props()["examples"]] == ["see", "b.txt"]
    with TestPage(demo) as page:
        page.fire(demo.chatbot, "example_select", {"index": 0, "value": {"text": "see"}})
        settle(page)
        if not runs:
            page.fire(demo.textbox, "submit")
            settle(page)
        page.wait_for(lambda: seen == [["a.txt", "b.txt"]])
        page.wait_for(lambda: len(page.page.values[demo.chatbot.id]) == 2)
        assert page.value(demo.chatbot)[0]["content"][0]["value"]["name"] == "a.txt"


def test_an_option_is_said_at_once() -> None:
    def offer(message: str, history: list[dict[str, Any]]) -> object:
        options = [{"value": "Yes, that's it.", "label": "Yes"}]
        return message if history else {"role": "assistant", "content": "Is it?", "options": options}

    demo = gr.ChatInterface(offer)
    with TestPage(demo) as page:
        send(page, demo, "a")
        page.fire(demo.chatbot, "option_select", {"index": 1, "value": "Yes, that's it."})
        settle(page)
        assert talk(page, demo)[2:] == [("user", "Yes, that's it."), ("assistant", "Yes, that's it.")]
        assert page.value(demo.textbox)["text"] == ""


def test_other_events_may_set_the_conversation() -> None:
    with gr.Blocks() as demo:
        chat = gr.ChatInterface(echo)
        gr.Button("Preset").click(lambda: [{"role": "assistant", "content": "b"}], None, chat.chatbot_value)
    with TestPage(demo) as page:
        page.click("Preset")
        settle(page)
        send(page, chat, "a")
        assert talk(page, chat)[-1] == ("assistant", "a after 1")


def test_a_field_that_takes_files_makes_the_chat_one_that_does() -> None:
    assert gr.ChatInterface(echo, textbox=gr.MultimodalTextbox()).multimodal
    assert not gr.ChatInterface(echo, textbox=gr.MultimodalTextbox(sources=[])).multimodal
    assert not gr.ChatInterface(echo, textbox=gr.Textbox()).multimodal


def test_a_field_of_ones_own_has_a_name() -> None:
    given = gr.ChatInterface(echo, textbox=gr.MultimodalTextbox(placeholder="Ask")).textbox.props()
    assert (given["label"], given["show_label"], given["placeholder"]) == ("Message", False, "Ask")
    named = gr.ChatInterface(echo, textbox=gr.Textbox(label="Ask")).textbox.props()
    assert (named["label"], named["show_label"]) == ("Ask", True)


def test_examples_may_only_fill_the_field() -> None:
    demo = gr.ChatInterface(echo, examples=["one"], run_examples_on_click=False)
    with TestPage(demo) as page:
        page.fire(demo.chatbot, "example_select", {"index": 0, "value": {"text": "one"}})
        settle(page)
        assert talk(page, demo) == []
        assert page.value(demo.textbox)["text"] == "one"


@pytest.mark.blocking  # a page on virtual time has no thread for the files
def test_files_go_along_under_their_own_names() -> None:
    names = []

    def look(message: dict[str, Any], history: list[dict[str, Any]]) -> str:
        names.append([Path(path).read_bytes() for path in message["files"]])
        return f"{len(message['files'])} files, {message['text']}"

    demo = gr.ChatInterface(look, multimodal=True)
    with TestPage(demo) as page:
        file = page.run(page.upload("notes.txt", "text/plain", b"hello"))
        send(page, demo, "see", file)
        page.run(page.page.wait_for(lambda: len(page.page.values[demo.chatbot.id]) == 2))
        shown = page.value(demo.chatbot)[0]["content"]
        assert [part.get("kind", "text") for part in shown] == ["file", "text"]
        assert shown[0]["value"]["name"] == "notes.txt"
        assert talk(page, demo)[1] == ("assistant", "1 files, see")
        assert names == [[b"hello"]]
        assert page.run(page.download(shown[0]["value"]["file"])) == b"hello"
        page.fire(demo.chatbot, "edit", {"index": 0, "value": "look", "previous_value": "see"})
        page.wait_for(lambda: "1 files, look" in str(page.page.values[demo.chatbot.id]))
        assert names == [[b"hello"], [b"hello"]]
        page.fire(demo.chatbot, "undo", {"index": 0, "value": "look"})
        page.wait_for(lambda: page.page.values[demo.chatbot.id] == [])
        page.wait_for(lambda: page.page.values[demo.textbox.id]["text"] == "look")
        assert [file["name"] for file in page.value(demo.textbox)["files"]] == ["notes.txt"]


@pytest.mark.blocking
def test_images_that_are_said_again_with_each_word_are_one_file() -> None:
    def speak(message: str, history: list[dict[str, Any]]) -> Iterator[object]:
        picture = gr.Image(np.zeros((4, 4, 3), np.uint8))
        for word in ("a", "ab", "abc"):
            yield [picture, word]

    demo = gr.ChatInterface(speak)
    with TestPage(demo) as page:
        send(page, demo, "x")
        handle = page.value(demo.chatbot)[1]["content"][0]["value"]["file"]
        send(page, demo, "y")
        assert page.value(demo.chatbot)[1]["content"][0]["value"]["file"] == handle
        assert len(talk(page, demo)) == 6


def test_a_textbox_of_ones_own() -> None:
    box = gr.Textbox(placeholder="Ask", submit_btn="Go")
    demo = gr.ChatInterface(echo, textbox=box, chatbot=gr.Chatbot(height=300, label="Talk"), stop_btn=None)
    with TestPage(demo) as page:
        page.set(box, "a")
        page.fire(box, "submit")
        settle(page)
        assert talk(page, demo) == [("user", "a"), ("assistant", "a after 0")]
        assert page.value(box) == ""
        page.fire(demo.chatbot, "undo", {"index": 0, "value": "a"})
        settle(page)
        assert page.value(box) == "a"


def test_it_can_be_a_part_of_another_app() -> None:
    with gr.Blocks() as demo:
        shown = gr.Textbox(label="Shown", render=False)
        with gr.Row():
            chat = gr.ChatInterface(lambda m, h: (m, m.upper()), additional_outputs=shown)
        shown.render()
    with TestPage(demo) as page:
        send(page, chat, "a")
        assert talk(page, chat) == [("user", "a"), ("assistant", "a")]
        assert page.value("Shown") == "A"


def test_inputs_and_outputs_may_stand_around_it() -> None:
    with gr.Blocks() as demo:
        prompt = gr.Textbox("be kind", label="Prompt")
        shown = gr.Textbox(label="Shown")
        with gr.Row():
            chat = gr.ChatInterface(lambda m, h, p: (m + p, m), additional_inputs=prompt, additional_outputs=shown)
    assert tags_shown(demo, chat) == ["chatbot", "multimodaltextbox"]
    with TestPage(demo) as page:
        send(page, chat, "a, ")
        assert talk(page, chat)[1] == ("assistant", "a, be kind")
        assert page.value("Shown") == "a, "


def test_additional_inputs_are_in_a_fold() -> None:
    demo = gr.ChatInterface(lambda m, h, x, y: f"{x}{y}", additional_inputs=["text", gr.Number(2)])
    assert tags_shown(demo, demo) == ["chatbot", "multimodaltextbox", "accordion"]
    with TestPage(demo) as page:
        page.set(demo.additional_inputs[0], "z")
        send(page, demo, "a")
        assert talk(page, demo)[1] == ("assistant", "z2")


def test_answers_wait_for_each_other_and_messages_do_not() -> None:
    demo = gr.ChatInterface(echo)
    bindings = demo.freeze().bindings
    answers = [binding for binding in bindings if binding.name == "echo"]
    assert len({binding.concurrency_key for binding in answers}) == 1
    assert [binding.queue for binding in bindings if binding not in answers] == [False] * (len(bindings) - len(answers))


@pytest.mark.parametrize(
    ("keywords", "complaint"),
    [
        ({"additional_inputs": ["nothing"]}, "no component 'nothing'"),
        ({"additional_inputs": ["text", "text"]}, "history, and the values of its 2 additional_inputs: let it take 4"),
        ({"examples": [[None]]}, "example 0 begins with a text"),
        ({"examples": [None]}, "example 0 begins with a text"),
        ({"examples": ["a", ["b", 1]]}, "example 1 has 1 values for 0 additional inputs"),
        ({"examples": [{"text": "a", "files": ["/nowhere.png"]}]}, "example 0 does not fit: .*nowhere.png"),
        ({"type": "tuples"}, "leave type= out"),
        ({"chatbot": gr.Textbox}, r"chatbot= is a gr.Chatbot\(…\), but got Textbox"),
        ({"textbox": "Say something"}, r"textbox= is a gr.MultimodalTextbox\(…\) or gr.Textbox\(…\), but got str"),
    ],
)
def test_a_wrong_declaration_is_found_at_once(keywords: dict[str, Any], complaint: str) -> None:
    with pytest.raises(DeclarationError, match=complaint):
        gr.ChatInterface(echo, **keywords)


def test_what_has_no_meaning_here_is_a_warning() -> None:
    with pytest.warns(UserWarning, match="retry_btn"):
        gr.ChatInterface(echo, retry_btn="x")
    with pytest.raises(TypeError, match="colour"):
        gr.ChatInterface(echo, colour="red")


@pytest.mark.parametrize("examples", [range(2), [0, 1], np.array(["0", "1"]), {"0": 1, "1": 2}.keys()])
def test_examples_may_come_in_any_list_of_texts_or_numbers(examples: Any) -> None:
    demo = gr.ChatInterface(echo, examples=examples, batch=None, max_batch_size=4)
    assert [example["text"] for example in demo.chatbot.examples] == ["0", "1"]


def test_a_message_of_the_app_alone_cannot_be_answered_again() -> None:
    greeting = [{"role": "assistant", "content": "Hello."}]
    demo = gr.ChatInterface(lambda message, history: "x", chatbot=gr.Chatbot(greeting))
    with TestPage(demo) as page:
        page.fire(demo.chatbot, "retry", {"index": 0, "value": "Hello."})
        assert [toast.message for toast in page.toasts] == ["There is no message to reply to."]
        assert len(page.value(demo.chatbot)) == 1
