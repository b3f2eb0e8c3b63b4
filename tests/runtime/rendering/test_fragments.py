"""Renders of one session: what they declare comes, works, keeps what it should, and goes."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from tests.server.live import serving

import millstream as gr
from millstream.client import Client
from millstream.declare.fragment import MOST_ELEMENTS
from millstream.testing import TestPage
from millstream.wire.limits import FIRST_RENDERED
from millstream.wire.messages import Fire, Open, Rendered, Set


def labels(page: TestPage | Client) -> list[str]:
    """Give the labels of what renders have declared, in order."""
    numbers = sorted(number for number in page.page.props if number >= FIRST_RENDERED)
    return [str(page.page.props[number].get("label")) for number in numbers]


def settled(page: TestPage) -> None:
    page.advance(0.2)


def number(page: TestPage, label: str) -> int:
    return page.page.find(label)


def letters(**options: Any) -> gr.Blocks:
    """Make an app with a text box for each letter of an input."""
    with gr.Blocks() as demo:
        text = gr.Textbox("ab", label="Text")
        seen = gr.Textbox(label="Seen")

        @gr.render(inputs=text, **options)
        def show(text: str) -> None:
            for place, letter in enumerate(text):
                with gr.Row():
                    box = gr.Textbox(letter, label=f"Box {place}", key=place)
                    free = gr.Textbox(letter, label=f"Free {place}")
                    both = gr.Button(f"Join {place}")
                    both.click(lambda one, two: f"{one}+{two}", [box, free], seen)

    return demo


# ---- what is declared --------------------------------------------------------------------------------------------


def test_it_runs_when_the_page_loads_and_when_an_input_changes() -> None:
    with TestPage(letters()) as page:
        settled(page)
        assert [page.value("Box 0"), page.value("Free 1")] == ["a", "b"]
        page.set("Text", "xyz")
        settled(page)
        assert [page.value(f"Free {place}") for place in range(3)] == ["x", "y", "z"]
        page.set("Text", "")
        settled(page)
        assert labels(page) == []


def test_events_inside_read_and_write_inside_and_outside() -> None:
    with TestPage(letters()) as page:
        settled(page)
        page.set("Box 1", "new")
        page.click("Join 1")
        assert page.value("Seen") == "new+b"


def test_an_element_with_a_key_keeps_what_its_user_wrote_and_others_begin_anew() -> None:
    with TestPage(letters()) as page:
        settled(page)
        before = number(page, "Box 0")
        page.set("Box 0", "mine")
        page.set("Free 0", "mine")
        page.set("Text", "xyz")
        settled(page)
        assert [page.value("Box 0"), page.value("Free 0")] == ["mine", "x"]
        assert page.value("Box 1") == "y"  # nobody had changed it
        assert number(page, "Box 0") == before
        page.click("Join 0")
        assert page.value("Seen") == "mine+x"


def test_other_triggers_take_the_place_of_load_and_change() -> None:
    with gr.Blocks() as demo:
        text = gr.Textbox(label="Text")

        @gr.render(inputs=[text], triggers=[text.submit])
        def show(text: str) -> None:
            gr.Textbox(label=text)

    with TestPage(demo) as page:
        page.set("Text", "a")
        settled(page)
        assert labels(page) == []
        page.fire("Text", "submit")
        settled(page)
        assert labels(page) == ["a"]


def test_each_session_has_its_own() -> None:
    with TestPage(letters()) as page:
        other = page.another()
        settled(page)
        page.set("Text", "x")
        settled(page)
        assert (page.value("Box 0"), other.value("Box 0")) == ("x", "a")
        assert number(page, "Box 0") != number(other, "Box 0")
        other.close()


def test_arguments_that_are_preserved_stay_and_others_do_not() -> None:
    with gr.Blocks() as demo:
        again = gr.Button("Again")
        times = itertools.count()

        @gr.render(triggers=[demo.load, again.click])
        def show() -> None:
            box = gr.Textbox(label="First", info=f"run {next(times)}", key="box", preserved_by_key=["label", "value"])
            change = gr.Button("Change", key="change")
            change.click(lambda: gr.Textbox("set", label="Second", info="other"), None, box)

    with TestPage(demo) as page:
        settled(page)
        page.click("Change")
        assert (page.value("Second"), page.page.props[number(page, "Second")]["info"]) == ("set", "other")
        page.click("Again")
        settled(page)
        assert (page.value("Second"), page.page.props[number(page, "Second")]["info"]) == ("set", "run 1")


def test_state_and_changes_inside_chain_on() -> None:
    with gr.Blocks() as demo:
        last = gr.Textbox(label="Last")

        @gr.render()
        def show() -> None:
            first = gr.Textbox(label="First")
            kept = gr.State("")
            first.change(lambda text: text * 2, first, kept)
            kept.change(lambda text: text + "!", kept, last)

    with TestPage(demo) as page:
        settled(page)
        page.set("First", "ab")
        settled(page)
        assert page.value("Last") == "abab!"


def test_an_event_inside_that_changes_the_input_runs_it_again_and_what_follows_goes_on() -> None:
    with gr.Blocks() as demo:
        tasks = gr.State(["a", "b"])
        done = gr.Textbox(label="Done")

        @gr.render(inputs=tasks)
        def show(listed: list[str]) -> None:
            for task in listed:
                button = gr.Button(task)
                dropped = button.click(lambda task=task: [each for each in listed if each != task], None, tasks)
                dropped.then(lambda task=task: f"{task} is done", None, done)

    with TestPage(demo) as page:
        settled(page)
        page.click("a")
        settled(page)
        assert page.value("Done") == "a is done"
        assert [page.page.values[each] for each in page.page.values if each >= FIRST_RENDERED] == ["b"]


def test_apps_examples_and_computed_values_inside() -> None:
    ticks = itertools.count(1)
    with gr.Blocks() as demo:

        @gr.render()
        def show() -> None:
            gr.Interface(lambda text: text.upper(), gr.Textbox(label="In"), gr.Textbox(label="Out"))
            gr.Textbox(lambda: str(next(ticks)), label="Clock", every=1.0)
            box = gr.Textbox(label="Little")
            gr.Examples([["abc"], ["def"]], [box])

    with TestPage(demo) as page:
        settled(page)
        page.set("In", "loud")
        page.click("Submit")
        assert page.value("Out") == "LOUD"
        before = int(page.value("Clock"))
        page.advance(3.0)
        assert int(page.value("Clock")) == before + 3


def test_a_render_in_a_render_goes_with_it() -> None:
    with gr.Blocks() as demo:
        text = gr.Textbox("a", label="Text")

        @gr.render(inputs=text)
        def outer(text: str) -> None:
            inner = gr.Textbox(text, label="Inner")

            @gr.render(inputs=inner)
            def show(text: str) -> None:
                gr.Textbox(label=f"Deep {text}")

    with TestPage(demo) as page:
        settled(page)
        assert "Deep a" in labels(page)
        page.set("Inner", "b")
        settled(page)
        assert [each for each in labels(page) if each.startswith("Deep")] == ["Deep b"]
        page.set("Text", "c")
        settled(page)
        assert [each for each in labels(page) if each.startswith("Deep")] == ["Deep c"]
        registry = page.host._shared.renders
        assert len(registry.components) == 2


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_it_gets_what_handlers_may_ask_for(kind: str) -> None:
    with gr.Blocks() as demo:
        if kind == "plain":

            @gr.render()
            def show(request: gr.Request) -> None:
                gr.Textbox(label=f"hash {len(request.session_hash)}")
        else:

            @gr.render()
            async def show_later(request: gr.Request) -> None:
                gr.Textbox(label=f"hash {len(request.session_hash)}")

    with TestPage(demo) as page:
        settled(page)
        assert labels(page) == ["hash 16"]


def test_files_of_its_components_are_the_sessions_and_go_with_them(tmp_path: Any) -> None:
    with gr.Blocks() as demo:
        more = gr.Button("More")
        picture = np.zeros((8, 8, 3), np.uint8)

        @gr.render(triggers=[demo.load, more.click])
        def show() -> None:
            gr.Image(picture, label="Picture")

    with TestPage(demo) as page:
        settled(page)
        assert page.value("Picture").shape == (8, 8, 3)
        (session,) = page.host.sessions.values()
        used = session.store.used
        for _ in range(3):
            page.click("More")
            settled(page)
        assert session.store.used == used


# ---- what goes on, and what ends ---------------------------------------------------------------------------------


def test_a_timer_inside_ends_with_it() -> None:
    with gr.Blocks() as demo:
        on = gr.Checkbox(True, label="On")
        count = gr.Number(0, label="Count")

        @gr.render(inputs=on)
        def show(on: bool) -> None:
            if on:
                gr.Timer(1.0).tick(lambda n: n + 1, count, count)

    with TestPage(demo) as page:
        page.advance(3.5)
        assert page.value("Count") == 3
        page.set("On", False)
        page.advance(5.0)
        assert page.value("Count") == 3


def test_a_timer_outside_can_be_heard_inside() -> None:
    with gr.Blocks() as demo:
        on = gr.Checkbox(False, label="On")
        count = gr.Number(0, label="Count")
        timer = gr.Timer(1.0)

        @gr.render(inputs=on)
        def show(on: bool) -> None:
            if on:
                timer.tick(lambda n: n + 1, count, count)

    with TestPage(demo) as page:
        page.advance(3.5)
        assert page.value("Count") == 0
        page.set("On", True)
        page.advance(3.5)
        assert page.value("Count") == 3
        page.set("On", False)
        page.advance(3.5)
        assert page.value("Count") == 3


def streaming(output: str) -> gr.Blocks:
    """Make an app with a generator inside that counts to ten, and writes inside or outside."""
    with gr.Blocks() as demo:
        again = gr.Button("Again")
        outside = gr.Textbox(label="Outside")

        @gr.render(triggers=[demo.load, again.click])
        def show() -> None:
            inside = gr.Textbox(label="Inside")

            def count() -> Iterator[str]:
                for step in range(10):
                    yield str(step)

            go = gr.Button("Go", key="go")
            go.click(count, None, outside if output == "outside" else inside)

    return demo


def test_what_an_event_has_begun_goes_on_if_it_can_be_seen() -> None:
    with TestPage(streaming("outside"), handler_time=1.0) as page:
        page.advance(3)
        (run,) = page.click("Go", wait=False)
        page.advance(2.5)
        page.click("Again", wait=False)
        page.advance(20)
        assert (page.value("Outside"), run.state) == ("9", "done")
        assert not next(iter(page.host.sessions.values()))._context.fragments._lingering


def test_what_nobody_could_see_any_more_ends() -> None:
    with TestPage(streaming("inside"), handler_time=1.0) as page:
        page.advance(3)
        (run,) = page.click("Go", wait=False)
        page.advance(2.5)
        page.click("Again", wait=False)
        page.advance(3)
        assert run.state == "cancelled"
        assert page.value("Inside") == ""


def camera(key: str | None) -> gr.Blocks:
    with gr.Blocks() as demo:
        again = gr.Button("Again")
        seen = gr.Number(0, label="Seen")

        @gr.render(triggers=[demo.load, again.click])
        def show() -> None:
            image = gr.Image(sources=["webcam"], label="Camera", key=key)
            image.stream(lambda frame, n: n + 1, [image, seen], seen, stream_every=0.1)

    return demo


@pytest.mark.parametrize(("key", "goes_on"), [("camera", True), (None, False)])
def test_a_stream_inside_goes_on_as_long_as_its_component_is_there(key: str | None, goes_on: bool) -> None:
    frame = np.zeros((16, 16, 3), np.uint8)
    with TestPage(camera(key)) as page:
        settled(page)
        page.stream("Camera", [frame] * 5, rate_hz=10)
        assert page.value("Seen") == 5
        recording = page.record("Camera")
        page.advance(1)
        page.click("Again")
        page.advance(1)
        assert (recording.state != "ended") is goes_on


# ---- what goes wrong ---------------------------------------------------------------------------------------------


def failing() -> gr.Blocks:
    with gr.Blocks() as demo:
        text = gr.Textbox("ok", label="Text")
        called = gr.Textbox(label="Called")

        @gr.render(inputs=text)
        def show(text: str) -> None:
            gr.Button("Press").click(lambda: "pressed", None, called)
            if text == "bad":
                raise ValueError("no such thing")

    return demo


def test_a_render_that_raises_says_so_in_its_place_and_comes_back(caplog: pytest.LogCaptureFixture) -> None:
    with TestPage(failing()) as page:
        settled(page)
        place = next(each for each in page.host.manifest.elements.values() if each.tag == "rendered").id
        page.set("Text", "bad")
        settled(page)
        assert page.page.rendered.problems == {place: "no such thing"}
        assert labels(page) == []
        assert page.toasts == []
        assert "no such thing" in caplog.text
        page.set("Text", "good")
        settled(page)
        assert page.page.rendered.problems == {}
        page.click("Press")
        assert page.value("Called") == "pressed"


def test_strangers_read_a_number_in_the_place_of_the_reason() -> None:
    from millstream.runtime.settings import Settings

    with TestPage(failing(), settings=Settings(show_error=False)) as page:
        page.set("Text", "bad")
        settled(page)
        assert all("Something went wrong in the app" in text for text in page.page.rendered.problems.values())
        assert page.page.rendered.problems


def declares(what: Any) -> gr.Blocks:
    with gr.Blocks() as demo:
        outside = gr.Button("Outside")

        @gr.render()
        def show() -> None:
            what(demo, outside)

    return demo


@pytest.mark.parametrize(
    ("what", "words"),
    [
        (lambda demo, button: [gr.Markdown("x") for _ in range(MOST_ELEMENTS + 1)], "more than 4000 elements"),
        (lambda demo, button: [gr.Textbox(key=1), gr.Textbox(key=1)], "the same key=1: each needs one of its own"),
        (lambda demo, button: gr.Textbox(key=[1]), "is not a number, text or tuple"),
        (lambda demo, button: button.click(None, js="() => 1"), "only scripts that it was loaded with"),
        (lambda demo, button: button.click(print, engine="process"), "in threads of the server; leave engine= out"),
        (lambda demo, button: demo.unload(lambda: None), "cannot be bound in render"),
        (lambda demo, button: gr.setup(lambda: None), "setup"),
        (lambda demo, button: gr.Markdown("x" * 3_000_000), "more than the page takes at once|too large"),
        (lambda demo, button: gr.Slider("wide"), "Slider"),
    ],
)
def test_what_it_may_not_declare_is_said(what: Any, words: str) -> None:
    with TestPage(declares(what)) as page:
        settled(page)
        (text,) = page.page.rendered.problems.values()
        assert __import__("re").search(words, text), text


def test_elements_of_an_earlier_run_are_out_of_reach() -> None:
    old: list[gr.Textbox] = []
    with gr.Blocks() as demo:
        text = gr.Textbox("a", label="Text")

        @gr.render(inputs=text)
        def show(text: str) -> None:
            old.append(gr.Textbox(label=text))
            gr.Button("Go").click(lambda: "x", None, old[0])

    with TestPage(demo) as page:
        settled(page)
        page.set("Text", "b")
        settled(page)
        (text,) = page.page.rendered.problems.values()
        assert "which belongs to another run of a render" in text


# ---- what a page says late, or makes up --------------------------------------------------------------------------


def test_a_late_press_reaches_what_has_taken_its_place() -> None:
    with TestPage(letters()) as page:
        settled(page)
        old = next(each["id"] for each in page.page.bindings if each["id"] >= FIRST_RENDERED)
        page.set("Text", "xyz")
        settled(page)
        page.run(page.page.send(Fire(binding=old, run=1)))
        settled(page)
        assert page.value("Seen") == ""  # the button had no key: it is gone

    with gr.Blocks() as demo:
        outside, said = gr.Button("Outside"), gr.Textbox(label="Said")
        text = gr.Textbox("a", label="Text")

        @gr.render(inputs=text)
        def show(text: str) -> None:
            outside.click(lambda: text, None, said)

    with TestPage(demo) as page:
        settled(page)
        old = page.page.bindings[-1]["id"]
        page.set("Text", "b")
        settled(page)
        page.run(page.page.send(Fire(binding=old, run=1)))
        settled(page)
        assert page.value("Said") == "b"


@pytest.mark.parametrize("value", [[["b"]], "no table"])
def test_an_edit_of_a_table_that_vanishes_meanwhile_is_passed_over(monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """It is checked in a thread; when that is done, a render no longer has the table."""
    begun, goes_on, edited = threading.Event(), threading.Event(), gr.Dataframe.edited

    def slowly(self: gr.Dataframe, *given: Any) -> Any:
        begun.set()
        assert goes_on.wait(10)
        return edited(self, *given)

    def hide() -> str:
        assert begun.wait(10)
        return ""

    with gr.Blocks() as demo:
        text, said = gr.Textbox("table", label="Text"), gr.Textbox(label="Said")
        gr.Button("Hide").click(hide, None, text)
        gr.Button("Go on").click(lambda: "here", None, said)

        @gr.render(inputs=text)
        def show(text: str) -> None:
            if text:
                gr.Dataframe([["a"]], label="Table", interactive=True)

    monkeypatch.setattr(gr.Dataframe, "edited", slowly)
    monkeypatch.setattr(gr.Dataframe, "takes_long", lambda self, stored: True)
    with serving(demo) as (url, _), Client(url) as page:
        page.wait_for(lambda: "Table" in labels(page))
        page.click("Hide", wait=False)
        page.set("Table", value)
        page.wait_for(lambda: labels(page) == [])
        goes_on.set()
        page.click("Go on")
        assert page.value("Said") == "here"
        assert page.toasts == []


def test_a_page_reaches_nothing_of_another_session_and_lives_on() -> None:
    called: list[str] = []
    with gr.Blocks() as demo:
        text = gr.Textbox("a", label="Text")

        @gr.render(inputs=text)
        def show(text: str) -> None:
            box = gr.Textbox(label="Box")
            gr.Button("Press").click(lambda: called.append(text), None, None)
            box.change(lambda: called.append("changed"))

    with TestPage(demo) as page:
        other = page.another()
        settled(page)
        press = next(each for each in other.page.bindings if each["targets"] and each["targets"][0][1] == "click")
        page.run(page.page.send(Fire(binding=press["id"], run=11)))
        page.run(page.page.send(Set(component=number(other, "Box"), value="mine")))
        page.run(page.page.send(Open(stream=1, binding=press["id"])))
        page.run(page.page.send(Fire(binding=2**31, run=12)))
        settled(page)
        assert (called, other.value("Box")) == ([], "")
        own = next(each["id"] for each in page.page.bindings if each["targets"] and each["targets"][0][1] == "click")
        page.run(page.page.send(Fire(binding=own, run=13)))
        settled(page)
        assert called == ["a"]
        other.close()


def test_nothing_is_left_when_sessions_end() -> None:
    with TestPage(letters()) as page:
        for _ in range(3):
            other = page.another()
            settled(page)
            other.set("Text", "longer")
            settled(page)
            other.close()
        page.advance(1)
        registry = page.host._shared.renders
        own = sum(each >= FIRST_RENDERED for each in page.page.values)
        assert len(registry.components) == own
        assert len(registry.manifests) == 2


def test_many_runs_leave_nothing_behind() -> None:
    with TestPage(letters()) as page:
        settled(page)
        (session,) = page.host.sessions.values()
        sizes = []
        for text in ("abc", "xyz") * 5:
            page.set("Text", text)
            settled(page)
            values, manifest = session._values, session._context.manifest
            sizes.append((len(values.elements), len(values._stored), len(manifest.lineages), len(manifest._by_target)))
        assert len(set(sizes)) == 1


def test_a_render_is_told_once_and_whole() -> None:
    told: list[Rendered] = []
    with TestPage(letters()) as page:
        settled(page)
        show = page.page.rendered.show
        page.page._incoming.on_rendered = lambda message: (told.append(message), show(message))
        page.set("Text", "q")
        settled(page)
    assert len(told) == 1
    assert len(told[0].components) == 3


def test_an_app_without_renders_has_none_of_it() -> None:
    with gr.Blocks() as demo:
        gr.Textbox(label="Text")
    with TestPage(demo) as page:
        (session,) = page.host.sessions.values()
        assert page.host._shared.renders is None
        assert session._context.manifest is page.host.manifest


def test_hundreds_of_elements_come_at_once() -> None:
    with gr.Blocks() as demo:

        @gr.render()
        def show() -> None:
            for place in range(500):
                gr.Textbox(str(place))

    with TestPage(demo) as page:
        settled(page)
        assert len(labels(page)) == 500
