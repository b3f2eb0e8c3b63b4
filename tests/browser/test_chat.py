"""A conversation in the browser: what is said grows, is answered again, taken back, copied, and never runs."""

from __future__ import annotations

import io
import threading
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from tests.browser.cable import Cable
from tests.browser.conftest import OpenPage
from tests.browser.glass import Notes, button, until
from tests.browser.test_axe import AXE, RUN

import millstream as gr

pytestmark = pytest.mark.browser

CODE = "Look:\n\n```python\ndef f(x):\n    return 'x'\n```\n\nThat is all."
EVIL = 'I <script>window.hurt = 1</script><img src="x" onerror="window.hurt = 2"> [am](javascript:window.hurt=3) kind'


class Pace:
    """A generator that says one more word whenever the test lets it."""

    def __init__(self, text: str) -> None:
        self.words = text.split(" ")
        self.said = 0
        self.ended = threading.Event()
        self._go = threading.Semaphore(0)

    def let(self, words: int = 1) -> None:
        for _ in range(words):
            self._go.release()

    def speak(self, message: str, history: list[dict[str, Any]]) -> Iterator[str]:
        try:
            for count in range(1, len(self.words) + 1):
                assert self._go.acquire(timeout=30)
                yield " ".join(self.words[:count])
        finally:
            self.ended.set()


def reply(message: str, history: list[dict[str, Any]]) -> object:
    if message == "code":
        return CODE
    if message == "evil":
        return EVIL
    if message == "think":
        return [
            gr.ChatMessage(
                "Hm, a", metadata={"title": "*Thinking*", "log": "long", "duration": 2, "status": "pending"}
            ),
            gr.ChatMessage("| a | b |\n|---|---|\n| 1 | https://example.org |", options=[{"value": "Yes"}]),
        ]
    if message == "fail":
        raise gr.Error("It broke.", print_exception=False)
    if message == "long":
        return "\n\n".join(f"line {number}" for number in range(100))
    if message == "see":
        tone = (8000, (np.sin(np.arange(8000) / 5) * 9000).astype(np.int16))
        return [gr.Image(np.full((40, 60, 3), 200, np.uint8), label="Grey"), gr.Audio(tone, label="Tone")]
    return f"**{message}** after {len(history)}"


def field(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Message")


def say(page: Page, text: str) -> None:
    field(page).fill(text)
    field(page).press("Enter")


def messages(page: Page) -> Locator:
    return page.locator("ms-message")


def newest(page: Page) -> Locator:
    return messages(page).last


@pytest.fixture
def chat(launch: Callable[..., str], open_page: OpenPage) -> Callable[..., Page]:
    def start(demo: gr.Blocks, **options: Any) -> Page:
        page = open_page(launch(demo), permissions=["clipboard-read", "clipboard-write"], **options)
        expect(page.locator("ms-chatbot .ms-log")).to_be_visible()
        return page

    return start


def clipboard(page: Page) -> str:
    return str(page.evaluate("() => navigator.clipboard.readText()"))


class TestTalking:
    def test_enter_sends_and_the_field_is_empty_at_once(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply))
        expect(field(page)).to_be_focused()
        say(page, "hi")
        expect(field(page)).to_have_value("")
        expect(newest(page)).to_contain_text("hi after 0")
        assert newest(page).locator("strong").inner_text() == "hi"
        say(page, "you")
        expect(newest(page)).to_contain_text("you after 2")
        expect(messages(page)).to_have_count(4)

    def test_an_answer_grows_and_leaves_what_is_there_alone(self, chat: Callable[..., Page]) -> None:
        pace = Pace("One **two** three.\n\nFour five six seven.")
        page = chat(gr.ChatInterface(pace.speak))
        say(page, "go")
        expect(page.get_by_role("img", name="Writing")).to_be_visible()
        pace.let(4)
        expect(newest(page)).to_contain_text("Four five")
        expect(page.get_by_role("img", name="Writing")).to_have_count(0)
        page.evaluate(
            """() => {
              window.first = document.querySelector("ms-message:last-of-type .ms-said p");
              const range = document.createRange();
              range.selectNodeContents(first);
              getSelection().removeAllRanges();
              getSelection().addRange(range);
            }"""
        )
        pace.let(3)
        expect(newest(page)).to_contain_text("Four five six seven.")
        selected = "() => [getSelection().toString(), first === document.querySelector('ms-message:last-of-type p')]"
        assert page.evaluate(selected) == ["One two three.", True]

    def test_stop_ends_the_answer_and_keeps_what_was_said(self, chat: Callable[..., Page]) -> None:
        pace = Pace("one two three")
        page = chat(gr.ChatInterface(pace.speak))
        say(page, "go")
        pace.let(2)
        expect(newest(page)).to_contain_text("one two")
        button(page, "Stop").click()
        expect(button(page, "Send")).to_be_visible()
        pace.let(1)
        assert pace.ended.wait(15)
        assert newest(page).locator(".ms-said").inner_text() == "one two"

    def test_an_error_is_told_and_the_message_can_be_answered_again(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply))
        say(page, "fail")
        expect(page.locator("ms-chatbot .ms-failed")).to_contain_text("It broke.")
        expect(messages(page)).to_have_count(1)
        expect(button(newest(page), "Answer again")).to_be_visible()

    def test_examples_are_sent_as_they_are(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply, examples=["hello", "code"]))
        button(page, "hello").click()
        expect(newest(page)).to_contain_text("hello after 0")
        expect(button(page, "code")).to_have_count(0)


class TestWhatCanBeDone:
    def test_answering_again_taking_back_and_clearing(self, chat: Callable[..., Page]) -> None:
        asked: Notes[str] = Notes()

        def noted(message: str, history: list[dict[str, Any]]) -> str:
            asked.add(f"{message}{len(history)}")
            return f"answer {len(asked.all)}"

        page = chat(gr.ChatInterface(noted))
        say(page, "a")
        expect(newest(page)).to_contain_text("answer 1")
        button(page, "Answer again").click()
        expect(newest(page)).to_contain_text("answer 2")
        assert asked.all == ["a0", "a0"]
        button(page, "Take back").click()
        expect(messages(page)).to_have_count(0)
        expect(field(page)).to_have_value("a")
        field(page).press("Enter")
        expect(newest(page)).to_contain_text("answer 3")
        button(page, "Clear").click()
        expect(messages(page)).to_have_count(0)
        say(page, "b")
        expect(newest(page)).to_contain_text("answer 4")
        assert asked.all[-1] == "b0"

    def test_rewriting_with_the_keyboard(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply, editable=True))
        say(page, "a")
        expect(newest(page)).to_contain_text("a after 0")
        button(messages(page).first, "Edit").focus()
        page.keyboard.press("Enter")
        edited = page.get_by_role("textbox", name="Your message")
        expect(edited).to_be_focused()
        expect(edited).to_have_value("a")
        page.keyboard.type("bc")
        page.keyboard.press("Enter")
        expect(newest(page)).to_contain_text("abc after 0")
        expect(messages(page)).to_have_count(2)

    def test_thumbs_and_copies(self, chat: Callable[..., Page]) -> None:
        said: Notes[object] = Notes()
        demo = gr.ChatInterface(reply)
        with demo:

            def like(data: gr.LikeData) -> None:
                said.add((data.index, data.value, data.liked))

            def copied(data: gr.CopyData) -> None:
                said.add(data.value)

            demo.chatbot.like(like)
            demo.chatbot.copy(copied)
        page = chat(demo)
        say(page, "a")
        expect(newest(page)).to_contain_text("a after 0")
        button(newest(page), "Like").click()
        expect(button(newest(page), "Like")).to_have_attribute("aria-pressed", "true")
        button(newest(page), "Copy").click()
        assert said.wait(2) == [(1, "**a** after 0", True), "**a** after 0"]
        assert clipboard(page) == "**a** after 0"

    def test_it_copies_over_plain_http_too(self, launch: Callable[..., str], open_page: OpenPage) -> None:
        url = launch(gr.ChatInterface(reply), allowed_hosts=["app.test"])
        page = open_page(url.replace("127.0.0.1", "app.test"))
        assert page.evaluate("() => [isSecureContext, navigator.clipboard === undefined]") == [False, True]
        say(page, "code")
        expect(newest(page)).to_contain_text("That is all.")
        button(newest(page).locator(".ms-code"), "Copy").click()
        expect(button(newest(page), "Copied")).to_be_visible()
        field(page).focus()
        page.keyboard.press("Control+V")
        expect(field(page)).to_have_value("def f(x):\n    return 'x'\n")
        button(newest(page), "Copy").last.click()
        field(page).fill("")
        field(page).focus()
        page.keyboard.press("Control+V")
        expect(field(page)).to_have_value(CODE)

    def test_a_block_of_code_is_copied(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply))
        say(page, "code")
        block = page.locator(".ms-code")
        expect(block.locator(".ms-c-k").first).to_have_text("def")
        button(block, "Copy").click()
        expect(button(block, "Copied")).to_be_visible()
        assert clipboard(page) == "def f(x):\n    return 'x'\n"


class TestAnswers:
    def test_an_option_is_said_at_once(self, chat: Callable[..., Page]) -> None:
        def offer(message: str, history: list[dict[str, Any]]) -> object:
            options = [{"value": "Yes, that is it.", "label": "Yes"}, {"value": "No"}]
            return gr.ChatMessage("Is it?", options=options) if not history else f"{message} after {len(history)}"

        page = chat(gr.ChatInterface(offer))
        say(page, "a")
        button(newest(page), "Yes").click()
        expect(newest(page)).to_contain_text("Yes, that is it. after 2")
        expect(button(page, "No")).to_have_count(0)
        expect(field(page)).to_have_value("")

    def test_thoughts_are_open_while_they_last_and_folded_away_afterwards(self, chat: Callable[..., Page]) -> None:
        go = threading.Event()

        def think(message: str, history: list[dict[str, Any]]) -> Iterator[object]:
            thought = gr.ChatMessage("Hm.", metadata={"title": "_Thinking_", "id": 1, "status": "pending"})
            tool = gr.ChatMessage(
                "It is 4.", metadata={"title": "Sum", "parent_id": 1, "status": "done", "duration": 2}
            )
            yield [thought, tool]
            assert go.wait(15)
            thought.metadata["status"] = "done"
            yield [thought, tool, "<think>Sure.</think>**Four**"]

        bot = gr.Chatbot(reasoning_tags=[("<think>", "</think>")], label="Talk")
        page = chat(gr.ChatInterface(think, chatbot=bot))
        say(page, "2 and 2?")
        title = page.locator("summary em")
        expect(title).to_have_text("Thinking")
        expect(page.get_by_text("Hm.")).to_be_visible()
        left = "() => [...document.querySelectorAll('summary')].map((one) => one.getBoundingClientRect().left)"
        outer, inner = page.evaluate(left)
        assert inner - outer > 20
        go.set()
        expect(newest(page).locator("strong")).to_have_text("Four")
        expect(page.get_by_text("Hm.")).to_be_hidden()
        expect(page.get_by_text("Sure.")).to_be_hidden()
        newest(page).get_by_text("Reasoning").click()
        expect(page.get_by_text("Sure.")).to_be_visible()
        button(newest(page), "Copy").click()
        assert "Sure." not in clipboard(page)
        assert "**Four**" in clipboard(page)


def test_progress_is_a_line_below_what_was_said(chat: Callable[..., Page]) -> None:
    go = threading.Event()

    def read(message: str, history: list[dict[str, Any]], progress: gr.Progress = gr.Progress()) -> Iterator[str]:
        progress((3, 6), desc="Reading", unit="pages")
        yield "So far"
        assert go.wait(15)
        yield "So far, so good"

    page = chat(gr.ChatInterface(read))
    say(page, "a")
    expect(newest(page)).to_contain_text("So far")
    expect(page.get_by_text("Reading 3/6 pages")).to_be_visible()
    expect(page.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "50")
    go.set()
    expect(newest(page)).to_contain_text("so good")
    expect(page.get_by_role("progressbar")).to_have_count(0)


def test_a_conversation_goes_on_when_the_link_is_back(launch: Callable[..., str], open_page: OpenPage) -> None:
    pace = Pace("one two three")
    with Cable(launch(gr.ChatInterface(pace.speak))) as cable:
        page = open_page(cable.url)
        open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]
        say(page, "a")
        pace.let()
        expect(newest(page)).to_contain_text("one")
        cable.cut()
        pace.let(2)
        expect(newest(page)).to_contain_text("one two three")
        expect(button(page, "Send")).to_be_visible()
        expect(page.locator(".ms-past")).to_have_count(0)
        expect(messages(page)).to_have_count(2)


def test_a_conversation_whose_session_is_over_can_be_read_and_another_begins(
    launch: Callable[..., str], open_page: OpenPage
) -> None:
    pace = Pace("one two three")
    url = launch(gr.ChatInterface(pace.speak), grace=0)
    with Cable(url) as cable:
        page = open_page(cable.url)
        open_page.expected += ["WebSocket", "ERR_"]  # type: ignore[attr-defined]
        say(page, "a")
        pace.let()
        expect(newest(page)).to_contain_text("one")
        expect(button(page, "Stop")).to_be_visible()
        cable.cut()
        expect(page.locator(".ms-past")).to_be_visible()
        button(page.locator(".ms-toast"), "Close").click()
        pace.let()
        assert pace.ended.wait(15)
        expect(page.get_by_text("The app has forgotten what is above.")).to_be_visible()
        expect(button(page, "Send")).to_be_visible()
        expect(button(page, "Stop")).to_have_count(0)
        expect(messages(page)).to_have_count(2)
        expect(button(page, "Answer again")).to_have_count(0)
        pace.let(3)
        say(page, "b")
        expect(newest(page)).to_contain_text("one two three")
        expect(button(page, "Send")).to_be_visible()
        expect(messages(page)).to_have_count(4)
        button(page, "Clear").click()
        expect(messages(page)).to_have_count(0)


class TestSafety:
    @pytest.mark.parametrize("who", ["user", "app"])
    def test_what_is_said_never_runs(self, chat: Callable[..., Page], open_page: Any, who: str) -> None:
        open_page.expected.append("404")
        page = chat(gr.ChatInterface(reply))
        say(page, EVIL if who == "user" else "evil")
        expect(page.locator("ms-message").filter(has_text="kind").first).to_be_visible()
        expect(messages(page)).to_have_count(2)
        assert page.evaluate("() => [window.hurt, document.querySelectorAll('ms-message script').length]") == [None, 0]
        assert page.locator("ms-message [onerror], ms-message [href^=javascript]").count() == 0


class TestScrolling:
    def distance(self, page: Page) -> float:
        return float(page.locator(".ms-log").evaluate("(e) => e.scrollHeight - e.scrollTop - e.clientHeight"))

    def test_the_view_follows_a_reader_at_the_end(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply))
        say(page, "long")
        expect(newest(page)).to_contain_text("line 99")
        until(
            page, "(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.querySelector('.ms-log'))"
        )
        expect(button(page, "Jump to the newest")).to_have_count(0)

    def test_the_view_stays_with_a_reader_above_until_told_to_jump(self, chat: Callable[..., Page]) -> None:
        pace = Pace(" ".join(f"{number}\n\n" for number in range(60)))
        page = chat(gr.ChatInterface(pace.speak))
        say(page, "go")
        pace.let(40)
        expect(newest(page)).to_contain_text("39")
        page.locator(".ms-log").hover()
        page.mouse.wheel(0, -300)
        expect(button(page, "Jump to the newest")).to_be_visible()
        before = page.locator(".ms-log").evaluate("(e) => e.scrollTop")
        pace.let(10)
        expect(newest(page)).to_contain_text("49")
        assert page.locator(".ms-log").evaluate("(e) => e.scrollTop") == before
        button(page, "Jump to the newest").click()
        expect(button(page, "Jump to the newest")).to_have_count(0)
        assert self.distance(page) < 2
        pace.let(10)
        expect(newest(page)).to_contain_text("59")
        until(
            page, "(log => log.scrollHeight - log.scrollTop - log.clientHeight < 2)(document.querySelector('.ms-log'))"
        )


class TestFiles:
    def test_images_and_sounds_are_shown(self, chat: Callable[..., Page]) -> None:
        page = chat(gr.ChatInterface(reply))
        say(page, "see")
        expect(page.get_by_role("img", name="Grey")).to_be_visible()
        until(page, "document.querySelector('ms-message img').naturalWidth === 60")
        expect(page.get_by_role("slider", name="Tone: position")).to_be_visible()
        expect(page.get_by_text("0:01")).to_be_visible()

    def test_files_are_attached_sent_and_shown(self, chat: Callable[..., Page], tmp_path: Path) -> None:
        got: Notes[tuple[str, list[bytes]]] = Notes()

        def look(message: dict[str, Any], history: list[dict[str, Any]]) -> str:
            got.add((message["text"], [Path(path).read_bytes() for path in message["files"]]))
            return "Seen."

        page = chat(gr.ChatInterface(look, multimodal=True))
        (tmp_path / "a.txt").write_text("hello")
        (tmp_path / "b.txt").write_text("you")
        page.locator("input[type=file]").set_input_files([tmp_path / "a.txt", tmp_path / "b.txt"])
        expect(page.locator(".ms-attached li")).to_have_count(2)
        expect(button(page, "Remove b.txt")).to_be_visible()
        button(page, "Remove b.txt").click()
        say(page, "read")
        expect(newest(page)).to_contain_text("Seen.")
        expect(page.locator("ms-message .ms-file")).to_have_text("a.txt")
        expect(page.locator(".ms-attached")).to_have_count(0)
        assert got.all == [("read", [b"hello"])]

    def test_a_recording_is_attached(self, chat: Callable[..., Page]) -> None:
        got: Notes[list[bytes]] = Notes()

        def hear(message: dict[str, Any], history: list[dict[str, Any]]) -> str:
            got.add([Path(path).read_bytes() for path in message["files"]])
            return "Heard."

        box = gr.MultimodalTextbox(sources=["microphone"], label="Message", show_label=False)
        page = chat(gr.ChatInterface(hear, multimodal=True, textbox=box))
        button(page, "Record").click()
        expect(page.locator("ms-multimodaltextbox ms-level")).to_be_visible()
        button(page, "Stop").click()
        expect(page.locator(".ms-attached li")).to_have_count(1)
        button(page, "Send").click()
        expect(newest(page)).to_contain_text("Heard.")
        with wave.open(io.BytesIO(got.all[0][0])) as sound:
            assert sound.getnframes() > 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_serious_violation_of_accessibility(chat: Callable[..., Page], scheme: str) -> None:
    def answer(message: dict[str, Any], history: list[dict[str, Any]]) -> object:
        return reply(message["text"], history)

    demo = gr.ChatInterface(answer, editable=True, multimodal=True, examples=["code"])
    page = chat(demo, color_scheme=scheme, reduced_motion="reduce")
    page.evaluate(AXE.read_text())
    assert page.evaluate(RUN) == []
    say(page, "code")
    expect(newest(page)).to_contain_text("That is all.")
    say(page, "think")
    expect(button(page, "Yes")).to_be_visible()
    assert page.evaluate(RUN) == []
    say(page, "fail")
    expect(page.locator("ms-chatbot .ms-failed")).to_be_visible()
    assert page.evaluate(RUN) == []


def test_a_narrow_page_shows_all_of_it(chat: Callable[..., Page]) -> None:
    page = chat(gr.ChatInterface(reply, title="Talk"), viewport={"width": 390, "height": 700})
    say(page, "code")
    expect(newest(page)).to_contain_text("That is all.")
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    expect(field(page)).to_be_in_viewport(ratio=1)
