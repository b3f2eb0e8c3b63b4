"""Ordinary events under virtual time: what begins when, on which values, and what follows."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from typing import Any

import numpy as np
import pytest

import millstream as ms
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.wire.messages import Cancel, Fire, Open, Script, Set


def clicker(handler: Any, **options: Any) -> ms.Blocks:
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text", value="a")
        out = ms.Textbox(label="Out")
        ms.Button("Go").click(handler, text, out, **options)
    return demo


# ---- edits -----------------------------------------------------------------------------------------------------


def test_a_change_is_raised_for_edits_and_outputs_that_differ() -> None:
    changes: list[str] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text", value="a")
        ms.Button("Go").click(lambda: "b", None, text)
        text.change(changes.append, text, None, trigger_mode="multiple")
    with TestPage(demo) as page:
        page.set("Text", "b")
        page.click("Go")
        page.set("Text", "b")
        page.set("Text", "c")
        page.click("Go")
        page.advance(0.1)
    assert changes == ["b", "c", "b"]


def test_a_change_of_a_state_is_seen_even_if_it_was_changed_in_place() -> None:
    changes: list[int] = []

    def grow(items: list[int]) -> list[int]:
        items.append(1)
        return items

    with ms.Blocks() as demo:
        state = ms.State([])
        ms.Button("Go").click(grow, state, state)
        ms.Button("Same").click(lambda items: items, state, state)
        state.change(lambda items: changes.append(len(items)), state, None)
    with TestPage(demo) as page:
        for button in ("Go", "Same", "Go", "Same"):
            page.click(button)
            page.advance(0.1)
    assert changes == [1, 2]


def test_an_edit_that_does_not_fit_changes_nothing_and_says_so() -> None:
    seen: list[object] = []
    with ms.Blocks() as demo:
        slider = ms.Slider(0, 10, value=3, step=1, label="Level")
        ms.Button("Go").click(seen.append, slider, None)
    with TestPage(demo) as page:
        page.set("Level", 11)
        page.set("Level", "many")
        page.click("Go")
        assert [toast.level for toast in page.toasts] == ["error", "error"]
        assert page.page.closed is None
    assert seen == [3]


def test_a_page_cannot_set_a_state_or_what_only_shows_something(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[object] = []
    with ms.Blocks() as demo:
        state, shown = ms.State("mine"), ms.Textbox(label="Shown")
        ms.Button("Go").click(lambda *values: seen.extend(values), [state], None)
        demo.load(lambda: "shown", None, shown)
    with TestPage(demo) as page:
        page.run(page.page.send(Set(component=state.id, value="theirs")))
        page.run(page.page.send(Set(component=shown.id, value="theirs")))
        page.click("Go")
        (session,) = page.host.sessions.values()
        assert session._values[shown.id] == "shown"
    assert seen == ["mine"]
    assert len(caplog.records) == 1, "what clients cause is logged once for each connection"


# ---- what the user does not get at -----------------------------------------------------------------------------


def walled(**options: Any) -> tuple[ms.Blocks, dict[str, int], list[object]]:
    """A button, a field and a camera in a column, which `wall` changes, and a list of what handlers were told."""
    calls: list[object] = []
    with ms.Blocks() as demo:
        with ms.Column(**options, elem_id="column"), ms.Tabs(), ms.Tab("In", elem_id="tab"), ms.Accordion(open=False):
            button, field = ms.Button("Go"), ms.Textbox("a", label="Field")
            camera = ms.Image(sources=["webcam"], label="Camera")
        button.click(calls.append, field, None)
        field.submit(calls.append, field, None)
        camera.stream(lambda frame: calls.append("frame"), camera, None)
    numbers = {"Go": button.id, "Field": field.id, "Camera": camera.id}
    return demo, numbers, calls


def acts(numbers: dict[str, int]) -> list[Set | Fire | Open]:
    """What a page may try, with its bindings as `walled` declares them."""
    return [
        Fire(binding=0, run=1),
        Fire(binding=1, run=1),
        Set(component=numbers["Field"], value="b"),
        Open(stream=1, binding=2),
    ]


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize("visible", [False, "hidden"])
def test_what_is_in_a_hidden_container_is_refused(number: int, visible: Any) -> None:
    demo, numbers, calls = walled(visible=visible)
    with TestPage(demo) as page:
        page.run(page.page.send(acts(numbers)[number]))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)
        assert "is hidden" in str(page.page.closed)
    assert calls == []


@pytest.mark.parametrize("number", range(4))
def test_what_is_in_a_closed_accordion_or_another_tab_is_there(number: int) -> None:
    demo, numbers, _ = walled()
    with TestPage(demo) as page:
        page.run(page.page.send(acts(numbers)[number]))
        page.advance(0.1)
        assert page.page.closed is None


@pytest.mark.parametrize("number", range(4))
@pytest.mark.parametrize(
    ("what", "update"),
    [
        ("column", ms.update(visible=False)),
        ("tab", ms.update(visible=False)),
        ("tab", ms.update(interactive=False)),
        ("each", ms.update(visible=False)),
        ("each", ms.update(interactive=False)),
    ],
)
def test_what_was_hidden_or_disabled_later_is_refused_until_it_is_back(number: int, what: str, update: Any) -> None:
    demo, numbers, calls = walled()
    elements = {"column": demo.elements[1], "tab": demo.elements[3]}  # type: ignore[attr-defined]
    outputs = [elements[what]] if what in elements else [demo.elements[each] for each in numbers.values()]  # type: ignore[attr-defined]
    back = dict.fromkeys(update.changes, True)
    with demo:
        ms.Button("Away").click(lambda: dict.fromkeys(outputs, update), None, set(outputs))
        ms.Button("Back").click(lambda: {each: ms.update(**back) for each in outputs}, None, set(outputs))
    with TestPage(demo) as page:
        page.click("Away")
        page.click("Back")
        page.run(page.page.send(acts(numbers)[number]))
        page.advance(0.1)
        assert page.page.closed is None
    calls.clear()
    with TestPage(demo) as page:
        page.click("Away")
        page.run(page.page.send(acts(numbers)[number]))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)
    assert calls == []


def test_who_acts_in_the_moment_of_hiding_is_not_to_blame(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[object] = []
    with ms.Blocks() as demo:
        field, go = ms.Textbox("a", label="Field"), ms.Button("Go")
        go.click(calls.append, field, None, trigger_mode="multiple")
        ms.Button("Away").click(lambda: (ms.update(visible=False),) * 2, None, [field, go])
    with TestPage(demo, latency_s=0.2) as page:
        page.click("Away", wait=False)
        page.advance(0.3)  # hidden on the server, and the page does not know
        runs = page.run(page.page.fire(go.id, "click"))
        page.run(page.page.set(field.id, "late"))
        page.advance(1)
        assert page.page.closed is None
        assert [run.state for run in runs] == ["cancelled"], "the page is told that nothing came of it"
        (session,) = page.host.sessions.values()
        assert session._values[field.id] == "a"
        page.run(page.page.send(Fire(binding=0, run=9)))
        page.advance(1)
        assert "closed with 4404" in str(page.page.closed)
    assert calls == []
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"], "one line, and one for the end"


def test_an_event_that_is_held_in_the_page_runs_later_whatever_became_of_its_button() -> None:
    calls: list[object] = []
    with ms.Blocks() as demo:
        field, go = ms.Textbox("a", label="Field"), ms.Button("Go")
        go.click(calls.append, field, None)
        ms.Button("Away").click(lambda: ms.update(visible=False), None, go)
    with TestPage(demo) as page:
        page.run(page.page.send(Fire(binding=0, run=1, held=True)))
        page.run(page.page.send(Fire(binding=0, run=2, held=True)))
        page.advance(0.1)
        assert calls == [], "it waits"
        page.run(page.page.send(Fire(binding=1, run=3)))
        page.set("Field", "b")
        page.run(page.page.send(Fire(binding=0, run=1)))
        page.advance(0.1)
        assert calls == ["b"]
        page.run(page.page.send(Fire(binding=0, run=1)))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed), "once is enough"
    assert calls == ["b"]


@pytest.mark.parametrize("second", [Cancel(run=1), Fire(binding=2, run=1)])
def test_an_event_that_is_held_is_forgotten_when_it_is_cancelled_or_becomes_another(second: Any) -> None:
    calls: list[object] = []
    with ms.Blocks() as demo:
        go, hidden = ms.Button("Go"), ms.Button("Hidden", visible=False)
        go.click(lambda: calls.append("go"), None, None)
        ms.Button("Away").click(lambda: ms.update(visible=False), None, go)
        hidden.click(lambda: calls.append("hidden"), None, None)
    with TestPage(demo) as page:
        page.run(page.page.send(Fire(binding=0, run=1, held=True)))
        page.run(page.page.send(Fire(binding=1, run=2)))
        page.advance(0.1)
        page.run(page.page.send(second))
        page.run(page.page.send(Fire(binding=0, run=1)))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)
    assert calls == []


def test_no_more_events_are_held_than_may_run() -> None:
    with TestPage(clicker(lambda text: text), settings=Settings(max_runs=2)) as page:
        for number in range(1, 4):
            page.run(page.page.send(Fire(binding=0, run=number, held=True)))
        page.advance(0.1)
        (session,) = page.host.sessions.values()
        assert len(session.events._held) == 2


@pytest.mark.parametrize("hides", [False, True])
def test_a_script_writes_what_nobody_sees(hides: bool) -> None:
    seen: list[object] = []
    with ms.Blocks() as demo:
        secret = ms.Textbox(label="Secret", visible=not hides, interactive=False)
        ms.Button("Ask").click(None, None, secret, js="() => navigator.language")
        ms.Button("Go").click(seen.append, secret, None)
    with TestPage(demo) as page:
        page.run(page.page.send(Set(component=secret.id, value="en")))
        page.click("Go")
        assert page.page.closed is None
    assert seen == ["en"]


# ---- inputs and order ------------------------------------------------------------------------------------------


def test_inputs_are_those_of_the_moment_of_the_click_but_states_are_read_at_the_call() -> None:
    seen: list[tuple[str, int]] = []

    def handle(text: str, count: int) -> int:
        seen.append((text, count))
        return count + 1

    with ms.Blocks() as demo:
        text, count = ms.Textbox(label="Text", value="a"), ms.State(0)
        ms.Button("Go").click(handle, [text, count], count, trigger_mode="multiple")
    with TestPage(demo, handler_time=1.0) as page:
        runs = page.click("Go", wait=False)
        page.set("Text", "b")
        runs += page.click("Go", wait=False)
        page.set("Text", "c")
        page.wait_for(lambda: all(run.is_over for run in runs))
    assert seen == [("a", 0), ("b", 1)]


def test_a_run_waits_for_its_slot_and_says_where_it_stands() -> None:
    with TestPage(clicker(lambda text: text, trigger_mode="multiple"), handler_time=1.0) as page:
        runs = [page.click("Go", wait=False)[0] for _ in range(3)]
        page.advance(0.5)
        assert [(run.state, run.position) for run in runs] == [("running", 0), ("waiting", 1), ("waiting", 2)]
        page.advance(1)
        assert [(run.state, run.position) for run in runs] == [("done", 0), ("running", 0), ("waiting", 1)]
        assert runs[2].eta_s == pytest.approx(1.0, abs=0.6)


def test_without_the_queue_a_run_begins_at_once() -> None:
    with TestPage(clicker(lambda text: text, trigger_mode="multiple", queue=False), handler_time=1.0) as page:
        runs = [page.click("Go", wait=False)[0] for _ in range(3)]
        page.advance(1.01)
        assert all(run.state == "done" for run in runs)


# ---- trigger_mode ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("mode", "expected"), [("once", ["0"]), ("always_last", ["0", "3"]), ("multiple", ["0", "1", "2", "3"])]
)
def test_a_trigger_during_a_run(mode: str, expected: list[str]) -> None:
    seen: list[str] = []
    demo = clicker(seen.append, trigger_mode=mode)
    with TestPage(demo, handler_time=1.0) as page:
        binding = demo.freeze().bindings[0]
        for number in range(4):
            page.set("Text", str(number))
            page.run(page.page.send(Fire(binding=binding.number, run=number + 1)))
        page.advance(5)
        assert page.page.closed is None
    assert seen == expected


# ---- what follows ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("fails", [False, True])
def test_then_follows_always_success_and_failure_as_it_went(fails: bool) -> None:
    order: list[str] = []

    def handle(text: str) -> str:
        if fails:
            raise ValueError("no")
        return text

    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Out")
        run = ms.Button("Go").click(handle, text, out)
        run.success(lambda: order.append("success"))
        run.failure(lambda: order.append("failure"))
        last = run.then(lambda text: (order.append("then"), text + "!")[1], out, out)
        last.success(order.append, out)
    with TestPage(demo) as page:
        page.click("Go")
        page.advance(0.1)
    outcome = "failure" if fails else "success"
    assert sorted(order) == sorted([outcome, "then", "!" if fails else "a!"])


def test_load_and_unload_run_with_the_page() -> None:
    order: list[str] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        demo.load(lambda: (order.append("load"), "loaded")[1], None, text)
        demo.unload(lambda: order.append("unload"))
    with TestPage(demo) as page:
        page.advance(0.1)
        assert page.value("Text") == "loaded"
        assert order == ["load"]
    assert order == ["load", "unload"]


def test_values_computed_at_load_reach_the_page() -> None:
    numbers = iter(range(10))
    with ms.Blocks() as demo:
        ms.Number(value=lambda: next(numbers), label="N")
    with TestPage(demo) as one:
        two = one.another()
        one.advance(0.1)
        assert [one.value("N"), two.value("N")] == [0, 1]
        two.close()


def test_a_failing_initial_value_is_logged_and_the_page_opens(caplog: pytest.LogCaptureFixture) -> None:
    with ms.Blocks() as demo:
        ms.Number(value=lambda: 1 / 0, label="N")
    with TestPage(demo) as page:
        page.advance(0.1)
        assert page.value("N") is None
    assert "initial value of Number 'N'" in caplog.text


# ---- generators and cancelling ---------------------------------------------------------------------------------


def counting(steps: list[str]) -> Any:
    def count(text: str) -> Iterator[str]:
        try:
            for number in range(100):
                yield str(number)
        finally:
            steps.append("closed")

    return count


def test_a_generator_delivers_every_yield_in_order() -> None:
    changes: list[str] = []

    def count(text: str) -> Iterator[str]:
        yield from (str(number) for number in range(50))

    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Out")
        ms.Button("Go").click(count, text, out)
        out.change(changes.append, out, None, trigger_mode="multiple", concurrency_limit=None)
    with TestPage(demo) as page:
        (run,) = page.click("Go")
        page.advance(0.1)
        assert [next(iter(result.values.values())) for result in run.results] == [str(n) for n in range(50)]
    assert changes == [str(n) for n in range(50)]


def test_async_handlers_and_async_generators() -> None:
    async def twice(text: str) -> str:
        await asyncio.sleep(1)
        return text * 2

    async def steps(text: str) -> AsyncIterator[str]:
        for number in range(3):
            await asyncio.sleep(1)
            ms.Info(str(number))
            yield text * number

    with ms.Blocks() as demo:
        text, out, grow = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Out"), ms.Textbox(label="Grow")
        ms.Button("Go").click(twice, text, out)
        ms.Button("Steps").click(steps, text, grow)
    with TestPage(demo) as page:
        page.click("Go")
        assert page.value("Out") == "aa"
        (run,) = page.click("Steps")
        assert [result.received_us for result in run.results] == [2_000_000, 3_000_000, 4_000_000]
        assert [toast.message for toast in page.toasts] == ["0", "1", "2"]


def test_cancels_closes_a_generator_within_one_call() -> None:
    steps: list[str] = []
    with ms.Blocks() as demo:
        text, out = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Out")
        run = ms.Button("Go").click(counting(steps), text, out)
        ms.Button("Stop").click(None, cancels=[run])
    with TestPage(demo, handler_time=0.1) as page:
        (began,) = page.click("Go", wait=False)
        page.advance(1.05)
        page.click("Stop")
        assert began.state == "cancelled"
        page.advance(0.2)
        assert steps == ["closed"]
        value = page.value("Out")
        page.advance(1)
        assert page.value("Out") == value
        (again,) = page.click("Go", wait=False)
        page.advance(0.2)
        assert again.state == "running", "its place is free again"


def test_a_user_can_cancel_a_run_that_works_or_waits() -> None:
    steps: list[str] = []
    with TestPage(clicker(counting(steps), trigger_mode="multiple"), handler_time=0.1) as page:
        working, waiting = page.click("Go", wait=False)[0], page.click("Go", wait=False)[0]
        page.advance(0.5)
        page.cancel(waiting)
        page.cancel(working)
        page.advance(0.5)
        assert [working.state, waiting.state] == ["cancelled", "cancelled"]
        assert steps == ["closed"]
        page.run(page.page.send(Cancel(run=99)))
        page.advance(0.1)
        assert page.page.closed is None


def test_a_run_that_is_cancelled_before_it_begins_never_begins() -> None:
    seen: list[str] = []

    async def both(page: TestPage) -> None:
        await page.page.send(Fire(binding=0, run=1))
        await page.page.send(Cancel(run=1))

    with TestPage(clicker(seen.append)) as page:
        page.run(both(page))
        page.advance(1)
        assert [state.state for state in page.page.server_runs.values()] == ["cancelled"]
    assert seen == []


def test_two_updates_that_do_not_fit_together_fail_one_run_only() -> None:
    returned = [ms.update(minimum=50), ms.update(maximum=20)]
    with ms.Blocks() as demo:
        level = ms.Slider(0, 100, label="Level")
        for name, update in zip(("Up", "Down"), returned, strict=True):
            ms.Button(name).click(lambda update=update: update, None, level)
    with TestPage(demo, handler_time=1.0) as page:
        up, down = page.click("Up", wait=False)[0], page.click("Down", wait=False)[0]
        page.advance(2)
        assert sorted((up.state, down.state)) == ["done", "failed"]
        assert page.page.closed is None


def test_an_endless_error_message_is_cut() -> None:
    def fail(text: str) -> None:
        ms.Info("i" * 3_000_000)
        raise ValueError("x" * 3_000_000)

    with TestPage(clicker(fail)) as page:
        (run,) = page.click("Go")
        assert len(run.error) == 5_000
        assert len(page.toasts[0].message) == 5_000


def test_a_generator_that_raises_has_delivered_what_it_yielded_before() -> None:
    def fail(text: str) -> Iterator[str]:
        yield "1"
        yield "2"
        raise ms.Error("enough")

    with TestPage(clicker(fail)) as page:
        (run,) = page.click("Go")
        assert (run.state, run.error, len(run.results)) == ("failed", "enough", 2)


# ---- notices and special parameters ----------------------------------------------------------------------------


def test_notices_are_shown_while_the_handler_works() -> None:
    def handle(text: str) -> str:
        ms.Warning("careful", duration=3)
        ms.Info("by the way", title="Note")
        ms.Success("done", duration=None)
        ms.Info("unseen", visible=False)
        return text

    with TestPage(clicker(handle)) as page:
        page.click("Go")
        said = [(toast.level, toast.message, toast.title, toast.duration_s) for toast in page.toasts]
    assert said == [
        ("warning", "careful", "Warning", 3.0),
        ("info", "by the way", "Note", 10.0),
        ("success", "done", "Success", 0.0),
    ]


def test_handlers_get_the_request_and_what_was_selected() -> None:
    seen: list[Any] = []

    def handle(text: str, request: ms.Request, event: ms.SelectData) -> None:
        seen.append((text, request.session_hash, event.target, event.index, event.value))

    with ms.Blocks() as demo:
        text, choice = ms.Textbox(label="Text", value="a"), ms.Dropdown(["x", "y"], label="Choice")
        choice.select(handle, text, None)
    with TestPage(demo) as page:
        page.fire("Choice", "select", {"index": 1, "value": "y", "selected": True})
        (session,) = page.host.sessions.values()
        assert seen == [("a", session.tag, choice, 1, "y")]
        page.fire("Choice", "select", {"index": "one"})
        assert len(seen) == 1
        assert page.toasts[-1].level == "error"
        assert page.page.closed is None


def test_a_script_runs_first_where_the_server_begins_the_event() -> None:
    seen: list[Any] = []
    scripts: list[Script] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text", value="a")
        text.change(seen.append, text, None, js="value => value.toUpperCase()")
    with TestPage(demo) as page:
        listen(page, scripts)
        page.set("Text", "b")
        page.advance(0.1)
        assert [script.inputs for script in scripts] == [["b"]]
        assert seen == []
        page.run(page.page.send(Fire(binding=scripts[0].binding, run=1, inputs=["B"])))
        page.advance(0.1)
        assert seen == ["B"]
        page.run(page.page.send(Fire(binding=scripts[0].binding, run=2, inputs=["B"])))
        page.advance(0.1)
        assert "4404" in str(page.page.closed), "it was asked for once"


@pytest.mark.parametrize("with_script", [False, True])
def test_a_change_that_a_stream_has_brought_about_counts_no_more_than_the_stream(with_script: bool) -> None:
    scripts: list[Script] = []

    async def train() -> str:
        await asyncio.sleep(0.95)
        return "trained"

    with ms.Blocks() as demo:
        camera, note = ms.Image(sources=["webcam"], label="Camera"), ms.Textbox(label="Note")
        shown = ms.Textbox(label="Shown")
        camera.stream(lambda _: "a frame", camera, note)
        note.change(lambda note: note, note, shown, js="note => note" if with_script else None)
        ms.Button("Train").click(train, None, shown)
    with TestPage(demo) as page:
        listen(page, scripts)
        page.click("Train", wait=False)
        page.stream("Camera", [np.zeros((8, 8, 3), np.uint8)])
        for script in scripts:
            page.run(page.page.send(Fire(binding=script.binding, run=7, inputs=script.inputs)))
        page.advance(0.1)
        assert page.value("Shown") == "a frame"
        page.advance(1)
        assert page.value("Shown") == "trained"
        assert len(scripts) == with_script


def test_what_follows_a_script_without_a_handler_is_begun_when_the_page_has_run_it() -> None:
    seen: list[Any] = []
    scripts: list[Script] = []
    with ms.Blocks() as demo:
        text, other = ms.Textbox(label="Text", value="a"), ms.Textbox(label="Other")
        slow = ms.Button("Slow").click(lambda: None, None, other)
        shout = ms.Button("Shout").click(None, text, text, js="text => text + '!'", cancels=[slow])
        again = shout.then(None, text, text, js="text => text + '?'")
        again.success(seen.append, text, None)
    with TestPage(demo) as page:
        listen(page, scripts)
        page.run(page.page.send(Set(component=text.id, value="a!")))
        page.run(page.page.send(Fire(binding=1, run=1)))
        page.advance(0.1)
        assert [(script.binding, script.inputs) for script in scripts] == [(2, ["a!"])]
        assert seen == []
        page.run(page.page.send(Set(component=text.id, value="a!?")))
        page.run(page.page.send(Fire(binding=2, run=2, inputs=[])))
        page.advance(0.1)
        assert seen == ["a!?"]


def test_what_a_script_is_given_is_rendered_in_a_thread_and_in_the_order_of_the_events() -> None:
    scripts: list[Script] = []
    rendered: list[bool] = []

    class Slow(ms.Markdown):
        tag = "markdown"

        def wire(self, stored: Any) -> Any:
            rendered.append(threading.current_thread() is threading.main_thread())
            return super().wire(stored)

    with ms.Blocks() as demo:
        word, prose = ms.Textbox(label="Word"), Slow("*a*", label="Prose")
        word.change(None, prose, None, js="value => {}")
        word.change(None, word, None, js="value => {}")
    with TestPage(demo) as page:
        listen(page, scripts)
        rendered.clear()
        page.set("Word", "b")
        page.advance(0.1)
        assert [script.binding for script in scripts] == [0, 1]
        assert "<em>a</em>" in str(scripts[0].inputs[0])
    assert rendered == [False]


def listen(page: TestPage, scripts: list[Script]) -> None:
    incoming = page.page._incoming
    original = incoming.take

    async def take(said: Any, sent: int) -> None:
        if isinstance(said, Script):
            scripts.append(said)
        await original(said, sent)

    incoming.take = take  # type: ignore[method-assign]


def test_what_a_script_made_of_the_inputs_is_validated() -> None:
    seen: list[Any] = []
    with ms.Blocks() as demo:
        level, secret = ms.Slider(0, 10, value=1, step=1, label="Level"), ms.State("mine")
        ms.Button("Go").click(lambda *values: seen.append(values), [level, secret], None, js="(a, b) => [a, b]")
    with TestPage(demo) as page:
        page.run(page.page.send(Fire(binding=0, run=1, inputs=[99, "theirs"])))
        page.advance(0.1)
        assert seen == []
        assert page.toasts[-1].level == "error"
        page.run(page.page.send(Fire(binding=0, run=2, inputs=[7, "theirs"])))
        page.advance(0.1)
        assert seen == [(7, "mine")]
        page.run(page.page.send(Fire(binding=0, run=3, inputs=[7])))
        page.advance(0.1)
        assert "closed with 1002" in str(page.page.closed)


def test_a_script_gets_files_as_handles_and_streamed_frames_not_at_all() -> None:
    scripts: list[Script] = []
    with ms.Blocks() as demo:
        text, image = ms.Textbox(label="Text"), ms.Image(label="Image")
        ms.Button("Show").click(lambda: np.zeros((8, 8, 3), np.uint8), None, image)
        text.change(lambda *values: None, [text, image], None, js="(a, b) => [a, b]")
    with TestPage(demo) as page:
        listen(page, scripts)
        page.set("Image", np.zeros((8, 8, 3), np.uint8))
        page.set("Text", "a")
        page.click("Show")
        page.set("Text", "b")
        page.advance(0.1)
        (first, handle), (second, packet) = (script.inputs for script in scripts)
        assert (first, second, packet) == ("a", "b", None)
        assert isinstance(handle, dict)
        assert handle["type"] == "image/png"


def test_an_ordinary_event_whose_frame_nobody_takes_fails() -> None:
    with ms.Blocks() as demo:
        image = ms.Image(label="Image")
        ms.Button("Show").click(lambda: np.zeros((8, 8, 3), np.uint8), None, image, trigger_mode="multiple")
    with TestPage(demo) as page:
        page.page.link.transport.incoming.is_stalled = True  # type: ignore[attr-defined]
        for run in (1, 2, 3):
            page.run(page.page.send(Fire(binding=0, run=run)))
        page.advance(15)
        page.page.link.transport.incoming.resume()  # type: ignore[attr-defined]
        page.advance(1)
        runs = sorted((state.run, state.state) for state in page.page.server_runs.values())
        assert runs == [(1, "done"), (2, "done"), (3, "failed")]


def test_the_last_trigger_that_waits_replaces_those_before_and_says_so() -> None:
    seen: list[str] = []
    demo = clicker(seen.append, trigger_mode="always_last")
    with TestPage(demo, handler_time=1.0) as page:
        for run in (1, 2, 3):
            page.run(page.page.send(Fire(binding=0, run=run)))
        page.advance(0.1)
        states = {state.run: state.state for state in page.page.server_runs.values()}
        assert states == {1: "running", 2: "cancelled"}
        (session,) = page.host.sessions.values()
        assert len(session.events.runs.running) == 1
        page.advance(5)
        assert len(seen) == 2


# ---- errors and bounds -----------------------------------------------------------------------------------------


def test_an_error_fails_only_its_run(caplog: pytest.LogCaptureFixture) -> None:
    def handle(text: str) -> str:
        if text == "bad":
            raise RuntimeError("/etc/secret")
        return text

    with TestPage(clicker(handle), settings=Settings()) as page:
        page.set("Text", "bad")
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert "secret" not in run.error + "".join(toast.message for toast in page.toasts)
        page.set("Text", "good")
        (run,) = page.click("Go")
        assert run.state == "done"
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) == 1


def test_an_error_may_be_silent_and_unlogged(caplog: pytest.LogCaptureFixture) -> None:
    def handle(text: str) -> str:
        raise ms.Error("hush", visible=False, print_exception=False)

    with TestPage(clicker(handle)) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert page.toasts == []
    assert caplog.records == []


def test_an_exit_in_a_handler_is_an_error_like_others() -> None:
    def handle(text: str) -> str:
        raise SystemExit(1)

    with TestPage(clicker(handle), settings=Settings()) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"


def test_a_session_may_not_have_any_number_of_runs() -> None:
    demo = clicker(lambda text: text, trigger_mode="multiple")
    with TestPage(demo, handler_time=1.0, settings=Settings(max_runs=5)) as page:
        runs = [page.click("Go", wait=False)[0] for _ in range(8)]
        page.advance(0.1)
        assert [run.state for run in runs[5:]] == ["failed"] * 3
        page.advance(10)
        assert [run.state for run in runs[:5]] == ["done"] * 5


def test_what_is_left_out_of_which_the_page_knows_nothing_is_in_the_log_once(caplog: pytest.LogCaptureFixture) -> None:
    called: list[float] = []

    async def slow(number: float) -> None:
        await asyncio.sleep(100)
        called.append(number)

    with ms.Blocks() as demo:
        number = ms.Number(label="Number")
        number.change(slow, number, trigger_mode="multiple")
    with TestPage(demo, settings=Settings(max_runs=2)) as page:
        for entered in range(1, 6):
            page.set("Number", entered)
        page.advance(500)
    assert called == [1, 2]
    assert [record.message for record in caplog.records] == [
        "slow() was not called: 2 calls of its page run or wait already; "
        'trigger_mode="always_last" calls it for the last one of several'
    ]


def test_a_value_that_is_too_large_for_a_message_fails_its_run() -> None:
    with TestPage(clicker(lambda text: "x" * 3_000_000)) as page:
        (run,) = page.click("Go")
        assert run.state == "failed"
        assert "too large" in run.error


@pytest.mark.parametrize(
    "message",
    [
        Fire(binding=99, run=1),
        Fire(binding=-1, run=1),
        Fire(binding=0, run=1, target=5),
        Fire(binding=0, run=1, target=-1),
        Fire(binding=1, run=1),
        Fire(binding=2, run=1),
        Set(component=99, value=1),
        Set(component=-1, value=1),
    ],
)
def test_what_does_not_exist_closes_the_connection(message: Any) -> None:
    calls: list[object] = []
    with ms.Blocks() as demo:
        text = ms.Textbox(label="Text")
        run = ms.Button("Go").click(calls.append, text, None)
        run.then(calls.append, text, None)
        demo.load(calls.append, text, None)
    with TestPage(demo) as page:
        page.advance(0.1)
        calls.clear()
        page.run(page.page.send(message))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)
    assert calls == []


def test_an_event_is_executed_at_most_once() -> None:
    calls: list[object] = []
    with TestPage(clicker(calls.append, trigger_mode="multiple")) as page:
        page.click("Go")
        page.run(page.page.send(Fire(binding=0, run=1)))
        page.page.link.sent -= 1
        page.run(page.page.send(Fire(binding=0, run=2)))
        page.advance(0.1)
        assert page.page.closed is None
    assert calls == ["a"]
