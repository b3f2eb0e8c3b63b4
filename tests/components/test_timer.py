"""What happens by itself, on virtual time: ticks, and values that are computed again."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

import millstream as ms
from millstream.errors import DeclarationError
from millstream.runtime.settings import Settings
from millstream.testing.page import TestPage
from millstream.wire.messages import Fire, Set


def ticking(timer: Any, seen: list[float], **options: Any) -> ms.Blocks:
    """An app that notes when its timer ticks."""
    clock: list[TestPage] = []
    with ms.Blocks() as demo:
        timer = timer()
        timer.tick(lambda: seen.append(round(clock[0].now, 2)), **options)
        ms.Button("Stop").click(lambda: ms.Timer(active=False), None, timer)
        ms.Button("Go on").click(lambda: ms.Timer(active=True), None, timer)
        ms.Button("Slow").click(lambda: ms.Timer(2), None, timer)
        ms.Button("Fast").click(lambda: 0.25, None, timer)
    demo.clock = clock  # type: ignore[attr-defined]
    return demo


def opened(demo: Any) -> TestPage:
    page = TestPage(demo)
    demo.clock.append(page)
    return page


def test_it_ticks_at_its_pace_without_drifting() -> None:
    seen: list[float] = []
    with opened(ticking(lambda: ms.Timer(0.5), seen)) as page:
        page.advance(2.1)
        assert seen == [0.5, 1.0, 1.5, 2.0]
        page.advance(600)
        assert len(seen) == 1_204
        assert seen[-1] == 602.0


def test_it_is_stopped_and_paced_by_what_handlers_return() -> None:
    seen: list[float] = []
    with opened(ticking(lambda: ms.Timer(1, active=False), seen)) as page:
        page.advance(5)
        page.click("Go on")
        page.advance(2.5)
        assert seen == [6, 7]
        page.click("Stop")
        page.advance(10)
        assert seen == [6, 7]
        page.click("Slow")
        page.advance(10)
        assert seen == [6, 7], "another pace does not start it"
        page.click("Go on")
        page.advance(4.5)
        assert seen == [6, 7, 29.5, 31.5]
        page.click("Fast")
        page.advance(0.6)
        assert seen[4:] == [32.25, 32.5]


def test_a_tick_during_the_last_ones_run_is_left_out() -> None:
    seen: list[float] = []
    demo = ticking(lambda: ms.Timer(1), seen)
    with TestPage(demo, handler_time=2.5) as page:
        demo.clock.append(page)  # type: ignore[attr-defined]
        page.advance(9.2)
        assert seen == [1, 4, 7]
        (session,) = page.host.sessions.values()
        assert len(session.events.runs.running) == 1


def test_a_click_that_takes_longer_than_a_tick_keeps_its_result() -> None:
    async def train() -> tuple[str, str]:
        await asyncio.sleep(1)
        return "trained", "done"

    async def look(model: str, seen: int) -> tuple[str, int, str]:
        await asyncio.sleep(0.05)
        return model, seen + 1, model

    with ms.Blocks() as demo:
        model, seen, note, shown = ms.State("none"), ms.State(0), ms.Textbox(label="Note"), ms.Textbox(label="Shown")
        ms.Button("Train").click(train, None, [model, note])
        ms.Timer(0.1).tick(look, [model, seen], [model, seen, shown])
        ms.Timer(0.1).tick(lambda text: text, note, note)
    with TestPage(demo) as page:
        page.click("Train")
        page.advance(1)
        assert (page.value("Note"), page.value("Shown")) == ("done", "trained")


@pytest.mark.parametrize("way", ["change", "then"])
def test_what_a_tick_brings_about_counts_no_more_than_the_tick(way: str) -> None:
    async def train() -> str:
        await asyncio.sleep(0.95)
        return "trained"

    with ms.Blocks() as demo:
        seen, shown = ms.Number(0, label="Seen"), ms.Textbox(label="Shown")
        ms.Button("Train").click(train, None, shown)
        tick = ms.Timer(0.1).tick(lambda seen: seen + 1, seen, seen)
        {"change": seen.change, "then": tick.then}[way](lambda seen: f"{seen} seen", seen, shown)
    with TestPage(demo) as page:
        page.advance(0.25)
        assert page.value("Shown") == "2 seen"
        page.click("Train")
        assert page.value("Shown") == "trained"


def test_each_page_has_its_own_and_it_ends_with_the_page() -> None:
    counts: list[str] = []

    def count(name: str) -> None:
        counts.append(name)

    with ms.Blocks() as demo:
        name = ms.Textbox(label="Name")
        ms.Timer(1).tick(count, name, None, concurrency_limit=None)
    with TestPage(demo, settings=Settings(show_error=True)) as one:
        two = one.another()
        one.set("Name", "one")
        two.set("Name", "two")
        one.advance(2.5)
        two.close()
        one.advance(2)
        assert sorted(counts) == ["one"] * 4 + ["two"] * 2


def test_a_tick_shows_no_run_unless_it_shall() -> None:
    with ms.Blocks() as demo:
        out = ms.Number(label="Out")
        ms.Timer().tick(lambda: 1, None, out)
        ms.Timer().tick(lambda: 1, None, out, show_progress="full")
    assert [binding.show_progress for binding in demo.freeze().bindings] == ["hidden", "full"]


def test_the_page_neither_sees_nor_fires_nor_sets_it() -> None:
    seen: list[float] = []
    demo = ticking(lambda: ms.Timer(3600), seen)
    assert "timer" not in {component["type"] for component in demo.freeze().page()["components"].values()}  # type: ignore[attr-defined]
    with opened(demo) as page:
        timer = next(number for number, one in demo.elements.items() if isinstance(one, ms.Timer))
        page.run(page.page.send(Set(component=timer, value=0.01)))
        page.advance(1)
        page.run(page.page.send(Fire(binding=0, run=1)))
        page.advance(0.1)
        assert "closed with 4404" in str(page.page.closed)
    assert seen == []


@pytest.mark.parametrize("value", [float("nan"), float("inf"), True, "1", None])
def test_what_is_not_a_pace(value: Any) -> None:
    with pytest.raises(DeclarationError, match=r"Timer takes seconds, at least 0\.01"), ms.Blocks():
        ms.Timer(value)


def test_active_is_a_boolean() -> None:
    with pytest.raises(DeclarationError, match="active='no'"), ms.Blocks():
        ms.Timer(active="no")  # type: ignore[arg-type]


# ---- values that are computed again ----------------------------------------------------------------------------


def test_a_computed_value_is_computed_again_every_so_often() -> None:
    numbers, changes = itertools.count(), []
    with ms.Blocks() as demo:
        number = ms.Number(value=lambda: next(numbers), every=0.5, label="N")
        number.change(changes.append, number, None, trigger_mode="multiple")
    with TestPage(demo) as page:
        page.advance(1.6)
        assert page.value("N") == 3
    assert changes == [1, 2, 3]


def test_or_at_each_tick_of_a_timer() -> None:
    numbers = itertools.count()
    with ms.Blocks() as demo:
        timer = ms.Timer(2)
        ms.Number(value=lambda: next(numbers), every=timer, label="N")
        ms.Button("Stop").click(lambda: ms.Timer(active=False), None, timer)
    with TestPage(demo) as page:
        page.advance(4.5)
        assert page.value("N") == 2
        page.click("Stop")
        page.advance(10)
        assert page.value("N") == 2


def test_a_computed_value_takes_inputs_and_follows_them() -> None:
    with ms.Blocks() as demo:
        a, b = ms.Number(1, label="A"), ms.Number(2, label="B")
        ms.Number(lambda a, b: a + b, inputs=[a, b], label="Sum")
        ms.Textbox(lambda a: f"{a:g}", inputs=a, label="Text")
    with TestPage(demo) as page:
        page.advance(0.1)
        assert (page.value("Sum"), page.value("Text")) == (3, "1")
        page.set("A", 5)
        page.advance(0.1)
        assert (page.value("Sum"), page.value("Text")) == (7, "5")


def test_it_takes_them_at_each_tick_too() -> None:
    numbers = itertools.count()
    with ms.Blocks() as demo:
        a = ms.Number(10, label="A")
        ms.Number(lambda a: a + next(numbers), inputs=[a], every=ms.Timer(1), label="N")
    with TestPage(demo) as page:
        page.advance(2.5)
        assert page.value("N") == 12


def test_inputs_of_a_plain_value_do_nothing() -> None:
    with ms.Blocks(), pytest.warns(UserWarning, match="inputs= does nothing"):
        ms.Number(1, inputs=[ms.Number()])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"value": lambda: 1, "every": float("inf")}, "every=float inf is neither a Timer nor a number of seconds"),
        ({"value": lambda: 1, "every": "1"}, "every=str '1' is neither a Timer"),
    ],
)
def test_what_every_cannot_be(options: Any, message: str) -> None:
    with pytest.raises(DeclarationError, match=message), ms.Blocks():
        ms.Number(**options)
