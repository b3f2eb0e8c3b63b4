"""What cannot be shown, or not at once, of what handlers and initial values give: an error, and no session lost."""

from __future__ import annotations

import asyncio
import threading
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import millstream as gr
from millstream.client.page import Page
from millstream.declare.injected import Request
from millstream.engines.thread import Engine
from millstream.errors import InvalidValue
from millstream.runtime.host import Settings
from millstream.runtime.send.notices import lasting
from millstream.server.composition import compose_host
from millstream.testing import TestPage
from millstream.transports.memory import connect

LONG = "x" * (3 * 1024 * 1024)
HALF = "x" * (3 * 512 * 1024)
"""Fits into a message; two of them do not."""


class Speechless:
    """What cannot say what it is as text."""

    def __str__(self) -> str:
        raise ValueError("no words")


def counting(*parts: Any) -> gr.Blocks:
    """Make an app of some components, and of a State that must not be lost."""
    with gr.Blocks() as demo:
        for part in parts:
            part.render()
        kept, count = gr.State(0), gr.Number(label="Kept")
        gr.Button("Count").click(lambda number: (number + 1, number + 1), kept, [kept, count])
    return demo


def check_alive(page: TestPage, count: int = 1) -> None:
    page.click("Count")
    assert page.value("Kept") == count


def fail() -> Any:
    raise ZeroDivisionError("it broke")


@pytest.mark.parametrize(
    ("make", "empty"),
    [
        (lambda: gr.Chatbot(fail, label="Part"), []),
        (lambda: gr.Textbox(fail, label="Part"), ""),
        (lambda: gr.Slider(2, 5, fail, label="Part"), 2),
        (lambda: gr.CheckboxGroup(["a"], value=fail, label="Part"), []),
        (lambda: gr.Label(fail, label="Part"), None),
        (lambda: gr.Image(fail, label="Part"), None),
        (lambda: gr.Textbox(lambda: object.__new__(Speechless), label="Part"), ""),
        (lambda: gr.Textbox(lambda: LONG, label="Part"), ""),
        (lambda: gr.Label(lambda: {"a": float("nan")}, label="Part"), None),
    ],
)
def test_an_initial_value_that_cannot_be_is_empty_and_an_error_says_so(make: Any, empty: object) -> None:
    with TestPage(counting(make())) as page:
        assert [toast.level for toast in page.toasts] == ["error"]
        check_alive(page)
        if empty is not None:
            assert page.page.values[1] == empty


def test_initial_values_that_do_not_fit_into_one_message_come_in_several() -> None:
    with TestPage(counting(gr.Textbox(lambda: HALF, label="A"), gr.Textbox(lambda: HALF, label="B"))) as page:
        assert page.toasts == []
        assert len(page.value("A")) == len(page.value("B")) == len(HALF)
        check_alive(page)


def test_outputs_that_do_not_fit_into_one_message_change_nothing() -> None:
    with gr.Blocks() as demo:
        one, two, out = gr.Textbox("before", label="One"), gr.Textbox(label="Two"), gr.Textbox(label="Out")
        gr.Button("Go").click(lambda: (HALF, HALF), None, [one, two])
        gr.Button("Look").click(lambda text: text, one, out)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert "an update of Textbox 'One' and Textbox 'Two' is too large" in run.error
        page.click("Look")
        assert page.value("Out") == "before"


def test_inputs_of_a_script_that_do_not_fit_into_one_message() -> None:
    with gr.Blocks() as demo:
        one, two, number = gr.Textbox(label="One"), gr.Textbox(label="Two"), gr.Number(label="N")
        gr.Button("One").click(lambda: HALF, None, one)
        gr.Button("Two").click(lambda: HALF, None, two)
        number.change(lambda *_: None, [one, two], None, js="(...all) => all")
        gr.Button("Go").click(lambda: 5, None, number)
    with TestPage(demo) as page:
        for button in ("One", "Two", "Go"):
            page.fire(next(n for n, e in demo.elements.items() if e.name == f"Button '{button}'"), "click")
        assert page.value("N") == 5
        assert "too large" in page.toasts[0].message


def test_a_conversation_may_grow_beyond_one_message() -> None:
    with gr.Blocks() as demo:
        chat = gr.Chatbot(label="Chat", render_markdown=False)
        gr.Button("More").click(
            lambda past: [*past, {"role": "user", "content": "x" * 700_000}], chat, chat, show_progress="hidden"
        )
    with TestPage(demo) as page:
        for _ in range(5):
            (run,) = page.click("More")
            assert (run.state, run.error) == ("done", "")
        assert len(page.page.values[chat.id]) == 5


@pytest.mark.parametrize("kind", [gr.Textbox, gr.Markdown, gr.HTML, gr.Button])
def test_huge_text_is_refused_before_anything_is_made_of_it(kind: Any) -> None:
    text = "é" * 50_000_000
    tracemalloc.start()
    try:
        component = kind()
        with pytest.raises(InvalidValue, match=r"an update of .* is too large for the page"):
            component.shown(component.postprocess(text, None))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_an_error_that_has_no_words_is_an_error_all_the_same() -> None:
    def go() -> None:
        raise gr.Error(Speechless(), title=Speechless(), duration=np.float32(3))  # type: ignore[arg-type]

    with gr.Blocks() as demo:
        gr.Button("Go").click(go)
        kept, count = gr.State(0), gr.Number(label="Kept")
        gr.Button("Count").click(lambda number: (number + 1, number + 1), kept, [kept, count])
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert page.toasts[0].duration_s == 3
        check_alive(page)


def test_progress_that_has_no_words_costs_no_more_than_its_bar() -> None:
    def go(progress: gr.Progress = gr.Progress()) -> Iterator[str]:
        bar = progress.tqdm(range(3))
        bar.desc, bar.total = Speechless(), "many"  # type: ignore[assignment]
        for _ in bar:
            yield "half \ud83d"
        progress(np.float32(0.5), desc="half \ud83d", unit=np.str_("steps"))
        yield "done"

    with gr.Blocks() as demo:
        gr.Button("Go").click(go, None, gr.Textbox(label="Out"))
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        assert (run.state, page.value("Out")) == ("done", "done")


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        (None, 0),
        (5, 5),
        (np.int64(5), 5),
        (-1, 0),
        (float("nan"), 10),
        ("soon", 10),
        (np.zeros(2), 10),
        ([1], 10),
        (10**400, 0),
        (float("inf"), 0),
        (30 * 86_400, 0),  # browsers' timers would be over at once
    ],
)
def test_how_long_a_message_stays(given: object, seconds: float) -> None:
    assert lasting(given) == seconds


def test_an_update_with_a_file_costs_the_loop_nothing(tmp_path: Path) -> None:
    """The file is read where the handler runs; whoever read it on the loop would be told."""
    icon = tmp_path / "a.png"
    icon.write_bytes(b"PNG")
    threads: list[threading.Thread] = []

    class Watched(gr.Button):
        tag = "button"

        def props(self) -> dict[str, Any]:
            threads.append(threading.current_thread())
            return super().props()

    with gr.Blocks() as demo:
        go = Watched("Go")
        go.click(lambda: gr.update(icon=icon), None, go)

    async def live() -> object:
        host = compose_host(demo.freeze(), Settings(), Engine())
        await host.start()
        near, far = connect()
        serving = asyncio.ensure_future(host.serve(far, Request(), ""))
        page = Page(host.manifest.page(), near)
        await page.open()
        threads.clear()
        [run] = await page.fire(go.id, "click")
        await page.wait_for(lambda: run.is_over)
        await page.close()
        await host.close(drain_s=0)
        await serving
        return page.props[go.id]["icon"]

    assert asyncio.run(live()) == {"url": "data:image/png;base64,UE5H"}
    assert [thread.name for thread in threads] == ["millstream <lambda>"]
